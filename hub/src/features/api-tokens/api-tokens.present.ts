import type { ApiToken } from '@holdfast/shared-types'
import type { ApiTokenRow } from './api-token.entity.ts'

export const presentApiToken = (row: ApiTokenRow, ownerName: string): ApiToken => ({
  id: row.id,
  name: row.name,
  scope: row.scope,
  ownerId: row.userId,
  ownerName,
  beginsWith: row.beginsWith,
  createdAtMs: row.createdAt.getTime(),
  expiresAtMs: row.expiresAt?.getTime() ?? null,
  lastUsedAtMs: row.lastUsedAt?.getTime() ?? null,
  lastUsedAddress: row.lastUsedAddress ?? null,
  revokedAtMs: row.revokedAt?.getTime() ?? null,
})

import { AppError, type ApiTokenId, type UserId } from '@holdfast/shared-types'
import { tellAudit } from '../../platform/audit/audit-scope.ts'
import { afterCommit } from '../../platform/database/unit-of-work.ts'
import type { HubServices } from '../../platform/services.ts'
import { findApiTokenRow, noteRevoked } from './api-tokens.queries.ts'

/**
 * Ends a token for good, and what is open by it. Again: nothing changes.
 *
 * @param userId whose it has to be; null: anybody's
 * @throws AppError `token.not-found`
 */
export function revokeApiToken(
  { database, domainEvents, now }: Pick<HubServices, 'database' | 'domainEvents' | 'now'>,
  tokenId: ApiTokenId,
  userId: UserId | null,
): Promise<void> {
  return database.transaction(async (em) => {
    const row = await findApiTokenRow(em, tokenId, userId)
    if (row === null) throw new AppError('token.not-found')
    tellAudit({ object: { kind: 'api-token', id: row.id, name: row.name } })
    if ((row.revokedAt ?? null) === null) await noteRevoked(em, row, new Date(now()))
    afterCommit(em, () => domainEvents.emit('api-token.ended', { tokenIds: [tokenId] }))
  })
}

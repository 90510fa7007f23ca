import type { AgentId, VaultId } from '@holdfast/shared-types'
import { defineEntity, p, type InferEntity } from '@mikro-orm/core'

/** A token that lets one new agent in; only its SHA-256 is kept. */
export const EnrolmentTokenEntity = defineEntity({
  name: 'EnrolmentToken',
  tableName: 'enrolment_token',
  properties: {
    tokenHash: p.blob().primary().check('octet_length(token_hash) = 32'),
    /** Name for the device, where the person who made the token chose one. */
    name: p.text().nullable(),
    /** Where the device is to keep its backups; null = the default vault. */
    vaultId: p.uuid().$type<VaultId>().nullable(),
    /** Name of the person, or of the command, that made it. */
    createdBy: p.text(),
    createdAt: p.datetime(3),
    expiresAt: p.datetime(3),
    usedAt: p.datetime(3).nullable(),
    agentId: p.uuid().$type<AgentId>().nullable(),
  },
})
export type EnrolmentTokenRow = InferEntity<typeof EnrolmentTokenEntity>

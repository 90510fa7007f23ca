import type { AgentId, DomainId, HostFacts, RunOutcome, VaultId } from '@holdfast/shared-types'
import { defineEntity, p, type InferEntity } from '@mikro-orm/core'

/** An enrolled agent: the device as people see it, and the public halves of its keys. */
export const AgentEntity = defineEntity({
  name: 'Agent',
  tableName: 'agent',
  properties: {
    id: p.uuid().$type<AgentId>().primary(),
    name: p.text(),
    host: p.json().$type<HostFacts>(),
    version: p.text(),
    /** Raw Ed25519 and X25519 public keys. */
    signPublicKey: p.blob().check('octet_length(sign_public_key) = 32'),
    boxPublicKey: p.blob().check('octet_length(box_public_key) = 32'),
    /** Its signature over the X25519 key while it waits for the keys of its private vault; null = it does not. */
    awaitingSignature: p.blob().nullable().check('octet_length(awaiting_signature) = 64'),
    vaultId: p.uuid().$type<VaultId>(),
    domainId: p.uuid().$type<DomainId>(),
    enrolledAt: p.datetime(3),
    /** A link is held. Corrected at start: a killed hub leaves it standing. */
    online: p.boolean(),
    lastSeenAt: p.datetime(3).nullable(),
    lastSnapshotAt: p.datetime(3).nullable(),
    /** A restore drill or a whole verification found nothing wrong. */
    lastProvedAt: p.datetime(3).nullable(),
    lastRunStatus: p.text().$type<RunOutcome>().nullable(),
    revokedAt: p.datetime(3).nullable(),
    /** Null = no limit. */
    uploadBytesPerSecond: p.bigint('number').nullable(),
    isBackground: p.boolean().default(true),
    tags: p.json().$type<string[]>().defaultRaw(`'[]'`),
  },
})
export type AgentRow = InferEntity<typeof AgentEntity>

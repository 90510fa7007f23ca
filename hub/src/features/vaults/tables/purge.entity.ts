import type { AgentId, Purge, SnapshotId, VaultId, WirePath } from '@holdfast/shared-types'
import { defineEntity, p, type InferEntity } from '@mikro-orm/core'
import { VaultEntity } from './vault.entity.ts'

/** Paths that leave all snapshots of a vault: what was asked for, and how far it is. The newest stay. */
export const PurgeEntity = defineEntity({
  name: 'Purge',
  tableName: 'purge',
  properties: {
    id: p.uuid().primary(),
    vaultId: () => p.manyToOne(VaultEntity).mapToPk().fieldName('vault_id').deleteRule('cascade').$type<VaultId>(),
    /** Null = of all devices. */
    agentIds: p.json().$type<AgentId[]>().nullable(),
    paths: p.json().$type<WirePath[]>(),
    patterns: p.json().$type<string[]>(),
    keepsUndo: p.boolean(),
    state: p.text().$type<Purge['state']>(),
    /** Name of a person, as it was then. */
    startedBy: p.text(),
    /** It speaks of what was received until then. */
    startedAt: p.datetime(3),
    endedAt: p.datetime(3).nullable(),
    snapshotsDone: p.integer().default(0),
    snapshotsTotal: p.integer().default(0),
    snapshotsRewritten: p.integer().default(0),
    entries: p.bigint('number').default(0),
    bytes: p.bigint('number').default(0),
    /** Snapshots that have it and were written anew, or lost their undo time. */
    replaced: p.json().$type<SnapshotId[]>(),
    /** Segments that hold some of it, as an encoded refset; null = not looked for yet. */
    segments: p.blob().nullable(),
    error: p.json().$type<Purge['error']>().nullable(),
  },
  indexes: [{ name: 'purge_vault_id_started_at_idx', properties: ['vaultId', 'startedAt'] }],
})
export type PurgeRow = InferEntity<typeof PurgeEntity>

import type { AgentId, DomainId, RunId, SnapshotStatus, VaultId, WirePath } from '@holdfast/shared-types'
import { defineEntity, p } from '@mikro-orm/core'
import { VaultEntity } from './vault.entity.ts'

/** A snapshot in a store; derived from its object, except the run. No foreign key to agents: snapshots outlive their rows. */
export const SnapshotEntity = defineEntity({
  name: 'Snapshot',
  tableName: 'snapshot',
  properties: {
    id: p.blob().primary().check('octet_length(id) = 16'),
    vaultId: () => p.manyToOne(VaultEntity).mapToPk().fieldName('vault_id').$type<VaultId>(),
    domainId: p.uuid().$type<DomainId>(),
    agentId: p.uuid().$type<AgentId>(),
    runId: p.uuid().$type<RunId>().nullable(),
    seq: p.bigint('number'),
    keyEpoch: p.integer(),
    /** The hub's clock at the commit, as in the object: what order, `latest` and retention go by. */
    receivedAt: p.datetime(3),
    epoch: p.bigint('number'),
    /** `lost`: the store does not have the object (any more). */
    state: p.enum(['committed', 'lost'] as const),
    status: p.enum(['complete', 'complete-with-errors', 'partial'] as const).$type<SnapshotStatus>(),
    system: p.enum(['linux', 'windows', 'macos'] as const),
    host: p.text(),
    plan: p.text().nullable(),
    parentId: p.blob().nullable(),
    /** Blob id of the top folder's root page. */
    root: p.blob(),
    /** By the agent's clock; for display. */
    startedAt: p.datetime(3),
    finishedAt: p.datetime(3),
    files: p.bigint('number'),
    folders: p.bigint('number'),
    bytes: p.bigint('number'),
    errors: p.bigint('number'),
    roots: p.json().$type<WirePath[]>(),
    /** What the refset names. */
    packs: p.integer(),
    segments: p.integer(),
  },
  indexes: [
    { name: 'snapshot_agent_id_received_at_idx', properties: ['agentId', 'receivedAt'] },
    { name: 'snapshot_received_at_idx', properties: ['receivedAt'] },
    { name: 'snapshot_run_id_idx', properties: ['runId'] },
    { name: 'snapshot_vault_id_agent_id_seq_idx', properties: ['vaultId', 'agentId', 'seq'] },
  ],
})

import type { AgentId, DomainId, RunId, SnapshotId, SnapshotStatus, VaultId, WirePath } from '@holdfast/shared-types'
import { defineEntity, p } from '@mikro-orm/core'
import { VaultEntity } from './vault.entity.ts'

export interface SnapshotDamage {
  /** Named: files with pieces that are lost where they were, also those whose pieces lie elsewhere since. */
  readonly files: number
  /** Named: folders whose lists are lost, so that nobody knows what is in them. */
  readonly folders: number
  /** There are no others; and reading these files again brings all back. */
  readonly isAllNamed: boolean
  /** It was found to be affected, and is still to be named. */
  readonly isPending: boolean
  /** Whether devices may have what it lacks; absent = nobody has looked yet. */
  readonly healing?: 'asked' | 'waiting' | 'gone'
}

export interface SnapshotRewriting {
  readonly why: 'purge' | 'versions'
  readonly atMs: number
  /** The snapshot as the device made it. */
  readonly of: SnapshotId
  readonly entriesDropped: number
  readonly bytesDropped: number
}

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
    /** `lost`: the store does not have the object (any more). `removing`: a collection decided to remove it, and nothing takes that back. */
    state: p.enum(['committed', 'lost', 'removing'] as const),
    /** Null, as some of what follows, where the hub cannot open the snapshot (private vaults), and no device has said it. */
    status: p
      .enum(['complete', 'complete-with-errors', 'partial'] as const)
      .$type<SnapshotStatus>()
      .nullable(),
    system: p.enum(['linux', 'windows', 'macos'] as const).nullable(),
    host: p.text(),
    plan: p.text().nullable(),
    parentId: p.blob().nullable(),
    /** Blob id of the top folder's root page. */
    root: p.blob().nullable(),
    /** By the agent's clock; for display. */
    startedAt: p.datetime(3),
    finishedAt: p.datetime(3),
    files: p.bigint('number').nullable(),
    folders: p.bigint('number').nullable(),
    bytes: p.bigint('number').nullable(),
    errors: p.bigint('number').nullable(),
    roots: p.json().$type<WirePath[]>(),
    /** What the refset names. */
    packs: p.integer(),
    segments: p.integer(),
    /** Somebody said that it stays, whatever the rules say. */
    heldAt: p.datetime(3).nullable(),
    heldBy: p.text().nullable(),
    holdReason: p.text().nullable(),
    /** No longer kept; all of it is still there, and it can be had back, as long as it is not condemned. */
    deletedAt: p.datetime(3).nullable(),
    deletedBy: p.text().nullable(),
    /** From then on a collection may condemn it. */
    undoUntil: p.datetime(3).nullable(),
    /** Epoch of the collection that took it out of what is kept (docs/adr/0016). */
    condemnedIn: p.bigint('number').nullable(),
    /** Its trees were looked through, and all they need counts as named; null = not yet, and nothing is condemned until then. */
    auditedAt: p.datetime(3).nullable(),
    /** What its trees need beyond its refset, as an encoded refset; null = nothing. */
    unnamedRefset: p.blob().nullable(),
    /** Pieces that its trees need and that lie nowhere, and folder lists that cannot be read. */
    lackingBlobs: p.integer().nullable(),
    /** What cannot be read of it as its refset says, named path by path in `damaged_path`; null = nothing, or not looked for yet. */
    damage: p.json().$type<SnapshotDamage>().nullable(),
    /** As its object says (docs/adr/0020); null = it is as the device made it. */
    rewritten: p.json().$type<SnapshotRewriting>().nullable(),
    /** Of one that is deleted: what was written anew in its place, and stands for it. */
    replacedBy: p.blob().nullable(),
  },
  indexes: [
    // Hardly any snapshot is on its way out, new or written anew.
    {
      name: 'snapshot_undo_until_idx',
      expression: (columns, _table, name) =>
        `create index "${name}" on "snapshot" ("${columns.vaultId}", "${columns.undoUntil}") where "${columns.deletedAt}" is not null`,
    },
    {
      name: 'snapshot_unaudited_idx',
      expression: (columns, _table, name) =>
        `create index "${name}" on "snapshot" ("${columns.vaultId}", "${columns.receivedAt}" desc, "${columns.id}") where "${columns.auditedAt}" is null and "${columns.condemnedIn}" is null and "${columns.state}" = 'committed'`,
    },
    {
      name: 'snapshot_versions_idx',
      expression: (columns, _table, name) =>
        `create index "${name}" on "snapshot" ("${columns.vaultId}", ("${columns.rewritten}" ->> 'of')) where "${columns.rewritten}" is not null`,
    },
    { name: 'snapshot_agent_id_received_at_idx', properties: ['agentId', 'receivedAt'] },
    { name: 'snapshot_received_at_idx', properties: ['receivedAt'] },
    { name: 'snapshot_run_id_idx', properties: ['runId'] },
    { name: 'snapshot_vault_id_agent_id_seq_idx', properties: ['vaultId', 'agentId', 'seq'] },
  ],
})

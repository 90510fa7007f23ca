import type { AgentId, DomainId, RunId, SessionId, VaultId } from '@holdfast/shared-types'
import { defineEntity, p } from '@mikro-orm/core'
import { VaultEntity } from './vault.entity.ts'

/** One backup's time at a vault; exactly one per run. */
export const BackupSessionEntity = defineEntity({
  name: 'BackupSession',
  tableName: 'backup_session',
  properties: {
    id: p.uuid().$type<SessionId>().primary(),
    runId: p.uuid().$type<RunId>().unique(),
    agentId: p.uuid().$type<AgentId>(),
    vaultId: () => p.manyToOne(VaultEntity).mapToPk().fieldName('vault_id').$type<VaultId>(),
    domainId: p.uuid().$type<DomainId>(),
    keyEpoch: p.integer(),
    /** The newest fence the run was opened with; older ones are refused. */
    fence: p.integer(),
    state: p.enum(['open', 'committed', 'closed'] as const),
    epoch: p.bigint('number'),
    /** Promised to this session alone: no other session of the agent gets it, whether this one commits or not. */
    snapshotSeq: p.bigint('number'),
    openedAt: p.datetime(3),
    closedAt: p.datetime(3).nullable(),
  },
  indexes: [
    { name: 'backup_session_vault_id_agent_id_snapshot_seq_idx', properties: ['vaultId', 'agentId', 'snapshotSeq'] },
    // A few among all that ever were.
    { name: 'backup_session_open_idx', properties: ['vaultId', 'epoch'], where: `state = 'open'` },
  ],
})

/** Segments the hub told a session about beyond its own uploads: what its snapshot may name although others brought it. */
export const SessionGrantEntity = defineEntity({
  name: 'SessionGrant',
  tableName: 'session_grant',
  properties: {
    id: p.bigint('number').primary().autoincrement(),
    sessionId: () => p.manyToOne(BackupSessionEntity).mapToPk().fieldName('session_id').deleteRule('cascade').$type<SessionId>(),
    /** n × 20 bytes: birth pack id, u32 birth ordinal (little endian). */
    places: p.blob(),
  },
  indexes: [{ name: 'session_grant_session_id_idx', properties: ['sessionId'] }],
})

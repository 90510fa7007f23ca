import type { Purge } from '@holdfast/shared-types'
import type { PurgeRecord } from '../tables/purges.queries.ts'

export const presentPurge = (row: PurgeRecord, waitingFor: Purge['waitingFor']): Purge => ({
  id: row.id,
  vaultId: row.vaultId,
  agentIds: row.agentIds,
  paths: row.paths,
  patterns: row.patterns,
  keepsUndo: row.keepsUndo,
  state: row.state,
  startedBy: row.startedBy,
  startedAtMs: row.startedAt.getTime(),
  endedAtMs: row.endedAt?.getTime() ?? null,
  progress: row.state === 'rewriting' ? { done: row.snapshotsDone, total: row.snapshotsTotal } : null,
  snapshotsRewritten: row.snapshotsRewritten,
  entries: row.entries,
  bytes: row.bytes,
  waitingFor,
  error: row.error,
})

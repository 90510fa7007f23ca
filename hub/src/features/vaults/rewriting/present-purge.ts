import type { Purge, PurgeOrder } from '@holdfast/shared-types'
import { tellAudit } from '../../../platform/audit/audit-scope.ts'
import type { OpenVault } from '../contents/open-vault.ts'
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

/** For the audit log: how much is asked for, and never what. Names of files are nobody's business there. */
export function tellPurge(vault: OpenVault, purgeId: string, { agentIds, paths, patterns, keepsUndo }: PurgeOrder): void {
  tellAudit({
    object: { kind: 'vault', id: vault.id, name: vault.record.name },
    details: { purgeId, devices: agentIds?.length ?? null, paths: paths.length, patterns: patterns.length, keepsUndo },
  })
}

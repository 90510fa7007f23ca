import type { RunId, SnapshotId, VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { AgentRecord, RunRecord, RunsDoor } from '../doors/doors.ts'
import { listOpenSessions } from '../tables/sessions.queries.ts'
import { findSnapshot, listSnapshotMakers, type SnapshotRecord } from '../tables/snapshots.queries.ts'

export interface KeepBase {
  readonly snapshot: SnapshotRecord
  /** False: the store has lost a newer one, or it was written anew. */
  readonly isNewest: boolean
}

/**
 * What a backup keeps deleted files from: the newest snapshot of its device that the same plan made, or without a plan one of the same
 * sources; null where there is none. Of a snapshot that was found in the store, and whose run nobody knows, the name of the plan decides.
 */
export async function findKeepBase(
  runs: RunsDoor,
  em: EntityManager,
  run: RunRecord,
  agent: Pick<AgentRecord, 'id' | 'vaultId' | 'domainId'>,
): Promise<KeepBase | null> {
  if (run.request.kind !== 'backup' || run.request.deletedFiles !== 'keep') return null
  const made = (await listSnapshotMakers(em, agent.vaultId, agent.id)).filter(({ domainId }) => domainId === agent.domainId)
  const { runIds, knownIds, planName } = await runs.runsLike(
    em,
    run.id,
    made.flatMap(({ runId }) => (runId === null ? [] : [runId])),
  )
  const isLike = ({ runId, plan }: { readonly runId: RunId | null; readonly plan: string | null }): boolean =>
    runId === null || !knownIds.has(runId) ? planName !== null && plan === planName : runIds.has(runId)
  const like = made.filter(isLike)
  // What was written anew is signed by the hub, and what it stands for still has what was taken out: neither goes into a new backup.
  const newest = like.find(({ state, isOriginal }) => state === 'committed' && isOriginal)
  const snapshot = newest === undefined ? null : await findSnapshot(em, newest.id)
  return snapshot === null ? null : { snapshot, isNewest: newest === like[0] }
}

/** What the backups that are under way in a vault keep deleted files from: it is read until they end, also where it was deleted meanwhile. */
export async function listKeepBases(em: EntityManager, vaultId: VaultId, runs: RunsDoor): Promise<SnapshotId[]> {
  const bases: SnapshotId[] = []
  for (const { runId, agentId, domainId } of await listOpenSessions(em, vaultId)) {
    const run = await runs.getRunForAgent(em, runId, agentId)
    const base = await findKeepBase(runs, em, run, { id: agentId, vaultId, domainId })
    if (base !== null) bases.push(base.snapshot.id)
  }
  return bases
}

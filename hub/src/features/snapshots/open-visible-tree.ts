import { AppError, type SnapshotId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { KnownActor } from '../../platform/http/actor.ts'
import { requireOpened, type OpenedSnapshot, type SnapshotTree } from '../vaults/index.ts'
import { visibleTo } from './snapshots.access.ts'
import type { SnapshotsDeps } from './snapshots.deps.ts'

export interface VisibleTree {
  readonly snapshot: OpenedSnapshot
  readonly tree: SnapshotTree
}

/** @throws AppError `snapshot.not-found` also for one out of the actor's sight; `vault.private` */
export async function openVisibleTree(
  { vaults }: SnapshotsDeps,
  em: EntityManager,
  actor: KnownActor,
  snapshotId: SnapshotId,
): Promise<VisibleTree> {
  const snapshot = await vaults.snapshots.find(em, snapshotId)
  const agentId = visibleTo(actor)
  if (snapshot === null || (agentId !== null && snapshot.agentId !== agentId))
    throw new AppError('snapshot.not-found', { context: { snapshotId } })
  const tree = await vaults.openSnapshotTree(em, snapshotId)
  return { snapshot: requireOpened(snapshot), tree }
}

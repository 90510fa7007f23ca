import type { DeletionPreview, SnapshotId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { withContractErrors } from '../errors/translate-engine-error.ts'
import type { SnapshotRecord } from '../tables/snapshots.queries.ts'
import { deleteSnapshots, holdSnapshot, undeleteSnapshots, type DeletionOrder } from './delete-snapshots.ts'
import { previewDeletion, type PreviewDeps } from './preview-deletion.ts'
import { weighDeletion, type DeletionWeight } from './weigh-deletion.ts'

/** Deleting without removing, taking that back, and keeping whatever rules say. Who may is the caller's to check. */
export interface SnapshotDeletion {
  /** @throws AppError `snapshot.not-found` */
  preview(em: EntityManager, snapshotIds: readonly SnapshotId[]): Promise<DeletionPreview>
  /** What deleting these would free, all of them and each. */
  weigh(em: EntityManager, snapshotIds: readonly SnapshotId[]): Promise<DeletionWeight>
  /** @throws AppError `snapshot.not-found`, `snapshot.held`, `snapshot.in-use`, `snapshot.deletion-unconfirmed` */
  delete(order: DeletionOrder): Promise<SnapshotRecord[]>
  /** @throws AppError `snapshot.not-found`, `snapshot.gone` */
  undelete(snapshotIds: readonly SnapshotId[]): Promise<SnapshotRecord[]>
  /** @param hold null releases it. @throws AppError `snapshot.not-found` */
  hold(snapshotId: SnapshotId, hold: { readonly by: string; readonly reason: string } | null): Promise<SnapshotRecord>
}

export const deletionOf = (state: PreviewDeps): SnapshotDeletion => ({
  preview: (em, snapshotIds) => withContractErrors(() => previewDeletion(state, em, snapshotIds)),
  weigh: (em, snapshotIds) => withContractErrors(() => weighDeletion(state, em, snapshotIds)),
  delete: (order) => deleteSnapshots(state, order),
  undelete: (snapshotIds) => undeleteSnapshots(state, snapshotIds),
  hold: (snapshotId, hold) => holdSnapshot(state, snapshotId, hold),
})

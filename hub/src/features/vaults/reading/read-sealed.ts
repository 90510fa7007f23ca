import { AppError, type SnapshotId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { storeKeyOf } from '../contents/snapshot-record.ts'
import type { OpenVaults } from '../contents/open-vaults.ts'
import type { Upload } from '../sessions/read-bounded.ts'
import { findSnapshot } from '../tables/snapshots.queries.ts'
import { locateIn, type LocateBlobsDeps } from './locate-blobs.ts'
import type { ReadableSnapshot } from './readable-run.ts'
import { readSegmentsOf, type ReadSegmentsDeps, type SegmentStream } from './read-segments.ts'

export interface ReadSealedDeps extends Omit<LocateBlobsDeps & ReadSegmentsDeps, 'readableRuns'> {
  readonly vaults: OpenVaults
}

/*
 * Snapshots as they are stored, for people whose browser opens them: the very same pieces, within the very same bounds, that a restore gives a device. Who may ask is
 * the routes' rule.
 */

/** The stored object of a snapshot, the hub's statement included: at most 64 MiB. @throws AppError `snapshot.not-found`, `store.*` */
export async function readStoredSnapshot(deps: ReadSealedDeps, em: EntityManager, snapshotId: SnapshotId): Promise<Uint8Array> {
  const { snapshot, vault } = await requireSnapshot(deps, em, snapshotId)
  return vault.getStored(storeKeyOf(snapshot))
}

/** As `locateBlobs`. @throws AppError `snapshot.not-found`, `protocol.invalid-message` */
export const locateSnapshotBlobs = async (
  deps: ReadSealedDeps,
  em: EntityManager,
  snapshotId: SnapshotId,
  body: Upload,
): Promise<Uint8Array> => locateIn(deps, await requireSnapshot(deps, em, snapshotId), body)

/** As `readSegments`. @throws AppError `snapshot.not-found`, `protocol.invalid-message`, `access.denied`, `vault.corrupt` */
export const readSnapshotSegments = async (
  deps: ReadSealedDeps,
  em: EntityManager,
  snapshotId: SnapshotId,
  body: Upload,
): Promise<SegmentStream> => readSegmentsOf(deps, await requireSnapshot(deps, em, snapshotId), body)

async function requireSnapshot({ vaults }: ReadSealedDeps, em: EntityManager, snapshotId: SnapshotId): Promise<ReadableSnapshot> {
  const snapshot = await findSnapshot(em, snapshotId)
  if (snapshot === null || snapshot.state === 'lost' || (snapshot.keeping.deleted?.condemnedIn ?? null) !== null)
    throw new AppError('snapshot.not-found', { context: { snapshotId } })
  return { snapshot, vault: vaults.get(snapshot.vaultId) }
}

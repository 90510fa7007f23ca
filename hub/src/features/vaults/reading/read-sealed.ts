import { AppError, type SnapshotId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { KnownActor } from '../../../platform/http/actor.ts'
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
 * Snapshots as they are stored, for people whose browser opens them, and for the commands of the device that made them: the very same pieces, within the very same
 * bounds, that a restore gives a device. Which people may ask is the routes' rule.
 */

export interface SealedQuery {
  readonly actor: KnownActor
  readonly snapshotId: SnapshotId
}

/** The stored object of a snapshot, the hub's statement included: at most 64 MiB. @throws AppError `snapshot.not-found`, `store.*` */
export async function readStoredSnapshot(deps: ReadSealedDeps, em: EntityManager, query: SealedQuery): Promise<Uint8Array> {
  const { snapshot, vault } = await requireSnapshot(deps, em, query)
  return vault.getStored(storeKeyOf(snapshot))
}

/** As `locateBlobs`. @throws AppError `snapshot.not-found`, `protocol.invalid-message` */
export const locateSnapshotBlobs = async (deps: ReadSealedDeps, em: EntityManager, query: SealedQuery, body: Upload): Promise<Uint8Array> =>
  locateIn(deps, await requireSnapshot(deps, em, query), body)

/** As `readSegments`. @throws AppError `snapshot.not-found`, `protocol.invalid-message`, `access.denied`, `vault.corrupt` */
export const readSnapshotSegments = async (
  deps: ReadSealedDeps,
  em: EntityManager,
  query: SealedQuery,
  body: Upload,
): Promise<SegmentStream> => readSegmentsOf(deps, await requireSnapshot(deps, em, query), body)

/** To a device another one's snapshots are not there, as in lists. */
async function requireSnapshot(
  { vaults }: ReadSealedDeps,
  em: EntityManager,
  { actor, snapshotId }: SealedQuery,
): Promise<ReadableSnapshot> {
  const snapshot = await findSnapshot(em, snapshotId)
  const isHidden = actor.kind === 'agent' && snapshot?.agentId !== actor.agentId
  if (snapshot === null || isHidden || snapshot.state === 'lost' || (snapshot.keeping.deleted?.condemnedIn ?? null) !== null)
    throw new AppError('snapshot.not-found', { context: { snapshotId } })
  return { snapshot, vault: vaults.get(snapshot.vaultId) }
}

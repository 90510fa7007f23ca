import { locationRecordBytes, maxIdsPerQuery } from '@holdfast/shared-types'
import { blobIdBytes, writeLocation } from '@holdfast/engine/format'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { SnapshotRefsets } from '../contents/snapshot-refsets.ts'
import { countIds } from '../sessions/have-blobs.ts'
import { readBounded, type Upload } from '../sessions/read-bounded.ts'
import type { ReadableSnapshot, RunClaim } from './readable-run.ts'
import type { ReadableRuns } from './readable-runs.ts'

export interface LocateBlobsDeps {
  readonly readableRuns: ReadableRuns
  readonly refsets: SnapshotRefsets
}

/**
 * Where blobs of the run's snapshot lie: only places within its refset are told.
 * @throws AppError as `requireReadableRun`; `protocol.invalid-message`
 */
export async function locateBlobs(deps: LocateBlobsDeps, em: EntityManager, claim: RunClaim, body: Upload): Promise<Uint8Array> {
  return locateIn(deps, await deps.readableRuns.require(em, claim), body)
}

/** Of a snapshot that whoever asks may read. @throws AppError `protocol.invalid-message` */
export async function locateIn(
  { refsets }: Pick<LocateBlobsDeps, 'refsets'>,
  { snapshot, vault }: ReadableSnapshot,
  body: Upload,
): Promise<Uint8Array> {
  const ids = await readBounded(body, maxIdsPerQuery * blobIdBytes)
  const count = countIds(ids)
  const refset = await refsets.readable(snapshot)
  const isReadable = (packIdHex: string, ordinal: number): boolean => refset.has(packIdHex, ordinal)
  const locations = new Uint8Array(count * locationRecordBytes)
  for (const [index, found] of (await vault.contents.findBlobs(snapshot.domainId, ids, isReadable)).entries())
    writeLocation(locations, index, found)
  return locations
}

import { locationRecordBytes, maxIdsPerQuery } from '@holdfast/shared-types'
import { concatBytes } from '@holdfast/engine/bytes'
import { blobIdBytes, Refset, writeLocation, type BlobLocation } from '@holdfast/engine/format'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { BesideCollections } from '../contents/beside-collections.ts'
import type { SnapshotRefsets } from '../contents/snapshot-refsets.ts'
import { noteUnnamed } from '../contents/unnamed-segments.ts'
import { countIds } from '../sessions/have-blobs.ts'
import { readBounded, type Upload } from '../sessions/read-bounded.ts'
import { lockCollection } from '../tables/collecting.queries.ts'
import type { ReadableSnapshot, RunClaim } from './readable-run.ts'
import type { ReadableRuns } from './readable-runs.ts'

export interface LocateBlobsDeps {
  readonly besideCollections: BesideCollections
  readonly readableRuns: ReadableRuns
  readonly refsets: SnapshotRefsets
}

type Places = (BlobLocation | null)[]

/**
 * Where blobs of the run's snapshot lie: only places within its refset are told, and where an audit found the rest. A device that looks through a snapshot for the hub is such
 * an audit: what it asks for and the snapshot does not name counts as named from this answer on, durably.
 * @throws AppError as `requireReadableRun`; `protocol.invalid-message`
 */
export async function locateBlobs(deps: LocateBlobsDeps, em: EntityManager, claim: RunClaim, body: Upload): Promise<Uint8Array> {
  const run = await deps.readableRuns.require(em, claim)
  const ids = await readIds(body)
  const places = await findReadable(deps, run, ids)
  if (run.isAudit) await findElsewhere(deps, run, ids, places)
  return recordsOf(places)
}

/** Of a snapshot that whoever asks may read. @throws AppError `protocol.invalid-message` */
export async function locateIn(deps: Pick<LocateBlobsDeps, 'refsets'>, readable: ReadableSnapshot, body: Upload): Promise<Uint8Array> {
  return recordsOf(await findReadable(deps, readable, await readIds(body)))
}

async function readIds(body: Upload): Promise<Uint8Array> {
  const ids = await readBounded(body, maxIdsPerQuery * blobIdBytes)
  countIds(ids)
  return ids
}

async function findReadable(
  { refsets }: Pick<LocateBlobsDeps, 'refsets'>,
  { snapshot, vault }: ReadableSnapshot,
  ids: Uint8Array,
): Promise<Places> {
  const refset = await refsets.readable(snapshot)
  return vault.contents.findBlobs(snapshot.domainId, ids, (packIdHex, ordinal) => refset.has(packIdHex, ordinal))
}

/** Fills in what lies where the snapshot does not say. What is gone before that can be noted stays unknown to this question. */
async function findElsewhere(
  deps: Pick<LocateBlobsDeps, 'besideCollections' | 'refsets'>,
  { snapshot, vault }: ReadableSnapshot,
  ids: Uint8Array,
  places: Places,
): Promise<void> {
  const open = places.flatMap((place, index) => (place === null ? [index] : []))
  if (open.length === 0) return
  const asked = open.map((index) => ids.subarray(index * blobIdBytes, (index + 1) * blobIdBytes))
  const elsewhere = await vault.contents.findBlobs(snapshot.domainId, concatBytes(asked))
  const found = new Refset()
  for (const place of elsewhere) if (place !== null) found.add(place.packIdHex, place.ordinal)
  if (found.packCount === 0) return
  const isNoted = await deps.besideCollections.transaction(async (em) => {
    await lockCollection(em, vault.id, 'shared')
    return noteUnnamed(deps, em, vault, { id: snapshot.id, found })
  })
  if (isNoted) for (const [at, index] of open.entries()) places[index] = elsewhere[at] ?? null
}

function recordsOf(places: Places): Uint8Array {
  const records = new Uint8Array(places.length * locationRecordBytes)
  for (const [index, place] of places.entries()) writeLocation(records, index, place)
  return records
}

import type { Readable } from 'node:stream'
import { AppError, locationRecordBytes } from '@holdfast/shared-types'
import { toHex } from '@holdfast/engine/bytes'
import { isEngineError } from '@holdfast/engine/errors'
import { readLocation, type SegmentPlace } from '@holdfast/engine/format'
import type { EntityManager } from '@mikro-orm/postgresql'
import { startedStream } from '../../../platform/http/started-stream.ts'
import type { SnapshotRefsets } from '../contents/snapshot-refsets.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import type { StoredSegment } from '../contents/vault-contents.ts'
import { readBounded, type Upload } from '../sessions/read-bounded.ts'
import { readPackRange, type ReadRangeDeps } from './read-pack-range.ts'
import type { ReadableSnapshot, RunClaim } from './readable-run.ts'
import type { ReadableRuns } from './readable-runs.ts'

const maxPlaces = 256
/** One read of the store; a single larger segment is still read at once. With one range on its way out a request holds two of these. */
const maxRangeBytes = 4 * 1024 * 1024

export interface ReadSegmentsDeps extends ReadRangeDeps {
  readonly readableRuns: ReadableRuns
  readonly refsets: SnapshotRefsets
}

export interface SegmentStream {
  /** Of parts that nobody else holds. */
  readonly stream: Readable
  readonly sizeBytes: number
}

/**
 * The segments asked for, whole and in that order. Nothing is sent unless all of them are readable and there; what goes wrong later
 * destroys the stream before its announced length.
 *
 * @throws AppError as `requireReadableRun`; `protocol.invalid-message`; `access.denied` outside of the snapshot; `vault.corrupt` for a lost one
 */
export async function readSegments(deps: ReadSegmentsDeps, em: EntityManager, claim: RunClaim, body: Upload): Promise<SegmentStream> {
  return readSegmentsOf(deps, await deps.readableRuns.require(em, claim), body)
}

/** Of a snapshot that whoever asks may read. @throws as {@link readSegments}, but for the run */
export async function readSegmentsOf(
  deps: Omit<ReadSegmentsDeps, 'readableRuns'>,
  readable: ReadableSnapshot,
  body: Upload,
): Promise<SegmentStream> {
  const records = await readBounded(body, maxPlaces * locationRecordBytes)
  const segments = await findSegments(deps, readable, records)
  const ranges = joinNeighbours(segments)
  const stream = await startedStream(readRanges(deps, readable.vault, ranges), maxRangeBytes)
  return { stream, sizeBytes: segments.reduce((sum, { length }) => sum + length, 0) }
}

async function findSegments(
  deps: Pick<ReadSegmentsDeps, 'refsets'>,
  { snapshot, vault }: ReadableSnapshot,
  records: Uint8Array,
): Promise<StoredSegment[]> {
  if (records.length % locationRecordBytes !== 0) throw invalidPlaces()
  const refset = await deps.refsets.readable(snapshot)
  return Array.from({ length: records.length / locationRecordBytes }, (_, index) => {
    const place = placeAt(records, index)
    const packIdHex = toHex(place.packId)
    if (!refset.has(packIdHex, place.ordinal))
      throw new AppError('access.denied', {
        message: 'A segment is not one of the snapshot.',
        cure: 'Ask for what the snapshot needs.',
      })
    const segment = vault.contents.findSegment(packIdHex, place.ordinal)
    if (segment === null) throw new AppError('vault.corrupt', { message: 'A pack that the snapshot needs is missing from the store.' })
    return segment
  })
}

function placeAt(records: Uint8Array, index: number): SegmentPlace {
  try {
    const place = readLocation(records, index)
    if (place !== null) return place
  } catch (error) {
    if (!isEngineError(error, 'format.invalid')) throw error
  }
  throw invalidPlaces()
}

const invalidPlaces = (): AppError =>
  new AppError('protocol.invalid-message', { message: `Segments are asked for by whole location records, at most ${maxPlaces} at once.` })

/** Segments that follow one another in one pack become one range. */
export function joinNeighbours(segments: readonly StoredSegment[]): StoredSegment[] {
  const ranges: StoredSegment[] = []
  for (const segment of segments) {
    const last = ranges.at(-1)
    const isNext =
      last !== undefined &&
      last.key === segment.key &&
      last.offset + last.length === segment.offset &&
      last.length + segment.length <= maxRangeBytes
    if (isNext) ranges[ranges.length - 1] = { ...last, length: last.length + segment.length }
    else ranges.push(segment)
  }
  return ranges
}

async function* readRanges(deps: ReadRangeDeps, vault: OpenVault, ranges: readonly StoredSegment[]): AsyncGenerator<Uint8Array> {
  for (const range of ranges) yield readPackRange(deps, vault, range, range)
}

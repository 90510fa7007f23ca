import { equalBytes, releaseBytes } from '../../bytes/index.ts'
import { EngineError } from '../../errors/index.ts'
import { blobIdBytes, blobTypes, type BlobLocation, type SegmentPlace } from '../../format/index.ts'
import type { BlobSource, OpenedSegment } from '../../vault/blob-source.ts'
import { keyOf, segmentKey } from '../../tree-pages/index.ts'

/** Content is fetched for so many pieces at once, where the source has no less room: enough that a segment is rarely read twice, little enough to hold as plans. */
const batchPieces = 4096

/** Who gets a piece of content. */
export interface PieceReceiver {
  /** A view into an opened segment: use it now. Never throws for what goes wrong with its own file. */
  write(offset: number, bytes: Uint8Array): void
  /** The piece cannot be had. */
  fail(error: unknown): void
}

interface Piece {
  readonly receiver: PieceReceiver
  readonly offset: number
  readonly length: number
}

/** One blob and everybody who waits for it. */
interface WantedBlob {
  readonly id: Uint8Array
  readonly length: number
  readonly pieces: Piece[]
}

interface WantedSegment {
  readonly place: SegmentPlace
  readonly blobs: { readonly position: number; readonly blob: WantedBlob }[]
}

/** A batch whose segments are on their way. */
interface Fetch {
  readonly missing: readonly WantedBlob[]
  readonly segments: Map<string, WantedSegment>
  /** The first is asked for already, and with it those that are read ahead. */
  readonly first: Promise<IteratorResult<SegmentOrError, void>>
  readonly rest: AsyncIterator<SegmentOrError, void>
}

type SegmentOrError = OpenedSegment | { readonly place: SegmentPlace; readonly error: Error }

/**
 * Collects pieces of files and delivers them segment by segment, in the order in which segments are first needed: a batch reads each
 * of its segments once, and one that the next batch needs too is read again.
 * While one batch is written the next one is fetched, decrypted and unpacked.
 */
export class ContentBatch {
  readonly #source: BlobSource
  readonly #signal: AbortSignal
  /** Ends what is on its way when the restore ends early for a reason of its own. */
  readonly #discarded = new AbortController()
  #wanted = new Map<string, WantedBlob>()
  #pieces = 0
  #bytes = 0
  #fetching: Promise<Fetch> | null = null

  constructor(source: BlobSource, signal: AbortSignal) {
    this.#source = source
    this.#signal = AbortSignal.any([signal, this.#discarded.signal])
  }

  /** Nothing is collected, and nothing on its way. */
  get isEmpty(): boolean {
    return this.#pieces === 0 && this.#fetching === null
  }

  get isFull(): boolean {
    return this.#pieces >= batchPieces || this.#bytes >= this.#source.room.batchBytes
  }

  want(id: Uint8Array, receiver: PieceReceiver, offset: number, length: number): void {
    const key = keyOf(id)
    const wanted = this.#wanted.get(key) ?? { id, length, pieces: [] }
    this.#wanted.set(key, wanted)
    wanted.pieces.push({ receiver, offset, length })
    this.#pieces++
    this.#bytes += length
  }

  /**
   * Has what is collected fetched, and meanwhile delivers the batch before it: all its pieces, or to their receivers why not.
   * @throws only if the source as a whole fails.
   */
  async deliver(): Promise<void> {
    const before = this.#fetching
    const blobs = [...this.#wanted.values()]
    this.#wanted = new Map()
    this.#pieces = 0
    this.#bytes = 0
    this.#fetching = blobs.length === 0 ? null : this.#fetch(blobs)
    // It is awaited with the next batch; until then a rejection must not count as unhandled.
    this.#fetching?.catch(() => undefined)
    if (before !== null) await this.#handOut(await before)
  }

  /** Lets go of what is on its way, when the restore ends early. */
  async discard(): Promise<void> {
    const fetching = this.#fetching
    this.#fetching = null
    this.#discarded.abort()
    try {
      const fetch = await fetching
      if (fetch !== null) await close(fetch)
    } catch {
      // It is not wanted any more, and why the restore ends is known.
    }
  }

  async #fetch(blobs: readonly WantedBlob[]): Promise<Fetch> {
    const located = this.#source.locate(blobs.map((blob) => blob.id))
    const { segments, missing } = groupBySegment(blobs, await unlessAborted(located, this.#signal))
    const places = Array.from(segments.values(), ({ place, blobs: wanted }) => ({
      ...place,
      expectedBytes: wanted.reduce((sum, { blob }) => sum + blob.length, 0),
    }))
    const rest = this.#source.segments(places, this.#signal)[Symbol.asyncIterator]()
    const first = rest.next()
    first.catch(() => undefined)
    return { segments, missing, first, rest }
  }

  async #handOut(fetch: Fetch): Promise<void> {
    try {
      await this.#handOutAll(fetch)
    } catch (error) {
      await close(fetch)
      throw error
    }
  }

  async #handOutAll({ segments, missing, first, rest }: Fetch): Promise<void> {
    for (const blob of missing) failAll(blob, notHeld())
    for (let next = await first; next.done !== true; next = await rest.next()) {
      const opened = next.value
      const key = segmentKey('error' in opened ? opened.place : opened)
      const segment = segments.get(key)
      if (segment === undefined) continue
      segments.delete(key)
      for (const { position, blob } of segment.blobs) {
        if ('error' in opened) failAll(blob, opened.error)
        else this.#deliverBlob(blob, opened, position)
      }
      if ('memory' in opened && opened.memory !== null) releaseBytes(opened.memory)
    }
    for (const segment of segments.values()) for (const { blob } of segment.blobs) failAll(blob, notHeld())
  }

  #deliverBlob(blob: WantedBlob, segment: OpenedSegment, position: number): void {
    const bytes = segment.blobs[position]
    if (bytes === undefined) return failAll(blob, notHeld())
    try {
      if (!hasComputedId(segment, position, blob.id)) this.#source.verify(blobTypes.data, blob.id, bytes)
    } catch (error) {
      return failAll(blob, error)
    }
    for (const { receiver, offset, length } of blob.pieces) {
      if (length === bytes.length) receiver.write(offset, bytes)
      else receiver.fail(new EngineError('format.invalid', 'A piece of the file has another length than the snapshot says.'))
    }
  }
}

/** What takes no signal is not waited for any longer. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** Lets go of a batch that nobody waits for any more. */
async function close({ first, rest }: Fetch): Promise<void> {
  try {
    await first
    await rest.return?.()
  } catch {
    // Why it is let go is known, and matters more.
  }
}

const hasComputedId = ({ dataIds }: OpenedSegment, position: number, id: Uint8Array): boolean =>
  dataIds !== null && equalBytes(dataIds.subarray(position * blobIdBytes, (position + 1) * blobIdBytes), id)

function groupBySegment(
  blobs: readonly WantedBlob[],
  places: readonly (BlobLocation | null)[],
): { readonly segments: Map<string, WantedSegment>; readonly missing: readonly WantedBlob[] } {
  const segments = new Map<string, WantedSegment>()
  const missing: WantedBlob[] = []
  for (const [index, blob] of blobs.entries()) {
    const place = places[index] ?? null
    if (place === null) {
      missing.push(blob)
      continue
    }
    const key = segmentKey(place)
    const segment = segments.get(key) ?? { place, blobs: [] }
    segments.set(key, segment)
    segment.blobs.push({ position: place.position, blob })
  }
  return { segments, missing }
}

function failAll(blob: WantedBlob, error: unknown): void {
  for (const { receiver } of blob.pieces) receiver.fail(error)
}

const notHeld = (): EngineError =>
  new EngineError('blob.missing', 'The vault does not hold a piece of this file. Check the vault; other snapshots may still have it.')

import { equalBytes } from '../../bytes/index.ts'
import { EngineError } from '../../errors/index.ts'
import { blobIdBytes, blobTypes, type BlobLocation, type SegmentPlace } from '../../format/index.ts'
import type { BlobSource, OpenedSegment } from '../../vault/blob-source.ts'
import { keyOf } from '../snapshot/tree-pages.ts'

/** Content is fetched for this much at once: enough that a segment is rarely read twice, little enough to hold in memory as plans. */
const batchPieces = 4096
const batchBytes = 32 * 1024 * 1024

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

/** Collects pieces of files and delivers them segment by segment, in the order in which segments are first needed: each is read once. */
export class ContentBatch {
  readonly #source: BlobSource
  readonly #signal: AbortSignal
  readonly #wanted = new Map<string, WantedBlob>()
  #pieces = 0
  #bytes = 0

  constructor(source: BlobSource, signal: AbortSignal) {
    this.#source = source
    this.#signal = signal
  }

  get isEmpty(): boolean {
    return this.#pieces === 0
  }

  get isFull(): boolean {
    return this.#pieces >= batchPieces || this.#bytes >= batchBytes
  }

  want(id: Uint8Array, receiver: PieceReceiver, offset: number, length: number): void {
    const key = keyOf(id)
    const wanted = this.#wanted.get(key) ?? { id, length, pieces: [] }
    this.#wanted.set(key, wanted)
    wanted.pieces.push({ receiver, offset, length })
    this.#pieces++
    this.#bytes += length
  }

  /** Delivers all pieces, or tells their receivers why not; then it is empty again. @throws only if the source as a whole fails. */
  async deliver(): Promise<void> {
    const blobs = [...this.#wanted.values()]
    this.#wanted.clear()
    this.#pieces = 0
    this.#bytes = 0
    if (blobs.length === 0) return
    const segments = groupBySegment(blobs, await this.#source.locate(blobs.map((blob) => blob.id)))
    const places = Array.from(segments.values(), ({ place, blobs: wanted }) => ({
      ...place,
      expectedBytes: wanted.reduce((sum, { blob }) => sum + blob.length, 0),
    }))
    for await (const opened of this.#source.segments(places, this.#signal)) {
      const place = 'error' in opened ? opened.place : opened
      const segment = segments.get(segmentKey(place))
      if (segment === undefined) continue
      segments.delete(segmentKey(place))
      for (const { position, blob } of segment.blobs) {
        if ('error' in opened) failAll(blob, opened.error)
        else this.#deliverBlob(blob, opened, position)
      }
    }
    for (const segment of segments.values()) for (const { blob } of segment.blobs) failAll(blob, missing())
  }

  #deliverBlob(blob: WantedBlob, segment: OpenedSegment, position: number): void {
    const bytes = segment.blobs[position]
    if (bytes === undefined) return failAll(blob, missing())
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

const hasComputedId = ({ dataIds }: OpenedSegment, position: number, id: Uint8Array): boolean =>
  dataIds !== null && equalBytes(dataIds.subarray(position * blobIdBytes, (position + 1) * blobIdBytes), id)

function groupBySegment(blobs: readonly WantedBlob[], places: readonly (BlobLocation | null)[]): Map<string, WantedSegment> {
  const segments = new Map<string, WantedSegment>()
  for (const [index, blob] of blobs.entries()) {
    const place = places[index] ?? null
    if (place === null) {
      failAll(blob, missing())
      continue
    }
    const key = segmentKey(place)
    const segment = segments.get(key) ?? { place, blobs: [] }
    segments.set(key, segment)
    segment.blobs.push({ position: place.position, blob })
  }
  return segments
}

function failAll(blob: WantedBlob, error: unknown): void {
  for (const { receiver } of blob.pieces) receiver.fail(error)
}

const segmentKey = (place: SegmentPlace): string => `${keyOf(place.packId)}${place.ordinal}`
const missing = (): EngineError =>
  new EngineError('blob.missing', 'The vault does not hold a piece of this file. Check the vault; other snapshots may still have it.')

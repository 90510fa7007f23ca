import { createBlobHasher, type BlobHasher } from '../blob-id/index.ts'
import { equalBytes } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'
import { blobTypes, decodeTreePage, type SegmentPlace, type TreePage } from '../format/index.ts'
import type { BlobSource } from '../vault/blob-source.ts'

/** Segments fetched with one question; of 256 KiB each at most. */
const segmentsPerFetch = 16

interface CachedSegment {
  readonly pages: readonly (readonly [key: string, page: Uint8Array])[]
  readonly bytes: number
}

/**
 * Tree pages of a snapshot, fetched a segment at a time.
 *
 * The archiver stores pages bottom-up, so a segment holds whole families. Every page in a fetched segment is kept under the id that
 * its bytes have: what is found here is verified by having been found, and most folders cost neither a question nor a read.
 */
export class TreePages {
  readonly #source: BlobSource
  readonly #hasher: BlobHasher
  readonly #signal: AbortSignal
  readonly #pages = new Map<string, Uint8Array>()
  readonly #segments: CachedSegment[] = []
  #cachedBytes = 0

  /** @param idKey K_id of the domain. */
  constructor(source: BlobSource, idKey: Uint8Array, signal: AbortSignal) {
    this.#source = source
    this.#hasher = createBlobHasher(idKey)
    this.#signal = signal
  }

  /**
   * @param ahead ids of pages that are asked for soon: looked for with the same question if there has to be one.
   * @throws EngineError `blob.missing`, `format.*`, and what the source fails with.
   */
  async read(id: Uint8Array, ahead: readonly Uint8Array[]): Promise<TreePage> {
    const key = keyOf(id)
    const bytes = this.#pages.get(key) ?? (await this.#fetch(id, ahead))
    return decodeTreePage(bytes)
  }

  async #fetch(id: Uint8Array, ahead: readonly Uint8Array[]): Promise<Uint8Array> {
    const ids = [id, ...ahead.filter((other) => !this.#pages.has(keyOf(other)))]
    const located = await this.#source.locate(ids)
    if (located[0] === null || located[0] === undefined) throw missing()
    const places = distinctPlaces(located)
    for await (const opened of this.#source.segments(places, this.#signal)) {
      // One that was only fetched ahead is asked for again when it is needed, and its damage told then.
      if ('error' in opened && isSamePlace(opened.place, places[0]!)) throw opened.error
      if (!('error' in opened)) this.#keep(opened.blobs)
    }
    const page = this.#pages.get(keyOf(id))
    if (page === undefined) throw missing()
    return page
  }

  #keep(blobs: readonly Uint8Array[]): void {
    const segment = { pages: blobs.map((blob) => this.#keepPage(blob)), bytes: blobs.reduce((sum, blob) => sum + blob.length, 0) }
    this.#segments.push(segment)
    this.#cachedBytes += segment.bytes
    while (this.#cachedBytes > this.#source.room.pageBytes && this.#segments.length > segmentsPerFetch) this.#drop(this.#segments.shift())
  }

  #keepPage(page: Uint8Array): readonly [string, Uint8Array] {
    const key = keyOf(this.#hasher.idOf(blobTypes.treePage, page))
    this.#pages.set(key, page)
    return [key, page]
  }

  #drop(segment: CachedSegment | undefined): void {
    if (segment === undefined) return
    this.#cachedBytes -= segment.bytes
    // A page may lie in two segments; it goes with the one that brought it last.
    for (const [key, page] of segment.pages) if (this.#pages.get(key) === page) this.#pages.delete(key)
  }
}

const missing = (): EngineError =>
  new EngineError('blob.missing', 'The vault does not hold a part of this folder. Check the vault; other snapshots may still have it.')

/** In order of first use; few enough for one fetch. */
function distinctPlaces(located: readonly (SegmentPlace | null)[]): SegmentPlace[] {
  const places = new Map<string, SegmentPlace>()
  for (const place of located) {
    if (place !== null && places.size < segmentsPerFetch) places.set(segmentKey(place), place)
  }
  return [...places.values()]
}

const isSamePlace = (left: SegmentPlace, right: SegmentPlace): boolean =>
  left.ordinal === right.ordinal && equalBytes(left.packId, right.packId)

/** One character a byte. */
export const keyOf = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')

/** Which segment, as a key of maps. */
export const segmentKey = (place: SegmentPlace): string => `${keyOf(place.packId)}${place.ordinal}`

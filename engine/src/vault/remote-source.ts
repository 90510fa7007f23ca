import { createBlobHasher, type BlobHasher } from '../blob-id/index.ts'
import { toHex } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'
import {
  blobIdBytes,
  locationRecordBytes,
  readLocation,
  writeLocation,
  type BlobLocation,
  type BlobType,
  type SegmentPlace,
} from '../format/index.ts'
import type { DomainKeys } from '../reader/primitives.ts'
import type { BlobSource, OpenedSegment, SegmentToRead } from './blob-source.ts'
import { InlineOpener, type Opener } from './opener.ts'
import { usualReadRoom, type ReadRoom } from './read-room.ts'

const idsPerQuery = 4096
/** One request, where its bytes are not reached first. */
const placesPerRead = 64
const bundleBytes = 256 * 1024

export interface SourcePorts {
  /** n × 32 bytes of ids, n ≤ 4096 → n × 24 bytes of location records. */
  readonly locate: (ids: Uint8Array) => Promise<Uint8Array>
  /** n × 24 bytes of location records, n ≤ 256 → the whole segments one after the other, in that order. */
  readonly readSegments: (places: Uint8Array, signal?: AbortSignal) => Promise<Uint8Array>
}

type Yielded = OpenedSegment | { readonly place: SegmentPlace; readonly error: Error }

/** Reads a vault through a hub. */
export class RemoteSource implements BlobSource {
  readonly room: ReadRoom
  readonly #ports: SourcePorts
  readonly #opener: Opener
  readonly #hasher: BlobHasher
  readonly #cache = new Map<string, OpenedSegment>()
  #cacheBytes = 0

  /** @param opener is closed with the source. */
  constructor(keys: DomainKeys, ports: SourcePorts, opener: Opener = new InlineOpener(keys), room: ReadRoom = usualReadRoom) {
    this.room = room
    this.#ports = ports
    this.#opener = opener
    this.#hasher = createBlobHasher(keys.idKey)
  }

  async locate(ids: readonly Uint8Array[]): Promise<readonly (BlobLocation | null)[]> {
    const locations: (BlobLocation | null)[] = []
    for (let start = 0; start < ids.length; start += idsPerQuery) {
      const part = ids.slice(start, start + idsPerQuery)
      const query = new Uint8Array(part.length * blobIdBytes)
      for (const [index, id] of part.entries()) query.set(id, index * blobIdBytes)
      const records = await this.#ports.locate(query)
      if (records.length !== part.length * locationRecordBytes)
        throw new EngineError('format.invalid', 'The hub answered another number of blobs than it was asked for.')
      for (let index = 0; index < part.length; index++) locations.push(readLocation(records, index))
    }
    return locations
  }

  async *segments(places: readonly SegmentToRead[], signal?: AbortSignal): AsyncGenerator<Yielded> {
    const ahead: Promise<Yielded[]>[] = []
    let next = 0
    const startOne = (): void => {
      const part = nextRead(places, next, this.room.bytesPerRead)
      next += part.length
      const read = this.#read(part, signal)
      // It is awaited in turn below; until then a rejection must not count as unhandled.
      read.catch(() => undefined)
      ahead.push(read)
    }
    while (next < places.length || ahead.length > 0) {
      while (next < places.length && ahead.length < this.room.readsAhead) startOne()
      const first = ahead.shift()
      if (first !== undefined) yield* await first
    }
  }

  verify(type: BlobType, id: Uint8Array, bytes: Uint8Array): void {
    if (!this.#hasher.isIdOf(type, bytes, id))
      throw new EngineError('blob.id-mismatch', 'A stored piece is not what its id says: the vault is damaged here.')
  }

  async read(type: BlobType, id: Uint8Array): Promise<Uint8Array> {
    const [location] = await this.locate([id])
    if (location === null || location === undefined)
      throw new EngineError('blob.missing', 'The vault does not hold a piece that the snapshot needs.')
    const segment = await this.#openCached(location)
    const blob = segment.blobs[location.position]
    if (blob === undefined) throw new EngineError('blob.missing', 'A segment does not hold the piece that should be in it.')
    this.verify(type, id, blob)
    return blob
  }

  /** Frees the opener's threads, if it has any. */
  async close(): Promise<void> {
    await this.#opener.close()
  }

  async #openCached(place: SegmentPlace): Promise<OpenedSegment> {
    const name = `${toHex(place.packId)}/${place.ordinal}`
    const cached = this.#cache.get(name)
    if (cached !== undefined) return cached
    const [opened] = await this.#read([place])
    if (opened === undefined || 'error' in opened) throw opened?.error ?? new EngineError('blob.missing', 'The hub sent no segment.')
    this.#remember(name, opened)
    return opened
  }

  #remember(name: string, segment: OpenedSegment): void {
    this.#cache.set(name, segment)
    this.#cacheBytes += sizeOf(segment)
    for (const [oldName, old] of this.#cache) {
      if (this.#cacheBytes <= this.room.segmentBytes || oldName === name) break
      this.#cache.delete(oldName)
      this.#cacheBytes -= sizeOf(old)
    }
  }

  /** One request; when it fails as a whole each of its segments is asked for alone, so that one damaged segment costs only itself. */
  async #read(places: readonly SegmentPlace[], signal?: AbortSignal): Promise<Yielded[]> {
    try {
      const query = new Uint8Array(places.length * locationRecordBytes)
      for (const [index, place] of places.entries()) writeLocation(query, index, { ...place, position: 0 })
      return await this.#opener.openAll(await this.#ports.readSegments(query, signal), places)
    } catch (error) {
      signal?.throwIfAborted()
      if (places.length > 1) return (await Promise.all(places.map((place) => this.#read([place], signal)))).flat()
      return places.map((place) => ({
        place,
        error: error instanceof Error ? error : new EngineError('store.io-error', 'Reading failed.', { cause: error }),
      }))
    }
  }
}

function nextRead(places: readonly SegmentToRead[], start: number, bytesPerRead: number): readonly SegmentToRead[] {
  let end = start
  let bytes = 0
  while (
    end < places.length &&
    end - start < placesPerRead &&
    (bytes === 0 || bytes + (places[end]!.expectedBytes ?? bundleBytes) <= bytesPerRead)
  ) {
    bytes += places[end]!.expectedBytes ?? bundleBytes
    end++
  }
  return places.slice(start, end)
}

const sizeOf = (segment: OpenedSegment): number => segment.blobs.reduce((sum, blob) => sum + blob.length, 0)

import { createBlobHasher, type BlobHasher } from '@holdfast/engine/blob-id'
import { toHex } from '@holdfast/engine/bytes'
import { EngineError } from '@holdfast/engine/errors'
import {
  blobIdBytes,
  locationRecordBytes,
  readLocation,
  segmentHeaderBytes,
  segmentOverheadBytes,
  readSegmentHeader,
  writeLocation,
  type BlobLocation,
  type BlobType,
  type SegmentPlace,
} from '@holdfast/engine/format'
import { SegmentOpener, type DomainKeys, type Primitives } from '@holdfast/engine/reader'

/** How the stored bytes of one snapshot are had: the hub's answers, of which nothing is believed. */
export interface SnapshotPorts {
  /** n × 32 bytes of ids, n ≤ 4096 → n × 24 bytes of location records. */
  readonly locate: (ids: Uint8Array, signal?: AbortSignal) => Promise<Uint8Array>
  /** n × 24 bytes of location records, n ≤ 256 → the whole segments one after the other, in that order. */
  readonly readSegments: (places: Uint8Array, signal?: AbortSignal) => Promise<Uint8Array>
}

/** A piece that is wanted. */
export interface WantedBlob {
  readonly type: BlobType
  readonly id: Uint8Array
}

const idsPerQuery = 4096
const placesPerRead = 64
/** Opened segments that are kept: neighbours of a folder list, or of a small file, lie in the same ones. */
const keptBytes = 16 * 1024 * 1024
/** Of 32 bytes of id and as much again each: some 10 MB. */
const keptLocations = 100_000

interface WantedSegment {
  readonly place: SegmentPlace
  readonly wanted: (WantedBlob & { readonly index: number; readonly position: number })[]
}

interface Kept {
  readonly blobs: readonly Uint8Array[]
  readonly bytes: number
}

const nameOf = ({ packId, ordinal }: SegmentPlace): string => `${toHex(packId)}/${ordinal}`

/** Reads blobs of one snapshot: fetched, opened, and each held against its id before anybody sees it. */
export class SnapshotBlobs {
  readonly #ports: SnapshotPorts
  readonly #opener: SegmentOpener
  readonly #hasher: BlobHasher
  readonly #locations = new Map<string, BlobLocation>()
  readonly #segments = new Map<string, Kept>()
  #bytes = 0

  constructor(primitives: Primitives, keys: DomainKeys, ports: SnapshotPorts) {
    this.#ports = ports
    this.#opener = new SegmentOpener(primitives, keys)
    this.#hasher = createBlobHasher(keys.idKey)
  }

  async read(type: BlobType, id: Uint8Array): Promise<Uint8Array> {
    const [blob] = await this.readAll([{ type, id }])
    return blob!
  }

  /**
   * Each in its place. What is held is what is wanted, and 16 MiB of opened segments besides.
   * @throws EngineError `blob.missing`, `blob.id-mismatch`, `segment.authentication-failed`, `pack.invalid`; ApiError of the hub
   */
  async readAll(wanted: readonly WantedBlob[], signal?: AbortSignal): Promise<readonly Uint8Array[]> {
    const read: Uint8Array[] = []
    const missing: WantedSegment[] = []
    for (const segment of await this.#segmentsOf(wanted, signal)) {
      const kept = this.#segments.get(nameOf(segment.place))
      if (kept === undefined) missing.push(segment)
      else this.#take(kept, segment, read)
    }
    for (let start = 0; start < missing.length; start += placesPerRead) {
      const part = missing.slice(start, start + placesPerRead)
      const opened = await this.#fetch(
        part.map(({ place }) => place),
        signal,
      )
      for (const [index, segment] of part.entries()) {
        this.#take(opened[index]!, segment, read)
        this.#keep(nameOf(segment.place), opened[index]!)
      }
    }
    return read
  }

  /** Checks what is wanted of a segment. A small piece is copied, so that nobody holds a whole segment for its sake. */
  #take({ blobs, bytes }: Kept, { wanted }: WantedSegment, read: Uint8Array[]): void {
    for (const { type, id, index, position } of wanted) {
      const blob = blobs[position]
      if (blob === undefined) throw new EngineError('blob.missing', 'A segment does not hold the piece that should be in it.')
      if (!this.#hasher.isIdOf(type, blob, id))
        throw new EngineError('blob.id-mismatch', 'A stored piece is not what its id says: the vault is damaged here.')
      read[index] = blob.length * 2 < bytes ? blob.slice() : blob
    }
  }

  /** What is wanted, by the segments it lies in. */
  async #segmentsOf(wanted: readonly WantedBlob[], signal: AbortSignal | undefined): Promise<readonly WantedSegment[]> {
    const names = wanted.map(({ id }) => toHex(id))
    const unknown = new Map(wanted.flatMap(({ id }, index) => (this.#locations.has(names[index]!) ? [] : [[names[index]!, id] as const])))
    if (this.#locations.size + unknown.size > keptLocations) {
      this.#locations.clear()
      for (const [index, { id }] of wanted.entries()) unknown.set(names[index]!, id)
    }
    const asked = [...unknown]
    for (let start = 0; start < asked.length; start += idsPerQuery) await this.#ask(asked.slice(start, start + idsPerQuery), signal)
    const segments = new Map<string, WantedSegment>()
    for (const [index, blob] of wanted.entries()) {
      const place = this.#locations.get(names[index]!)
      if (place === undefined) throw new EngineError('blob.missing', 'The vault does not hold a piece that the snapshot needs.')
      const segment = segments.get(nameOf(place)) ?? { place, wanted: [] }
      segment.wanted.push({ ...blob, index, position: place.position })
      segments.set(nameOf(place), segment)
    }
    return [...segments.values()]
  }

  async #ask(part: readonly (readonly [name: string, id: Uint8Array])[], signal: AbortSignal | undefined): Promise<void> {
    const query = new Uint8Array(part.length * blobIdBytes)
    for (const [index, [, id]] of part.entries()) query.set(id, index * blobIdBytes)
    const records = await this.#ports.locate(query, signal)
    if (records.length !== part.length * locationRecordBytes)
      throw new EngineError('format.invalid', 'The hub answered another number of pieces than it was asked for.')
    for (const [index, [name]] of part.entries()) {
      const location = readLocation(records, index)
      if (location !== null) this.#locations.set(name, location)
    }
  }

  async #fetch(places: readonly SegmentPlace[], signal: AbortSignal | undefined): Promise<readonly Kept[]> {
    const query = new Uint8Array(places.length * locationRecordBytes)
    for (const [index, place] of places.entries()) writeLocation(query, index, { ...place, position: 0 })
    const answer = await this.#ports.readSegments(query, signal)
    const segments: Kept[] = []
    let at = 0
    for (const place of places) {
      const end = at + lengthAt(answer, at)
      const { blobs } = await this.#opener.open(answer.subarray(at, end), place)
      segments.push({ blobs, bytes: blobs.reduce((sum, blob) => sum + blob.length, 0) })
      at = end
    }
    if (at !== answer.length) throw new EngineError('pack.invalid', 'The hub sent more than it was asked for.')
    return segments
  }

  /** The newest stay. */
  #keep(name: string, segment: Kept): void {
    const known = this.#segments.get(name)
    this.#segments.delete(name)
    this.#segments.set(name, segment)
    if (known === undefined) this.#bytes += segment.bytes
    for (const [oldName, old] of this.#segments) {
      if (this.#bytes <= keptBytes || oldName === name) break
      this.#segments.delete(oldName)
      this.#bytes -= old.bytes
    }
  }
}

/** @throws EngineError `pack.invalid` where no whole segment begins. */
function lengthAt(answer: Uint8Array, at: number): number {
  if (answer.length - at < segmentHeaderBytes) throw new EngineError('pack.invalid', 'The hub sent less than it was asked for.')
  const length = readSegmentHeader(answer.subarray(at)).ciphertextBytes + segmentOverheadBytes
  if (at + length > answer.length) throw new EngineError('pack.invalid', 'The hub sent less than it was asked for.')
  return length
}

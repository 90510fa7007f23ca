import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { toHex } from '../../src/bytes/index.ts'
import {
  decodePackHeader,
  decodePackTrailer,
  locationRecordBytes,
  packHeaderBytes,
  packKinds,
  packTrailerBytes,
  readLocation,
  type PackKind,
} from '../../src/format/index.ts'
import { decodePackEnd, type CheckedPack, type Pack, type SessionPorts, type SourcePorts } from '../../src/vault/index.ts'
import { FirstPlaces } from '../../src/vault/testing/first-places.ts'

/** As the hub joins neighbours to one read of the store (hub, reading/read-segments.ts). */
const maxRangeBytes = 4 * 1024 * 1024

interface StoredSegment {
  readonly file: string
  readonly offset: number
  readonly length: number
  readonly kind: PackKind
}

/** Asked of a hub, and what that takes of its store. */
export interface HubFigures {
  /** About blobs: which are there, and where. */
  readonly questions: number
  /** For segments. */
  readonly requests: number
  /** Segments that lie one after the other in one pack are one read. */
  readonly storeReads: number
  readonly dataBytes: number
  readonly metadataBytes: number
}

const none: HubFigures = { questions: 0, requests: 0, storeReads: 0, dataBytes: 0, metadataBytes: 0 }

/**
 * The hub's half of a session, without a network, with its packs in a folder: what is stored counts neither as memory of who sends it nor of
 * who reads it. Packs are not checked, which in the whole system is another process's work.
 */
export class DirectoryHub {
  readonly #folder: string
  readonly #places = new FirstPlaces()
  readonly #segments = new Map<string, StoredSegment>()
  #figures: HubFigures = none
  /** Sent by this process. */
  packs = 0
  storedBytes = 0

  /** @param folder is there; packs that lie in it are known. */
  constructor(folder: string) {
    this.#folder = folder
    for (const name of readdirSync(folder)) this.#know(path.join(folder, name), readEnd(path.join(folder, name)))
  }

  get isEmpty(): boolean {
    return this.#segments.size === 0
  }

  get sessionPorts(): SessionPorts {
    return { have: (ids) => this.#find(ids), putPack: (pack) => this.#put(pack) }
  }

  get sourcePorts(): SourcePorts {
    return { locate: (ids) => this.#find(ids), readSegments: (places) => Promise.resolve(this.#read(places)) }
  }

  /** Since the last call. */
  takeFigures(): HubFigures {
    const figures = this.#figures
    this.#figures = none
    return figures
  }

  async #put({ packId, bytes }: Pack): Promise<void> {
    const file = path.join(this.#folder, toHex(packId))
    this.#know(file, decodePackEnd(decodePackHeader(bytes), bytes, bytes.length))
    this.packs++
    this.storedBytes += bytes.length
    await writeFile(file, bytes)
  }

  #know(file: string, { header, segments }: CheckedPack): void {
    for (const segment of segments) {
      const { offset, length, birthPackId, birthOrdinal } = segment
      this.#segments.set(`${toHex(birthPackId)}/${birthOrdinal}`, { file, offset, length, kind: header.kind })
      this.#places.add(segment)
    }
  }

  #find(ids: Uint8Array): Promise<Uint8Array> {
    this.#count({ questions: 1 })
    return Promise.resolve(this.#places.locate(ids))
  }

  #read(places: Uint8Array): Uint8Array {
    const segments = Array.from({ length: places.length / locationRecordBytes }, (_, index) => this.#segmentAt(places, index))
    const bytes = new Uint8Array(segments.reduce((sum, { length }) => sum + length, 0))
    let start = 0
    let storeReads = 0
    for (const range of joinNeighbours(segments)) {
      readInto(range.file, bytes.subarray(start, start + range.length), range.offset)
      start += range.length
      storeReads++
    }
    const bytesOf = (kind: PackKind): number => segments.reduce((sum, segment) => sum + (segment.kind === kind ? segment.length : 0), 0)
    this.#count({ requests: 1, storeReads, dataBytes: bytesOf(packKinds.data), metadataBytes: bytesOf(packKinds.metadata) })
    return bytes
  }

  #segmentAt(places: Uint8Array, index: number): StoredSegment {
    const place = readLocation(places, index)
    const segment = place === null ? undefined : this.#segments.get(`${toHex(place.packId)}/${place.ordinal}`)
    if (segment === undefined) throw new Error('no such segment')
    return segment
  }

  #count(more: Partial<HubFigures>): void {
    const { questions, requests, storeReads, dataBytes, metadataBytes } = this.#figures
    this.#figures = {
      questions: questions + (more.questions ?? 0),
      requests: requests + (more.requests ?? 0),
      storeReads: storeReads + (more.storeReads ?? 0),
      dataBytes: dataBytes + (more.dataBytes ?? 0),
      metadataBytes: metadataBytes + (more.metadataBytes ?? 0),
    }
  }
}

function joinNeighbours(segments: readonly StoredSegment[]): StoredSegment[] {
  const ranges: StoredSegment[] = []
  for (const segment of segments) {
    const last = ranges.at(-1)
    const isNext =
      last?.file === segment.file && last.offset + last.length === segment.offset && last.length + segment.length <= maxRangeBytes
    if (isNext) ranges[ranges.length - 1] = { ...last, length: last.length + segment.length }
    else ranges.push(segment)
  }
  return ranges
}

function readInto(file: string, into: Uint8Array, offset: number): void {
  const fd = openSync(file, 'r')
  try {
    if (readSync(fd, into, 0, into.length, offset) !== into.length) throw new Error('a pack is cut short')
  } finally {
    closeSync(fd)
  }
}

/** Header and footer: a whole pack in memory would count as memory of what is measured. */
function readEnd(file: string): CheckedPack {
  const fd = openSync(file, 'r')
  try {
    const { size } = fstatSync(fd)
    const part = (offset: number, length: number): Uint8Array => {
      const bytes = new Uint8Array(length)
      readSync(fd, bytes, 0, length, offset)
      return bytes
    }
    const { footerOffset } = decodePackTrailer(part(size - packTrailerBytes, packTrailerBytes), size)
    return decodePackEnd(decodePackHeader(part(0, packHeaderBytes)), part(footerOffset, size - footerOffset), size)
  } finally {
    closeSync(fd)
  }
}

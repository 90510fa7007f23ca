import { copyBytes, equalBytes, toHex } from '../../bytes/index.ts'
import { EngineError, invariant } from '../../errors/index.ts'
import { blobIdBytes, Refset, type BlobLocation } from '../../format/index.ts'
import type { BlobTicket, PlaceField } from '../blob-sink.ts'
import { IdFingerprints } from './id-fingerprints.ts'
import { PagedRecords, pageRecords } from './paged-records.ts'
import { ScratchFile, type ScratchCalls, type SessionScratch } from './scratch-file.ts'

const unknown = 0xffff_ffff
/** Words of a place. */
const wordOf = { pack: 0, ordinal: 1, position: 2 } as const satisfies Record<PlaceField, number>
const placeWords = 3
/** 4 KiB: neighbours come together where content comes again in its order, and one alone costs no more than a page of the system. */
const idShape = { recordBytes: blobIdBytes, blockRecords: 128, cachedBlocks: 256 } as const
/** 12 KiB. Places are read from the first to the last, when the session is finished; only one that comes late is changed in the file. */
const placeShape = { recordBytes: placeWords * Uint32Array.BYTES_PER_ELEMENT, blockRecords: 1024, cachedBlocks: 4 } as const

export interface TicketTableOptions {
  /** Null keeps all of it in memory. */
  readonly scratch: SessionScratch | null
  /** Of 16,384 blobs each, in memory before a scratch file is made. 704 KiB each. */
  readonly memoryPages: number
  readonly calls?: ScratchCalls
}

/**
 * The blobs of one session: number → id, id → number, and where each lies once that is known. In memory are the newest pages and 10 to 12 bytes of every
 * blob, by which it is found again; ids and places of older ones lie in the scratch file, 44 bytes each.
 */
export class TicketTable {
  readonly #scratch: ScratchFile
  readonly #ids: PagedRecords
  readonly #places: PagedRecords
  readonly #fingerprints = new IdFingerprints((ticket, id) => this.#isSame(ticket, id))
  #count = 0
  #located = 0
  readonly #packIds: Uint8Array[] = []
  readonly #packHexes: string[] = []
  readonly #packByHex = new Map<string, number>()
  #lastPack = 0
  /** Of all places so far. */
  readonly #refset = new Refset()
  #lastSegment = { pack: -1, ordinal: -1 }

  constructor({ scratch, memoryPages, calls }: TicketTableOptions) {
    this.#scratch = new ScratchFile(scratch, calls)
    this.#ids = new PagedRecords({ ...idShape, memoryPages }, this.#scratch)
    this.#places = new PagedRecords({ ...placeShape, memoryPages }, this.#scratch)
  }

  get size(): number {
    return this.#count
  }

  /** Those that hold a blob of the session, by number. */
  get packIds(): readonly Uint8Array[] {
    return this.#packIds
  }

  /** @throws EngineError `scratch.unreadable`, as everything here that asks for what lies in the file. */
  idOf(ticket: BlobTicket): Uint8Array {
    const id = new Uint8Array(blobIdBytes)
    this.copyId(ticket, id, 0)
    return id
  }

  copyId(ticket: BlobTicket, into: Uint8Array, offset: number): void {
    this.#requireGiven(ticket)
    const { bytes, first } = this.#ids.holding(ticket)
    const start = (ticket - first) * blobIdBytes
    for (let index = 0; index < blobIdBytes; index++) into[offset + index] = bytes[start + index]!
  }

  /** The ticket of an id, made now if it is new. */
  ticketOf(id: Uint8Array): { ticket: BlobTicket; isNew: boolean } {
    const held = this.#fingerprints.find(id)
    if (held >= 0) return { ticket: held, isNew: false }
    if (this.#count % pageRecords === 0) {
      this.#ids.addPage()
      this.#places.addPage()
    }
    const ticket = this.#fingerprints.add(id)
    this.#count++
    const { bytes, first } = this.#ids.holding(ticket)
    bytes.set(id, (ticket - first) * blobIdBytes)
    return { ticket, isNew: true }
  }

  /** Once for each ticket. */
  locate(ticket: BlobTicket, packId: Uint8Array, ordinal: number, position: number): void {
    this.#requireGiven(ticket)
    const pack = this.#numberOf(packId)
    const places = this.#places.holding(ticket)
    const at = (ticket - places.first) * placeWords
    invariant(places.words[at] === unknown, 'a blob is given its place once')
    places.words[at + wordOf.pack] = pack
    places.words[at + wordOf.ordinal] = ordinal
    places.words[at + wordOf.position] = position
    this.#places.keep(places)
    this.#located++
    this.#addToRefset(pack, ordinal)
  }

  /** @throws EngineError `invariant.broken` before the session is finished. */
  locationOf(ticket: BlobTicket): BlobLocation {
    this.#requireGiven(ticket)
    const { words, first } = this.#places.holding(ticket)
    const at = (ticket - first) * placeWords
    const pack = words[at + wordOf.pack]!
    if (pack === unknown) throw new EngineError('invariant.broken', 'A blob was asked for its place before it had one.')
    return { packId: this.#packIds[pack]!, ordinal: words[at + wordOf.ordinal]!, position: words[at + wordOf.position]! }
  }

  /** One field of the places of this ticket and of some after it. */
  places(field: PlaceField, from: BlobTicket): Uint32Array {
    this.#requireGiven(from)
    this.requireAllLocated()
    const { words, first } = this.#places.holding(from)
    const count = Math.min(words.length / placeWords, this.#count - first) - (from - first)
    const values = new Uint32Array(count)
    for (let index = 0, at = (from - first) * placeWords + wordOf[field]; index < count; index++, at += placeWords)
      values[index] = words[at]!
    return values
  }

  refset(): Refset {
    this.requireAllLocated()
    return this.#refset
  }

  /** @throws EngineError `invariant.broken` before the session is finished. */
  requireAllLocated(): void {
    invariant(this.#located === this.#count, 'every blob of a finished session has a place')
  }

  /** Nothing that may lie in the file is asked for afterwards. */
  close(): void {
    this.#scratch.close()
  }

  #requireGiven(ticket: BlobTicket): void {
    invariant(ticket >= 0 && ticket < this.#count, 'a ticket was given out by this session')
  }

  #numberOf(packId: Uint8Array): number {
    const last = this.#packIds[this.#lastPack]
    // Neighbours mostly lie in the same pack: no text is made for them.
    if (last !== undefined && equalBytes(last, packId)) return this.#lastPack
    const hex = toHex(packId)
    const known = this.#packByHex.get(hex)
    this.#lastPack = known ?? this.#packIds.length
    if (known === undefined) {
      this.#packByHex.set(hex, this.#packIds.push(copyBytes(packId)) - 1)
      this.#packHexes.push(hex)
    }
    return this.#lastPack
  }

  /** Neighbours mostly lie in the same segment, which is added once. */
  #addToRefset(pack: number, ordinal: number): void {
    if (pack === this.#lastSegment.pack && ordinal === this.#lastSegment.ordinal) return
    this.#lastSegment = { pack, ordinal }
    this.#refset.add(this.#packHexes[pack]!, ordinal)
  }

  #isSame(ticket: BlobTicket, id: Uint8Array): boolean {
    const { bytes, first } = this.#ids.holding(ticket)
    const start = (ticket - first) * blobIdBytes
    for (let index = 0; index < blobIdBytes; index++) if (bytes[start + index] !== id[index]) return false
    return true
  }
}

import { crc32 } from 'node:zlib'
import type { BlobTicket } from '../../vault/blob-sink.ts'
import { damaged } from './catalogue-layout.ts'
import { readInto } from './read-at.ts'

/** Tickets that are read at once, and how many such blocks of 10 KiB are kept. Neighbours in a tree are neighbours here. */
const blockTickets = 1024
const cachedBlocks = 256
/** Read at once where all is read. */
const blocksPerRead = 64
/** Of pack, ordinal, position. */
const columnBytes = [4, 4, 2] as const

/** A place with its pack as a number. */
export interface NumberedPlace {
  readonly pack: number
  readonly ordinal: number
  readonly position: number
}

interface Block {
  readonly number: number
  readonly packs: Uint32Array
  readonly ordinals: Uint32Array
  readonly positions: Uint16Array
}

/**
 * The places of all blobs of a catalogue as they lie in its file: three columns one after the other, of which blocks are read when they are asked for.
 * 12 bytes of memory for 1,024 blobs, and 2.5 MiB of blocks at most.
 */
export class PlaceColumns {
  readonly #fd: number
  readonly #tickets: number
  /** Of the columns. */
  readonly #offsets: readonly number[]
  /** By column and block. */
  readonly #crcs: readonly Uint32Array[]
  readonly #cache: (Block | undefined)[] = []
  /** Blocks that could not be read. */
  readonly #lost = new Set<number>()

  /** @param start of the first column in the file. */
  constructor(fd: number, start: number, tickets: number) {
    this.#fd = fd
    this.#tickets = tickets
    const [packs, ordinals] = columnBytes
    this.#offsets = [start, start + tickets * packs, start + tickets * (packs + ordinals)]
    this.#crcs = columnBytes.map(() => new Uint32Array(Math.ceil(tickets / blockTickets)))
  }

  /** Reads all of it once: notes the checksum of each block, and goes on with that of the tables. @throws as {@link of} */
  sum(tablesCrc: number): number {
    let crc = tablesCrc
    const buffer = new Uint8Array(blocksPerRead * blockTickets * columnBytes[0])
    for (const [column, size] of columnBytes.entries()) {
      const length = this.#tickets * size
      for (let start = 0; start < length; start += blocksPerRead * blockTickets * size) {
        const bytes = buffer.subarray(0, Math.min(blocksPerRead * blockTickets * size, length - start))
        readInto(this.#fd, bytes, this.#offsets[column]! + start)
        crc = crc32(bytes, crc)
        for (let at = 0; at < bytes.length; at += blockTickets * size)
          this.#crcs[column]![(start + at) / (blockTickets * size)] = crc32(bytes.subarray(at, at + blockTickets * size))
      }
    }
    return crc
  }

  /**
   * Null for one that is not there, and after the first time for one that cannot be read.
   * @throws EngineError `catalogue.damaged` for what is not as {@link sum} has found it; the system's error.
   */
  of(ticket: BlobTicket): NumberedPlace | null {
    const block = Math.floor(ticket / blockTickets)
    if (ticket >= this.#tickets || this.#lost.has(block)) return null
    const { packs, ordinals, positions } = this.#blockOf(block)
    const at = ticket % blockTickets
    return { pack: packs[at]!, ordinal: ordinals[at]!, position: positions[at]! }
  }

  #blockOf(number: number): Block {
    const cached = this.#cache[number % cachedBlocks]
    if (cached !== undefined && cached.number === number) return cached
    try {
      const [packs, ordinals, positions] = [this.#read(number, 0), this.#read(number, 1), this.#read(number, 2)]
      const block = { number, packs: new Uint32Array(packs), ordinals: new Uint32Array(ordinals), positions: new Uint16Array(positions) }
      this.#cache[number % cachedBlocks] = block
      return block
    } catch (error) {
      this.#lost.add(number)
      throw error
    }
  }

  #read(block: number, column: 0 | 1 | 2): ArrayBuffer {
    const first = block * blockTickets
    const size = columnBytes[column]
    const bytes = new Uint8Array(Math.min(blockTickets, this.#tickets - first) * size)
    readInto(this.#fd, bytes, this.#offsets[column]! + first * size)
    if (crc32(bytes) !== this.#crcs[column]![block]) throw damaged('places are damaged')
    return bytes.buffer
  }
}

import { crc32 } from 'node:zlib'
import { scratchUnreadable, type ScratchFile } from './scratch-file.ts'

const pageBits = 14
/** Records of a page, which goes into the file as a whole. */
export const pageRecords = 1 << pageBits

export interface RecordShape {
  /** A multiple of 4. */
  readonly recordBytes: number
  /** So many are read back at once; a power of two, at most a page. */
  readonly blockRecords: number
  /** Blocks that are kept of those read back. */
  readonly cachedBlocks: number
  /** Pages in memory, the one that is being filled among them, before the oldest goes into the file; at least 1. */
  readonly memoryPages: number
}

/** Consecutive records in memory: a page, or a block that was read back. */
export class Records {
  /** Number of the first one. */
  first = -1
  readonly bytes: Uint8Array
  /** The same memory, in the order of bytes of this machine. */
  readonly words: Uint32Array

  constructor(sizeBytes: number) {
    this.bytes = new Uint8Array(sizeBytes)
    this.words = new Uint32Array(this.bytes.buffer)
  }
}

/** Where a page lies in the file. */
interface StoredPage {
  readonly offset: number
  /** Of each block: a disk that gives back other bytes must not become a backup that names other blobs. */
  readonly crcs: Uint32Array
}

/**
 * Records of one size by their number: the newest pages in memory, older ones in a scratch file, from which blocks are read back where they are needed.
 * Where the file takes no more, pages stay in memory.
 */
export class PagedRecords {
  readonly #shape: RecordShape
  readonly #blockBytes: number
  readonly #scratch: ScratchFile
  /** By page; null where it lies in the file. Pages go there in their order. */
  readonly #pages: (Records | null)[] = []
  readonly #stored: StoredPage[] = []
  readonly #cache: (Records | undefined)[] = []
  /** Blocks by number that were changed and could not be written back. */
  readonly #pinned = new Map<number, Records>()

  constructor(shape: RecordShape, scratch: ScratchFile) {
    this.#shape = shape
    this.#blockBytes = shape.blockRecords * shape.recordBytes
    this.#scratch = scratch
  }

  /** Makes room for 16,384 more, all bits of which are set. */
  addPage(): void {
    const page = this.#takeOldest() ?? new Records(pageRecords * this.#shape.recordBytes)
    page.first = this.#pages.length * pageRecords
    page.bytes.fill(0xff)
    this.#pages.push(page)
  }

  /**
   * What holds a record, valid until the next call of this object. Who changes it says so by {@link keep}.
   * @throws EngineError `scratch.unreadable`
   */
  holding(record: number): Records {
    return this.#pages[record >>> pageBits] ?? this.#blockOf(record)
  }

  /** Keeps what was changed in what {@link holding} gave. */
  keep(records: Records): void {
    const page = records.first >>> pageBits
    if (page >= this.#stored.length) return
    const stored = this.#stored[page]!
    const { block, inPage } = this.#blockAt(records.first)
    if (this.#pinned.has(block)) return
    stored.crcs[inPage] = crc32(records.bytes)
    if (this.#scratch.overwrite(stored.offset + inPage * this.#blockBytes, records.bytes)) return
    this.#pinned.set(block, records)
    this.#cache[block % this.#shape.cachedBlocks] = undefined
  }

  /** The memory of the oldest page, once that lies in the file; null where there is room in memory, or none in the file. */
  #takeOldest(): Records | null {
    const oldest = this.#stored.length
    const page = this.#pages[oldest]
    if (page === undefined || page === null || this.#pages.length - oldest < this.#shape.memoryPages) return null
    const offset = this.#scratch.append(page.bytes)
    if (offset === null) return null
    const crcs = new Uint32Array(page.bytes.length / this.#blockBytes)
    for (let block = 0; block < crcs.length; block++)
      crcs[block] = crc32(page.bytes.subarray(block * this.#blockBytes, (block + 1) * this.#blockBytes))
    this.#stored.push({ offset, crcs })
    this.#pages[oldest] = null
    return page
  }

  #blockAt(record: number): { readonly block: number; readonly inPage: number } {
    const block = Math.floor(record / this.#shape.blockRecords)
    return { block, inPage: block % (pageRecords / this.#shape.blockRecords) }
  }

  #blockOf(record: number): Records {
    const { block, inPage } = this.#blockAt(record)
    const first = block * this.#shape.blockRecords
    const slot = block % this.#shape.cachedBlocks
    const held = this.#pinned.get(block) ?? this.#cache[slot]
    if (held !== undefined && held.first === first) return held
    const read = held ?? new Records(this.#blockBytes)
    this.#cache[slot] = read
    // Nothing yet, should reading fail.
    read.first = -1
    const { offset, crcs } = this.#stored[record >>> pageBits]!
    this.#scratch.read(offset + inPage * this.#blockBytes, read.bytes)
    if (crc32(read.bytes) !== crcs[inPage]) throw scratchUnreadable()
    read.first = first
    return read
  }
}

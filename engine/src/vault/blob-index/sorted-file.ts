import { closeSync, mkdirSync, openSync, readSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { finishMurmur } from '../../bytes/index.ts'
import { EngineError } from '../../errors/index.ts'
import { entryBytes, entryWords, isSameId, type Wanted } from './index-entry.ts'
import { idWords } from './keyed-hash.ts'

/** Entries that one read of a lookup brings, on average: 2.5 KB. */
const entriesPerBucket = 64
/** Of the Bloom filter: one file in a hundred is read in vain. */
const bitsPerEntry = 10
const probes = 4
const bufferEntries = 16 * 1024
/** For the database and the store, which mostly lie on the same disk. */
const leftFreeBytes = 256 * 1024 * 1024

/** What is known of a file without reading it. */
interface FileShape {
  readonly entryCount: number
  /** A hash shifted right by this is the number of its bucket. */
  readonly bucketShift: number
  /** First entry of each bucket, and the end of the last. */
  readonly starts: Uint32Array
  readonly checksums: Uint32Array
  readonly filter: Uint8Array
}

/** Entries of one domain in a file without a name, by ascending hash; of one id, in the order they were added. Never changed. */
export class SortedFile {
  readonly #file: ScratchFile
  readonly #shape: FileShape
  /** How many times its entries were merged. */
  readonly level: number
  #bucketWords = new Uint32Array(entriesPerBucket * 2 * entryWords)

  constructor(file: ScratchFile, shape: FileShape, level: number) {
    this.#file = file
    this.#shape = shape
    this.level = level
  }

  get entryCount(): number {
    return this.#shape.entryCount
  }

  /** Adds the places of an id. @throws EngineError `invariant.broken` */
  collect(words: Uint32Array, at: number, hash: number, { into, full }: Wanted): void {
    if (!mayHold(this.#shape.filter, hash)) return
    const bucket = bucketOf(this.#shape, hash)
    const count = this.read(bucket, bucket + 1, (needed) => this.#roomFor(needed))
    for (let entry = 0; entry < count && into.count < full; entry++) {
      const start = entry * entryWords
      if (isSameId(this.#bucketWords, start, words, at))
        into.add(this.#bucketWords[start + idWords]!, this.#bucketWords[start + idWords + 1]!)
    }
  }

  get bucketCount(): number {
    return this.#shape.checksums.length
  }

  /**
   * Reads the entries of some buckets.
   * @param roomFor gives memory for so many words
   * @returns how many entries they are
   * @throws EngineError `invariant.broken` also where they are not what was written
   */
  read(fromBucket: number, toBucket: number, roomFor: (words: number) => Uint32Array): number {
    const { starts, checksums } = this.#shape
    const first = starts[fromBucket]!
    const count = starts[toBucket]! - first
    if (count === 0) return 0
    const words = roomFor(count * entryWords)
    const bytes = new Uint8Array(words.buffer, words.byteOffset, count * entryBytes)
    this.#file.read(bytes, first * entryBytes)
    for (let bucket = fromBucket; bucket < toBucket; bucket++) {
      const part = bytes.subarray((starts[bucket]! - first) * entryBytes, (starts[bucket + 1]! - first) * entryBytes)
      if (crc32(part) !== checksums[bucket]) throw unreadable('it is not what was written')
    }
    return count
  }

  close(): void {
    this.#file.close()
  }

  #roomFor(words: number): Uint32Array {
    if (this.#bucketWords.length < words) this.#bucketWords = new Uint32Array(words)
    return this.#bucketWords
  }
}

/** Writes one file: entries by ascending hash, exactly as many as were announced. */
export class SortedFileWriter {
  readonly #file: ScratchFile
  readonly #shape: FileShape
  readonly #words = new Uint32Array(bufferEntries * entryWords)
  readonly #bytes = new Uint8Array(this.#words.buffer)
  #buffered = 0
  #written = 0
  #bucket = 0
  /** Entry in the buffer from where on the bucket's checksum is not summed yet. */
  #summedTo = 0

  /** @throws EngineError `store.io-error` */
  constructor(folder: string, entryCount: number) {
    const bits = Math.max(0, Math.ceil(Math.log2(entryCount / entriesPerBucket)))
    this.#shape = {
      entryCount,
      bucketShift: 32 - bits,
      starts: new Uint32Array(2 ** bits + 1),
      checksums: new Uint32Array(2 ** bits),
      filter: new Uint8Array(2 ** Math.max(3, Math.ceil(Math.log2(entryCount * bitsPerEntry))) / 8),
    }
    this.#file = ScratchFile.make(folder, entryCount * entryBytes)
  }

  /** @throws EngineError `store.io-error` */
  add(words: Uint32Array, at: number, hash: number): void {
    this.#goTo(bucketOf(this.#shape, hash))
    noteIn(this.#shape.filter, hash)
    const start = this.#buffered * entryWords
    for (let word = 0; word < entryWords; word++) this.#words[start + word] = words[at + word]!
    if (++this.#buffered === bufferEntries) this.#flush()
  }

  /** @throws EngineError `store.io-error` */
  finish(level: number): SortedFile {
    this.#goTo(this.#shape.checksums.length)
    this.#flush()
    if (this.#written !== this.#shape.entryCount)
      throw new EngineError('invariant.broken', 'A file of the index has another length than announced.')
    return new SortedFile(this.#file, this.#shape, level)
  }

  /** Of no use any more. */
  abandon(): void {
    this.#file.close()
  }

  /** Ends the bucket at hand, and empty ones between it and the next. */
  #goTo(bucket: number): void {
    const { starts } = this.#shape
    if (this.#bucket === bucket) return
    this.#sum()
    while (this.#bucket < bucket) starts[++this.#bucket] = this.#written + this.#buffered
  }

  #sum(): void {
    if (this.#summedTo === this.#buffered) return
    const part = this.#bytes.subarray(this.#summedTo * entryBytes, this.#buffered * entryBytes)
    this.#shape.checksums[this.#bucket] = crc32(part, this.#shape.checksums[this.#bucket])
    this.#summedTo = this.#buffered
  }

  #flush(): void {
    if (this.#buffered === 0) return
    if (this.#bucket < this.#shape.checksums.length) this.#sum()
    this.#file.write(this.#bytes.subarray(0, this.#buffered * entryBytes), this.#written * entryBytes)
    this.#written += this.#buffered
    this.#buffered = 0
    this.#summedTo = 0
  }
}

/** A file that nobody else can open, gone with the process that made it. */
class ScratchFile {
  readonly #file: number
  /** Where a file that is open cannot be removed, as on Windows: its name, until it is closed. */
  #path: string | null

  private constructor(file: number, path: string | null) {
    this.#file = file
    this.#path = path
  }

  /** @param sizeBytes that will be written */
  static make(folder: string, sizeBytes: number): ScratchFile {
    const path = join(folder, randomUUID())
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const { bavail, bsize } = statfsSync(folder)
      if (bavail * bsize < sizeBytes + leftFreeBytes) throw new Error('the disk is nearly full')
      const file = openSync(path, 'wx+', 0o600)
      return new ScratchFile(file, removed(path) ? null : path)
    } catch (cause) {
      throw unwritable(cause)
    }
  }

  read(into: Uint8Array, position: number): void {
    try {
      for (let done = 0; done < into.length;) {
        const read = readSync(this.#file, into, done, into.length - done, position + done)
        if (read === 0) throw new Error('it is shorter than it was')
        done += read
      }
    } catch (cause) {
      throw unreadable('it could not be read', cause)
    }
  }

  write(bytes: Uint8Array, position: number): void {
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(this.#file, bytes, done, bytes.length - done, position + done)
    } catch (cause) {
      throw unwritable(cause)
    }
  }

  close(): void {
    try {
      closeSync(this.#file)
    } catch {
      // Nobody needs what is in it any more.
    }
    if (this.#path !== null) removed(this.#path)
    this.#path = null
  }
}

function removed(path: string): boolean {
  try {
    rmSync(path)
    return true
  } catch {
    return false
  }
}

const bucketOf = ({ bucketShift }: FileShape, hash: number): number => (bucketShift === 32 ? 0 : hash >>> bucketShift)

/** Bits of a hash in a filter of a power of two: the hash itself, then steps of what its own bits mixed anew say. */
function noteIn(filter: Uint8Array, hash: number): void {
  const mask = filter.length * 8 - 1
  const step = stepOf(hash)
  for (let probe = 0, bit = hash; probe < probes; probe++, bit = (bit + step) >>> 0) filter[(bit & mask) >>> 3]! |= 1 << (bit & 7)
}

function mayHold(filter: Uint8Array, hash: number): boolean {
  const mask = filter.length * 8 - 1
  const step = stepOf(hash)
  for (let probe = 0, bit = hash; probe < probes; probe++, bit = (bit + step) >>> 0)
    if ((filter[(bit & mask) >>> 3]! & (1 << (bit & 7))) === 0) return false
  return true
}

/** Odd, so that it meets every bit. */
const stepOf = (hash: number): number => (finishMurmur(hash) | 1) >>> 0

const unreadable = (why: string, cause?: unknown): EngineError =>
  new EngineError('invariant.broken', `A part of the index of blobs is of no use: ${why}. It is made anew at the next start.`, { cause })
const unwritable = (cause: unknown): EngineError =>
  new EngineError('store.io-error', 'A part of the index of blobs could not be written.', { cause })

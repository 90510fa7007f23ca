import { concatBytes, crc32 } from '@holdfast/engine/bytes'
import { EngineError } from '@holdfast/engine/errors'
import { storedBlocks, storedBlocksEnd } from './stored-blocks.ts'
import {
  dataDescriptor,
  directoryRecord,
  endRecords,
  localHeader,
  zip64FromBytes,
  zipMethods,
  type StoredContent,
  type ZipEntry,
} from './zip-records.ts'

/** Files up to this size are gathered in memory, and have their sizes where every program looks for them first. */
const wholeBytes = 256 * 1024
/** Stored blocks add 5 bytes to each 64 KiB. */
const largeFromBytes = Math.floor(zip64FromBytes * 0.99)

const nothing: StoredContent = { method: zipMethods.stored, isStreamed: false, isLarge: false, crc32: 0, packedBytes: 0, sizeBytes: 0 }

/** A zip as a stream: each call gives the next bytes of it, and what it yields must be read to its end before the next call. Nothing is packed. */
export class ZipWriter {
  readonly #directory: Uint8Array[] = []
  #offset = 0

  /** So far. */
  get entries(): number {
    return this.#directory.length
  }

  /** Something without content: a folder. */
  addEmpty(entry: ZipEntry): Uint8Array {
    return this.#count(this.#begin(entry, nothing))
  }

  /** Content that is in memory. */
  *addWhole(entry: ZipEntry, bytes: Uint8Array): Generator<Uint8Array> {
    const content = { ...nothing, crc32: crc32(bytes), packedBytes: bytes.length, sizeBytes: bytes.length }
    yield this.#count(this.#begin(entry, content))
    if (bytes.length > 0) yield this.#count(bytes)
  }

  /** A file. @param sizeBytes what `parts` have together @throws whatever reading `parts` throws */
  async *addFile(entry: ZipEntry, sizeBytes: number, parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    if (sizeBytes > wholeBytes) return yield* this.#addStream(entry, sizeBytes, parts)
    const read: Uint8Array[] = []
    for await (const part of parts) read.push(part)
    const bytes = concatBytes(read)
    requireSize(bytes.length, sizeBytes)
    yield* this.addWhole(entry, bytes)
  }

  /** The directory: without it there is no zip. */
  *end(): Generator<Uint8Array> {
    const offset = this.#offset
    for (const record of this.#directory) yield this.#count(record)
    yield endRecords(this.#directory.length, this.#offset - offset, offset)
  }

  async *#addStream(entry: ZipEntry, sizeBytes: number, parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const start = this.#offset
    const before = { ...nothing, method: zipMethods.deflated, isStreamed: true, isLarge: sizeBytes >= largeFromBytes }
    yield this.#count(localHeader(entry, before))
    const from = this.#offset
    const read = { crc32: 0, sizeBytes: 0 }
    for await (const part of parts) {
      read.crc32 = crc32(part, read.crc32)
      read.sizeBytes += part.length
      for (const bytes of storedBlocks(part)) yield this.#count(bytes)
    }
    yield this.#count(storedBlocksEnd)
    requireSize(read.sizeBytes, sizeBytes)
    const stored = { ...before, ...read, packedBytes: this.#offset - from }
    yield this.#count(dataDescriptor(stored))
    this.#directory.push(directoryRecord(entry, stored, start))
  }

  #begin(entry: ZipEntry, content: StoredContent): Uint8Array {
    this.#directory.push(directoryRecord(entry, content, this.#offset))
    return localHeader(entry, content)
  }

  #count(bytes: Uint8Array): Uint8Array {
    this.#offset += bytes.length
    return bytes
  }
}

/** The tree says a size and the content has another: nothing that says so can be made right any more. */
function requireSize(readBytes: number, sizeBytes: number): void {
  if (readBytes !== sizeBytes) throw new EngineError('format.invalid', 'A file has another size than its content.')
}

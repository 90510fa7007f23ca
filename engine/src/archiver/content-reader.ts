import { closeSync, readSync } from 'node:fs'
import { createChunker, cutStream, type Chunker, type ChunkerProfile, type ChunkLimits } from '../chunker/index.ts'
import { blobTypes, buildContent, inlineLimitBytes, type ContentItem, type FileContent } from '../format/index.ts'
import type { Pacer } from '../run-control/index.ts'
import { dataRanges, readFileMetadata, toSourceFailure, type FileMetadata, type OpenFile } from '../source/index.ts'
import type { BlobSink, BlobTicket } from '../vault/blob-sink.ts'
import { findAttributes, type FoundAttributes } from './attribute-archiver.ts'
import type { CataloguedBlob, CataloguedContent } from './catalogue/index.ts'
import { isSameState } from './change-detection.ts'

/** Files below this are one blob (docs/vault-format.md §6). */
const chunkedFromBytes = 256 * 1024
/** A file that changes under our hands is read again this often, then kept as it was read, with a warning. */
const rereads = 2
const blockBytes = 512

export interface ReadContent {
  /** As it was just before it was read. */
  readonly metadata: FileMetadata
  /** Bytes that were read and hashed, holes included: what the entry says as its size. */
  readonly size: number
  readonly content: FileContent
  readonly catalogued: CataloguedContent
  readonly found: FoundAttributes
  /** It changed while it was read, each time. */
  readonly isTorn: boolean
}

interface Range {
  readonly start: number
  readonly end: number
}

/** Reads files into the chunker's buffer and hands them to the sink from there: nothing is copied here but inline content. */
export class ContentReader {
  readonly #sink: BlobSink
  readonly #pacer: Pacer
  readonly #chunker: Chunker
  #filesRead = 0
  #bytesRead = 0

  constructor(sink: BlobSink, pacer: Pacer, cdcKey: Uint8Array, chunker: ChunkerProfile | ChunkLimits) {
    this.#sink = sink
    this.#pacer = pacer
    this.#chunker = createChunker(cdcKey, chunker)
  }

  get filesRead(): number {
    return this.#filesRead
  }

  get bytesRead(): number {
    return this.#bytesRead
  }

  /**
   * @param open opens the file; asked again for each further reading.
   * @throws EngineError `source.*`; `source.not-found` when it is gone.
   */
  async read(open: () => OpenFile): Promise<ReadContent> {
    this.#filesRead++
    for (let attempt = 0; ; attempt++) {
      const read = await this.#readOnce(open)
      if (!read.isTorn || attempt === rereads) return read
    }
  }

  async #readOnce(open: () => OpenFile): Promise<ReadContent> {
    const file = open()
    try {
      const before = file.metadata
      const read = before.size <= inlineLimitBytes ? this.#readInline(file.fd, before.size) : await this.#readItems(file.fd, before)
      const found = findAttributes(file.fd)
      const isTorn = read.size !== before.size || !isSameState(before, readFileMetadata(file.fd))
      return { ...read, metadata: before, found, isTorn }
    } finally {
      closeSync(file.fd)
    }
  }

  #readInline(fd: number, size: number): Omit<ReadContent, 'metadata' | 'found' | 'isTorn'> {
    const bytes = this.#chunker.buffer.slice(0, this.#readRange(fd, { start: 0, end: size }))
    return { size: bytes.length, content: { kind: 'inline', bytes }, catalogued: { kind: 'inline', bytes } }
  }

  async #readItems(fd: number, metadata: FileMetadata): Promise<Omit<ReadContent, 'metadata' | 'found' | 'isTorn'>> {
    const items: ContentItem[] = []
    const tickets: BlobTicket[] = []
    let size = 0
    for (const range of rangesOf(fd, metadata)) {
      if (range.start > size) items.push({ kind: 'hole', length: range.start - size })
      size = range.start
      for (const bytes of this.#pieces(fd, range)) {
        const ticket = this.#sink.add(blobTypes.data, bytes)
        items.push({ kind: 'data', length: bytes.length, id: this.#sink.idOf(ticket) })
        tickets.push(ticket)
        size += bytes.length
        await this.#sink.whenReady()
        if (this.#pacer.isLate()) await this.#pacer.turn()
      }
      // It got shorter: what is left of it has no place in what was read.
      if (size < range.end) break
    }
    return { size, ...this.#contentOf(items, tickets) }
  }

  /** Views into the chunker's buffer. */
  *#pieces(fd: number, range: Range): Generator<Uint8Array> {
    if (range.end - range.start < chunkedFromBytes) {
      const length = this.#readRange(fd, range)
      if (length > 0) yield this.#chunker.buffer.subarray(0, length)
      return
    }
    let position = range.start
    const read = (into: Uint8Array): number => {
      const count = readAt(fd, into.subarray(0, Math.min(into.length, range.end - position)), position)
      position += count
      this.#bytesRead += count
      return count
    }
    for (const chunk of cutStream(this.#chunker, read)) yield chunk.bytes
  }

  /** Reads a range that fits into the chunker's buffer. @returns bytes read: fewer if the file ends before. */
  #readRange(fd: number, range: Range): number {
    const length = range.end - range.start
    let done = 0
    while (done < length) {
      const count = readAt(fd, this.#chunker.buffer.subarray(done, length), range.start + done)
      if (count === 0) break
      done += count
    }
    this.#bytesRead += done
    return done
  }

  #contentOf(items: readonly ContentItem[], tickets: readonly BlobTicket[]): { content: FileContent; catalogued: CataloguedContent } {
    const lists: CataloguedBlob[] = []
    const content = buildContent(items, (list) => {
      const ticket = this.#sink.add(blobTypes.contentList, list)
      const id = this.#sink.idOf(ticket)
      lists.push({ id, ticket })
      return id
    })
    return { content, catalogued: { kind: 'stored', items, tickets, lists } }
  }
}

function knownRanges(fd: number, size: number): readonly Range[] | null {
  try {
    return dataRanges(fd, size)
  } catch {
    // Some file systems cannot tell (EINVAL). If the disk is at fault, reading says so.
    return null
  }
}

/** Where a file holds data. Asked only of those that take less room than they are long: most do not. */
function rangesOf(fd: number, metadata: FileMetadata): readonly Range[] {
  const whole = { start: 0, end: metadata.size }
  if (metadata.blocks * blockBytes >= metadata.size) return [whole]
  const ranges = knownRanges(fd, metadata.size)
  if (ranges === null) return [whole]
  return ranges.at(-1)?.end === metadata.size ? ranges : [...ranges, { start: metadata.size, end: metadata.size }]
}

/** A disk that cannot give a part of a file costs that file, never the backup. @throws EngineError `source.*` */
function readAt(fd: number, into: Uint8Array, position: number): number {
  try {
    return readSync(fd, into, 0, into.length, position)
  } catch (error) {
    throw toSourceFailure(error)
  }
}

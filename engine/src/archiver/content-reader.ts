import { readSync } from 'node:fs'
import { createChunker, cutStream, type Chunker, type ChunkerProfile, type ChunkLimits } from '../chunker/index.ts'
import { blobTypes, buildContent, inlineLimitBytes, type ContentItem, type FileContent } from '../format/index.ts'
import type { Pacer } from '../run-control/index.ts'
import { closeDescriptor, dataRanges, readFileMetadata, toSourceFailure, type FileMetadata, type OpenFile } from '../source/index.ts'
import type { BlobSink, BlobTicket, ContentNumber } from '../vault/blob-sink.ts'
import { findAttributes, type FoundAttributes } from './attribute-archiver.ts'
import type { CataloguedBlob, CataloguedContent } from './catalogue/index.ts'
import { isSameState } from './change-detection.ts'

/** Files below this are one blob (docs/vault-format.md §6). */
const chunkedFromBytes = 256 * 1024
/** A file that changes under our hands is read again this often, then kept as it was read, with a warning. */
const rereads = 2
const blockBytes = 512

/** A piece of a file that was read: its id comes later. */
interface DataItem {
  readonly kind: 'data'
  readonly length: number
  readonly number: ContentNumber
}
export type ReadItem = DataItem | Extract<ContentItem, { kind: 'hole' }>
/** What was read, before its pieces have their ids. */
export type PendingContent =
  | Extract<FileContent, { kind: 'inline' }>
  | {
      readonly kind: 'stored'
      readonly items: readonly ReadItem[]
      /** So many pieces must be identified before {@link ContentReader.identified}. */
      readonly until: number
    }

export interface ReadContent {
  /** As it was just before it was read. */
  readonly metadata: FileMetadata
  /** Bytes that were read and hashed, holes included: what the entry says as its size. */
  readonly size: number
  readonly content: PendingContent
  readonly found: FoundAttributes
  /** It changed while it was read, each time, or goes on behind its size. */
  readonly isTorn: boolean
  /** It has more bytes than the size it was opened with, which are not among those read: it grows, or its file system does not know. */
  readonly goesOn: boolean
}

interface Range {
  readonly start: number
  readonly end: number
}

type ReadPart = Pick<ReadContent, 'size' | 'content'>

/** Reads files into memory that the sink shares with its threads; large ones by way of the chunker's buffer. */
export class ContentReader {
  readonly #sink: BlobSink
  readonly #pacer: Pacer
  readonly #chunker: Chunker
  #filesRead = 0
  #bytesRead = 0
  /** Of the file in hand: there was a byte behind its size. */
  #goesOn = false

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

  /** What was read with its ids: once the sink has identified `until` pieces. */
  identified(pending: PendingContent): { readonly content: FileContent; readonly catalogued: CataloguedContent } {
    if (pending.kind === 'inline') return { content: pending, catalogued: pending }
    const tickets: BlobTicket[] = []
    const items = pending.items.map((item): ContentItem => {
      if (item.kind === 'hole') return item
      const ticket = this.#sink.ticketOf(item.number)
      tickets.push(ticket)
      return { kind: 'data', length: item.length, id: this.#sink.idOf(ticket) }
    })
    const lists: CataloguedBlob[] = []
    const content = buildContent(items, (list) => {
      const ticket = this.#sink.add(blobTypes.contentList, list)
      const id = this.#sink.idOf(ticket)
      lists.push({ id, ticket })
      return id
    })
    return { content, catalogued: { kind: 'stored', items, tickets, lists } }
  }

  async #readOnce(open: () => OpenFile): Promise<ReadContent> {
    const file = open()
    this.#goesOn = false
    try {
      const before = file.metadata
      const read = before.size <= inlineLimitBytes ? this.#readInline(file.fd, before.size) : await this.#readItems(file.fd, before)
      const found = findAttributes(file.fd)
      const goesOn = this.#goesOn
      const isTorn = goesOn || read.size !== before.size || !isSameState(before, readFileMetadata(file.fd))
      return { ...read, metadata: before, found, isTorn, goesOn }
    } finally {
      closeDescriptor(file.fd)
    }
  }

  #readInline(fd: number, size: number): ReadPart {
    const bytes = new Uint8Array(size + 1)
    const length = this.#fill(fd, bytes, { start: 0, end: size })
    return { size: length, content: { kind: 'inline', bytes: bytes.subarray(0, length) } }
  }

  async #readItems(fd: number, metadata: FileMetadata): Promise<ReadPart> {
    const items: ReadItem[] = []
    let size = 0
    let until = 0
    for (const range of rangesOf(fd, metadata)) {
      if (range.start > size) items.push({ kind: 'hole', length: range.start - size })
      size = range.start
      const length = range.end - range.start
      const beyond = range.end === metadata.size ? 1 : 0
      for (const piece of length < chunkedFromBytes ? this.#onePiece(fd, range, beyond) : this.#pieces(fd, range, beyond)) {
        if (piece === null) await this.#sink.whenRoom()
        else {
          items.push(piece)
          size += piece.length
          until = piece.number + 1
          await this.#sink.whenReady()
          if (this.#pacer.isLate()) await this.#pacer.turn()
        }
      }
      // It got shorter: what is left of it has no place in what was read.
      if (size < range.end) break
    }
    return { size, content: { kind: 'stored', items, until } }
  }

  /**
   * A range that is one blob, read straight to where it is worked on.
   * @param beyond 1 where the file should end with the range, else 0: so much more is asked for, to see that it does.
   * @yields null while there is no room.
   */
  *#onePiece(fd: number, range: Range, beyond: number): Generator<DataItem | null> {
    const length = range.end - range.start
    if (length === 0) return
    let room = this.#sink.room(length + beyond)
    for (; room === null; room = this.#sink.room(length + beyond)) yield null
    const read = this.#fill(fd, room, range)
    if (read > 0) yield { kind: 'data', length: read, number: this.#sink.push(read) }
  }

  /** @yields null while there is no room. */
  *#pieces(fd: number, range: Range, beyond: number): Generator<DataItem | null> {
    let position = range.start
    let isEnded = false
    const read = (into: Uint8Array): number => {
      const asked = isEnded ? 0 : Math.min(into.length, range.end + beyond - position)
      const count = this.#readUpTo(fd, into.subarray(0, asked), position, range.end)
      position += count
      // Less than was asked for, at the very end: nothing is behind it, and no further call is made to learn that.
      isEnded = position === range.end && count < asked
      return count
    }
    for (const { bytes } of cutStream(this.#chunker, read)) {
      let room = this.#sink.room(bytes.length)
      for (; room === null; room = this.#sink.room(bytes.length)) yield null
      room.set(bytes)
      yield { kind: 'data', length: bytes.length, number: this.#sink.push(bytes.length) }
    }
  }

  /** @param into may have room for a byte behind the range. @returns bytes of the range read: fewer if the file ends before. */
  #fill(fd: number, into: Uint8Array, { start, end }: Range): number {
    let position = start
    for (;;) {
      const count = this.#readUpTo(fd, into.subarray(position - start), position, end)
      position += count
      if (count === 0 || position === end) return position - start
    }
  }

  /** One read. @returns bytes before `end`; if there were more, that is noted. */
  #readUpTo(fd: number, into: Uint8Array, position: number, end: number): number {
    const count = readAt(fd, into, position)
    const wanted = Math.min(count, end - position)
    if (count > wanted) this.#goesOn = true
    this.#bytesRead += wanted
    return wanted
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

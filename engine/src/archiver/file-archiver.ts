import { EngineError, isEngineError } from '../errors/index.ts'
import type { ContentItem, FileEntry, TreeEntry } from '../format/index.ts'
import type { Clock } from '../run-control/index.ts'
import type { FileMetadata, OpenFile } from '../source/index.ts'
import type { BlobSink, BlobTicket } from '../vault/blob-sink.ts'
import { storeAttributes } from './attribute-archiver.ts'
import { contentOf, type Catalogue, type CataloguedBlob, type CataloguedContent, type CataloguedFile } from './catalogue/index.ts'
import { isRacy, isSameState } from './change-detection.ts'
import type { ContentReader, ReadContent } from './content-reader.ts'

/** Fields of an entry that its metadata give. */
export type EntryFields = Omit<Extract<TreeEntry, { type: 'fifo' | 'socket' }>, 'type'>

export interface FileToArchive {
  readonly name: Buffer
  /** By the walk's look. */
  readonly metadata: FileMetadata
  /** Wall clock before that look. */
  readonly lookedAtMs: number
  readonly open: () => OpenFile
  readonly known: CataloguedFile | null
  readonly fields: (metadata: FileMetadata) => EntryFields
}

export interface ArchivedFile {
  readonly entry: FileEntry
  readonly catalogued: CataloguedFile
  readonly change: 'new' | 'changed' | 'unchanged'
}

/** A file that was read, before its content has its ids. */
export interface ReadFile {
  readonly file: FileToArchive
  readonly read: ReadContent
  readonly attributes: CataloguedBlob | null
  readonly isTrusted: boolean
  /** It is kept, but not quite as it was. */
  readonly warning: EngineError | null
}

/** Decides for each regular file whether its content must be read, and gives its entry. */
export class FileArchiver {
  readonly #sink: BlobSink
  readonly #previous: Catalogue | null
  readonly #reader: ContentReader
  readonly #clock: Clock

  constructor(sink: BlobSink, previous: Catalogue | null, reader: ContentReader, clock: Clock) {
    this.#sink = sink
    this.#previous = previous
    this.#reader = reader
    this.#clock = clock
  }

  /** The file without reading it, or null when it has to be read. */
  adopt(file: FileToArchive): ArchivedFile | null {
    const { known, metadata } = file
    if (known === null || !known.isTrusted || !isSameState(known, metadata)) return null
    const content = this.#adoptContent(known.content)
    const attributes = known.attributes === null ? null : this.#adoptBlob(known.attributes)
    // A place that is not known: the file is read again, and with it its attributes.
    if (content === null || attributes === undefined) return null
    const fields = { ...file.fields(metadata), attributes: attributes?.id ?? null }
    const entry: FileEntry = { ...fields, type: 'file', size: metadata.size, content: contentOf(content) }
    return {
      entry,
      catalogued: { ...known, isTrusted: !isRacy(metadata, file.lookedAtMs), content, attributes },
      change: 'unchanged',
    }
  }

  /** @throws EngineError `source.*`; `source.not-found` when it is gone. */
  async read(file: FileToArchive): Promise<ReadFile> {
    const lookedAtMs = this.#clock.nowMs()
    const read = await this.#reader.read(file.open)
    const { metadata, found, isTorn, goesOn } = read
    return {
      file,
      read,
      attributes: storeAttributes(this.#sink, found.attributes),
      isTrusted: !isTorn && found.problem === null && !isRacy(metadata, lookedAtMs),
      warning: goesOn ? longerThanItsSize() : isTorn ? changedWhileRead() : found.problem,
    }
  }

  /** The file once its content is identified. */
  finish({ file, read, attributes, isTrusted }: ReadFile): ArchivedFile {
    const { metadata, size } = read
    const { mtimeNs, ctimeNs, inode, device } = metadata
    const { content, catalogued } = this.#reader.identified(read.content)
    return {
      entry: { ...file.fields(metadata), attributes: attributes?.id ?? null, type: 'file', size, content },
      catalogued: { name: file.name, size, mtimeNs, ctimeNs, inode, device, isTrusted, content: catalogued, attributes },
      change: changeOf(file.known, metadata, catalogued),
    }
  }

  /** Null when its place is not known. */
  #adopt(id: Uint8Array, ticket: BlobTicket): BlobTicket | null {
    const place = this.#previous?.locationOf(ticket) ?? null
    return place === null ? null : this.#sink.adopt(id, place)
  }

  /** Undefined when its place is not known. */
  #adoptBlob({ id, ticket: before }: CataloguedBlob): CataloguedBlob | undefined {
    const ticket = this.#adopt(id, before)
    return ticket === null ? undefined : { id, ticket }
  }

  /**
   * Null when the place of a blob is not known: what was adopted until then is in the vault all the same, and met again when the file is read.
   * One blob after the other, since a large file has a million of them. Tickets are those of this session afterwards.
   */
  #adoptContent(content: CataloguedContent): CataloguedContent | null {
    if (content.kind === 'inline') return content
    const tickets: BlobTicket[] = []
    for (const item of content.items) {
      if (item.kind !== 'data') continue
      const ticket = this.#adopt(item.id, content.tickets[tickets.length]!)
      if (ticket === null) return null
      tickets.push(ticket)
    }
    const lists: CataloguedBlob[] = []
    for (const list of content.lists) {
      const adopted = this.#adoptBlob(list)
      if (adopted === undefined) return null
      lists.push(adopted)
    }
    return { ...content, tickets, lists }
  }
}

function changeOf(known: CataloguedFile | null, metadata: FileMetadata, content: CataloguedContent): ArchivedFile['change'] {
  if (known === null) return 'new'
  return known.mtimeNs === metadata.mtimeNs && isSameContent(known.content, content) ? 'unchanged' : 'changed'
}

function isSameContent(left: CataloguedContent, right: CataloguedContent): boolean {
  if (left.kind === 'inline') return right.kind === 'inline' && Buffer.compare(left.bytes, right.bytes) === 0
  return (
    right.kind === 'stored' &&
    left.items.length === right.items.length &&
    left.items.every((item, index) => isSameItem(item, right.items[index]!))
  )
}

function isSameItem(left: ContentItem, right: ContentItem): boolean {
  if (left.length !== right.length) return false
  return left.kind === 'data' ? right.kind === 'data' && Buffer.compare(left.id, right.id) === 0 : right.kind === 'hole'
}

const changedWhileRead = (): EngineError =>
  new EngineError(
    'source.changed',
    'The file changed while it was read, also when it was read again: what is kept may be a mix of old and new. Back it up while it is quiet.',
  )

const longerThanItsSize = (): EngineError =>
  new EngineError(
    'source.changed',
    'The file goes on behind the size that it was opened with, also when it was read again: what is kept ends there. If it is being written to, back it up while it is quiet; if it lies on a mount that does not know its size, back up a copy of it.',
  )

export const isGone = (error: unknown): boolean => isEngineError(error, 'source.not-found') || isEngineError(error, 'source.vanished')

import { EngineError, isEngineError } from '../errors/index.ts'
import type { ContentItem, FileContent, FileEntry, TreeEntry } from '../format/index.ts'
import type { Clock } from '../run-control/index.ts'
import type { FileMetadata, OpenFile } from '../source/index.ts'
import type { BlobSink } from '../vault/blob-sink.ts'
import { storeAttributes } from './attribute-archiver.ts'
import type { Catalogue, CataloguedBlob, CataloguedContent, CataloguedFile } from './catalogue/index.ts'
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
    const { metadata, found, isTorn } = read
    return {
      file,
      read,
      attributes: storeAttributes(this.#sink, found.attributes),
      isTrusted: !isTorn && found.problem === null && !isRacy(metadata, lookedAtMs),
      warning: isTorn ? changedWhileRead() : found.problem,
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

  /** Undefined when its place is not known. */
  #adoptBlob({ id, ticket }: CataloguedBlob): CataloguedBlob | undefined {
    const place = this.#previous?.locationOf(ticket) ?? null
    return place === null ? undefined : { id, ticket: this.#sink.adopt(id, place) }
  }

  /** Null when the place of a blob is not known. Tickets are those of this session afterwards. */
  #adoptContent(content: CataloguedContent): CataloguedContent | null {
    if (content.kind === 'inline') return content
    const places = [...content.tickets, ...content.lists.map((list) => list.ticket)].map(
      (ticket) => this.#previous?.locationOf(ticket) ?? null,
    )
    if (places.includes(null)) return null
    let next = 0
    const adoptNext = (id: Uint8Array): number => this.#sink.adopt(id, places[next++]!)
    const tickets = content.items.flatMap((item) => (item.kind === 'data' ? [adoptNext(item.id)] : []))
    const lists = content.lists.map(({ id }) => ({ id, ticket: adoptNext(id) }))
    return { ...content, tickets, lists }
  }
}

function contentOf(catalogued: CataloguedContent): FileContent {
  if (catalogued.kind === 'inline') return catalogued
  const root = catalogued.lists.at(-1)
  return root === undefined ? { kind: 'items', items: catalogued.items } : { kind: 'list', id: root.id }
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

export const isGone = (error: unknown): boolean => isEngineError(error, 'source.not-found') || isEngineError(error, 'source.vanished')

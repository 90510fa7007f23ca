import { createBlobHasher, type BlobHasher } from '../blob-id/index.ts'
import { blobIdBytes, blobTypes, FolderPageBuilder, pageSeedOf, sumOfBytes, type SubtreeCounts, type TreeEntry } from '../format/index.ts'
import { invariant } from '../errors/index.ts'
import type { BlobSink, BlobTicket } from '../vault/blob-sink.ts'
import type { Catalogue, CataloguedBlob, CataloguedFile, FolderWriter, KeptLine, KnownFolder } from './catalogue/index.ts'

/** A folder's entry without what is only known once everything below it is. */
export type FolderHead = Omit<Extract<TreeEntry, { type: 'folder' }>, 'page' | 'subtree'>

interface OpenFolder {
  /** Null for the top, which no entry names. */
  readonly head: FolderHead | null
  /** Blobs of the head; null unless it is deleted and kept. */
  readonly keptBlobs: readonly CataloguedBlob[] | null
  readonly pages: FolderPageBuilder
  readonly pageBlobs: CataloguedBlob[]
  readonly known: KnownFolder | null
  /** Tree pages of the last backup by id, made when first needed. */
  knownPages: Map<string, BlobTicket> | null
  readonly files: FolderWriter
  readonly counts: { files: number; folders: number; bytes: number; errors: number }
}

export interface TreeWriterPorts {
  readonly sink: BlobSink
  readonly idKey: Uint8Array
  readonly cdcKey: Uint8Array
  /** Where the last backup's blobs lie; null when there was none. */
  readonly previous: Pick<Catalogue, 'locationOf'> | null
  readonly catalogueFolder: (path: Uint8Array) => FolderWriter
}

/** Builds tree pages bottom-up while entries arrive top-down: a folder's page goes to the sink after everything below it. */
export class TreeWriter {
  readonly #ports: TreeWriterPorts
  readonly #pageSeed: number
  readonly #hasher: BlobHasher
  readonly #open: OpenFolder[] = []
  #root: { page: Uint8Array; counts: SubtreeCounts } | null = null

  constructor(ports: TreeWriterPorts) {
    this.#ports = ports
    this.#pageSeed = pageSeedOf(ports.cdcKey)
    this.#hasher = createBlobHasher(ports.idKey)
  }

  /** Everything written; known after the top's {@link endFolder}. */
  get root(): { readonly page: Uint8Array; readonly counts: SubtreeCounts } {
    invariant(this.#root !== null, 'the top folder is ended before its page is asked for')
    return this.#root
  }

  /** @param known what the last backup knew of it. */
  startFolder(path: Uint8Array, head: FolderHead | null, known: KnownFolder | null): void {
    this.#start(path, { head, known, keptBlobs: null })
  }

  /** A folder that is deleted and kept; so is everything in it. @param blobs what the head needs. */
  startKeptFolder(
    path: Uint8Array,
    { head, blobs }: { head: FolderHead; blobs: readonly CataloguedBlob[] },
    known: KnownFolder | null,
  ): void {
    this.#start(path, { head, known, keptBlobs: blobs })
  }

  #start(path: Uint8Array, { head, known, keptBlobs }: Pick<OpenFolder, 'head' | 'known' | 'keptBlobs'>): void {
    const folder: OpenFolder = {
      head,
      keptBlobs,
      pages: new FolderPageBuilder(this.#pageSeed, (page) => this.#putPage(folder, page)),
      pageBlobs: [],
      known,
      knownPages: null,
      files: this.#ports.catalogueFolder(path),
      counts: { files: 0, folders: 0, bytes: 0, errors: 0 },
    }
    this.#open.push(folder)
  }

  /** @param catalogued a file's line for the next backup. */
  add(entry: Exclude<TreeEntry, { type: 'folder' }>, catalogued: CataloguedFile | null): void {
    const folder = this.#top
    folder.pages.add(entry)
    if (catalogued !== null) folder.files.add(catalogued)
    else if (entry.type !== 'error') folder.files.addOther({ name: entry.name, isFolder: false })
    count(folder.counts, entry)
  }

  /** An entry that is deleted and kept, but a folder: counted only where its folder is one of these as well (docs/vault-format.md §9). */
  addKept(line: KeptLine & { readonly entry: Exclude<TreeEntry, { type: 'folder' }> }): void {
    const folder = this.#top
    folder.pages.add(line.entry)
    folder.files.addKept(line)
    if (folder.keptBlobs !== null) count(folder.counts, line.entry)
  }

  endFolder(): void {
    const folder = this.#top
    const page = folder.pages.finish()
    folder.files.finish(folder.pageBlobs)
    this.#open.pop()
    const above = this.#open.at(-1)
    if (above === undefined || folder.head === null) {
      this.#root = { page, counts: folder.counts }
      return
    }
    const entry = { ...folder.head, page, subtree: folder.counts }
    above.pages.add(entry)
    if (folder.keptBlobs === null) above.files.addOther({ name: entry.name, isFolder: true })
    else above.files.addKept({ entry: { ...entry, page: noPage, subtree: noCounts }, blobs: folder.keptBlobs })
    if (folder.keptBlobs !== null && above.keptBlobs === null) return
    above.counts.files += folder.counts.files
    above.counts.folders += folder.counts.folders + 1
    above.counts.bytes = sumOfBytes(above.counts.bytes, folder.counts.bytes)
    above.counts.errors += folder.counts.errors
  }

  get #top(): OpenFolder {
    const folder = this.#open.at(-1)
    invariant(folder !== undefined, 'entries come between the start and the end of a folder')
    return folder
  }

  /** A page that came out as last time lies in the vault already: it is named by its place, and neither asked for nor sent. */
  #putPage(folder: OpenFolder, page: Uint8Array): Uint8Array {
    const ticket = this.#adoptKnown(folder, page) ?? this.#ports.sink.add(blobTypes.treePage, page)
    const id = this.#ports.sink.idOf(ticket)
    folder.pageBlobs.push({ id, ticket })
    return id
  }

  #adoptKnown(folder: OpenFolder, page: Uint8Array): BlobTicket | null {
    const { previous, sink } = this.#ports
    if (previous === null || folder.known === null) return null
    folder.knownPages ??= new Map(folder.known.pages().map((blob) => [keyOf(blob.id), blob.ticket]))
    if (folder.knownPages.size === 0) return null
    const id = this.#hasher.idOf(blobTypes.treePage, page)
    const ticket = folder.knownPages.get(keyOf(id))
    const place = ticket === undefined ? null : previous.locationOf(ticket)
    return place === null ? null : sink.adopt(id, place)
  }
}

/** What a line of the catalogue says of a folder, whose own parts say it. */
const noPage = new Uint8Array(blobIdBytes)
const noCounts: SubtreeCounts = { files: 0, folders: 0, bytes: 0, errors: 0 }

function count(counts: OpenFolder['counts'], entry: TreeEntry): void {
  if (entry.type === 'file') {
    counts.files++
    counts.bytes = sumOfBytes(counts.bytes, entry.size)
  } else if (entry.type === 'error') counts.errors++
}

const keyOf = (id: Uint8Array): string => Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('latin1')

import { toHex } from '@holdfast/engine/bytes'
import { EngineError } from '@holdfast/engine/errors'
import {
  uuidFromBytes,
  type FileEntry,
  type SnapshotBody,
  type SnapshotHeader,
  type SnapshotSystem,
  type TreeEntry,
} from '@holdfast/engine/format'
import { TreeReader } from '@holdfast/engine/reader'
import type { SnapshotEntry } from '@holdfast/shared-types'
import { ApiError } from '../../../platform/errors/api-error.ts'
import type { AnswerOf, AskedPath, DownloadChoice, ListedFolder } from '../room/room-calls.ts'
import { bytesOfPart, partsOf, wantedByPart, withContent } from './content-parts.ts'
import { componentsOf, wireTextOf } from './entry-path.ts'
import { presentEntry } from './present-entry.ts'
import type { SnapshotBlobs } from './snapshot-blobs.ts'
import { zipTree } from './zip/zip-tree.ts'

/** What is downloaded. */
export interface SnapshotDownload {
  /** Null where it is known at the end only. */
  readonly sizeBytes: number | null
  /** Read as fast as it is taken; throws on damage, never cuts short. */
  readonly bytes: AsyncGenerator<Uint8Array>
}

/** One snapshot, open: what the hub does for snapshots that it can read. */
export class PrivateSnapshot {
  readonly #reader: TreeReader
  readonly #blobs: SnapshotBlobs
  readonly #header: SnapshotHeader
  readonly #body: SnapshotBody

  /** Header and body are of one object, whose signature was checked. */
  constructor(blobs: SnapshotBlobs, header: SnapshotHeader, body: SnapshotBody) {
    this.#blobs = blobs
    this.#header = header
    this.#reader = new TreeReader((type, id) => blobs.read(type, id))
    this.#body = body
  }

  /** The device that signed it. */
  get agentId(): string {
    return uuidFromBytes(this.#header.agentId)
  }

  get #system(): SnapshotSystem {
    return this.#body.system
  }

  describe(): AnswerOf<'describe'> {
    const { status, roots, files, folders, bytes, errors, host, plan, startedAtMs, finishedAtMs } = this.#body
    const origin = { host, plan: plan === '' ? null : plan, startedAtMs, finishedAtMs, seq: this.#header.seq }
    return { status, roots: roots.map(wireTextOf), files, folders, bytes, errors, origin }
  }

  /** One folder, sorted by name bytes. @throws ApiError `snapshot.path-not-found` also where the path is no folder */
  async list(path: AskedPath, { after, limit }: { readonly after: number; readonly limit: number }): Promise<ListedFolder> {
    const components = componentsOf(path, this.#system)
    const folder = components.length === 0 ? null : await this.#find(components)
    const page = this.#pageOf(folder)
    const items: SnapshotEntry[] = []
    for await (const entry of this.#reader.entries(page, after)) {
      // Asking for one more might fetch a page for nothing.
      if (items.push(presentEntry(entry, [...components, entry.name], this.#system)) >= limit) break
    }
    return {
      folder: folder === null ? null : presentEntry(folder, components, this.#system),
      items,
      total: await this.#reader.countEntries(page),
    }
  }

  /** @throws ApiError `snapshot.path-not-found`, `snapshot.not-a-file` */
  async download(choice: DownloadChoice, signal: AbortSignal): Promise<SnapshotDownload> {
    const components = componentsOf(choice.path, this.#system)
    if (choice.kind === 'zip') return { sizeBytes: null, bytes: await this.#zip(components, choice, signal) }
    const entry = components.length === 0 ? null : await this.#find(components)
    if (entry?.type !== 'file') throw new ApiError({ code: 'snapshot.not-a-file' })
    return { sizeBytes: entry.size, bytes: this.#bytesOf(entry, signal) }
  }

  async #zip(
    components: readonly Uint8Array[],
    { names, withDeleted }: DownloadChoice & { readonly kind: 'zip' },
    signal: AbortSignal,
  ): Promise<AsyncGenerator<Uint8Array>> {
    const folder = components.length === 0 ? null : await this.#find(components)
    const source = { reader: this.#reader, blobs: this.#blobs, withDeleted }
    const page = this.#pageOf(folder)
    if (names !== null) return zipTree({ ...source, page, roots: this.#chosen(page, names) }, signal)
    if (folder === null) return zipTree({ ...source, page, roots: null }, signal)
    // The folder itself, as the one entry of what it lies in.
    const above = components.slice(0, -1)
    const parent = above.length === 0 ? null : await this.#find(above)
    return zipTree({ ...source, page: this.#pageOf(parent), roots: only(folder) }, signal)
  }

  async *#bytesOf(entry: FileEntry, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    let bytes = 0
    for await (const [part, blob] of withContent(partsOf(this.#reader, entry), wantedByPart, this.#blobs, signal))
      for (const piece of bytesOfPart(part, blob)) {
        bytes += piece.length
        yield piece
      }
    if (bytes !== entry.size) throw new EngineError('format.invalid', 'A file has another size than its content.')
  }

  async *#chosen(page: Uint8Array, names: readonly Uint8Array[]): AsyncGenerator<TreeEntry> {
    const chosen = new Set(names.map(toHex))
    for await (const entry of this.#reader.entries(page)) if (chosen.has(toHex(entry.name))) yield entry
  }

  async #find(components: readonly Uint8Array[]): Promise<TreeEntry> {
    const entry = components.length === 0 ? null : await this.#reader.resolve(this.#body.root, components)
    if (entry === null) throw notFound()
    return entry
  }

  #pageOf(folder: TreeEntry | null): Uint8Array {
    if (folder === null) return this.#body.root
    if (folder.type !== 'folder') throw notFound()
    return folder.page
  }
}

// eslint-disable-next-line require-await -- what is walked is asynchronous, this part of it need not be
async function* only(entry: TreeEntry): AsyncGenerator<TreeEntry> {
  yield entry
}

const notFound = (): ApiError => new ApiError({ code: 'snapshot.path-not-found' })

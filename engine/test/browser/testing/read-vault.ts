import { createBlobHasher } from '../../../src/blob-id/index.ts'
import { concatBytes, toHex } from '../../../src/bytes/index.ts'
import {
  blobTypes,
  buildContent,
  buildFolderPages,
  decodeAttributes,
  decodePackFooter,
  decodePackTrailer,
  decodeSnapshotObject,
  packPrefix,
  packTrailerBytes,
  pageSeedOf,
  Refset,
  snapshotPrefix,
  uuidFromBytes,
  type BlobType,
  type FileEntry,
  type TreeEntry,
} from '../../../src/format/index.ts'
import {
  openSnapshotBody,
  SegmentOpener,
  TreeReader,
  verifyHubHeader,
  verifySnapshotSignature,
  type DomainKeys,
  type FetchBlob,
} from '../../../src/reader/index.ts'
import type { KeySecret, UnlockPrimitives, VaultKeys } from '../../../src/unlock/index.ts'
import { plainOf, type Plain } from './plain.ts'
import { signerOf, under, unlockObjects, type StoredObjects } from './stored-objects.ts'

/** An entry of a snapshot: all of its fields, its attributes, and of a file what its content hashes to. */
export type ReadEntry = { readonly path: string; readonly type: string; readonly sha256?: string } & { readonly [field: string]: Plain }

export interface ReadFile {
  readonly path: string
  readonly sha256: string
}

export const filesOf = (entries: readonly ReadEntry[]): ReadFile[] =>
  entries.flatMap(({ path, sha256 }) => (sha256 === undefined ? [] : [{ path, sha256 }]))

/** Unlocks a stored vault and reads all that its snapshots hold, proved as a reader must. @returns by the keys of the snapshots */
export async function readVault(p: UnlockPrimitives, objects: StoredObjects, secret: KeySecret): Promise<Record<string, ReadEntry[]>> {
  const keys = await unlockObjects(p, objects, secret)
  const read: Record<string, ReadEntry[]> = {}
  for (const [key, bytes] of under(objects, snapshotPrefix)) read[key] = await readSnapshot(p, keys, objects, bytes)
  return read
}

async function readSnapshot(p: UnlockPrimitives, keys: VaultKeys, objects: StoredObjects, bytes: Uint8Array): Promise<ReadEntry[]> {
  const snapshot = decodeSnapshotObject(bytes)
  await verifySnapshotSignature(p, snapshot, await signerOf(keys, objects, snapshot.header))
  await verifyHubHeader(p, snapshot, keys.hubKey)
  const domainKeys = await keys.domainKeys(uuidFromBytes(snapshot.header.domainId))
  const { root } = await openSnapshotBody(p, snapshot, domainKeys)
  const tree = new Tree(p, domainKeys, blobsOf(p, domainKeys, objects, Refset.decode(snapshot.refset)))
  const read: ReadEntry[] = []
  const folders = [{ page: root, path: '' }]
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop())
    for (const entry of await tree.entriesOf(folder.page)) {
      const seen = await tree.read(folder.path, entry)
      if (entry.type === 'folder') folders.push({ page: entry.page, path: seen.path })
      read.push(seen)
    }
  return read.toSorted((left, right) => (left.path < right.path ? -1 : 1))
}

class Tree {
  readonly #p: UnlockPrimitives
  readonly #fetch: FetchBlob
  readonly #reader: TreeReader
  readonly #hasher: ReturnType<typeof createBlobHasher>
  readonly #pageSeed: number

  constructor(p: UnlockPrimitives, { idKey, cdcKey }: DomainKeys, fetch: FetchBlob) {
    this.#p = p
    this.#fetch = fetch
    this.#reader = new TreeReader(fetch)
    this.#hasher = createBlobHasher(idKey)
    this.#pageSeed = pageSeedOf(cdcKey)
  }

  /** Pages begin where the domain's key has them begin: from its entries the same folder comes again. */
  async entriesOf(page: Uint8Array): Promise<TreeEntry[]> {
    const entries: TreeEntry[] = []
    for await (const entry of this.#reader.entries(page)) entries.push(entry)
    const again = buildFolderPages(entries, this.#pageSeed, (bytes) => this.#hasher.idOf(blobTypes.treePage, bytes))
    if (toHex(again) !== toHex(page)) throw new Error('A folder does not come again from its entries.')
    return entries
  }

  async read(folder: string, { name, ...entry }: TreeEntry): Promise<ReadEntry> {
    const path = `${folder}/${new TextDecoder().decode(name)}`
    const attributes = entry.attributes === null ? null : decodeAttributes(await this.#fetch(blobTypes.attributes, entry.attributes))
    const fields = { path, ...entry, attributes, ...(entry.type === 'file' ? await this.#content(entry) : {}) }
    return plainOf(fields) as ReadEntry
  }

  async #content(file: Omit<FileEntry, 'name'>): Promise<{ content: string; sha256: Uint8Array }> {
    const { content } = file
    const parts: Uint8Array[] = content.kind === 'inline' ? [content.bytes] : []
    const items = []
    for await (const { item } of this.#reader.items(file as FileEntry)) {
      items.push(item)
      parts.push(item.kind === 'hole' ? new Uint8Array(item.length) : await this.#fetch(blobTypes.data, item.id))
    }
    const again = content.kind === 'inline' ? content : buildContent(items, (list) => this.#hasher.idOf(blobTypes.contentList, list))
    if (JSON.stringify(plainOf(again)) !== JSON.stringify(plainOf(content))) throw new Error('Content does not come again from its items.')
    return { content: content.kind, sha256: await this.#p.sha256(concatBytes(parts)) }
  }
}

/** Blobs within a refset, from packs whose footers say where they lie; each is proved by its id. */
function blobsOf(p: UnlockPrimitives, keys: DomainKeys, objects: StoredObjects, refset: Refset): FetchBlob {
  const opener = new SegmentOpener(p, keys)
  const hasher = createBlobHasher(keys.idKey)
  const places = new Map<string, { segment: Uint8Array; place: { packId: Uint8Array; ordinal: number }; index: number }>()
  for (const [, pack] of under(objects, packPrefix)) {
    const trailer = decodePackTrailer(pack.subarray(pack.length - packTrailerBytes), pack.length)
    const end = pack.length - packTrailerBytes
    for (const { blobIds, offset, length, birthPackId, birthOrdinal } of decodePackFooter(
      pack.subarray(end - trailer.footerBytes, end),
      trailer,
    )) {
      if (!refset.has(toHex(birthPackId), birthOrdinal)) continue
      const place = { packId: birthPackId, ordinal: birthOrdinal }
      for (const [index, id] of blobIds.entries()) places.set(toHex(id), { segment: pack.subarray(offset, offset + length), place, index })
    }
  }
  return async (type: BlobType, id: Uint8Array): Promise<Uint8Array> => {
    const found = places.get(toHex(id))
    if (found === undefined) throw new Error('A blob is not there.')
    const { blobs } = await opener.open(found.segment, found.place)
    const blob = blobs[found.index]!
    if (!hasher.isIdOf(type, blob, id)) throw new Error('A blob is not what its id says.')
    return blob
  }
}

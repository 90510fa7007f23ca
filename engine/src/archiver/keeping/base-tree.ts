import { compareBytes } from '../../bytes/index.ts'
import { EngineError } from '../../errors/index.ts'
import { blobTypes, decodeContentList, type BlobLocation, type TreeEntry, type TreePage } from '../../format/index.ts'
import { keyOf, TreePages } from '../../tree-pages/index.ts'
import type { BlobSource } from '../../vault/blob-source.ts'

export interface OpenedBase {
  /** Id of the root page of the top folder. */
  readonly rootPage: Uint8Array
  readonly source: BlobSource
}

/** The snapshot that deleted entries are kept from. */
export interface KeepBase {
  /** 16 bytes. */
  readonly snapshotId: Uint8Array
  /**
   * Called once, and only when something of it has to be read.
   * @throws EngineError `snapshot.*` and the like for one that cannot be read: then nothing is kept from it, and that is told.
   */
  readonly open: () => Promise<OpenedBase>
}

/** With the entries that lie in one page with it: their places are asked for together. */
export interface BaseEntry {
  readonly entry: TreeEntry
  readonly page: readonly TreeEntry[]
}

export interface PlacedBlob {
  readonly id: Uint8Array
  readonly location: BlobLocation
}

/** No honest folder has more levels of pages: 1024^4 × 64 entries. */
const maxPageLevels = 6
/** One question of a source. */
const idsAhead = 4096

/** Entries of the base, read from the vault. */
export class BaseTree {
  readonly #base: KeepBase
  readonly #idKey: Uint8Array
  readonly #signal: AbortSignal
  readonly #located = new WeakMap<readonly TreeEntry[], ReadonlyMap<string, BlobLocation | null>>()
  #opened: Promise<{ readonly base: OpenedBase; readonly pages: TreePages }> | null = null
  #lastLeaf: { readonly root: Uint8Array; readonly entries: readonly TreeEntry[] } | null = null

  /** @param idKey K_id of the domain. */
  constructor(base: KeepBase, idKey: Uint8Array, signal: AbortSignal) {
    this.#base = base
    this.#idKey = idKey
    this.#signal = signal
  }

  /** Pages of entries of a folder, in order. @param root id of its root page. */
  async *leaves(root: Uint8Array): AsyncGenerator<readonly TreeEntry[]> {
    const { pages } = await this.#open()
    const left = [{ id: root, below: maxPageLevels }]
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const ahead = left.toReversed().map(({ id }) => id)
      const page = requireLevel(await pages.read(next.id, ahead), next.below)
      if ('entries' in page) yield page.entries
      else for (const child of page.children.toReversed()) left.push({ id: child.page, below: page.level })
    }
  }

  async find(root: Uint8Array, name: Uint8Array): Promise<BaseEntry | null> {
    const entries = this.#rememberedLeaf(root, name) ?? (await this.#leafOf(root, name))
    const entry = entries.find((other) => compareBytes(other.name, name) === 0)
    return entry === undefined ? null : { entry, page: entries }
  }

  /** Id of the root page of the folder at that path; null where the base holds none. @param components none for the top. */
  async pageOf(components: readonly Uint8Array[]): Promise<Uint8Array | null> {
    const { base } = await this.#open()
    let page = base.rootPage
    for (const name of components) {
      const found = await this.find(page, name)
      if (found?.entry.type !== 'folder') return null
      page = found.entry.page
    }
    return page
  }

  /** All that an entry itself needs, but pages of a folder. @throws EngineError `blob.missing` when some of it is not in the vault any more. */
  async blobsOf({ entry, page }: BaseEntry): Promise<PlacedBlob[]> {
    const { base } = await this.#open()
    const inList = entry.type === 'file' && entry.content.kind === 'list' ? await this.#listIds(entry.content.id) : []
    const ids = [...idsIn(entry), ...inList]
    if (ids.length === 0) return []
    const near = inList.length > 0 ? new Map<string, BlobLocation | null>() : await this.#nearPlaces(base.source, ids, page)
    const far = ids.filter((id) => !near.has(keyOf(id)))
    const located = await base.source.locate(far)
    let next = 0
    return ids.map((id) => {
      const location = near.has(keyOf(id)) ? near.get(keyOf(id)) : located[next++]
      if (location === null || location === undefined) throw missing()
      return { id, location }
    })
  }

  #open(): Promise<{ readonly base: OpenedBase; readonly pages: TreePages }> {
    this.#opened ??= this.#base.open().then((base) => ({ base, pages: new TreePages(base.source, this.#idKey, this.#signal) }))
    return this.#opened
  }

  /** Names are mostly asked for in their order. */
  #rememberedLeaf(root: Uint8Array, name: Uint8Array): readonly TreeEntry[] | null {
    const leaf = this.#lastLeaf
    if (leaf === null || compareBytes(leaf.root, root) !== 0) return null
    const [first, last] = [leaf.entries[0], leaf.entries.at(-1)]
    if (first === undefined || last === undefined) return null
    return compareBytes(first.name, name) <= 0 && compareBytes(name, last.name) <= 0 ? leaf.entries : null
  }

  async #leafOf(root: Uint8Array, name: Uint8Array): Promise<readonly TreeEntry[]> {
    const { pages } = await this.#open()
    let page = requireLevel(await pages.read(root, []), maxPageLevels)
    while (!('entries' in page)) {
      const child = page.children.findLast(({ firstName }) => compareBytes(firstName, name) <= 0)
      if (child === undefined) return []
      page = requireLevel(await pages.read(child.page, []), page.level)
    }
    this.#lastLeaf = { root, entries: page.entries }
    return page.entries
  }

  /** Where the blobs of all entries of a page lie: where one was deleted, its neighbours often were as well. */
  async #nearPlaces(
    source: BlobSource,
    own: readonly Uint8Array[],
    page: readonly TreeEntry[],
  ): Promise<ReadonlyMap<string, BlobLocation | null>> {
    const known = this.#located.get(page)
    if (known !== undefined) return known
    const ids = new Map(own.map((id) => [keyOf(id), id]))
    for (const entry of page) {
      if (ids.size >= idsAhead) break
      for (const id of idsIn(entry)) ids.set(keyOf(id), id)
    }
    const located = await source.locate([...ids.values()])
    const places = new Map([...ids.keys()].map((key, index) => [key, located[index] ?? null]))
    this.#located.set(page, places)
    return places
  }

  /** Of a content list: itself, the lists below it, and their data. */
  async #listIds(list: Uint8Array): Promise<Uint8Array[]> {
    const { base } = await this.#open()
    const ids: Uint8Array[] = []
    const left = [{ id: list, below: maxPageLevels }]
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      // The list itself is named by the entry, and so among the entry's own.
      if (next.id !== list) ids.push(next.id)
      const decoded = decodeContentList(await base.source.read(blobTypes.contentList, next.id))
      if (decoded.level >= next.below) throw nested()
      if ('items' in decoded) ids.push(...decoded.items.flatMap((item) => (item.kind === 'data' ? [item.id] : [])))
      else for (const child of decoded.children) left.push({ id: child.list, below: decoded.level })
    }
    return ids
  }
}

/** Ids that an entry itself names, but a folder's page. */
function idsIn(entry: TreeEntry): Uint8Array[] {
  const ids = entry.attributes === null ? [] : [entry.attributes]
  if (entry.type !== 'file') return ids
  if (entry.content.kind === 'list') ids.push(entry.content.id)
  if (entry.content.kind === 'items') for (const item of entry.content.items) if (item.kind === 'data') ids.push(item.id)
  return ids
}

function requireLevel(page: TreePage, below: number): TreePage {
  if (page.level >= below) throw nested()
  return page
}

const nested = (): EngineError => new EngineError('format.invalid', 'Pages of the last snapshot are nested in an impossible way.')
const missing = (): EngineError => new EngineError('blob.missing', 'The vault does not hold a piece of it any more.')

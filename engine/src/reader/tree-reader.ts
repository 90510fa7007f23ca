import { compareBytes } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'
import {
  blobTypes,
  decodeContentList,
  decodeTreePage,
  type BlobType,
  type ContentItem,
  type FileEntry,
  type PageChild,
  type TreeEntry,
} from '../format/index.ts'

/** Gives one verified blob. */
export type FetchBlob = (type: BlobType, id: Uint8Array) => Promise<Uint8Array>

/** No honest folder is nested deeper: 1024^4 × 64 entries. A hostile one must not make us recurse for ever. */
const maxLevels = 6

/** Reads folders and contents of a snapshot, page by page, on any runtime. */
export class TreeReader {
  readonly #fetch: FetchBlob

  constructor(fetch: FetchBlob) {
    this.#fetch = fetch
  }

  /**
   * Entries of a folder in order, none twice.
   * @param page id of the folder's root page.
   * @param skip entries left out at the start; whole pages of them are not fetched.
   */
  entries(page: Uint8Array, skip = 0): AsyncGenerator<TreeEntry> {
    return this.#entries({ page, skip, level: maxLevels }, { last: null })
  }

  async *#entries(
    { page, skip, level }: { readonly page: Uint8Array; readonly skip: number; readonly level: number },
    names: { last: Uint8Array | null },
  ): AsyncGenerator<TreeEntry> {
    const decoded = await this.#page(page, level)
    if ('entries' in decoded) {
      requireNextNames(decoded.entries, names)
      for (let index = skip; index < decoded.entries.length; index++) yield decoded.entries[index]!
      return
    }
    let left = skip
    for (const child of decoded.children) {
      if (left >= child.entries) {
        left -= child.entries
        continue
      }
      yield* this.#entries({ page: child.page, skip: left, level: decoded.level }, names)
      left = 0
    }
  }

  async countEntries(page: Uint8Array): Promise<number> {
    const decoded = await this.#page(page, maxLevels)
    return 'entries' in decoded ? decoded.entries.length : decoded.children.reduce((sum, child) => sum + child.entries, 0)
  }

  /** The entry of that name, or null; fetches one page a level. */
  async find(page: Uint8Array, name: Uint8Array, level = maxLevels): Promise<TreeEntry | null> {
    const decoded = await this.#page(page, level)
    if ('entries' in decoded) return decoded.entries.find((entry) => compareBytes(entry.name, name) === 0) ?? null
    const child = lastNotAfter(decoded.children, name)
    return child === null ? null : this.find(child.page, name, decoded.level)
  }

  /** Walks down from the top. Null where a component is missing or a non-folder stands in the way. @param components not empty. */
  async resolve(topPage: Uint8Array, components: readonly Uint8Array[]): Promise<TreeEntry | null> {
    let page: Uint8Array | null = topPage
    let entry: TreeEntry | null = null
    for (const component of components) {
      if (page === null) return null
      entry = await this.find(page, component)
      if (entry === null) return null
      page = entry.type === 'folder' ? entry.page : null
    }
    return entry
  }

  /**
   * What a file consists of, in order; inline content is not here (`entry.content.bytes`).
   * @param skipBytes whole lists before this offset are not fetched; items before it may still be yielded with their `offset`.
   */
  async *items(file: FileEntry, skipBytes = 0): AsyncGenerator<{ readonly offset: number; readonly item: ContentItem }> {
    const { content } = file
    if (content.kind === 'inline') return
    let offset = 0
    const source = content.kind === 'items' ? fromArray(content.items, 0) : this.#listItems(content.id, 0, skipBytes, maxLevels)
    for await (const located of source) {
      offset = located.offset + located.item.length
      if (offset > file.size) throw new EngineError('format.invalid', 'A file has more content than its size says.')
      yield located
    }
    if (offset !== file.size) throw new EngineError('format.invalid', 'A file has less content than its size says.')
  }

  async *#listItems(
    list: Uint8Array,
    start: number,
    skipBytes: number,
    level: number,
  ): AsyncGenerator<{ readonly offset: number; readonly item: ContentItem }> {
    const decoded = decodeContentList(await this.#fetch(blobTypes.contentList, list))
    if (decoded.level >= level) throw new EngineError('format.invalid', 'Content lists are nested in an impossible way.')
    if ('items' in decoded) {
      yield* fromArray(decoded.items, start)
      return
    }
    let offset = start
    for (const [index, child] of decoded.children.entries()) {
      const end = offset + child.bytes
      const isLast = index === decoded.children.length - 1
      if (end > skipBytes || isLast) yield* this.#listItems(child.list, offset, skipBytes, decoded.level)
      offset = end
    }
  }

  async #page(id: Uint8Array, below: number): Promise<ReturnType<typeof decodeTreePage>> {
    const page = decodeTreePage(await this.#fetch(blobTypes.treePage, id))
    if (page.level >= below) throw new EngineError('format.invalid', 'Tree pages are nested in an impossible way.')
    return page
  }
}

/** A page is in order by itself; the next one must go on after it, or a folder could have a name twice: as a link, and as a folder behind it. */
function requireNextNames(entries: readonly TreeEntry[], names: { last: Uint8Array | null }): void {
  const [first] = entries
  if (first === undefined) return
  if (names.last !== null && compareBytes(names.last, first.name) >= 0)
    throw new EngineError(
      'format.invalid',
      'The names of a folder are not in ascending order: the snapshot is damaged or was tampered with.',
    )
  names.last = entries.at(-1)?.name ?? null
}

function* fromArray(items: readonly ContentItem[], start: number): Generator<{ readonly offset: number; readonly item: ContentItem }> {
  let offset = start
  for (const item of items) {
    yield { offset, item }
    offset += item.length
  }
}

function lastNotAfter(children: readonly PageChild[], name: Uint8Array): PageChild | null {
  let found: PageChild | null = null
  for (const child of children) {
    if (compareBytes(child.firstName, name) > 0) break
    found = child
  }
  return found
}

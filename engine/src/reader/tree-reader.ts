import { compareBytes, equalBytes } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'
import {
  blobTypes,
  decodeContentList,
  decodeTreePage,
  itemsLength,
  type BlobType,
  type ContentItem,
  type ContentList,
  type FileEntry,
  type ListChild,
  type PageChild,
  type TreeEntry,
  type TreePage,
} from '../format/index.ts'

/** Gives one verified blob. */
export type FetchBlob = (type: BlobType, id: Uint8Array) => Promise<Uint8Array>

/** No honest folder is nested deeper: 1024^4 × 64 entries. A hostile one must not make us recurse for ever. */
const maxLevels = 6
const noName = new Uint8Array(0)

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
    return this.#entries(rootOf(page), skip, { last: null })
  }

  async *#entries(named: NamedPage, skip: number, names: { last: Uint8Array | null }): AsyncGenerator<TreeEntry> {
    const decoded = await this.#page(named)
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
      yield* this.#entries(namedBy(child, decoded.level), left, names)
      left = 0
    }
  }

  async countEntries(page: Uint8Array): Promise<number> {
    return entriesOf(await this.#page(rootOf(page)))
  }

  /** The entry of that name, or null; fetches one page a level. */
  find(page: Uint8Array, name: Uint8Array): Promise<TreeEntry | null> {
    return this.#find(rootOf(page), name)
  }

  async #find(named: NamedPage, name: Uint8Array): Promise<TreeEntry | null> {
    const decoded = await this.#page(named)
    if ('entries' in decoded) return decoded.entries.find((entry) => compareBytes(entry.name, name) === 0) ?? null
    const child = lastNotAfter(decoded.children, name)
    return child === null ? null : this.#find(namedBy(child, decoded.level), name)
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
    const source =
      content.kind === 'items'
        ? fromArray(content.items, 0)
        : this.#listItems({ list: content.id, bytes: file.size, level: maxLevels }, 0, skipBytes)
    for await (const located of source) {
      offset = located.offset + located.item.length
      if (offset > file.size) throw new EngineError('format.invalid', 'A file has more content than its size says.')
      yield located
    }
    if (offset !== file.size) throw new EngineError('format.invalid', 'A file has less content than its size says.')
  }

  async *#listItems(
    { list, bytes, level }: ListChild & { readonly level: number },
    start: number,
    skipBytes: number,
  ): AsyncGenerator<{ readonly offset: number; readonly item: ContentItem }> {
    const decoded = decodeContentList(await this.#fetch(blobTypes.contentList, list))
    if (decoded.level >= level) throw new EngineError('format.invalid', 'Content lists are nested in an impossible way.')
    // Whole lists are skipped, and others written, where these figures say: two readers would see two files.
    if (bytesOf(decoded) !== bytes) throw new EngineError('format.invalid', 'A content list holds more or less than is said of it.')
    if ('items' in decoded) {
      yield* fromArray(decoded.items, start)
      return
    }
    let offset = start
    for (const [index, child] of decoded.children.entries()) {
      const end = offset + child.bytes
      const isLast = index === decoded.children.length - 1
      if (end > skipBytes || isLast) yield* this.#listItems({ ...child, level: decoded.level }, offset, skipBytes)
      offset = end
    }
  }

  async #page({ page: id, below, said }: NamedPage): Promise<TreePage> {
    const page = decodeTreePage(await this.#fetch(blobTypes.treePage, id))
    if (page.level >= below) throw new EngineError('format.invalid', 'Tree pages are nested in an impossible way.')
    // Who lists a folder and who looks for a name in it have to see the same.
    if (said !== null && (entriesOf(page) !== said.entries || !equalBytes(firstNameOf(page), said.firstName)))
      throw new EngineError('format.invalid', 'A tree page holds other entries than is said of it.')
    return page
  }
}

/** A page, and what names it. */
interface NamedPage {
  readonly page: Uint8Array
  /** Its level is less. */
  readonly below: number
  /** Null of a root. */
  readonly said: PageChild | null
}

const rootOf = (page: Uint8Array): NamedPage => ({ page, below: maxLevels, said: null })
const namedBy = (said: PageChild, below: number): NamedPage => ({ page: said.page, below, said })

const entriesOf = (page: TreePage): number =>
  'entries' in page ? page.entries.length : page.children.reduce((sum, child) => sum + child.entries, 0)

const firstNameOf = (page: TreePage): Uint8Array => ('entries' in page ? page.entries[0]?.name : page.children[0]?.firstName) ?? noName

const bytesOf = (list: ContentList): number =>
  'items' in list ? itemsLength(list.items) : list.children.reduce((sum, child) => sum + child.bytes, 0)

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

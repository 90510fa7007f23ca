import { compareBytes } from '../../bytes/index.ts'
import { EngineError } from '../../errors/index.ts'
import type { TreeEntry } from '../../format/index.ts'
import { cacheTagName, startsAsCacheTag } from '../../walker/index.ts'
import type { Catalogue, CatalogueLine, KeptLine, KnownFolder } from '../catalogue/index.ts'
import type { BaseEntry, BaseTree } from './base-tree.ts'

/** One name of a folder of the base; what could not be read then is none. */
export interface BaseLine {
  readonly name: Uint8Array
  readonly type: 'file' | 'folder' | 'other'
  /** It was deleted before the base already, and is marked there. */
  readonly isKept: boolean
  /** All of it, where the catalogue holds that. */
  readonly kept: KeptLine | null
  /** All of it, where the line was read from the tree. */
  readonly found: BaseEntry | null
}

export interface BasePorts {
  readonly tree: BaseTree
  /** Of the base; null for none, or one of another snapshot. */
  readonly catalogue: Catalogue | null
}

/** A folder of the base: its lines in order of their names. */
export class BaseFolder {
  readonly #ports: BasePorts
  readonly #path: readonly Uint8Array[]
  readonly #known: KnownFolder | null
  #page: Uint8Array | null
  #parts: Iterator<readonly CatalogueLine[] | null> | null
  #leaves: AsyncIterator<readonly TreeEntry[]> | null = null
  #lines: readonly BaseLine[] = []
  #next = 0
  #lastName: Uint8Array | null = null
  #isEnded = false

  /**
   * @param path components from the top.
   * @param page id of its root page where that is known: then the tree is read and no catalogue asked.
   */
  constructor(ports: BasePorts, path: readonly Uint8Array[], page: Uint8Array | null) {
    this.#ports = ports
    this.#path = path
    this.#page = page
    const known = page === null ? (ports.catalogue?.folder(pathOf(path)) ?? null) : null
    this.#known = known?.isKnown === true ? known : null
    this.#parts = this.#known?.parts() ?? null
  }

  /** The line in hand; null at the end. Await what {@link fill} gives before. */
  get head(): BaseLine | null {
    return this.#lines[this.#next] ?? null
  }

  take(): void {
    this.#next++
  }

  /** Gets the next lines where there is none in hand. Null when there is nothing to wait for. @throws EngineError of damage */
  fill(): Promise<void> | null {
    while (this.#next >= this.#lines.length && !this.#isEnded) {
      if (this.#parts === null) return this.#fillFromTree()
      const { done, value } = this.#parts.next()
      if (done === true) this.#isEnded = true
      // What a damaged part held, and all after it, is in the tree as well.
      else if (value === null) this.#parts = null
      else this.#hold(value.map(lineOf))
    }
    return null
  }

  /** All of a line's entry. @throws EngineError of damage */
  async entryOf(line: BaseLine): Promise<BaseEntry> {
    if (line.found !== null) return line.found
    const page = await this.#rootPage()
    const found = page === null ? null : await this.#ports.tree.find(page, line.name)
    if (found === null) throw new EngineError('blob.missing', 'The last snapshot does not hold it as it should.')
    return found
  }

  /** The folder that a line of this one is. */
  child(line: BaseLine): BaseFolder {
    const path = [...this.#path, Uint8Array.from(line.name)]
    return new BaseFolder(this.#ports, path, line.found?.entry.type === 'folder' ? line.found.entry.page : null)
  }

  /** The base held it as a cache (CACHEDIR.TAG), of which a backup may leave out the contents. @throws EngineError of damage */
  async holdsCacheTag(): Promise<boolean> {
    const page = await this.#rootPage()
    const tag = page === null ? null : await this.#ports.tree.find(page, cacheTagName)
    return tag?.entry.type === 'file' && tag.entry.content.kind === 'inline' && startsAsCacheTag(tag.entry.content.bytes)
  }

  async #fillFromTree(): Promise<void> {
    const page = await this.#rootPage()
    this.#leaves ??= page === null ? null : this.#ports.tree.leaves(page)
    while (this.#next >= this.#lines.length && !this.#isEnded) {
      const leaf = await this.#leaves?.next()
      if (leaf === undefined || leaf.done === true) this.#isEnded = true
      else this.#hold(linesOfLeaf(leaf.value, this.#lastName))
    }
  }

  #hold(lines: readonly BaseLine[]): void {
    this.#lines = lines
    this.#next = 0
    this.#lastName = lines.at(-1)?.name ?? this.#lastName
  }

  async #rootPage(): Promise<Uint8Array | null> {
    // A folder's root page is stored last.
    this.#page ??= this.#known?.pages().at(-1)?.id ?? (await this.#ports.tree.pageOf(this.#path))
    return this.#page
  }
}

function lineOf(line: CatalogueLine): BaseLine {
  switch (line.kind) {
    case 'file':
      return { name: line.file.name, type: 'file', isKept: false, kept: null, found: null }
    case 'other':
      return { name: line.other.name, type: line.other.isFolder ? 'folder' : 'other', isKept: false, kept: null, found: null }
    case 'kept':
      return { name: line.kept.entry.name, type: typeOf(line.kept.entry), isKept: true, kept: line.kept, found: null }
  }
}

function linesOfLeaf(page: readonly TreeEntry[], after: Uint8Array | null): BaseLine[] {
  return page
    .filter((entry) => entry.type !== 'error' && (after === null || compareBytes(entry.name, after) > 0))
    .map((entry) => ({
      name: entry.name,
      type: typeOf(entry),
      isKept: entry.deletedAtMs !== null,
      kept: null,
      found: { entry, page },
    }))
}

const typeOf = ({ type }: TreeEntry): BaseLine['type'] => (type === 'file' || type === 'folder' ? type : 'other')

const slash = Buffer.from('/')
const pathOf = (components: readonly Uint8Array[]): Buffer =>
  components.length === 0 ? slash : Buffer.concat(components.flatMap((name) => [slash, name]))

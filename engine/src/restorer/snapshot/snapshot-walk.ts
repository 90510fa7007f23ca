import { compareBytes } from '../../bytes/index.ts'
import { EngineError } from '../../errors/index.ts'
import type { FolderEntry, SubtreeCounts, TreeEntry } from '../../format/index.ts'
import type { SelectedPart, Selection } from './selection.ts'
import { keyOf, type TreePages } from '../../tree-pages/index.ts'

export type SnapshotStep =
  /** `entry` is null for the top. `isWhole` is false for a folder of which only part is wanted. */
  | { readonly kind: 'folder-start'; readonly entry: FolderEntry | null; readonly isWhole: boolean }
  | { readonly kind: 'folder-end' }
  | { readonly kind: 'entry'; readonly entry: Exclude<TreeEntry, { type: 'folder' }> }
  /** The rest of the folder in hand cannot be read; `lost` is what was in it, as far as known. Its end follows. */
  | { readonly kind: 'problem'; readonly error: unknown; readonly lost: Pick<SubtreeCounts, 'files' | 'bytes'> }

/** No honest folder has more levels of pages: 1024^4 × 64 entries. */
const maxPageLevels = 6
/** Pages looked for together: enough that few folders need a question of their own. */
const maxAhead = 256

interface OpenFolder {
  readonly path: Buffer
  readonly entry: FolderEntry | null
  readonly part: SelectedPart
  /** Entries in it that are marked as deleted are wanted: of all, or since it is one itself that was asked for. */
  readonly takesDeleted: boolean
  /** Pages still to be read, the next one last. */
  readonly pages: { readonly id: Uint8Array; readonly below: number }[]
  entries: readonly TreeEntry[]
  next: number
  lastName: Uint8Array | null
  /** What of it was handed out. */
  files: number
  bytes: number
}

/** Walks what is wanted of a snapshot, depth first, in the order the archiver stored it. Holds one page for each level. */
export class SnapshotWalk {
  readonly #pages: TreePages
  readonly #selection: Selection
  readonly #entersWhole: boolean
  readonly #open: OpenFolder[] = []

  /** @param entersWhole false: a folder (but the top) that is wanted as a whole starts and ends, and what is in it is left out. */
  constructor(pages: TreePages, selection: Selection, entersWhole = true) {
    this.#pages = pages
    this.#selection = selection
    this.#entersWhole = entersWhole
  }

  /** Attributes of entries that come soon in the folder in hand. */
  attributesAhead(): Uint8Array[] {
    const ids = new Map<string, Uint8Array>()
    const folder = this.#open.at(-1)
    if (folder === undefined) return []
    for (let index = folder.next; index < folder.entries.length && ids.size < maxAhead; index++) {
      const { attributes } = folder.entries[index]!
      if (attributes !== null) ids.set(keyOf(attributes), attributes)
    }
    return [...ids.values()]
  }

  /** Absolute path in the snapshot of an entry of the folder in hand, or of the folder itself. */
  pathOf(name: Uint8Array | null): Buffer {
    const path = this.#open.at(-1)?.path ?? Buffer.alloc(0)
    return name === null ? path : Buffer.concat([path, slash, name])
  }

  async *steps(rootPage: Uint8Array): AsyncGenerator<SnapshotStep> {
    yield this.#start(null, rootPage, this.#selection.top)
    for (let folder = this.#open.at(-1); folder !== undefined; folder = this.#open.at(-1)) {
      try {
        if (folder.next >= folder.entries.length && folder.pages.length > 0) {
          await this.#readNextPage(folder)
          continue
        }
      } catch (error) {
        yield { kind: 'problem', error, lost: lostOf(folder) }
        folder.pages.length = 0
        continue
      }
      const entry = folder.entries[folder.next++]
      if (entry === undefined) {
        this.#open.pop()
        yield { kind: 'folder-end' }
      } else {
        const step = this.#take(folder, entry)
        if (step !== null) yield step
      }
    }
  }

  #take(folder: OpenFolder, entry: TreeEntry): SnapshotStep | null {
    const part = folder.part.child(entry.name)
    if (isCounted(folder, entry)) {
      folder.files += entry.type === 'folder' ? entry.subtree.files : Number(entry.type === 'file')
      folder.bytes += entry.type === 'folder' ? entry.subtree.bytes : entry.type === 'file' ? entry.size : 0
    }
    if (part === null) return null
    if (entry.deletedAtMs !== null && !folder.takesDeleted && !part.isNamed) return null
    if (entry.type === 'folder') return this.#start(entry, entry.page, part)
    // Something below a file was asked for: there is nothing, and the selection tells so at the end.
    return part.isWhole ? { kind: 'entry', entry } : null
  }

  #start(entry: FolderEntry | null, page: Uint8Array, part: SelectedPart): SnapshotStep {
    const path = entry === null ? Buffer.alloc(0) : this.pathOf(entry.name)
    this.#open.push({
      path,
      entry,
      part,
      takesDeleted: this.#selection.withDeleted || (entry !== null && entry.deletedAtMs !== null),
      pages: part.isWhole && !this.#entersWhole && entry !== null ? [] : [{ id: page, below: maxPageLevels }],
      entries: [],
      next: 0,
      lastName: null,
      files: 0,
      bytes: 0,
    })
    return { kind: 'folder-start', entry, isWhole: part.isWhole }
  }

  async #readNextPage(folder: OpenFolder): Promise<void> {
    const { id, below } = folder.pages.pop()!
    const page = await this.#pages.read(id, this.#ahead(folder))
    if (page.level >= below) throw new EngineError('format.invalid', 'Tree pages are nested in an impossible way.')
    if (!('entries' in page)) {
      for (const child of page.children.toReversed()) folder.pages.push({ id: child.page, below: page.level })
      return
    }
    requireNextNames(folder, page)
    folder.entries = page.entries
    folder.next = 0
  }

  /** Pages that come soon: the rest of this folder, and folders beside those on the way down, nearest first. */
  #ahead(folder: OpenFolder): Uint8Array[] {
    const ids = folder.pages.toReversed().map((page) => page.id)
    for (let depth = this.#open.length - 2; depth >= 0 && ids.length < maxAhead; depth--) {
      const above = this.#open[depth]!
      for (let index = above.next; index < above.entries.length && ids.length < maxAhead; index++) {
        const entry = above.entries[index]!
        if (entry.type === 'folder') ids.push(entry.page)
      }
    }
    return ids.slice(0, maxAhead)
  }
}

const slash = Buffer.from('/')

/** A page is in order by itself; the next one must go on after it, or a name could come twice in a folder. */
function requireNextNames(folder: OpenFolder, page: { readonly entries: readonly TreeEntry[] }): void {
  const first = page.entries[0]
  if (first === undefined) return
  if (folder.lastName !== null && compareBytes(folder.lastName, first.name) >= 0) {
    throw new EngineError(
      'format.invalid',
      'The names of a folder are not in ascending order: the snapshot is damaged or was tampered with.',
    )
  }
  folder.lastName = page.entries.at(-1)!.name
}

/** A folder counts what is deleted in it only if it is so itself (docs/vault-format.md §9). */
const isCounted = (folder: OpenFolder, entry: TreeEntry): boolean =>
  entry.deletedAtMs === null || (folder.entry !== null && folder.entry.deletedAtMs !== null)

function lostOf(folder: OpenFolder): { files: number; bytes: number } {
  if (folder.entry === null || !folder.part.isWhole) return { files: 0, bytes: 0 }
  const { files, bytes } = folder.entry.subtree
  return { files: Math.max(0, files - folder.files), bytes: Math.max(0, bytes - folder.bytes) }
}

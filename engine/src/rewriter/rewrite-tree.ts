import { FolderPageBuilder, mostBytes, sumOfBytes, type FolderEntry, type SubtreeCounts, type TreeEntry } from '../format/index.ts'
import type { TreeReader } from '../reader/index.ts'

/** `look`: a folder in which something may go; `keep`: with all that is in it; `drop`: likewise. */
export type EntryVerdict = 'keep' | 'look' | 'drop'

/** @param path components from the top, the entry's own name last. Asked once for every entry of a folder that is looked into. */
export type EntryFilter = (entry: TreeEntry, path: readonly Uint8Array[]) => EntryVerdict

export interface RewritePorts {
  readonly reader: TreeReader
  /** Boundaries of pages fall as the device's archiver has them (`pageSeedOf`). */
  readonly pageSeed: number
  /** Takes a tree page that may be new; gives its id. */
  readonly putPage: (page: Uint8Array) => Uint8Array
  /** After each folder that was made again: for whoever stores what was put, and for those who want a turn. */
  readonly onFolder: () => Promise<void>
  /** Of each entry that goes; a folder without what is in it. */
  readonly onDrop?: (entry: TreeEntry, path: readonly Uint8Array[]) => void
}

export interface RewrittenTree {
  /** Id of the top folder's root page; the old one where nothing was dropped. */
  readonly root: Uint8Array
  readonly counts: SubtreeCounts
  readonly entriesDropped: number
  /** Sizes of the files that were dropped. */
  readonly bytesDropped: number
}

interface Folder {
  readonly page: Uint8Array
  readonly counts: SubtreeCounts
}

/**
 * Walks a tree and makes the folders again that lose something: of a page that comes out as it was the id is the same, so that only what changed is new. What was deleted and
 * kept is an entry as any other.
 *
 * @throws EngineError as the reader
 */
export async function rewriteTree(ports: RewritePorts, top: Folder, filter: EntryFilter): Promise<RewrittenTree> {
  const rewriting = new TreeRewriting(ports, filter)
  const changed = await rewriting.folder(top, [], false)
  return { root: changed?.page ?? top.page, counts: changed?.counts ?? top.counts, ...rewriting.dropped }
}

class TreeRewriting {
  readonly #ports: RewritePorts
  readonly #filter: EntryFilter
  #entriesDropped = 0
  #bytesDropped = 0

  constructor(ports: RewritePorts, filter: EntryFilter) {
    this.#ports = ports
    this.#filter = filter
  }

  get dropped(): Pick<RewrittenTree, 'entriesDropped' | 'bytesDropped'> {
    return { entriesDropped: this.#entriesDropped, bytesDropped: this.#bytesDropped }
  }

  /** Null where all of it stays as it is. */
  async folder(old: Folder, path: readonly Uint8Array[], isDeleted: boolean): Promise<Folder | null> {
    const change = new FolderChange(old.counts, isDeleted)
    // What differs is few; the folder is read a second time only where something does.
    const replaced = new Map<number, TreeEntry | null>()
    let index = 0
    for await (const entry of this.#ports.reader.entries(old.page)) {
      const after = await this.#entry(entry, [...path, entry.name])
      if (after !== entry) {
        replaced.set(index, after)
        change.exchange(entry, after)
      }
      index++
    }
    if (replaced.size === 0) return null
    return { page: await this.#write(old.page, replaced), counts: change.counts }
  }

  /** @returns the entry itself where it stays as it is, another one, or null */
  async #entry(entry: TreeEntry, path: readonly Uint8Array[]): Promise<TreeEntry | null> {
    const verdict = this.#filter(entry, path)
    if (verdict === 'drop') {
      await this.#drop(entry, path)
      return null
    }
    if (entry.type !== 'folder' || verdict === 'keep') return entry
    const changed = await this.folder({ page: entry.page, counts: entry.subtree }, path, entry.deletedAtMs !== null)
    return changed === null ? entry : { ...entry, page: changed.page, subtree: changed.counts }
  }

  async #drop(entry: TreeEntry, path: readonly Uint8Array[]): Promise<void> {
    this.#ports.onDrop?.(entry, path)
    await this.#count(entry)
  }

  /** One by one: what was deleted and kept is in no folder's figures. */
  async #count(entry: TreeEntry): Promise<void> {
    this.#entriesDropped++
    if (entry.type === 'file') this.#bytesDropped = sumOfBytes(this.#bytesDropped, entry.size)
    if (entry.type === 'folder') for await (const below of this.#ports.reader.entries(entry.page)) await this.#count(below)
  }

  async #write(page: Uint8Array, replaced: ReadonlyMap<number, TreeEntry | null>): Promise<Uint8Array> {
    const { reader, pageSeed, putPage, onFolder } = this.#ports
    const pages = new FolderPageBuilder(pageSeed, putPage)
    let index = 0
    for await (const entry of reader.entries(page)) {
      const after = replaced.has(index) ? replaced.get(index) : entry
      if (after !== null && after !== undefined) pages.add(after)
      index++
    }
    const root = pages.finish()
    await onFolder()
    return root
  }
}

/** Figures of a folder after some of its entries changed. */
class FolderChange {
  readonly #counts: { files: number; folders: number; bytes: number; errors: number }
  readonly #isDeleted: boolean

  constructor(counts: SubtreeCounts, isDeleted: boolean) {
    this.#counts = { ...counts }
    this.#isDeleted = isDeleted
  }

  get counts(): SubtreeCounts {
    return this.#counts
  }

  exchange(before: TreeEntry, after: TreeEntry | null): void {
    this.#add(before, -1)
    if (after !== null) this.#add(after, 1)
  }

  #add(entry: TreeEntry, sign: 1 | -1): void {
    // What is deleted and kept counts only in a folder that is so itself (docs/vault-format.md §9).
    if (entry.deletedAtMs !== null && !this.#isDeleted) return
    const { files, folders, bytes, errors } = countsOf(entry)
    this.#counts.files += sign * files
    this.#counts.folders += sign * folders
    // A sum that has stopped cannot say what is below it, and stays.
    if (this.#counts.bytes < mostBytes) this.#counts.bytes = sumOfBytes(this.#counts.bytes, sign * bytes)
    this.#counts.errors += sign * errors
  }
}

const nothing: SubtreeCounts = { files: 0, folders: 0, bytes: 0, errors: 0 }

function countsOf(entry: TreeEntry): SubtreeCounts {
  if (entry.type === 'file') return { ...nothing, files: 1, bytes: entry.size }
  if (entry.type === 'error') return { ...nothing, errors: 1 }
  return entry.type === 'folder' ? { ...folderCounts(entry), folders: entry.subtree.folders + 1 } : nothing
}

const folderCounts = ({ subtree }: FolderEntry): SubtreeCounts => subtree

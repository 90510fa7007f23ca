import { compareBytes } from '../bytes/index.ts'
import { sumOfBytes, type FileEntry, type TreeEntry } from '../format/index.ts'
import type { TreeReader } from '../reader/index.ts'
import type { EntryFilter } from './rewrite-tree.ts'

/** A snapshot of one device and plan. */
export interface VersionGroup {
  /** Id of the top folder's root page. */
  readonly root: Uint8Array
  /** Its files count as versions, and none of them leaves it. */
  readonly isProtected: boolean
}

export interface VersionLimit {
  /** Of each snapshot, in the order they were given: occurrences of files beyond the limit, and their sizes. */
  readonly effects: readonly { readonly entries: number; readonly bytes: number }[]
  /** For snapshots that are not protected. */
  readonly filter: EntryFilter
}

/** A folder at one path, as one or several of the snapshots have it: the newest of these first. */
interface FolderVersion {
  readonly page: Uint8Array
  readonly snapshots: readonly number[]
}

/** What several snapshots have under one name, in the order of their newest ones. */
interface NamedEntry {
  readonly entry: TreeEntry
  readonly snapshots: readonly number[]
}

/**
 * Which occurrences of files are beyond the newest so many different contents of their path. Only content counts: a file whose mode or times changed is no other version. Reads
 * only folders of which there are more versions than that, so that snapshots which hardly differ cost hardly anything; holds one entry of each version of a folder at a time,
 * and what is beyond.
 *
 * @param newestFirst snapshots of one group
 * @throws EngineError as the reader
 */
export async function limitVersions(
  reader: TreeReader,
  newestFirst: readonly VersionGroup[],
  versionsPerFile: number,
  onFolder: () => Promise<void>,
): Promise<VersionLimit> {
  const search = new VersionSearch({ reader, newestFirst, versionsPerFile, onFolder })
  await search.folder([], distinct(newestFirst.map(({ root }, index) => ({ page: root, snapshots: [index] }))))
  return { effects: search.effects, filter: search.filter }
}

interface SearchTask {
  readonly reader: TreeReader
  readonly newestFirst: readonly VersionGroup[]
  readonly versionsPerFile: number
  readonly onFolder: () => Promise<void>
}

class VersionSearch {
  readonly #task: SearchTask
  readonly effects: { entries: number; bytes: number }[]
  /** Contents beyond the limit, by path. */
  readonly #beyond = new Map<string, Set<string>>()
  /** Paths of folders in which there are such. */
  readonly #above = new Set<string>()

  constructor(task: SearchTask) {
    this.#task = task
    this.effects = task.newestFirst.map(() => ({ entries: 0, bytes: 0 }))
  }

  filter: EntryFilter = (entry, path) => {
    const key = keyOfPath(path)
    if (entry.type === 'folder') return this.#above.has(key) ? 'look' : 'keep'
    return entry.type === 'file' && this.#beyond.get(key)?.has(contentKey(entry)) === true ? 'drop' : 'keep'
  }

  async folder(path: readonly Uint8Array[], versions: readonly FolderVersion[]): Promise<void> {
    // No file below it can have more.
    if (versions.length <= this.#task.versionsPerFile) return
    await this.#task.onFolder()
    const folders: { readonly name: Uint8Array; readonly versions: readonly FolderVersion[] }[] = []
    for await (const named of byName(this.#task.reader, versions)) {
      const name = named[0]!.entry.name
      this.#files([...path, name], named)
      const inIt = distinct(named.flatMap(({ entry, snapshots }) => (entry.type === 'folder' ? [{ page: entry.page, snapshots }] : [])))
      if (inIt.length > this.#task.versionsPerFile) folders.push({ name, versions: inIt })
    }
    for (const folder of folders) await this.folder([...path, folder.name], folder.versions)
  }

  #files(path: readonly Uint8Array[], named: readonly NamedEntry[]): void {
    const contents = new Set<string>()
    for (const { entry, snapshots } of named) {
      if (entry.type !== 'file') continue
      const content = contentKey(entry)
      if (contents.has(content) || contents.size < this.#task.versionsPerFile) contents.add(content)
      else this.#note(path, content, entry, snapshots)
    }
  }

  #note(path: readonly Uint8Array[], content: string, { size }: FileEntry, snapshots: readonly number[]): void {
    const losing = snapshots.filter((index) => this.#task.newestFirst[index]?.isProtected === false)
    if (losing.length === 0) return
    const key = keyOfPath(path)
    const beyond = this.#beyond.get(key)
    if (beyond === undefined) this.#beyond.set(key, new Set([content]))
    else beyond.add(content)
    for (let depth = 1; depth < path.length; depth++) this.#above.add(keyOfPath(path.slice(0, depth)))
    for (const index of losing) {
      const effect = this.effects[index]!
      effect.entries++
      effect.bytes = sumOfBytes(effect.bytes, size)
    }
  }
}

/** Entries of all versions of a folder side by side, in the order of names. */
async function* byName(reader: TreeReader, versions: readonly FolderVersion[]): AsyncGenerator<readonly NamedEntry[]> {
  const open = await Promise.all(
    versions.map(async ({ page, snapshots }) => {
      const entries = reader.entries(page)
      return { entries, snapshots, next: await entries.next() }
    }),
  )
  for (;;) {
    let first: Uint8Array | null = null
    for (const { next } of open)
      if (next.done !== true && (first === null || compareBytes(next.value.name, first) < 0)) first = next.value.name
    if (first === null) return
    const named: NamedEntry[] = []
    for (const version of open) {
      const { next, snapshots } = version
      if (next.done === true || compareBytes(next.value.name, first) !== 0) continue
      named.push({ entry: next.value, snapshots })
      version.next = await version.entries.next()
    }
    yield named
  }
}

/** The same page once, with all that have it; in the order of their newest ones. */
function distinct(versions: readonly FolderVersion[]): FolderVersion[] {
  const byPage = new Map<string, { page: Uint8Array; snapshots: number[] }>()
  for (const { page, snapshots } of versions) {
    const key = latin1(page)
    const known = byPage.get(key)
    if (known === undefined) byPage.set(key, { page, snapshots: [...snapshots] })
    else known.snapshots.push(...snapshots)
  }
  return [...byPage.values()]
}

/** Of equal contents the same text: small ones themselves, others by the ids of their pieces. */
function contentKey({ size, content }: FileEntry): string {
  if (content.kind === 'inline') return `${size} inline ${latin1(content.bytes)}`
  if (content.kind === 'list') return `${size} list ${latin1(content.id)}`
  return `${size} items ${content.items.map((item) => (item.kind === 'hole' ? `hole ${item.length}` : latin1(item.id))).join(' ')}`
}

/** No name has a slash. */
const keyOfPath = (path: readonly Uint8Array[]): string => path.map(latin1).join('/')

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')

import type { HostEntry } from '@holdfast/shared-types'
import { childPath, type HostPath } from './host-path.ts'

/** What is known of a folder; the one with the empty key holds the roots. */
export interface FolderState {
  readonly path: HostPath | null
  readonly separator: string
  readonly items: readonly TreeEntry[]
  readonly total: number
  /** Where its listing goes on; null = it is whole, or nothing of it is known yet. */
  readonly next: string | null
  readonly isReading: boolean
  readonly error: unknown
}

export interface TreeEntry {
  readonly path: HostPath
  readonly entry: HostEntry
}

interface Placed {
  readonly key: string
  readonly level: number
}
export interface EntryRow extends Placed, TreeEntry {
  readonly kind: 'entry'
  readonly isExpanded: boolean
  readonly position: number
  readonly setSize: number
}
/** A line of a folder that is no entry of it: it is read, it is empty, there is more, or it could not be read. */
export interface FolderRow extends Placed {
  readonly kind: 'reading' | 'empty' | 'more' | 'error'
  readonly folder: FolderState
  readonly folderKey: string
}
export type TreeRow = EntryRow | FolderRow

export const rootsKey = ''

/** A folder before anything of it is known. */
export const unreadFolder = (path: HostPath | null): FolderState => ({
  path,
  separator: '/',
  items: [],
  total: 0,
  next: null,
  isReading: false,
  error: null,
})

/** With one more part of its listing. */
export function withPart(
  folder: FolderState,
  part: { readonly separator: string; readonly items: readonly HostEntry[]; readonly total: number; readonly next: string | null },
): FolderState {
  const known = new Set(folder.items.map(({ path }) => path.bytes))
  const fresh = part.items
    .map((entry) => ({ entry, path: childPath(folder.path, entry, part.separator) }))
    .filter(({ path }) => !known.has(path.bytes))
  const items = [...folder.items, ...fresh]
  return {
    ...folder,
    separator: part.separator,
    items,
    total: Math.max(part.total, items.length),
    next: part.next,
    isReading: false,
    error: null,
  }
}

export const isHidden = ({ name }: HostEntry): boolean => name.startsWith('.')

interface TreeState {
  readonly folders: ReadonlyMap<string, FolderState>
  readonly expanded: ReadonlySet<string>
  readonly showsHidden: boolean
}

/** The tree as lines, from the top: what stands open, in the order of the device. */
export function treeRows({ folders, expanded, showsHidden }: TreeState): TreeRow[] {
  const rows: TreeRow[] = []
  const addFolder = (folderKey: string, level: number): void => {
    const folder = folders.get(folderKey)
    if (folder === undefined) return
    const items = showsHidden ? folder.items : folder.items.filter(({ entry }) => !isHidden(entry))
    const left = folder.total - folder.items.length
    for (const [index, item] of items.entries()) {
      const key = item.path.bytes
      const isExpanded = item.entry.type === 'folder' && expanded.has(key)
      rows.push({ kind: 'entry', key, level, ...item, isExpanded, position: index + 1, setSize: items.length + left })
      if (isExpanded) addFolder(key, level + 1)
    }
    const kind = rowOf(folder, items.length)
    if (kind !== null) rows.push({ kind, key: `${folderKey}\0${kind}`, level, folder, folderKey })
  }
  addFolder(rootsKey, 1)
  return rows
}

function rowOf(folder: FolderState, shown: number): FolderRow['kind'] | null {
  if (folder.error !== null) return 'error'
  if (folder.isReading && folder.items.length === 0) return 'reading'
  if (folder.next !== null) return 'more'
  return shown === 0 ? 'empty' : null
}

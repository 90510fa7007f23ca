import { AppError } from '@holdfast/shared-types'
import type { FolderEntry, TreeEntry } from '@holdfast/engine/format'
import type { SnapshotTree } from '../../vaults/index.ts'
import type { VisibleTree } from '../open-visible-tree.ts'
import { requireZippable } from './zip-limits.ts'
import type { ZipChoice } from './zip-tickets.ts'
import type { ZipSource } from './zip-tree.ts'

/** A raw name as a key of a set: each byte one letter, so that no two are alike. */
export const nameKeyOf = (name: Uint8Array): string => Buffer.from(name).toString('latin1')

/** Null = the top. @throws AppError `snapshot.path-not-found` */
export async function findFolder(tree: SnapshotTree, path: readonly Uint8Array[]): Promise<FolderEntry | null> {
  const entry = path.length === 0 ? null : await tree.find(path)
  if (path.length > 0 && entry?.type !== 'folder')
    throw new AppError('snapshot.path-not-found', { message: 'The snapshot holds no folder at this path.' })
  return entry?.type === 'folder' ? entry : null
}

/** What a choice names: entries of the folder, or the folder itself as the one entry of what it lies in. @throws AppError as `findFolder`, and `snapshot.zip-too-large` */
export async function zipSourceOf({ tree, snapshot }: VisibleTree, { folder: path, names, withDeleted }: ZipChoice): Promise<ZipSource> {
  const folder = await findFolder(tree, path)
  // Chosen names were counted when their ticket was made.
  if (names !== null) return { tree, parent: folder, roots: chosen(tree, folder, names), withDeleted }
  requireZippable([folder ?? snapshot])
  if (folder === null) return { tree, parent: null, roots: null, withDeleted }
  return { tree, parent: await findFolder(tree, path.slice(0, -1)), roots: only(folder), withDeleted }
}

async function* chosen(tree: SnapshotTree, folder: FolderEntry | null, names: ReadonlySet<string>): AsyncGenerator<TreeEntry> {
  for await (const entry of tree.children(folder)) if (names.has(nameKeyOf(entry.name))) yield entry
}

// eslint-disable-next-line require-await -- what is walked is asynchronous, this part of it need not be
async function* only(folder: FolderEntry): AsyncGenerator<TreeEntry> {
  yield folder
}

import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { isKey } from '../object-key.ts'
import type { ListedObject } from '../object-store.ts'
import type { FolderMark } from './folder-mark.ts'
import { systemCode } from './system-failure.ts'
import { temporaryFolderName } from './temporary-files.ts'

interface Entry {
  readonly name: string
  readonly isFolder: boolean
}

/** What NFS and FUSE rename an open file to when it is deleted, until it is closed. */
const deletedButOpen = /^\.(?:nfs[0-9a-f]{8}|fuse_hidden)/

export interface ListedFolder {
  readonly rootPath: string
  readonly mark: FolderMark
}

/**
 * Objects below `folderKey` (empty for the root, else ending in `/`) whose key starts with `prefix`, in order of their keys.
 * Anything that is no object of ours (other names, links, sockets, deleted files that are still open) is left out.
 *
 * @throws EngineError `store.unavailable` where the mark is missing beside whatever vanished meanwhile
 */
export async function* listFolder(root: ListedFolder, folderKey: string, prefix: string): AsyncGenerator<ListedObject, void, void> {
  const { rootPath, mark } = root
  for (const entry of await readSorted(path.join(rootPath, folderKey), mark)) {
    const key = folderKey + entry.name
    if (entry.isFolder) {
      const isOnTheWay = `${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`)
      if (isOnTheWay && entry.name !== temporaryFolderName) yield* listFolder(root, `${key}/`, prefix)
    } else if (key.startsWith(prefix) && isKey(key)) {
      const sizeBytes = await sizeOf(path.join(rootPath, key), mark)
      if (sizeBytes !== undefined) yield { key, sizeBytes }
    }
  }
}

/** In the order of the keys below: a folder sorts as its name with the slash, so `a-b` comes before what is in `a`. */
async function readSorted(folderPath: string, mark: FolderMark): Promise<Entry[]> {
  let entries
  try {
    entries = await readdir(folderPath, { withFileTypes: true })
  } catch (error) {
    const code = systemCode(error)
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
    await mark.require()
    return []
  }
  return entries
    .filter((entry) => (entry.isFile() || entry.isDirectory()) && !deletedButOpen.test(entry.name))
    .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory(), sortName: entry.isDirectory() ? `${entry.name}/` : entry.name }))
    .toSorted((left, right) => (left.sortName < right.sortName ? -1 : 1))
}

async function sizeOf(filePath: string, mark: FolderMark): Promise<number | undefined> {
  try {
    return (await stat(filePath)).size
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
    // Deleted since the folder was read; unless all of it is gone.
    await mark.require()
    return undefined
  }
}

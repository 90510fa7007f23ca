import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { isKey } from '../object-key.ts'
import type { ListedObject } from '../object-store.ts'
import { systemCode } from './system-failure.ts'
import { temporaryFolderName } from './temporary-files.ts'

interface Entry {
  readonly name: string
  readonly isFolder: boolean
}

/**
 * Objects below `folderKey` (empty for the root, else ending in `/`) whose key starts with `prefix`, in order of their keys.
 * Anything that is no object of ours (other names, links, sockets) is left out.
 */
export async function* listFolder(rootPath: string, folderKey: string, prefix: string): AsyncGenerator<ListedObject, void, void> {
  for (const entry of await readSorted(path.join(rootPath, folderKey))) {
    const key = folderKey + entry.name
    if (entry.isFolder) {
      const isOnTheWay = `${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`)
      if (isOnTheWay && entry.name !== temporaryFolderName) yield* listFolder(rootPath, `${key}/`, prefix)
    } else if (key.startsWith(prefix) && isKey(key)) {
      const sizeBytes = await sizeOf(path.join(rootPath, key))
      if (sizeBytes !== undefined) yield { key, sizeBytes }
    }
  }
}

/** In the order of the keys below: a folder sorts as its name with the slash, so `a-b` comes before what is in `a`. */
async function readSorted(folderPath: string): Promise<Entry[]> {
  let entries
  try {
    entries = await readdir(folderPath, { withFileTypes: true })
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw error
  }
  return entries
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory(), sortName: entry.isDirectory() ? `${entry.name}/` : entry.name }))
    .toSorted((left, right) => (left.sortName < right.sortName ? -1 : 1))
}

async function sizeOf(filePath: string): Promise<number | undefined> {
  try {
    return (await stat(filePath)).size
  } catch (error) {
    // Deleted since the folder was read.
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}

import { mkdir, open } from 'node:fs/promises'
import path from 'node:path'
import type { FolderMark } from './folder-mark.ts'
import { systemCode } from './system-failure.ts'

/**
 * Makes names in a folder survive a power failure (fsync of the folder).
 *
 * Windows cannot open a folder for that; NTFS journals its names by itself. A network file system that has no such call for folders (SMB)
 * says EINVAL: there names are the server's, which has them when it answers.
 */
export async function syncFolder(folderPath: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(folderPath, 'r')
  try {
    await folder.sync()
  } catch (error) {
    if (systemCode(error) !== 'EINVAL') throw error
  } finally {
    await folder.close()
  }
}

/** Makes a folder and those above it that are missing, for their owner only; all of them survive a power failure. */
export async function makeFolderDurably(folderPath: string): Promise<void> {
  const parentPath = path.dirname(folderPath)
  try {
    if (!(await makeFolder(folderPath))) return
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || parentPath === folderPath) throw error
    // Not mkdir's own `recursive`: where the parent is there and ENOENT is all the answer (/proc), Node tries for ever.
    await makeFolderDurably(parentPath)
    await makeFolder(folderPath)
  }
  await syncFolder(parentPath)
}

/** One folder, for its owner only. @returns false if it was there. */
export async function makeFolder(folderPath: string): Promise<boolean> {
  try {
    await mkdir(folderPath, { mode: 0o700 })
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw error
  }
}

/** Makes the folders between a store's root and its objects, each one durable before it is used. */
export class DurableFolders {
  readonly #rootPath: string
  readonly #mark: FolderMark
  readonly #known = new Set<string>()

  constructor(rootPath: string, mark: FolderMark) {
    this.#rootPath = rootPath
    this.#mark = mark
  }

  async ensure(folderPath: string): Promise<void> {
    if (folderPath === this.#rootPath || this.#known.has(folderPath)) return
    const parentPath = path.dirname(folderPath)
    await this.ensure(parentPath)
    await this.#mark.require()
    await makeFolder(folderPath)
    // Also where it was there already: whoever made it may have been killed before this step.
    await syncFolder(parentPath)
    this.#known.add(folderPath)
  }

  /** For when a folder turns out to be gone that was known. */
  forget(): void {
    this.#known.clear()
  }
}

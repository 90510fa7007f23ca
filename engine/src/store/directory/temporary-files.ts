import { randomBytes } from 'node:crypto'
import { open, readFile, readdir, rm, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { makeFolder } from './durable-folders.ts'
import type { FolderMark } from './folder-mark.ts'
import { lockPrefix } from './publish-file.ts'
import type { LockFolder } from './publish-file.ts'
import { systemCode } from './system-failure.ts'
import { makeWriterName, writerState } from './writer-identity.ts'

/** No part of a key may have a `+`, so no object can ever lie there. */
export const temporaryFolderName = '+tmp'

/** ESTALE: of a network folder that was mounted again. */
const isGone: ReadonlySet<string> = new Set(['ENOENT', 'ESTALE'])

const strangerLifetimeMs = 24 * 60 * 60 * 1000

export interface TemporaryFile {
  readonly filePath: string
  readonly handle: FileHandle
}

/**
 * Unfinished files of one open store, in a folder of its own under `+tmp`, on the file system of the objects.
 *
 * What a crash leaves is removed when another store is opened there and first writes: at once if the writer was a process of this
 * machine and boot that has ended; else a day after its last change by the file system's own clock. Should that be wrong (a
 * writer on another machine that paused for a day), its commit fails because its file is gone; no object is ever harmed.
 */
export class TemporaryFiles {
  readonly #rootPath: string
  readonly #mark: FolderMark
  readonly #writerName = makeWriterName()
  readonly #folderPath: string
  #ready: Promise<void> | undefined

  constructor(storePath: string, mark: FolderMark) {
    this.#mark = mark
    this.#rootPath = path.join(storePath, temporaryFolderName)
    this.#folderPath = path.join(this.#rootPath, this.#writerName)
  }

  /** Where all stores of this folder keep their locks, if they need any. */
  get locks(): LockFolder {
    return { folderPath: this.#rootPath, ownerName: this.#writerName }
  }

  /** A new empty file, open for writing and reading, that only its owner can see. */
  async create(): Promise<TemporaryFile> {
    try {
      return await this.#createPrepared()
    } catch (error) {
      if (!isGone.has(systemCode(error) ?? '')) throw error
      // Somebody removed the folder since it was made, or its disk was unmounted and may be back.
      return await this.#createPrepared()
    }
  }

  async #createPrepared(): Promise<TemporaryFile> {
    this.#ready ??= this.#prepare()
    try {
      await this.#ready
      const filePath = path.join(this.#folderPath, randomBytes(12).toString('hex'))
      return { filePath, handle: await open(filePath, 'wx+', 0o600) }
    } catch (error) {
      this.#ready = undefined
      throw error
    }
  }

  async close(): Promise<void> {
    if (this.#ready !== undefined) await rm(this.#folderPath, { recursive: true, force: true })
    this.#ready = undefined
  }

  async #prepare(): Promise<void> {
    // The store's own folder is never made again: where it is gone, its disk is. Nor is anything made in a folder that is not the store's.
    await this.#mark.require()
    await makeFolder(this.#rootPath)
    await makeFolder(this.#folderPath)
    const nowMs = (await stat(this.#folderPath)).mtimeMs
    for (const name of await readdir(this.#rootPath)) {
      if (name !== this.#writerName && (await isLeftOver(path.join(this.#rootPath, name), nowMs))) {
        await rm(path.join(this.#rootPath, name), { recursive: true, force: true })
      }
    }
  }
}

/** @param entryPath a writer's folder, or a lock. */
async function isLeftOver(entryPath: string, nowMs: number): Promise<boolean> {
  try {
    const isLock = path.basename(entryPath).startsWith(lockPrefix)
    const state = writerState(isLock ? await readFile(entryPath, 'utf8') : path.basename(entryPath))
    if (state !== 'unknown') return state === 'ended'
    const filePaths = isLock ? [] : (await readdir(entryPath)).map((name) => path.join(entryPath, name))
    const times = await Promise.all([entryPath, ...filePaths].map(async (filePath) => (await stat(filePath)).mtimeMs))
    return nowMs - Math.max(...times) > strangerLifetimeMs
  } catch {
    // It changes while we look, so somebody is at work there; or it is nothing of ours.
    return false
  }
}

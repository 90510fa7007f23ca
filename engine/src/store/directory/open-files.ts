import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { systemCode } from './system-failure.ts'

interface OpenFile {
  readonly handle: Promise<FileHandle>
  readers: number
  isEvicted: boolean
}

/**
 * Keeps the files read last open: a restore reads thousands of ranges of the same packs, and open and close would cost more than
 * most of these reads. A file in use stays open until its last reader is done, also when it was evicted.
 */
export class OpenFiles {
  readonly #limit: number
  /** In order of last use, oldest first. */
  readonly #fileByPath = new Map<string, OpenFile>()

  constructor(limit: number) {
    this.#limit = limit
  }

  async use<Result>(filePath: string, read: (handle: FileHandle) => Promise<Result>): Promise<Result> {
    const wasOpen = this.#fileByPath.has(filePath)
    try {
      return await this.#useOnce(filePath, read)
    } catch (error) {
      // A network folder was mounted again, or its server started anew: the file has to be opened again, and may well be there.
      if (!wasOpen || systemCode(error) !== 'ESTALE') throw error
      return await this.#useOnce(filePath, read)
    }
  }

  async #useOnce<Result>(filePath: string, read: (handle: FileHandle) => Promise<Result>): Promise<Result> {
    const file = this.#take(filePath)
    file.readers++
    try {
      return await read(await file.handle)
    } catch (error) {
      // A handle that failed once (gone disk, stale mount) is not tried again.
      this.evict(filePath)
      throw error
    } finally {
      file.readers--
      if (file.isEvicted && file.readers === 0) await closeQuietly(file)
    }
  }

  evict(filePath: string): void {
    const file = this.#fileByPath.get(filePath)
    if (file === undefined) return
    this.#fileByPath.delete(filePath)
    file.isEvicted = true
    if (file.readers === 0) void closeQuietly(file)
  }

  async close(): Promise<void> {
    const files = [...this.#fileByPath.values()]
    this.#fileByPath.clear()
    for (const file of files) {
      file.isEvicted = true
      if (file.readers === 0) await closeQuietly(file)
    }
  }

  #take(filePath: string): OpenFile {
    const known = this.#fileByPath.get(filePath)
    const file = known ?? { handle: open(filePath, 'r'), readers: 0, isEvicted: false }
    if (known === undefined) this.#evictOldest()
    else this.#fileByPath.delete(filePath)
    this.#fileByPath.set(filePath, file)
    return file
  }

  #evictOldest(): void {
    for (const filePath of this.#fileByPath.keys()) {
      if (this.#fileByPath.size < this.#limit) return
      this.evict(filePath)
    }
  }
}

async function closeQuietly(file: OpenFile): Promise<void> {
  try {
    await (await file.handle).close()
  } catch {
    // It never opened, which its reader was told, or it cannot be closed, which loses nothing: it was only read.
  }
}

import { stat } from 'node:fs/promises'
import path from 'node:path'
import { EngineError } from '../../errors/index.ts'
import { systemCode } from './system-failure.ts'

/**
 * Tells the folder of a store from another one in its place. Where a disk is unmounted, what comes to light is the folder that it was
 * mounted over: mostly empty, and on the wrong disk. An object that is always in the store (its mark) is missing there.
 *
 * The mark counts from when it was first seen, so that a new store can be filled before it has one.
 */
export class FolderMark {
  readonly #key: string | null
  readonly #filePath: string | null
  #wasSeen = false

  /** @param key of the object that is the mark; null = the folder is taken as it is. */
  constructor(rootPath: string, key: string | null) {
    this.#key = key
    this.#filePath = key === null ? null : path.join(rootPath, key)
  }

  /** An object was stored under this key. */
  noteStored(key: string): void {
    if (key === this.#key) this.#wasSeen = true
  }

  /**
   * Call it before anything is made in the folder, and before something is believed to be absent.
   * @throws EngineError `store.unavailable` where the mark was there and is not; system errors of a disk that does not answer.
   */
  async require(): Promise<void> {
    if (this.#filePath === null) return
    try {
      await stat(this.#filePath)
      this.#wasSeen = true
    } catch (error) {
      const code = systemCode(error)
      if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
      if (this.#wasSeen)
        throw new EngineError(
          'store.unavailable',
          `The folder of the store is not there, or another one is in its place: it has no ${this.#key}. Is its disk mounted?`,
          { context: { key: this.#key }, cause: error },
        )
    }
  }
}

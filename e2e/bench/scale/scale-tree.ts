import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { growTinyFiles, makeWideFolder, tinyFilesPerFolder } from '../data/tiny-files.ts'

export const wideFolderName = 'wide'
/** More than any page of a listing holds, and what a mail server or a cache of pictures has in one folder. */
const mostInWideFolder = 100_000

/** Files of `tiny`, and one folder with very many of them. Sizes are made one from the other: millions of files take their time. */
export class ScaleTree {
  readonly folder: string
  readonly wideFiles: number
  #files = 0
  #folders = 0
  #bytes = 0

  /** @param smallest number of files: the wide folder is a tenth of them, and the same in every size */
  constructor(folder: string, smallest: number) {
    this.folder = folder
    this.wideFiles = Math.min(mostInWideFolder, Math.floor(smallest / 10))
  }

  get files(): number {
    return this.#files
  }

  get bytes(): number {
    return this.#bytes
  }

  /** With a thousand files each. */
  get folders(): number {
    return this.#folders
  }

  /** @param files rounded up so that folders are whole. @throws the abort's reason */
  async growTo(files: number, signal: AbortSignal): Promise<void> {
    if (this.#files === 0) {
      mkdirSync(this.folder)
      this.#bytes += makeWideFolder(join(this.folder, wideFolderName), this.wideFiles)
      this.#files += this.wideFiles
    }
    for (const bytes of growTinyFiles(this.folder, this.#folders * tinyFilesPerFolder, files - this.wideFiles)) {
      this.#bytes += bytes
      this.#files += tinyFilesPerFolder
      this.#folders += 1
      // Millions of files take minutes, in which somebody may ask to stop.
      await nextTurn()
      signal.throwIfAborted()
    }
  }
}

import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { AppError } from '@holdfast/shared-types'
import { z } from 'zod'
import { dataFolderAt } from '../../../platform/lifecycle/data-folder.ts'
import { replaceFile } from '../../../platform/lifecycle/durable-file.ts'
import { unmountedPlaceOf, type UnmountedPlace } from '../../../platform/lifecycle/mount-points.ts'
import type { Logger } from '../../../platform/logging/logger.ts'

/** Beside the folders of the vaults; no vault has such a name. */
export const storeMarkName = 'holdfast-store.json'

const Mark = z.object({ storeId: z.uuid() })
const Memory = z.object({ storeId: z.uuid(), folder: z.string() })

/**
 * Tells the folder of HOLDFAST_STORE from the empty one that lies below it where its disk is not mounted. The folder carries an id, and
 * HOLDFAST_DATA remembers which one this hub has used: so it is known also when the database, which knows the vaults, is lost.
 */
export class StoreMark {
  readonly #storePath: string
  readonly #markFile: string
  readonly #memoryFile: string

  /** @param storeUrl `file:///…` */
  constructor(storeUrl: string, dataDir: string) {
    this.#storePath = fileURLToPath(storeUrl)
    this.#markFile = path.join(this.#storePath, storeMarkName)
    this.#memoryFile = dataFolderAt(dataDir).storeMemoryFile
  }

  /**
   * For a start that has found no vault and is about to make the first one.
   * @throws AppError `store.unavailable` where this hub has had vaults, or the folder ought to be on a disk that is not mounted
   */
  requireNewPlace(): void {
    const mark = readJson(this.#markFile, Mark)
    const memory = readJson(this.#memoryFile, Memory)
    if (memory !== null && memory.storeId !== mark?.storeId) throw this.#lost(memory.folder)
    // Whatever it is, it was a store before.
    if (mark !== null) return
    const unmounted = unmountedPlaceOf(this.#storePath)
    if (unmounted !== null) throw this.#notMounted(unmounted)
  }

  /** The vaults in this folder are this hub's: marks the folder, and remembers it. What cannot be written is told, and tried by the next start. */
  settle(log: Logger): void {
    try {
      const mark = readJson(this.#markFile, Mark)
      const memory = readJson(this.#memoryFile, Memory)
      const storeId = mark?.storeId ?? memory?.storeId ?? randomUUID()
      if (mark === null) replaceFile(this.#markFile, `${JSON.stringify({ storeId })}\n`, 0o600)
      if (memory?.storeId !== storeId || memory.folder !== this.#storePath)
        replaceFile(this.#memoryFile, `${JSON.stringify({ storeId, folder: this.#storePath })}\n`, 0o600)
    } catch (error) {
      log.warn(
        { event: 'store.mark-unwritten', err: error },
        'The store could not be marked: without its database this hub would not know that its disk is missing. The next start tries again',
      )
    }
  }

  #lost(folder: string): AppError {
    const elsewhere = folder === this.#storePath ? '' : ` (${folder})`
    return new AppError('store.unavailable', {
      message: `This hub has kept vaults before${elsewhere}, and there is none in ${this.#storePath}.`,
      cure:
        'Mount the disk they are on, or set HOLDFAST_STORE to where they were moved. To begin anew in this folder, remove store.json from ' +
        'HOLDFAST_DATA. Nothing was made.',
      context: { folder: this.#storePath },
    })
  }

  #notMounted({ mountPoint, known }: UnmountedPlace): AppError {
    return new AppError('store.unavailable', {
      message: `There is no vault in ${this.#storePath} yet, and no disk is mounted at ${mountPoint}.`,
      cure:
        known === 'planned'
          ? `Mount it: /etc/fstab names it (mount ${mountPoint}). Or set HOLDFAST_STORE to another folder. Nothing was made.`
          : 'Mount it. Or, for the system\u2019s own disk, set HOLDFAST_STORE to a folder that is not below /mnt or /media. Nothing was made.',
      context: { folder: this.#storePath },
    })
  }
}

/** Null where there is none, or something else. @throws system errors of a disk that does not answer */
function readJson<T>(file: string, schema: z.ZodType<T>): T | null {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw error
  }
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    // Cut short, or of somebody else: as good as none.
    return null
  }
}

import { createHash } from 'node:crypto'
import { link, lstat, rename, unlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { EngineError } from '../../errors/index.ts'
import { systemCode } from './system-failure.ts'

// link(2): the file system or the kernel's policy has no hard links (FAT, some network and FUSE file systems, Android).
const noLinkCodes: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])
const lockPollMs = 20
const lockPatienceMs = 2_000

/** Starts the name of every lock file. */
export const lockPrefix = 'lock-'

export interface LockFolder {
  readonly folderPath: string
  /** Written into each lock, so that one left by a crash is known as such. */
  readonly ownerName: string
}

/** Gives a finished file its final name, unless that name is taken: `EEXIST`. */
export interface Publisher {
  publish(temporaryPath: string, finalPath: string): Promise<void>
}

/** By hard link, which the kernel refuses where the name is taken: no race, whoever else writes there. */
export const linkPublisher: Publisher = {
  async publish(temporaryPath, finalPath) {
    await link(temporaryPath, finalPath)
    try {
      await unlink(temporaryPath)
    } catch {
      // A second name of the object under +tmp harms nothing and goes with that folder.
    }
  },
}

/**
 * For file systems without hard links: rename(2) would replace, so the name is looked up first, under a lock file that every
 * store on this folder respects. Weaker than a link: a program that is not ours and writes the same name in between is not seen.
 *
 * @param locks where the lock files lie, the same for every store on this folder.
 */
export function lockingPublisher(locks: LockFolder): Publisher {
  return {
    async publish(temporaryPath, finalPath) {
      const lockPath = path.join(locks.folderPath, `${lockPrefix}${createHash('sha256').update(finalPath).digest('hex')}`)
      await takeLock(lockPath, locks.ownerName)
      try {
        if (await isTaken(finalPath)) throw Object.assign(new Error('The name is taken.'), { code: 'EEXIST' })
        await rename(temporaryPath, finalPath)
      } finally {
        await unlink(lockPath)
      }
    },
  }
}

/** Links where that works and turns to locks for good where it does not. */
export function detectingPublisher(locks: LockFolder): Publisher {
  let chosen: Publisher = linkPublisher
  return {
    async publish(temporaryPath, finalPath) {
      try {
        await chosen.publish(temporaryPath, finalPath)
      } catch (error) {
        if (chosen !== linkPublisher || !noLinkCodes.has(systemCode(error) ?? '')) throw error
        chosen = lockingPublisher(locks)
        await chosen.publish(temporaryPath, finalPath)
      }
    },
  }
}

async function isTaken(finalPath: string): Promise<boolean> {
  try {
    await lstat(finalPath)
    return true
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false
    throw error
  }
}

async function takeLock(lockPath: string, ownerName: string): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += lockPollMs) {
    try {
      await writeFile(lockPath, ownerName, { flag: 'wx', mode: 0o600 })
      return
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error
      if (waitedMs >= lockPatienceMs) {
        throw new EngineError(
          'store.unavailable',
          'Another writer holds the lock for the same object. If none runs, remove the folder +tmp of the store.',
          { cause: error },
        )
      }
      await delay(lockPollMs)
    }
  }
}

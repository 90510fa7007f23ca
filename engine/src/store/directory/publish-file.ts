import { createHash } from 'node:crypto'
import { link, lstat, rename, unlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { EngineError } from '../../errors/index.ts'
import { systemCode } from './system-failure.ts'

// link(2): the file system or the kernel's policy has no hard links (FAT, some network and FUSE file systems, Android), or none between
// two folders (AFS). EISDIR is what Windows' "invalid function" (FAT, exFAT) becomes.
const noLinkCodes: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV', 'EISDIR'])
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

/**
 * By hard link, which the kernel (of an NFS folder: the server) refuses where the name is taken: no race, whoever else writes there.
 *
 * Over NFS the answer to a link that was made may be lost; asked again, the server finds the name taken, by our very file (open(2) on
 * O_EXCL). So what stands there is looked at before the refusal is believed.
 */
export const linkPublisher: Publisher = {
  async publish(temporaryPath, finalPath) {
    try {
      await link(temporaryPath, finalPath)
    } catch (error) {
      if (systemCode(error) !== 'EEXIST' || !(await isSameFile(temporaryPath, finalPath))) throw error
    }
    try {
      await unlink(temporaryPath)
    } catch {
      // A second name of the object under +tmp harms nothing and goes with that folder.
    }
  },
}

/**
 * For file systems without hard links: rename(2) would replace, so the name is looked up first, under a lock file that every
 * store on this folder respects, on whichever machine and under whichever path it has it. Weaker than a link: a program that is not ours
 * and writes the same name in between is not seen.
 *
 * @param locks where the lock files lie, the same for every store on this folder.
 */
export function lockingPublisher(locks: LockFolder): Publisher {
  return {
    async publish(temporaryPath, finalPath) {
      const lockPath = path.join(locks.folderPath, lockNameOf(locks, finalPath))
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

/** By the place within the store: the same on every machine that has the folder mounted, wherever that is. */
function lockNameOf({ folderPath }: LockFolder, finalPath: string): string {
  const key = path.relative(path.dirname(folderPath), finalPath).split(path.sep).join('/')
  return `${lockPrefix}${createHash('sha256').update(key).digest('hex')}`
}

async function isSameFile(onePath: string, otherPath: string): Promise<boolean> {
  try {
    const [one, other] = await Promise.all([lstat(onePath, { bigint: true }), lstat(otherPath, { bigint: true })])
    return one.ino === other.ino && one.dev === other.dev
  } catch {
    // Not to be told: then the refusal stands, and the caller looks at what is there.
    return false
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

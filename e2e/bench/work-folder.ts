import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { fileSystemOf } from './file-system.ts'

/** On Debian a tmpfs of half the memory, and a folder of the disk that outlives a restart. */
const usualPlaces = { memory: '/dev/shm', disk: '/var/tmp' } as const
const prefix = 'holdfast-bench-'
/** A data set, the largest store of a tool, and one restored tree (seen: 1.8 + 1.2 + 1.8 GiB), with some air. */
export const usuallyNeededBytes = 8 * 2 ** 30

const inMemory: ReadonlySet<string> = new Set(['tmpfs', 'ramfs'])

export interface WantedPlace {
  /** Null = the usual one of its kind. */
  readonly folder: string | null
  readonly place: keyof typeof usualPlaces
  readonly neededBytes: number
  /** Where there are so many that a disk may run out of places for them. */
  readonly neededFiles?: number
}

export interface WorkFolder {
  readonly path: string
  remove(): void
}

/** A folder of this bench alone; those of benches that were killed are removed. @throws Error where there is no room */
export function makeWorkFolder({ folder, place, neededBytes, neededFiles = 0 }: WantedPlace): WorkFolder {
  const parent = folder ?? usualPlaces[place]
  if (!existsSync(parent)) throw new Error(`There is no ${parent}. Name a folder on a fast disk with --work DIR.`)
  const fileSystem = fileSystemOf(parent)
  if (place === 'disk' && inMemory.has(fileSystem))
    throw new Error(`${parent} is a ${fileSystem}, and this data set is measured on a disk. Name a folder on one with --work DIR.`)
  removeAbandoned(parent)
  const { bavail, bsize, files, ffree } = statfsSync(parent)
  if (bavail * bsize < neededBytes)
    throw new Error(
      `${parent} has ${((bavail * bsize) / 2 ** 30).toFixed(1)} GiB free, and the bench needs ${Math.ceil(neededBytes / 2 ** 30)}. Name another folder with --work DIR.`,
    )
  // File systems that make their inodes as they go say that they have none.
  if (files > 0 && ffree < neededFiles)
    throw new Error(
      `${parent} has room for ${ffree.toLocaleString('en')} more files (inodes), and the bench needs ${neededFiles.toLocaleString('en')}. Name another folder with --work DIR.`,
    )
  const path = mkdtempSync(join(parent, `${prefix}${process.pid}-`))
  // As root the database runs as another user, who has to pass through.
  chmodSync(path, 0o711)
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) }
}

function removeAbandoned(parent: string): void {
  for (const name of readdirSync(parent)) {
    const [, owner] = new RegExp(`^${prefix}(\\d+)-`).exec(name) ?? []
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) rmSync(join(parent, name), { recursive: true, force: true })
  }
}

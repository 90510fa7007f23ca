import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'

/** On Debian a tmpfs of half the memory. */
const usualPlace = '/dev/shm'
const prefix = 'holdfast-bench-'
/** Both data sets, the largest store of a tool, and one restored tree (seen: 3.1 + 1.2 + 1.8 GiB), with some air. */
const neededBytes = 8 * 2 ** 30

export interface WorkFolder {
  readonly path: string
  remove(): void
}

/** A folder of this bench alone; those of benches that were killed are removed. @throws Error where there is no room */
export function makeWorkFolder(place: string | null): WorkFolder {
  const parent = place ?? usualPlace
  if (!existsSync(parent)) throw new Error(`There is no ${parent}. Name a folder on a fast disk with --work DIR.`)
  removeAbandoned(parent)
  const { bavail, bsize } = statfsSync(parent)
  if (bavail * bsize < neededBytes)
    throw new Error(
      `${parent} has ${((bavail * bsize) / 2 ** 30).toFixed(1)} GiB free, and the bench needs ${neededBytes / 2 ** 30}. Name another folder with --work DIR.`,
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

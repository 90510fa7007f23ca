import { existsSync, readFileSync, realpathSync } from 'node:fs'
import path from 'node:path'

/** What the system says of its mounts, in the words of these files (Linux). */
export interface MountTables {
  /** `/etc/fstab`: what is to be mounted. */
  readonly planned: string
  /** `/proc/self/mountinfo`: what is, as this process sees it. */
  readonly mounted: string
}

/** A place that looks like a folder and is meant to be a disk. */
export interface UnmountedPlace {
  /** Where the disk belongs. */
  readonly mountPoint: string
  /** `planned`: the system's table of disks names it. `customary`: disks are mounted below it, and nothing is there. */
  readonly known: 'planned' | 'customary'
}

/** Below these, disks get a folder of their own by hand or by the desktop; the system's own disk is not used there. */
const customaryParents = ['/mnt', '/media', '/run/media']

/**
 * The disk that a folder ought to be on and is not, because it is not mounted; null where nothing speaks against the folder. For folders
 * that are about to be used for the first time: later their own content says whether they are there.
 *
 * @param tables those of this machine when left out; where there are none (macOS, Windows, no /proc) nothing is found.
 */
export function unmountedPlaceOf(folder: string, tables: MountTables = readMountTables()): UnmountedPlace | null {
  const place = resolveAsFarAsItExists(path.resolve(folder))
  const mounted = new Set(columnOf(tables.mounted, mountPointOfMountinfo))
  if (mounted.size === 0) return null
  const above = pathAndParents(place)
  const planned = new Set(columnOf(tables.planned, mountPointOfFstab))
  const missing = above.find((at) => planned.has(at) && !mounted.has(at))
  if (missing !== undefined) return { mountPoint: missing, known: 'planned' }
  const nearest = above.find((at) => mounted.has(at))
  const parent = customaryParents.find((at) => place.startsWith(`${at}/`))
  if (parent === undefined || nearest === undefined || nearest.startsWith(parent)) return null
  return { mountPoint: place, known: 'customary' }
}

function readMountTables(): MountTables {
  return process.platform === 'linux'
    ? { planned: readIfThere('/etc/fstab'), mounted: readIfThere('/proc/self/mountinfo') }
    : { planned: '', mounted: '' }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // Without it there is nothing to go by, as on a system that has none.
    return ''
  }
}

const mountPointOfMountinfo = 4
const mountPointOfFstab = 1

/** Swap has `none` there. */
const columnOf = (table: string, column: number): string[] =>
  table
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .flatMap((line) => line.trim().split(/\s+/)[column] ?? [])
    .filter((point) => point.startsWith('/'))
    .map((point) => path.normalize(unescapeOctal(point)).replace(/(?<=.)\/$/, ''))

/** Spaces and such are written as `\040`. */
const unescapeOctal = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))

function pathAndParents(place: string): string[] {
  const parent = path.dirname(place)
  return parent === place ? [place] : [place, ...pathAndParents(parent)]
}

/** Symlinks are resolved, also those above a folder that is not there yet. */
export function resolveAsFarAsItExists(folder: string): string {
  if (existsSync(folder)) return realpathSync(folder)
  const parent = path.dirname(folder)
  return parent === folder ? folder : path.join(resolveAsFarAsItExists(parent), path.basename(folder))
}

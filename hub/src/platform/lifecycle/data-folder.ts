import { chmodSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { AppError } from '@holdfast/shared-types'
import { errorCode } from './error-code.ts'
import { resolveAsFarAsItExists, unmountedPlaceOf } from './mount-points.ts'
import { makePrivateFolder } from './private-folder.ts'

/** Where things lie below `HOLDFAST_DATA`. */
export interface DataFolder {
  readonly root: string
  readonly secretFile: string
  /** Lock and sockets of the running hub, 0700. */
  readonly runFolder: string
  readonly lockFile: string
  /** State of this machine's agent when `npm start` runs it, 0700. */
  readonly agentFolder: string
  readonly postgresFolder: string
  readonly storeFolder: string
  /** Room that is given up when the disk is full. */
  readonly reserveFile: string
  /** Which store this hub has used, also for when its database is lost. */
  readonly storeMemoryFile: string
  /** Scratch of the running hub: files without a name. */
  readonly blobIndexFolder: string
  /** Logs of the hub, 0700. */
  readonly logsFolder: string
}

/** Symlinks are resolved, so that one folder has one name and its real parents can be checked. */
export function dataFolderAt(folder: string): DataFolder {
  const root = resolveAsFarAsItExists(path.resolve(folder))
  const runFolder = path.join(root, 'run')
  return {
    root,
    runFolder,
    secretFile: path.join(root, 'secret'),
    lockFile: path.join(runFolder, 'hub.lock'),
    agentFolder: path.join(root, 'agent'),
    postgresFolder: path.join(root, 'postgres'),
    storeFolder: path.join(root, 'store'),
    reserveFile: path.join(root, 'reserve'),
    storeMemoryFile: path.join(root, 'store.json'),
    blobIndexFolder: path.join(root, 'blob-index'),
    logsFolder: path.join(root, 'logs'),
  }
}

/** True when a hub has kept something here before. */
export const isDataFolderInUse = (folder: DataFolder): boolean => existsSync(folder.postgresFolder) || isFilled(folder.storeFolder)

/**
 * True when the folder may be given the search bit that another user needs to reach what lies in it: it is new, empty, or
 * plainly ours. Anybody's else (say, `/root`) is not ours to open.
 */
export function isOursToOpen(folder: DataFolder): boolean {
  const status = statSync(folder.root, { throwIfNoEntry: false })
  if (!status) return true
  if (!status.isDirectory() || status.uid !== process.getuid?.()) return false
  return existsSync(folder.secretFile) || existsSync(folder.lockFile) || readdirSync(folder.root).length === 0
}

/**
 * A new hub must not begin in the folder that a disk is to be mounted over: once it is mounted, all of it would be gone from sight.
 * @throws AppError `settings.invalid` for a folder without anything of a hub, below a mount point where nothing is mounted.
 */
export function requireMountedDataFolder(folder: DataFolder): void {
  if (existsSync(folder.secretFile) || existsSync(folder.lockFile) || isDataFolderInUse(folder)) return
  const unmounted = unmountedPlaceOf(folder.root)
  if (unmounted === null) return
  throw new AppError('settings.invalid', {
    message: `The data folder ${folder.root} is empty, and no disk is mounted at ${unmounted.mountPoint}.`,
    cure:
      unmounted.known === 'planned'
        ? `Mount it: /etc/fstab names it (mount ${unmounted.mountPoint}). Or set HOLDFAST_DATA to another folder. Nothing was made.`
        : 'Mount it. Or, for the system\u2019s own disk, set HOLDFAST_DATA to a folder that is not below /mnt or /media. Nothing was made.',
  })
}

/**
 * Makes the data folder and what is always in it.
 *
 * @param isShared true when the database runs as another user, who must be able to pass (0711); else nobody may (0700).
 * @throws AppError `settings.invalid` when the folder cannot be made or used.
 */
export function makeDataFolder(folder: DataFolder, isShared: boolean): void {
  try {
    makeRoot(folder, isShared)
    makePrivateFolder(folder.runFolder, null)
    makePrivateFolder(folder.agentFolder, null)
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    const code = errorCode(cause)
    throw new AppError('settings.invalid', {
      message: `The data folder ${folder.root} cannot be used (${code}).`,
      cure: 'Set HOLDFAST_DATA to a folder that this user may write to.',
      cause,
    })
  }
}

function makeRoot(folder: DataFolder, isShared: boolean): void {
  const { root } = folder
  if (existsSync(root)) {
    if (isShared && isOursToOpen(folder)) chmodSync(root, statSync(root).mode | 0o001)
    // Fails with the reason at once, rather than later at whichever file comes first.
    readdirSync(root)
    return
  }
  const parentMode = isShared ? 0o755 : 0o700
  for (const missing of missingFolders(root)) {
    mkdirSync(missing)
    // chmod, because mkdir's mode is cut by the umask, and a strict umask would lock the database out.
    chmodSync(missing, missing === root ? (isShared ? 0o711 : 0o700) : parentMode)
  }
}

/** The folders to make, outermost first. */
function missingFolders(folder: string): string[] {
  const missing: string[] = []
  for (let at = folder; !existsSync(at); at = path.dirname(at)) missing.unshift(at)
  return missing
}

function isFilled(folder: string): boolean {
  try {
    return readdirSync(folder).length > 0
  } catch {
    return false // none yet
  }
}

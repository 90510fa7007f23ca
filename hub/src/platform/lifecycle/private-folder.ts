import { createHash } from 'node:crypto'
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { AppError } from '@holdfast/shared-types'
import { errorCode } from './error-code.ts'

/** A user of the operating system, by number. */
export interface FolderOwner {
  readonly uid: number
  readonly gid: number
}

/**
 * Makes a folder that only its owner may enter (0700). One that exists already must be a real folder of that owner: it is
 * never given away, because as root that would hand somebody else's files to the database's user.
 *
 * @param owner null for the user who runs this process.
 * @throws AppError `settings.invalid` when something else is in its place.
 */
export function makePrivateFolder(folder: string, owner: FolderOwner | null): void {
  try {
    mkdirSync(folder, { mode: 0o700 })
    if (owner) chownSync(folder, owner.uid, owner.gid)
    return
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
  }
  const status = lstatSync(folder)
  const expectedUid = owner?.uid ?? process.getuid?.()
  if (!status.isDirectory() || (expectedUid !== undefined && status.uid !== expectedUid)) {
    throw new AppError('settings.invalid', {
      message: `${folder} is not a folder of the user with number ${expectedUid}.`,
      cure: 'Move it out of the way, or set HOLDFAST_DATA to another folder.',
    })
  }
  // Looser than it was made: a copied or restored data folder. Only ever tightened, by whoever may.
  if (process.platform !== 'win32' && (status.mode & 0o077) !== 0) chmodSync(folder, 0o700)
}

/** sun_path holds 104 bytes on macOS and BSD, 108 on Linux; Postgres appends `/.s.PGSQL.5432` and `.lock` to the folder. */
const longestSocketFolderBytes = 85

/**
 * A private folder for unix sockets: the given one, or a short one of the machine when its path is too long for a socket.
 * The short one depends only on `folder`, so the next start finds it again.
 */
export function makeSocketFolder(folder: string, owner: FolderOwner | null): string {
  const chosen = Buffer.byteLength(folder) <= longestSocketFolderBytes ? folder : shortFolderFor(folder)
  makePrivateFolder(chosen, owner)
  return chosen
}

function shortFolderFor(folder: string): string {
  const isRoot = process.getuid?.() === 0
  const parent = isRoot && existsSync('/run') ? '/run' : os.tmpdir()
  return path.join(parent, `holdfast-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`)
}

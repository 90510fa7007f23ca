import { constants, readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { closeSync, openSync } from 'node:fs'
import path from 'node:path'
import { isPidInUse, readLinuxStat } from '../../lifecycle/process-identity.ts'

/** What a server writes into its cluster while it runs. */
export interface PostmasterFile {
  readonly pid: number
  readonly port: number
  /** Null where it listens on loopback only. */
  readonly socketFolder: string | null
}

export const postmasterFile = (dataFolder: string): string => path.join(dataFolder, 'postmaster.pid')

/** @returns null when no server runs and none was killed. Lines by Postgres's src/include/utils/pidfile.h. */
export function readPostmasterFile(dataFolder: string): PostmasterFile | null {
  const text = readWithoutFollowing(postmasterFile(dataFolder))
  if (text === null) return null
  const lines = text.split('\n')
  const pid = Number(lines[0])
  return {
    // A server in single-user mode writes its number negated.
    pid: Number.isSafeInteger(pid) ? Math.abs(pid) : 0,
    port: Number(lines[3] ?? 0),
    socketFolder: lines[4]?.split(',')[0] || null,
  }
}

/** True when this very cluster's server lives under that number, not another program that got the number since. */
export function isPostmasterOf(dataFolder: string, pid: number): boolean {
  if (!isPidInUse(pid)) return false
  if (process.platform !== 'linux') return true
  if (readLinuxStat(pid)?.name !== 'postgres') return false
  try {
    // The postmaster works in its cluster's folder.
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(dataFolder)
  } catch {
    return true // not allowed to look: the name has to do, and Postgres itself checks once more
  }
}

function readWithoutFollowing(file: string): string | null {
  let descriptor: number
  try {
    descriptor = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
  } catch {
    return null // not there, or not a file of Postgres's
  }
  try {
    return readFileSync(descriptor, 'utf8')
  } finally {
    closeSync(descriptor)
  }
}

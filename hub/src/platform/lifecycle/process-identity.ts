import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { errorCode } from './error-code.ts'

/**
 * Names one process for as long as it lives, so that a number given to another process later is not mistaken for it.
 * Linux: kernel boot, pid namespace and start time; elsewhere what the system can say, or only the number.
 */
export interface ProcessIdentity {
  readonly pid: number
  /** Random id of the kernel's boot; null where the system has none. */
  readonly bootId: string | null
  /** Containers number their processes anew: a pid means something only within its namespace. */
  readonly pidNamespace: string | null
  /** Opaque; equal texts mean the same start. */
  readonly startedAt: string | null
}

/** `elsewhere`: the process lies in another pid namespace of this machine, so its number cannot be judged here. */
export type ProcessState = 'alive' | 'dead' | 'elsewhere'

const isLinux = process.platform === 'linux'

export const ownIdentity = (): ProcessIdentity => ({
  pid: process.pid,
  bootId: readBootId(),
  pidNamespace: readPidNamespace(),
  startedAt: readStartTime(process.pid),
})

export function stateOfProcess(identity: ProcessIdentity): ProcessState {
  if (identity.bootId !== null && identity.bootId !== readBootId()) return 'dead'
  if (identity.pidNamespace !== null && identity.pidNamespace !== readPidNamespace()) return 'elsewhere'
  if (!isPidInUse(identity.pid)) return 'dead'
  const startedAt = readStartTime(identity.pid)
  // A zombie has a start time no more (see below); unknown on either side leaves only the number to go by.
  if (startedAt === null) return isLinux ? 'dead' : 'alive'
  return identity.startedAt === null || identity.startedAt === startedAt ? 'alive' : 'dead'
}

export function isPidInUse(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it exists and belongs to another user.
    return errorCode(error) === 'EPERM'
  }
}

/** Null when there is no such process, when it has ended but was not yet collected by its parent, or when the system cannot say. */
function readStartTime(pid: number): string | null {
  if (isLinux) return readLinuxStat(pid)?.startTicks ?? null
  if (process.platform === 'win32') return null
  try {
    return (
      execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() || null
    )
  } catch {
    return null // ps answers with a failure when there is no such process
  }
}

/** Name and start of a living Linux process; null for none and for a zombie. */
export function readLinuxStat(pid: number): { readonly name: string; readonly startTicks: string } | null {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return null // no such process
  }
  // proc(5): `pid (name) state …`; the name may hold spaces and brackets, so fields are counted from its last bracket.
  const nameEnd = stat.lastIndexOf(')')
  const fields = stat.slice(nameEnd + 2).split(' ')
  const state = fields[0]
  const startTicks = fields[19] // field 22 of proc(5)
  if (state === 'Z' || state === 'X' || startTicks === undefined) return null
  return { name: stat.slice(stat.indexOf('(') + 1, nameEnd), startTicks }
}

function readBootId(): string | null {
  if (!isLinux) return null
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return null // a sandbox without this file: start times still tell processes apart
  }
}

function readPidNamespace(): string | null {
  if (!isLinux) return null
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return null // a sandbox without this file
  }
}

import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

let ownPlace: string | null = null

/** 16 hex digits: a hash of all that must be equal for a process number to mean the same process: host name, boot and pid namespace. */
export function placeHash(): string {
  const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1')
  ownPlace ??= createHash('sha256')
    .update([hostname(), textOr(bootId, ''), textOr(() => readlinkSync('/proc/self/ns/pid'), '')].join('\n'))
    .digest('hex')
    .slice(0, 16)
  return ownPlace
}

/** Whether a process of that number runs here; after its end the number may be given to another. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it runs under another user.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}

/**
 * When a process began, in ticks since the machine did (proc(5), field 22): numbers of processes come again, above all in containers.
 * '0' where the system does not tell.
 */
export function startOf(pid: number): string {
  const stat = textOr(() => readFileSync(`/proc/${pid}/stat`, 'latin1'), '')
  // The name of the program stands in parentheses and may hold anything.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0'
}

function textOr(read: () => string, otherwise: string): string {
  try {
    return read()
  } catch {
    // No Linux, or a hidden /proc: the caller's default says what that means.
    return otherwise
  }
}

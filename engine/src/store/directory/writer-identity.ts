import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/**
 * Names the folder in which one open store writes its unfinished files: `<place>.<pid>.<start>.<random>`.
 *
 * `place` is a hash of everything that must be equal for a pid to mean the same process: host name, boot and pid namespace.
 */
export function makeWriterName(): string {
  return [placeHash(), process.pid, startOf(process.pid), randomBytes(6).toString('hex')].join('.')
}

/**
 * Whether the writer of that name has certainly ended; `unknown` for one of another machine, container or boot, or for a name
 * that is not ours.
 */
export function writerState(name: string): 'ended' | 'alive' | 'unknown' {
  const [place, pidText, start] = name.split('.')
  if (place !== placeHash() || pidText === undefined || !/^[1-9]\d*$/.test(pidText)) return 'unknown'
  const pid = Number(pidText)
  if (!isRunning(pid)) return 'ended'
  // Pids are used again: another start time is another process.
  return startOf(pid) === start ? 'alive' : 'ended'
}

function placeHash(): string {
  const parts = [hostname(), readTextOr('/proc/sys/kernel/random/boot_id', ''), pidNamespace()]
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16)
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    // No Linux, or a hidden /proc: one namespace for all.
    return ''
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it runs under another user.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}

/** When a process started, in ticks since boot (field 22 of /proc/pid/stat, proc(5)); 0 where the system does not tell. */
function startOf(pid: number): string {
  const stat = readTextOr(`/proc/${pid}/stat`, '')
  // The name in field 2 may hold spaces and brackets: count from the last bracket.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0'
}

function readTextOr(filePath: string, otherwise: string): string {
  try {
    return readFileSync(filePath, 'utf8')
  } catch {
    // The file exists on Linux only; the caller's default says what that means.
    return otherwise
  }
}

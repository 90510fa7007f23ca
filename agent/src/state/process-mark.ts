import { readFileSync, readlinkSync } from 'node:fs'

/** Names one process for ever: its number is used again one day, together with its start time it is not. */
export interface ProcessMark {
  readonly pid: number
  /** Boot and clock tick of the start on Linux; null elsewhere, where the number alone must do. */
  readonly startedAt: string | null
  /** Containers number their processes anew: a number means something within its namespace only. Null elsewhere than on Linux, and in marks of agents from before this was noted. */
  readonly pidNamespace: string | null
}

/** `elsewhere`: in another pid namespace of this machine since the same boot, so its number cannot be judged here. */
export type ProcessState = 'alive' | 'dead' | 'elsewhere'

/** @param pid of this process's own pid namespace. */
export const markOf = (pid: number): ProcessMark => ({ pid, startedAt: startTimeOf(pid), pidNamespace: ownPidNamespace() })
export const ownMark = (): ProcessMark => markOf(process.pid)

/** Of the very process that left this mark. */
export function stateOf(mark: ProcessMark): ProcessState {
  if (mark.pidNamespace !== null && mark.pidNamespace !== ownPidNamespace()) return isOfThisBoot(mark) ? 'elsewhere' : 'dead'
  try {
    process.kill(mark.pid, 0)
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return 'dead'
  }
  return mark.startedAt === null || startTimeOf(mark.pid) === mark.startedAt ? 'alive' : 'dead'
}

/** True also where that cannot be told. */
function isOfThisBoot({ startedAt }: ProcessMark): boolean {
  const own = startTimeOf(process.pid)
  return startedAt === null || own === null || startedAt.split(':')[0] === own.split(':')[0]
}

function ownPidNamespace(): string | null {
  if (process.platform !== 'linux') return null
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    // A sandbox without this file.
    return null
  }
}

function startTimeOf(pid: number): string | null {
  if (process.platform !== 'linux') return null
  try {
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // proc(5): the name in brackets may hold anything, so fields are counted after it; starttime is field 22, the 20th from there.
    const state = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie has ended: its parent has just not looked yet.
    if (state[0] === 'Z' || state[0] === 'X') return null
    return `${bootId}:${state[19] ?? ''}`
  } catch {
    // No such process, or a system without these files.
    return null
  }
}

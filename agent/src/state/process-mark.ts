import { readFileSync } from 'node:fs'

/** Names one process for ever: its number is used again one day, together with its start time it is not. */
export interface ProcessMark {
  readonly pid: number
  /** Boot and clock tick of the start on Linux; null elsewhere, where the number alone must do. */
  readonly startedAt: string | null
}

export const markOf = (pid: number): ProcessMark => ({ pid, startedAt: startTimeOf(pid) })
export const ownMark = (): ProcessMark => markOf(process.pid)

/** True while the very process that left this mark lives. */
export function isAlive(mark: ProcessMark): boolean {
  try {
    process.kill(mark.pid, 0)
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  return mark.startedAt === null || startTimeOf(mark.pid) === mark.startedAt
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

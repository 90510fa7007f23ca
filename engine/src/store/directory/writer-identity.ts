import { randomBytes } from 'node:crypto'
import { isRunning, placeHash, startOf } from '../../run-control/index.ts'

/**
 * Names the folder in which one open store writes its unfinished files: `<place>.<pid>.<start>.<random>`.
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

import { futimesSync } from 'node:fs'
import { loadNative } from './native.ts'
import { toNodeTime } from './node-time.ts'

/**
 * Sets when an open file or folder was last changed. To the nanosecond with the native door, else to about a microsecond.
 * @throws an error with the system's `code`
 */
export function setFileTimes(fd: number, mtimeNs: bigint): void {
  const native = loadNative()
  if (native !== null) native.setFileTimes(fd, { mtimeNs })
  else futimesSync(fd, Date.now() / 1000, toNodeTime(mtimeNs))
}

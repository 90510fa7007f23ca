/** How much of a disk is kept for what, in bytes. */
export interface DiskMarks {
  /** What the reserve takes. */
  readonly reserve: number
  /** With less than this, nothing large is taken any more. */
  readonly low: number
  /** With less than this, the next change of a row may find no room: the reserve is given up. */
  readonly scarce: number
}

const mebibyte = 1024 * 1024
/** Four segments of Postgres' log (16 MiB each): thousands of changes by people, or the rows of a million deleted packs. */
const usualReserve = 64 * mebibyte
/** Some dozen packs that are on their way already, and days of everything else. */
const usualLow = 256 * mebibyte

/** As usual from 4 GiB on; smaller disks keep the same shares of themselves. `scarce` is one segment of Postgres' log then. */
export function marksOf(totalBytes: number): DiskMarks {
  const reserve = Math.min(usualReserve, Math.floor(totalBytes / 32))
  return { reserve, low: Math.min(usualLow, Math.floor(totalBytes / 16)), scarce: Math.floor(reserve / 4) }
}

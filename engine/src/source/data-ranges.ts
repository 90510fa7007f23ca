import { loadNative } from './native.ts'
import type { NativeCalls } from './native.ts'
import { toSourceFailure } from './source-failure.ts'

/** Bytes from `start` up to, without, `end`. */
export interface DataRange {
  readonly start: number
  readonly end: number
}

// A file of more pieces than this is read as a whole from there on: its list would cost more than the zeroes in between.
const mostRanges = 1_000_000

/**
 * Where a file holds data; between lie holes, which read as zeroes. Ascending, apart from each other, none beyond `size`.
 * Moves the file's offset: read it by position. Worth asking only where `blocks` · 512 is below `size`.
 *
 * @returns one range over the whole file where the system cannot tell.
 * @throws EngineError `source.io-error`
 */
export function dataRanges(fd: number, size: number): DataRange[] {
  if (size === 0) return []
  const native = loadNative()
  if (native === null) return [{ start: 0, end: size }]
  try {
    return askRanges(native, fd, size)
  } catch (error) {
    throw toSourceFailure(error)
  }
}

function askRanges(native: NativeCalls, fd: number, size: number): DataRange[] {
  const ranges: DataRange[] = []
  let position = 0
  while (position < size) {
    const start = native.seekData(fd, position)
    if (start === null || start >= size) break
    // A file that shrinks under our hands has no hole after its data any more: take the rest.
    const end = ranges.length < mostRanges ? Math.min(native.seekHole(fd, start) ?? size, size) : size
    ranges.push({ start, end })
    position = end
  }
  return ranges
}

import type { RunProgressSample } from '@holdfast/shared-types'

interface RatePoint {
  readonly elapsedMs: number
  readonly bytesDone: number
}

/** The last samples of one run, oldest first: what speed and remaining time are computed from. */
export interface RateWindow {
  readonly points: readonly RatePoint[]
  /** Speed at each sample, bytes per second, for the small chart. */
  readonly rates: readonly number[]
}

// 10 s: short enough to follow a change of disk or network, long enough that one large file does not make it jump.
const windowMs = 10_000
// Below 1 s two samples say more about timers than about speed.
const leastSpanMs = 1_000
// Two minutes at the agent's two samples a second.
const chartPoints = 120

export const emptyRateWindow: RateWindow = { points: [], rates: [] }

/** Speed over the window in bytes per second; null until two samples lie far enough apart. */
export function currentRate({ points }: RateWindow): number | null {
  const first = points[0]
  const last = points.at(-1)
  if (first === undefined || last === undefined || last.elapsedMs - first.elapsedMs < leastSpanMs) return null
  return ((last.bytesDone - first.bytesDone) * 1000) / (last.elapsedMs - first.elapsedMs)
}

/**
 * Adds a sample by the run's own clock. A sample that is not newer is ignored; one that counts less than the last
 * belongs to a new attempt, and the window starts again.
 */
export function addSample(window: RateWindow, sample: Pick<RunProgressSample, 'elapsedMs' | 'bytesDone'>): RateWindow {
  const point: RatePoint = { elapsedMs: sample.elapsedMs, bytesDone: sample.bytesDone }
  const last = window.points.at(-1)
  if (last !== undefined && point.bytesDone < last.bytesDone) return { points: [point], rates: [] }
  if (last !== undefined && point.elapsedMs <= last.elapsedMs) return window
  // One point older than the window stays, so that the span never falls below it when samples are rare.
  const oldest = window.points.findLastIndex(({ elapsedMs }) => elapsedMs <= point.elapsedMs - windowMs)
  const points = [...window.points.slice(Math.max(0, oldest)), point]
  const rate = currentRate({ points, rates: [] })
  return { points, rates: rate === null ? window.rates : [...window.rates, rate].slice(-chartPoints) }
}

type Amounts = Pick<RunProgressSample, 'bytesDone' | 'bytesTotal' | 'elapsedMs'>

/** Speed to show: over the window, else since the start (right after a page was opened), else unknown. */
export function shownRate(window: RateWindow, sample: Amounts | null): number | null {
  const rate = currentRate(window)
  if (rate !== null || sample === null || sample.elapsedMs < leastSpanMs) return rate
  return (sample.bytesDone * 1000) / sample.elapsedMs
}

/** Time left in ms; null while the total or the speed is unknown, or nothing moves. */
export function remainingMs(sample: Amounts | null, bytesPerSecond: number | null): number | null {
  if (sample === null || sample.bytesTotal === null || bytesPerSecond === null || bytesPerSecond <= 0) return null
  return (Math.max(0, sample.bytesTotal - sample.bytesDone) * 1000) / bytesPerSecond
}

/** How much is done, 0–1; null until the total is known. By bytes, by files where there are no bytes to move. */
export function doneRatio(sample: Pick<RunProgressSample, 'bytesDone' | 'bytesTotal' | 'filesDone' | 'filesTotal'> | null): number | null {
  if (sample === null || sample.bytesTotal === null) return null
  if (sample.bytesTotal > 0) return Math.min(1, sample.bytesDone / sample.bytesTotal)
  if (sample.filesTotal === null) return null
  return sample.filesTotal === 0 ? 1 : Math.min(1, sample.filesDone / sample.filesTotal)
}

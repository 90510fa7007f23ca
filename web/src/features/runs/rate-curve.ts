import type { RunCurve, RunCurvePoint } from '@holdfast/shared-types'

// The hub's own measure: a second at the finest, some hundred points however long the run (hub/src/features/runs/run-curve.ts).
const firstSpacingMs = 1000
const mostPoints = 480
// 10 s: short enough to follow a change of disk or network, long enough that one large file does not make the line jump.
const smoothingMs = 10_000
// An agent tells twice a second; 15 s without a word is a cut link or a sleeping device, and nobody knows what was in between.
const silenceMs = 15_000

export const emptyCurve: RunCurve = { items: [], spacingMs: firstSpacingMs }

const thinned = ({ items, spacingMs }: RunCurve): RunCurve =>
  items.length <= mostPoints
    ? { items, spacingMs }
    : thinned({ items: items.filter((_, index) => index % 2 === 0), spacingMs: spacingMs * 2 })

/** Adds what was done by a moment; what comes sooner than the curve is fine, or late, changes nothing. */
export function addToCurve(curve: RunCurve, point: RunCurvePoint): RunCurve {
  const last = curve.items.at(-1)
  if (last !== undefined && point.atMs - last.atMs < curve.spacingMs) return curve
  return thinned({ items: [...curve.items, point], spacingMs: curve.spacingMs })
}

/** What this page saw and what the hub remembers: the hub may have started anew meanwhile, the page may have been away. */
export function joinCurves(seen: RunCurve, remembered: RunCurve): RunCurve {
  const byTime = new Map([...seen.items, ...remembered.items].map((point) => [point.atMs, point]))
  const items = [...byTime.values()].sort((a, b) => a.atMs - b.atMs)
  return thinned({ items, spacingMs: Math.max(seen.spacingMs, remembered.spacingMs) })
}

/** Longer than this between two points, and what lay between is not known. */
export const silenceOf = ({ spacingMs }: RunCurve): number => Math.max(silenceMs, 3 * spacingMs)

export type Amount = 'bytesDone' | 'bytesRead' | 'bytesStored'
type SpeedPoint = readonly [timeMs: number, bytesPerSecond: number | null]

/** Speed over the last seconds at each point, in bytes per second; a hole where nothing was heard, or the run began to count anew. */
export function speedsOf(curve: RunCurve, amount: Amount): readonly SpeedPoint[] {
  const longestMs = silenceOf(curve)
  const speeds: SpeedPoint[] = []
  let from = 0
  for (const [index, point] of curve.items.entries()) {
    const before = curve.items[index - 1]
    if (before === undefined) continue
    if (point.atMs - before.atMs > longestMs || point[amount] < before[amount]) {
      from = index
      speeds.push([before.atMs + 1, null])
      continue
    }
    while (from < index - 1 && point.atMs - (curve.items[from]?.atMs ?? 0) > smoothingMs) from += 1
    const start = curve.items[from] ?? before
    speeds.push([point.atMs, ((point[amount] - start[amount]) * 1000) / (point.atMs - start.atMs)])
  }
  return speeds
}

/** The newest speed; null where none is known yet, or the last word is too long ago. */
export function speedNow(curve: RunCurve, amount: Amount, nowMs: number): number | null {
  const [atMs, speed] = speedsOf({ ...curve, items: curve.items.slice(-16) }, amount).at(-1) ?? [0, null]
  return nowMs - atMs > silenceOf(curve) ? null : speed
}

import type { RunCurve, RunCurvePoint, RunProgressSample } from '@holdfast/shared-types'

// A second: the finest that a chart of minutes shows. Twice 240 points are 20 KB in memory and 10 on the wire, however long the run.
const firstSpacingMs = 1000
const mostPoints = 480

export const emptyCurve: RunCurve = { items: [], spacingMs: firstSpacingMs }

/**
 * Adds what was done by a moment. The curve stays as long as the run and never grows beyond a few hundred points: when it is full, every
 * second point goes and the spacing doubles.
 *
 * @param atMs  a moment before the newest point (the clock was set back) begins the curve anew
 */
export function addToCurve(
  curve: RunCurve,
  atMs: number,
  sample: Pick<RunProgressSample, 'bytesDone' | 'bytesRead' | 'bytesStored'>,
): RunCurve {
  const { bytesDone, bytesRead, bytesStored } = sample
  const point: RunCurvePoint = { atMs, bytesDone, bytesRead, bytesStored }
  const last = curve.items.at(-1)
  if (last !== undefined && atMs < last.atMs) return { items: [point], spacingMs: firstSpacingMs }
  if (last !== undefined && atMs - last.atMs < curve.spacingMs) return curve
  const items = [...curve.items, point]
  if (items.length <= mostPoints) return { items, spacingMs: curve.spacingMs }
  return { items: items.filter((_, index) => index % 2 === 0), spacingMs: curve.spacingMs * 2 }
}

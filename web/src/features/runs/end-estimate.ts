import type { RunProgressSample } from '@holdfast/shared-types'

// 45 s: the weight of what was a while ago halves in some 30 s, so that one slow folder does not move the end by an hour.
const memoryMs = 45_000
// Before 5 s of work nobody can know.
const leastMeasuredMs = 5_000
// As long as this without a byte, and the end is anybody's guess.
const stillMs = 20_000
// Beyond a month an estimate is no help.
const farthestMs = 30 * 24 * 60 * 60 * 1000
// A new estimate is shown when it differs by more than this share of the time left.
const leastShare = 0.1
const leastMoveMs = 3_000

/** What is known of when a run ends. */
export interface EndEstimate {
  /** When bytes were last seen to move, and how many were done then. */
  readonly moved: { readonly atMs: number; readonly bytesDone: number } | null
  /** Sum of speeds by their weight, and the weights: their quotient is the speed in bytes per ms. */
  readonly speedSum: number
  readonly weight: number
  readonly measuredMs: number
  /** Moment shown as the end; null: it cannot be known. */
  readonly endAtMs: number | null
}

export const noEstimate: EndEstimate = { moved: null, speedSum: 0, weight: 0, measuredMs: 0, endAtMs: null }

interface Seen {
  readonly atMs: number
  readonly bytesDone: number
}

/**
 * Learns the speed from what was done by a moment. A time without any movement counts only up to `longestMs`: a pause, a stall or a cut
 * link says nothing of how fast the rest will go.
 */
export function learnSpeed(estimate: EndEstimate, { atMs, bytesDone }: Seen, longestMs = stillMs): EndEstimate {
  const { moved } = estimate
  if (moved === null || bytesDone < moved.bytesDone) return { ...noEstimate, moved: { atMs, bytesDone } }
  const spentMs = atMs - moved.atMs
  if (bytesDone === moved.bytesDone || spentMs <= 0) return estimate
  if (spentMs > longestMs) return { ...estimate, moved: { atMs, bytesDone } }
  const kept = Math.exp(-spentMs / memoryMs)
  return {
    ...estimate,
    moved: { atMs, bytesDone },
    speedSum: estimate.speedSum * kept + ((bytesDone - moved.bytesDone) / spentMs) * (1 - kept),
    weight: estimate.weight * kept + (1 - kept),
    measuredMs: estimate.measuredMs + spentMs,
  }
}

type Amounts = Pick<RunProgressSample, 'phase' | 'bytesDone' | 'bytesTotal'>

/** Says when it ends, as far as that can be known; holds on to the moment it has named until it is clearly wrong. */
export function nameEnd(estimate: EndEstimate, atMs: number, sample: Amounts): EndEstimate {
  const found = findEnd(estimate, atMs, sample)
  const { endAtMs } = estimate
  if (found === null || endAtMs === null) return found === endAtMs ? estimate : { ...estimate, endAtMs: found }
  const tolerated = Math.max(leastMoveMs, (found - atMs) * leastShare)
  return Math.abs(found - endAtMs) <= tolerated ? estimate : { ...estimate, endAtMs: found }
}

function findEnd(
  { moved, speedSum, weight, measuredMs }: EndEstimate,
  atMs: number,
  { phase, bytesDone, bytesTotal }: Amounts,
): number | null {
  if (phase !== 'transferring' || bytesTotal === null || moved === null || measuredMs < leastMeasuredMs) return null
  if (atMs - moved.atMs > stillMs) return null
  const leftMs = Math.max(0, bytesTotal - bytesDone) / (speedSum / weight)
  return leftMs > farthestMs ? null : atMs + leftMs
}

const second = 1000
const minute = 60 * second

/** Rounded up to what can be known: seconds by ten, minutes, then five minutes. */
export function roundedLeft(leftMs: number): number {
  const step = leftMs < 2 * minute ? 10 * second : leftMs < 10 * minute ? 30 * second : leftMs < 60 * minute ? minute : 5 * minute
  return Math.max(10 * second, Math.ceil(leftMs / step) * step)
}

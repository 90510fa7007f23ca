import type { RetryPolicy } from '@holdfast/shared-types'

// As the hub doubles them.
const mostDelayMs = 6 * 60 * 60 * 1000

/** How long after a failed try the next one begins, for each. */
export const retryDelays = ({ count, firstDelayMs }: RetryPolicy): number[] =>
  Array.from({ length: count }, (_, index) => Math.min(firstDelayMs * 2 ** index, Math.max(mostDelayMs, firstDelayMs)))

const minuteMs = 60_000

/** A length of time that somebody chose, without the seconds and minutes that it does not have: `5 min`, `8 h`. */
export function plainDuration(durationMs: number, format: (durationMs: number) => string): string {
  if (durationMs % minuteMs !== 0 || durationMs >= 48 * 60 * minuteMs) return format(durationMs)
  const minutes = durationMs / minuteMs
  const hours = minutes / 60
  return Number.isInteger(hours) ? `${hours}\u00a0h` : minutes < 60 ? `${minutes}\u00a0min` : format(durationMs)
}

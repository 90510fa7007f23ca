export interface DelayLimits {
  readonly firstMs: number
  readonly longestMs: number
}

/** Connecting anew: within a minute after any outage, and 2,000 agents spread over it (docs/architecture.md §6). */
export const reconnectLimits: DelayLimits = { firstMs: 1_000, longestMs: 60_000 }
/** After a refusal nothing helps but a person: asking seldom is enough. */
export const refusedLimits: DelayLimits = { firstMs: 30_000, longestMs: 300_000 }
/** One HTTP call after the other. */
export const callLimits: DelayLimits = { firstMs: 250, longestMs: 10_000 }

/** A try that is silent is no better than a pause; but a greeting over a slow line takes its time. */
export const openTimeoutWithin = (longestMs: number): number => Math.min(20_000, Math.max(2_000, longestMs))

/** What a link waits by when none of its pauses may be longer than this, save those after a refusal. */
export const delaysWithin = (longestMs: number): { readonly reconnect: DelayLimits; readonly refused: DelayLimits } => ({
  reconnect: { firstMs: Math.min(reconnectLimits.firstMs, longestMs), longestMs },
  refused: refusedLimits,
})

/**
 * Full jitter: anywhere between 0 and the doubled bound, so that a fleet that lost its hub together does not come back together.
 *
 * @param attempt 0 for the first wait.
 * @param random  0 ≤ random < 1.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ (the fewest calls of the variants compared)
 */
export function reconnectDelayMs(attempt: number, random: number, limits: DelayLimits = reconnectLimits): number {
  // 2^30 seconds is far above any limit: the exponent is bounded so that the product stays finite.
  const boundMs = Math.min(limits.longestMs, limits.firstMs * 2 ** Math.min(attempt, 30))
  return Math.floor(random * boundMs)
}

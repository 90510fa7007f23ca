/**
 * How failed sign-ins slow the next ones down. What is counted, from the narrowest on:
 *
 * * **pair**: one account from one address. A person who mistypes is held up here, and nowhere else.
 * * **account**: one account from everywhere; against guessing from many addresses. It needs ten times as many, and does not hold for an
 *   address from which the person has signed in before: so nobody can lock a person out of the places where they work.
 * * **address**: one address with all accounts; against one machine that tries many names. High enough for an office behind one address.
 */
export interface FailureRule {
  /** Tries before the first wait: people mistype. */
  readonly freeTries: number
  /** Then this long, doubling with every further failure … */
  readonly firstWaitMs: number
  /** … up to this. */
  readonly longestWaitMs: number
  /** After this long without a failure all is forgotten. */
  readonly memoryMs: number
}

const minute = 60_000
export const failureRules = {
  pair: { freeTries: 5, firstWaitMs: 15_000, longestWaitMs: 15 * minute, memoryMs: 60 * minute },
  // A day: else who waits an hour has fifty new tries.
  account: { freeTries: 50, firstWaitMs: 15_000, longestWaitMs: 15 * minute, memoryMs: 24 * 60 * minute },
  address: { freeTries: 30, firstWaitMs: 15_000, longestWaitMs: 15 * minute, memoryMs: 60 * minute },
} as const satisfies Record<string, FailureRule>
export type FailureKind = keyof typeof failureRules

/** How long to wait after this many failures. */
export function waitMsAfter({ freeTries, firstWaitMs, longestWaitMs }: FailureRule, count: number): number {
  const tooMany = count - freeTries
  // 2^30 times 15 s is far above any limit.
  return tooMany < 0 ? 0 : Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(tooMany, 30))
}

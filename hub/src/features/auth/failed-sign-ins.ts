import { AppError } from '@holdfast/shared-types'

/** Slows guessing down: by account, so that one password is not tried for long, and by address, so that one machine is not. */
export interface FailedSignIns {
  /** @throws AppError `sign-in.throttled` while one of the keys has to wait */
  requireCalm(keys: readonly string[]): void
  failed(keys: readonly string[]): void
  succeeded(keys: readonly string[]): void
}

/** Free tries: people mistype. Then 15 s, doubling to 15 min with every further failure. */
const freeTries = 5
const firstWaitMs = 15_000
const longestWaitMs = 900_000
/** After this long without a failure all is forgotten. */
const memoryMs = 3_600_000
/** Keys that are remembered; an attacker with more addresses than this is a matter for the network. */
const maxKeys = 10_000

interface Failures {
  count: number
  lastAtMs: number
}

export function createFailedSignIns(now: () => number): FailedSignIns {
  const failuresByKey = new Map<string, Failures>()
  const waitMsOf = (key: string): number => {
    const failures = failuresByKey.get(key)
    if (failures === undefined) return 0
    if (now() - failures.lastAtMs > memoryMs) {
      failuresByKey.delete(key)
      return 0
    }
    const tooMany = failures.count - freeTries
    if (tooMany < 0) return 0
    return failures.lastAtMs + Math.min(longestWaitMs, firstWaitMs * 2 ** tooMany) - now()
  }
  return {
    requireCalm(keys) {
      const waitMs = Math.max(...keys.map(waitMsOf))
      if (waitMs > 0) throw new AppError('sign-in.throttled', { context: { retryAfterSeconds: Math.ceil(waitMs / 1000) } })
    },
    failed(keys) {
      for (const key of keys) {
        const count = (failuresByKey.get(key)?.count ?? 0) + 1
        // Deleted first: the map stays in order of the last failure, so the oldest goes when there are too many.
        failuresByKey.delete(key)
        failuresByKey.set(key, { count, lastAtMs: now() })
      }
      for (const oldest of failuresByKey.keys()) {
        if (failuresByKey.size <= maxKeys) break
        failuresByKey.delete(oldest)
      }
    },
    succeeded(keys) {
      for (const key of keys) failuresByKey.delete(key)
    },
  }
}

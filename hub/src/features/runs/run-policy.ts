import { errorFacts, isErrorCode, type RetryPolicy, type RunState } from '@holdfast/shared-types'

/** What a plan says of its runs; each run keeps it as it was when it was asked for. */
export interface RunPolicy {
  /** How often it may still be tried again, and how long to wait before the next time. */
  readonly retries: RetryPolicy
  readonly timeoutMs: number | null
  /** The last good size and how much less, in percent, still is one; null = any size is. */
  readonly shrink: ShrinkLimit | null
}

export interface ShrinkLimit {
  readonly percent: number
  readonly files: number
  readonly bytes: number
}

/** A reboot takes minutes, a night takes hours: who has waited six hours waits for the next day's run. */
const longestDelayMs = 6 * 60 * 60 * 1000

/** For the next try of a run that used this one up; null when there is none left. */
export function policyOfRetry(policy: RunPolicy): RunPolicy | null {
  const { count, firstDelayMs } = policy.retries
  if (count === 0) return null
  // Never shorter than the one before: who begins with a day stays with it.
  const nextDelayMs = Math.max(firstDelayMs, Math.min(longestDelayMs, firstDelayMs * 2))
  return { ...policy, retries: { count: count - 1, firstDelayMs: nextDelayMs } }
}

/** Mistakes of a program, what it was cut off from, and a success without a snapshot: another try may well go through. */
const worthAnother: ReadonlySet<string> = new Set(['internal', 'run.agent-lost', 'run.timed-out', 'snapshot.not-found'])

/** Whether the reason of an end may pass by itself: a full store or a missing source does not. */
export function mayPass(state: RunState, code: string | null): boolean {
  if (state === 'expired') return true
  if (state !== 'failed') return false
  // Without a code, or with one of a newer agent, nobody knows that it cannot.
  if (code === null || !isErrorCode(code)) return true
  return worthAnother.has(code) || errorFacts(code).retry === 'later'
}

/** By how much a backup has shrunk too far, in words; null when it has not. */
export function shrinkage(
  limit: ShrinkLimit | null,
  size: { readonly files: number | null; readonly bytes: number | null },
): string | null {
  // Of one whose size nobody knows nothing can be said.
  if (limit === null || size.files === null || size.bytes === null) return null
  const falls = (before: number, now: number): boolean => before > 0 && (before - now) * 100 > before * limit.percent
  const { files, bytes } = size
  if (!falls(limit.files, files) && !falls(limit.bytes, bytes)) return null
  return (
    `It holds ${files} files with ${bytes} bytes; the last good one held ${limit.files} files with ${limit.bytes} bytes, ` +
    `and the plan takes a fall of at most ${limit.percent} %.`
  )
}

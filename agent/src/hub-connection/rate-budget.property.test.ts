import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RateBudget } from './rate-budget.ts'

interface Sent {
  readonly atMs: number
  readonly bytes: number
}

/** The limit from a moment on. */
interface Change {
  readonly atMs: number
  readonly bytesPerSecond: number | null
}

const rate = fc.integer({ min: 16_384, max: 1_000_000_000 })
const step = fc.oneof(
  { weight: 1, arbitrary: fc.record({ limit: fc.option(rate, { nil: null, freq: 8 }) }) },
  {
    weight: 12,
    arbitrary: fc.record({ send: fc.integer({ min: 1, max: 16 * 1024 * 1024 }), lateMs: fc.double({ min: 0, max: 40, noNaN: true }) }),
  },
  { weight: 2, arbitrary: fc.record({ restMs: fc.double({ min: 0, max: 3_000, noNaN: true }) }) },
)

/** Plays the steps against a clock of its own; each upload is sent to its end or for some seconds. */
function play(
  first: number,
  steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[],
): { sent: Sent[]; changes: Change[] } {
  const budget = new RateBudget()
  const sent: Sent[] = []
  const changes: Change[] = []
  let nowMs = 1_000
  const limit = (bytesPerSecond: number | null): void => {
    budget.limit(bytesPerSecond, nowMs)
    changes.push({ atMs: nowMs, bytesPerSecond })
  }
  const send = (bytes: number, lateMs: number): void => {
    for (let left = bytes, pieces = 0; left > 0 && pieces < 60; pieces += 1) {
      const taken = budget.take(left, nowMs)
      if (taken === 0) {
        const waitMs = budget.waitMs(left, nowMs)
        expect(waitMs).toBeGreaterThan(0)
        nowMs += Math.max(1, Math.ceil(waitMs)) + lateMs
        continue
      }
      sent.push({ atMs: nowMs, bytes: taken })
      left -= taken
    }
  }
  limit(first)
  for (const each of steps) {
    if ('limit' in each) limit(each.limit)
    else if ('send' in each) send(each.send, each.lateMs)
    else nowMs += each.restMs
  }
  return { sent, changes }
}

/** The largest limit in force at any moment of a window; null = there was none for a moment. */
function largestLimit(changes: readonly Change[], fromMs: number, toMs: number): number | null {
  const inForce = changes.filter(({ atMs }, index) => atMs <= toMs && (changes[index + 1]?.atMs ?? Infinity) >= fromMs)
  return inForce.some(({ bytesPerSecond }) => bytesPerSecond === null)
    ? null
    : Math.max(...inForce.map(({ bytesPerSecond }) => bytesPerSecond ?? 0))
}

test('no window of a second carries more than 110 % of the limit, whatever is sent and however the limit changes', () => {
  fc.assert(
    fc.property(rate, fc.array(step, { maxLength: 40 }), (first, steps) => {
      const { sent, changes } = play(first, steps)
      for (let end = 0, begin = 0, bytes = 0; end < sent.length; end += 1) {
        bytes += sent[end]!.bytes
        while (sent[end]!.atMs - sent[begin]!.atMs >= 1000) bytes -= sent[begin++]!.bytes
        const most = largestLimit(changes, sent[begin]!.atMs, sent[end]!.atMs)
        // One byte for what floating point rounds.
        if (most !== null) expect(bytes).toBeLessThanOrEqual(most * 1.1 + 1)
      }
    }),
    { numRuns: 300 },
  )
})

test('who always has something to send gets at least 95 % of the limit, with timers that are up to 40 ms late, through every change', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ bytesPerSecond: rate, forMs: fc.integer({ min: 2_000, max: 8_000 }) }), { minLength: 1, maxLength: 5 }),
      fc.array(fc.double({ min: 0, max: 40, noNaN: true }), { minLength: 1, maxLength: 20 }),
      (spans, lateness) => {
        const budget = new RateBudget()
        let nowMs = 5
        let waits = 0
        for (const { bytesPerSecond, forMs } of spans) {
          budget.limit(bytesPerSecond, nowMs)
          const beganAtMs = nowMs
          let bytes = 0
          while (nowMs - beganAtMs < forMs) {
            const taken = budget.take(16 * 1024 * 1024, nowMs)
            bytes += taken
            if (taken === 0) nowMs += Math.ceil(budget.waitMs(16 * 1024 * 1024, nowMs)) + lateness[waits++ % lateness.length]!
          }
          // What the last wait overslept is the next span's.
          expect(bytes).toBeGreaterThanOrEqual((bytesPerSecond * forMs * 0.95) / 1000)
        }
      },
    ),
    { numRuns: 200 },
  )
})

test('without a limit all goes at once, also what was held back before', () => {
  const budget = new RateBudget()
  expect([budget.isLimited, budget.take(16 * 1024 * 1024, 7)]).toEqual([false, 16 * 1024 * 1024])
  budget.limit(16_384, 7)
  expect([budget.isLimited, budget.take(1_000, 7)], 'nothing was saved up').toEqual([true, 0])
  budget.limit(null, 8)
  expect([budget.take(1_000_000, 8), budget.waitMs(1_000_000, 8)]).toEqual([1_000_000, 0])
})

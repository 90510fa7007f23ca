import { expect, test } from 'vitest'
import { failureRules, waitMsAfter } from './failure-rules.ts'

test('waits double with every failure after the free tries, up to 15 minutes', () => {
  const waits = Array.from({ length: 13 }, (_, i) => waitMsAfter(failureRules.pair, i + 1) / 1000)
  expect(waits).toEqual([0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 900, 900, 900])
  expect(waitMsAfter(failureRules.pair, 1_000_000)).toBe(900_000)
})

test('an account or an address has to fail far more often than a person at one place does', () => {
  expect(failureRules.account.freeTries).toBeGreaterThanOrEqual(10 * failureRules.pair.freeTries)
  expect(failureRules.address.freeTries).toBeGreaterThan(failureRules.pair.freeTries)
})

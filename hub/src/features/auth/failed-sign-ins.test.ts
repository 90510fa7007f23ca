import { expect, test } from 'vitest'
import { createFailedSignIns } from './failed-sign-ins.ts'

test('waits double with every failure after five, up to 15 minutes, and forgets after an hour', () => {
  let now = 0
  const failures = createFailedSignIns(() => now)
  const isCalm = () => {
    try {
      failures.requireCalm(['a'])
      return true
    } catch {
      return false // Throttled.
    }
  }
  for (let i = 0; i < 5; i++) {
    expect(isCalm()).toBe(true)
    failures.failed(['a'])
  }
  for (const waitMs of [15_000, 30_000, 60_000, 120_000, 240_000, 480_000, 900_000, 900_000]) {
    now += waitMs - 1
    expect([waitMs, isCalm()]).toEqual([waitMs, false])
    now += 1
    expect([waitMs, isCalm()]).toEqual([waitMs, true])
    failures.failed(['a'])
  }
  now += 3_600_001
  expect(isCalm()).toBe(true)
  failures.failed(['a'])
  expect(isCalm()).toBe(true)
})

test('forgets at the first success, and keeps other keys apart', () => {
  const failures = createFailedSignIns(() => 0)
  for (let i = 0; i < 5; i++) failures.failed(['a', 'b'])
  failures.succeeded(['a'])
  expect(() => failures.requireCalm(['a'])).not.toThrow()
  expect(() => failures.requireCalm(['c', 'b'])).toThrow(/Too many/)
})

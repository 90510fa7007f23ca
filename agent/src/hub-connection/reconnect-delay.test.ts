import { expect, test } from 'vitest'
import { reconnectDelayMs, reconnectLimits } from './reconnect-delay.ts'

test('waits anywhere below a bound that doubles from one second to one minute', () => {
  const longest = [0, 1, 2, 3, 4, 5, 6, 7, 1000].map((attempt) => reconnectDelayMs(attempt, 0.999_999_999))
  expect(longest).toEqual([999, 1999, 3999, 7999, 15_999, 31_999, 59_999, 59_999, 59_999])
  expect(reconnectDelayMs(5, 0)).toBe(0)
  expect(reconnectDelayMs(5, 0.5)).toBe(16_000)
})

test('spreads a fleet that lost its hub at the same moment', () => {
  const delays = Array.from({ length: 2000 }, () => reconnectDelayMs(6, Math.random(), reconnectLimits))
  const busiestSecond = Math.max(
    ...Array.from({ length: 60 }, (_, second) => delays.filter((delay) => Math.floor(delay / 1000) === second).length),
  )
  // 2,000 over 60 s is 33 a second; 80 would be eight standard deviations away.
  expect(busiestSecond).toBeLessThan(80)
})

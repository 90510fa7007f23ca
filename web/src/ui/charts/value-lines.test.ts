import { expect, test } from 'vitest'
import type { TimeSeries } from './time-series.ts'
import { lineValues, valueLines } from './value-lines.ts'

const mebibyte = 1024 ** 2
const lineOf = (...values: (number | null)[]): TimeSeries[] => [
  { name: 'read', kind: 'line', tone: 'primary', points: values.map((value, index) => [index, value]) },
]

test('lines of bytes lie a power of two apart, and the highest value fits below the last', () => {
  expect(valueLines(lineOf(3 * mebibyte, 71 * mebibyte, null), 'bytes')).toEqual({ interval: 32 * mebibyte, max: 96 * mebibyte })
  expect(valueLines(lineOf(64 * mebibyte), 'bytes')).toEqual({ interval: 16 * mebibyte, max: 64 * mebibyte })
  expect(valueLines(lineOf(1000), 'bytes')).toEqual({ interval: 256, max: 1024 })
  expect(lineValues({ interval: 256, max: 1024 })).toEqual([0, 256, 512, 768, 1024])
})

test.each([
  [{ mostMs: 900 }, { interval: 500, max: 1_000 }],
  [{ mostMs: 47_000 }, { interval: 15_000, max: 60_000 }],
  [{ mostMs: 5 * 60_000 }, { interval: 120_000, max: 360_000 }],
  [{ mostMs: 20 * 3_600_000 }, { interval: 6 * 3_600_000, max: 24 * 3_600_000 }],
  [{ mostMs: 9 * 86_400_000 }, { interval: 3 * 86_400_000, max: 9 * 86_400_000 }],
])('lines of durations lie apart as clocks count: %o', ({ mostMs }, lines) => {
  expect(valueLines(lineOf(0, mostMs), 'durationMs')).toEqual(lines)
})

test('a chart of nothing still has an axis', () => {
  expect(valueLines([], 'bytes')).toEqual({ interval: 1, max: 1 })
  expect(valueLines(lineOf(0, null), 'bytes')).toEqual({ interval: 1, max: 1 })
  expect(lineValues(valueLines([], 'durationMs'))).toEqual([0, 100])
})

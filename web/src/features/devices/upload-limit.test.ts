import { expect, test } from 'vitest'
import { mistakeOfRate, readRate, typedRate } from './upload-limit.ts'

test.each([
  [16_384, '16', 'KiB/s'],
  [2 * 1024 ** 2, '2', 'MiB/s'],
  [1.5 * 1024 ** 2, '1.5', 'MiB/s'],
  [1024 ** 4, '1024', 'GiB/s'],
  [1_000_000, '976.56', 'KiB/s'],
] as const)('%i bytes a second are shown as %s %s', (bytesPerSecond, value, unit) => {
  expect(typedRate(bytesPerSecond)).toEqual({ value, unit })
})

test('what is typed is read with a point or a comma', () => {
  expect(readRate({ value: ' 1,5 ', unit: 'MiB/s' })).toBe(1_572_864)
  expect(readRate({ value: '1.5', unit: 'MiB/s' })).toBe(1_572_864)
})

test.each([
  ['', 'KiB/s', 'none'],
  ['fast', 'KiB/s', 'none'],
  ['-5', 'MiB/s', 'none'],
  ['1e9', 'MiB/s', 'none'],
  ['15', 'KiB/s', 'small'],
  ['16', 'KiB/s', null],
  ['1024', 'GiB/s', null],
  ['1025', 'GiB/s', 'large'],
] as const)('%j %s is a mistake: %s', (value, unit, mistake) => {
  expect(mistakeOfRate({ value, unit })).toBe(mistake)
})

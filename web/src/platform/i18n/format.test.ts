import { expect, test } from 'vitest'
import { formatBytes, formatDuration, formatPercent, nsToMs } from './format.ts'
import { preferredLanguage, regionOf } from './text.ts'

const plain = (text: string) => text.replaceAll('\u00a0', ' ')

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '0.98 KiB'],
  [1024, '1.00 KiB'],
  [1536, '1.50 KiB'],
  [10_239, '10.0 KiB'],
  [1_048_575, '1.00 MiB'],
  [276_824_064, '264 MiB'],
  [1_402_331_120, '1.31 GiB'],
  [8 * 1024 ** 3, '8.00 GiB'],
  [Number.MAX_SAFE_INTEGER, '8.00 PiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(plain(formatBytes(bytes, 'en'))).toBe(text)
})

test('sizes use the language’s decimal sign', () => {
  expect(plain(formatBytes(1_402_331_120, 'de'))).toBe('1,31 GiB')
})

test.each([
  [0, '0.0 s'],
  [840, '0.8 s'],
  [9_960, '10.0 s'],
  [42_000, '42 s'],
  [59_600, '1 min 00 s'],
  [187_000, '3 min 07 s'],
  [3_840_000, '1 h 04 min'],
  [183_600_000, '2 d 3 h'],
])('%d ms are %s', (durationMs, text) => {
  expect(plain(formatDuration(durationMs, 'en'))).toBe(text)
})

test('100 % is said of what is whole only, and 0 % of nothing', () => {
  expect(formatPercent(0.999, 'en')).toBe('99%')
  expect(formatPercent(1, 'en')).toBe('100%')
  expect([0, 0.0001, 0.0049, 0.005].map((ratio) => plain(formatPercent(ratio, 'en')))).toEqual(['0%', '< 1%', '< 1%', '1%'])
  expect(formatPercent(-0.2, 'en')).toBe('0%')
})

test('nanoseconds become milliseconds, before 1970 too', () => {
  expect(nsToMs('1763712345123456789')).toBe(1_763_712_345_123)
  expect(nsToMs('-14182940876543211')).toBe(-14_182_940_876)
})

test('the language is the one chosen before, else the browser’s first that there is', () => {
  expect(preferredLanguage('de', ['en-GB'])).toBe('de')
  expect(preferredLanguage(null, ['fr-FR', 'de-AT', 'en'])).toBe('de')
  expect(preferredLanguage('xx', ['fr'])).toBe('en')
})

test('dates are those of the reader’s region', () => {
  expect(regionOf('en', ['de-DE', 'en-GB', 'en-US'])).toBe('en-GB')
  expect(regionOf('de', ['en-GB'])).toBe('de')
})

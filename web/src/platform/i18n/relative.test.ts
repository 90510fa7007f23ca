import { describe, expect, test } from 'vitest'
import { de } from '../../../locales/de/index.ts'
import { formatRelative } from './relative.ts'
import { i18n } from './text.ts'

describe('relative times', () => {
  const now = Date.UTC(2026, 10, 21, 12)
  test.each([
    [-2_000, 'now'],
    [3_000, 'now'],
    [-30_000, '30 seconds ago'],
    [-59_900, '59 seconds ago'],
    [-60_000, '1 minute ago'],
    [-3_599_000, '59 minutes ago'],
    [-3_600_000, '1 hour ago'],
    [-86_400_000, 'yesterday'],
    [-30.1 * 86_400_000, 'last month'],
    [-45 * 86_400_000, 'last month'],
    [-365.1 * 86_400_000, 'last year'],
    [364.999 * 86_400_000, 'in 12 months'],
    [29.999 * 86_400_000, 'in 30 days'],
    [30.1 * 86_400_000, 'next month'],
    [7_300_000, 'in 2 hours'],
  ])('%d ms', (offsetMs, text) => expect(formatRelative(now + offsetMs, now, 'en')).toBe(text))
  test('speak the language', () => {
    i18n.global.setLocaleMessage('de', de)
    expect(formatRelative(now - 7_200_000, now, 'de')).toBe('vor 2 Stunden')
    expect(formatRelative(now - 86_400_000, now, 'de')).toBe('gestern')
    expect(formatRelative(now + 3_600_000, now, 'de')).toBe('in 1 Stunde')
  })
})

import { expect, test } from 'vitest'
import { tickTexts } from './time-ticks.ts'

const local = (...[year, month, day, hour, minute, second]: [number, number, number, number?, number?, number?]): number =>
  new Date(year, month - 1, day, hour ?? 0, minute ?? 0, second ?? 0).getTime()

test('ticks say as much as tells them apart, in the reader\u2019s words', () => {
  const days = [local(2026, 11, 1), local(2026, 11, 8)]
  expect(tickTexts(days, 7 * 86_400_000, 'en-GB')).toEqual(['1 Nov', '8 Nov'])
  expect(tickTexts(days, 7 * 86_400_000, 'de-DE')).toEqual(['1. Nov.', '8. Nov.'])
  expect(tickTexts([local(2026, 11, 1), local(2027, 1, 1)], 59 * 86_400_000, 'en-GB')).toEqual(['Nov 2026', 'Jan 2027'])
  expect(tickTexts([local(2026, 11, 1, 9, 5, 30)], 30_000, 'en-GB')).toEqual(['09:05:30'])
})

test('midnight among times says which day begins', () => {
  expect(tickTexts([local(2026, 11, 1, 18), local(2026, 11, 2)], 6 * 3_600_000, 'en-US')).toEqual(['18:00', 'Nov 2'])
})

test('seconds after midnight are times, and parts of a second say nothing twice', () => {
  const midnight = local(2026, 11, 2)
  expect(tickTexts([midnight - 10_000, midnight, midnight + 10_000], 10_000, 'en-GB')).toEqual(['23:59:50', '2 Nov', '00:00:10'])
  const noon = local(2026, 11, 2, 12)
  expect(tickTexts([noon, noon + 500, noon + 1000, noon + 1500], 500, 'en-GB')).toEqual(['12:00:00', null, '12:00:01', null])
})

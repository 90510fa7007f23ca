import { expect, test } from 'vitest'
import { chooseSurplus } from './choose-kept.ts'

const dayMs = 86_400_000
const now = Date.UTC(2026, 10, 21, 12)
const backup = (createdAtMs: number, isWhole = true) => ({
  id: String(createdAtMs).padStart(32, '0'),
  createdAtMs,
  parts: 1,
  sizeBytes: 1,
  isWhole,
  isReadable: true,
})

test('of each of 14 days and 8 weeks the newest stays', () => {
  const twiceADay = Array.from({ length: 400 }, (_, index) => backup(now - index * (dayMs / 2))).toReversed()
  const surplus = new Set(chooseSurplus(twiceADay, now))
  const kept = twiceADay
    .filter((one) => !surplus.has(one))
    .map(({ createdAtMs }) => Math.floor(createdAtMs / dayMs) - Math.floor(now / dayMs))
  expect(kept.toReversed().slice(0, 14), 'one of each day').toEqual(Array.from({ length: 14 }, (_, day) => -day || 0))
  // Saturday, 21 November: weeks end on Sundays, and the first two lie within the 14 days.
  expect(kept.toReversed().slice(14)).toEqual([-20, -27, -34, -41, -48].map((day) => day))
})

test('a hub that was off for a year keeps what it has', () => {
  const old = Array.from({ length: 14 }, (_, index) => backup(now - 365 * dayMs - index * dayMs)).toReversed()
  expect(chooseSurplus(old, now)).toEqual([])
})

test('what was never finished goes, and counts for no day', () => {
  const [left, whole] = [backup(now - 1000, false), backup(now - 2000)]
  expect(chooseSurplus([whole, left], now)).toEqual([left])
})

test('one that the disk cannot read just now stays: nobody knows what it is', () => {
  const [unreadable, whole] = [{ ...backup(now - 1000, false), isReadable: false }, backup(now - 2000)]
  expect(chooseSurplus([whole, unreadable], now)).toEqual([])
})

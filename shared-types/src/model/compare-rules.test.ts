import { describe, expect, test } from 'vitest'
import { keepsLess } from './compare-rules.ts'
import { Retention } from './retention.ts'

const rules = (given: Partial<Retention>): Retention => Retention.parse(given)
const before = rules({ keepLast: 3, keepDaily: 7, minimumAgeDays: 10, versionsPerFile: 4 })

describe('rules keep less than those before', () => {
  test.each([
    ['fewer of one, however many more of another', { keepLast: 2, keepDaily: 1000 }],
    ['one of them left out', { keepLast: 3, keepDaily: 0 }],
    ['letting younger ones go', { minimumAgeDays: 9 }],
    ['fewer versions', { versionsPerFile: 3 }],
  ])('by %s', (_, change) => expect(keepsLess(before, rules({ ...before, ...change }))).toBe(true))

  test.each([
    ['the same', {}],
    ['more of one', { keepLast: 4 }],
    ['one more of them', { keepYearly: 1 }],
    ['a time besides', { keepWithin: { years: 0, months: 0, days: 1, hours: 0 } }],
    ['keeping older ones', { minimumAgeDays: 11 }],
    ['more versions', { versionsPerFile: 5 }],
    ['all versions', { versionsPerFile: null }],
  ])('not by %s', (_, change) => expect(keepsLess(before, rules({ ...before, ...change }))).toBe(false))

  test('where there were none, and never where there are none', () => {
    expect(keepsLess(null, before)).toBe(true)
    expect(keepsLess(before, null)).toBe(false)
    expect(keepsLess(null, null)).toBe(false)
  })

  test('a limit of versions alone keeps all snapshots', () => {
    const versions = rules({ versionsPerFile: 4 })
    expect(keepsLess(versions, rules({ versionsPerFile: 4, keepLast: 1000 }))).toBe(true)
    expect(keepsLess(rules({ keepLast: 3, versionsPerFile: 4 }), versions)).toBe(false)
  })

  test('a length of time may be said in other units, and counts for the least that these can be', () => {
    const within = (parts: object) => rules({ keepWithin: { years: 0, months: 0, days: 0, hours: 0, ...parts } })
    for (const [then, now] of [
      [{ days: 7 }, { days: 7, hours: 1 }],
      [{ days: 7 }, { hours: 168 }],
      [{ days: 7 }, { days: 6, hours: 24 }],
      [{ days: 28 }, { months: 1 }],
      [{ days: 365 }, { years: 1 }],
      [{ months: 12 }, { years: 1 }],
      [{ years: 1 }, { days: 366 }],
      [{ months: 1 }, { days: 31 }],
      [{ months: 1, days: 3 }, { months: 2 }],
    ])
      expect([now, keepsLess(within(then!), within(now!))]).toEqual([now, false])
    for (const [then, now] of [
      [{ days: 7 }, { days: 6 }],
      [{ days: 7 }, { hours: 167 }],
      [{ days: 29 }, { months: 1 }],
      [{ months: 1 }, { days: 30 }],
      [{ years: 1 }, { days: 365 }],
      [{ years: 1 }, { months: 11, days: 30 }],
    ])
      expect([now, keepsLess(within(then!), within(now!))]).toEqual([now, true])
    expect(keepsLess(within({ days: 7 }), rules({ keepLast: 100 }))).toBe(true)
  })
})

import { describe, expect, test } from 'vitest'
import type { RetentionRules } from './retention-rules.ts'
import { selectSnapshots, type Candidate } from './select-snapshots.ts'

const hourMs = 60 * 60 * 1000
const dayMs = 24 * hourMs
const now = Date.parse('2026-11-22T12:00:00Z')

let seq = 0
/** @param at ISO 8601, also its id */
const snapshot = (at: string, traits: Partial<Candidate> = {}): Candidate => ({
  id: at,
  receivedAt: Date.parse(at),
  seq: ++seq,
  isWhole: true,
  isHeld: false,
  ...traits,
})
const ids = (candidates: readonly Candidate[], rules: RetentionRules, timeZone = 'UTC') =>
  selectSnapshots(candidates, rules, { timeZone, now })
    .filter(({ keptFor }) => keptFor.length > 0)
    .map((verdict) => verdict.snapshot.id)
const daily = (days: number) => Array.from({ length: days }, (_, day) => snapshot(new Date(now - day * dayMs).toISOString()))

describe('each rule', () => {
  test('the last three', () => {
    expect(ids(daily(10), { keepLast: 3 })).toEqual(['2026-11-22T12:00:00.000Z', '2026-11-21T12:00:00.000Z', '2026-11-20T12:00:00.000Z'])
  })

  test('of each day the newest, and days without one do not count', () => {
    const two = [
      snapshot('2026-11-20T01:00:00Z'),
      snapshot('2026-11-20T23:00:00Z'),
      snapshot('2026-11-01T05:00:00Z'),
      snapshot('2026-10-01T05:00:00Z'),
    ]
    expect(ids(two, { keepDaily: 2 })).toEqual(['2026-11-20T23:00:00Z', '2026-11-01T05:00:00Z'])
  })

  test('a week begins on Monday, and the first days of January may belong to the last year', () => {
    const days = ['2027-01-04', '2027-01-03', '2026-12-28', '2026-12-27', '2026-12-21'].map((day) => snapshot(`${day}T12:00:00Z`))
    expect(ids(days, { keepWeekly: 3 })).toEqual(['2027-01-04T12:00:00Z', '2027-01-03T12:00:00Z', '2026-12-27T12:00:00Z'])
  })

  test('hours, months and years', () => {
    const some = [
      '2026-11-22T10:59:00Z',
      '2026-11-22T10:01:00Z',
      '2026-11-22T09:59:00Z',
      '2026-10-31T00:00:00Z',
      '2025-12-31T00:00:00Z',
      '2024-01-01T00:00:00Z',
    ].map((at) => snapshot(at))
    expect(ids(some, { keepHourly: 2 })).toEqual(['2026-11-22T10:59:00Z', '2026-11-22T09:59:00Z'])
    expect(ids(some, { keepMonthly: 3 })).toEqual(['2026-11-22T10:59:00Z', '2026-10-31T00:00:00Z', '2025-12-31T00:00:00Z'])
    expect(ids(some, { keepYearly: 9 })).toEqual(['2026-11-22T10:59:00Z', '2025-12-31T00:00:00Z', '2024-01-01T00:00:00Z'])
  })

  test('rules are joined, and each snapshot tells all that keep it', () => {
    const verdicts = selectSnapshots(daily(40), { keepLast: 1, keepDaily: 2, keepMonthly: 2 }, { timeZone: 'UTC', now })
    expect(verdicts.filter(({ keptFor }) => keptFor.length > 0).map(({ snapshot: { id }, keptFor }) => [id.slice(0, 10), keptFor])).toEqual(
      [
        ['2026-11-22', ['last', 'daily', 'monthly', 'newest']],
        ['2026-11-21', ['daily']],
        ['2026-10-31', ['monthly']],
      ],
    )
  })

  test('within a time before the newest one, not before now', () => {
    const longOff = ['2025-03-31T12:00:00Z', '2025-03-01T12:00:00Z', '2025-02-28T12:00:00Z', '2025-02-28T11:00:00Z'].map((at) =>
      snapshot(at),
    )
    expect(ids(longOff, { keepWithin: { months: 1 } })).toEqual(['2025-03-31T12:00:00Z', '2025-03-01T12:00:00Z', '2025-02-28T12:00:00Z'])
    expect(ids(longOff, { keepWithin: { days: 30, hours: 1 } })).toEqual(['2025-03-31T12:00:00Z', '2025-03-01T12:00:00Z'])
    expect(ids(longOff, { keepWithin: { years: 1 } })).toHaveLength(4)
  })

  test('what is younger than the minimum age stays, by the clock of the hub', () => {
    expect(ids(daily(5), { keepLast: 1, minimumAgeMs: 2 * dayMs })).toEqual(['2026-11-22T12:00:00.000Z', '2026-11-21T12:00:00.000Z'])
  })
})

describe('whatever the rules say', () => {
  test.each<[string, RetentionRules]>([
    ['no rules', {}],
    ['rules of zeros', { keepLast: 0, keepDaily: 0, keepWithin: { days: 0 } }],
    ['only a minimum age', { minimumAgeMs: hourMs }],
  ])('%s keep everything', (_, rules) => {
    expect(ids(daily(5), rules)).toHaveLength(5)
  })

  test('a hold keeps', () => {
    expect(ids([...daily(2), snapshot('2020-01-01T00:00:00Z', { isHeld: true })], { keepLast: 1 })).toEqual([
      '2026-11-22T12:00:00.000Z',
      '2020-01-01T00:00:00Z',
    ])
  })

  test('partial ones push out no whole one: they stay while they are newer, and go when a whole one came', () => {
    const old = snapshot('2026-11-01T00:00:00Z')
    const cutShort = daily(3).map((one) => ({ ...one, isWhole: false }))
    expect(ids([...cutShort, old], { keepLast: 1 })).toEqual([...cutShort.map(({ id }) => id), old.id])
    expect(ids([...cutShort, old, snapshot('2026-11-22T13:00:00Z')], { keepLast: 1 })).toEqual(['2026-11-22T13:00:00Z'])
    expect(ids(cutShort, { keepLast: 1 })).toHaveLength(3)
  })

  test('of the same millisecond, the later number is newer', () => {
    const [one, two] = [snapshot('2026-11-22T00:00:00Z'), { ...snapshot('2026-11-22T00:00:00Z'), id: 'two' }]
    expect(ids([two, one], { keepLast: 1 })).toEqual(['two'])
    expect(ids([one, two], { keepLast: 1 })).toEqual(['two'])
  })

  test('nothing is kept of nothing', () => {
    expect(selectSnapshots([], { keepLast: 1 }, { timeZone: 'UTC', now })).toEqual([])
  })
})

describe('time zones', () => {
  test('a day is that of the device', () => {
    const evening = [snapshot('2026-11-21T22:30:00Z'), snapshot('2026-11-21T23:30:00Z')]
    expect(ids(evening, { keepDaily: 5 })).toHaveLength(1)
    expect(ids(evening, { keepDaily: 5 }, 'Europe/Berlin')).toHaveLength(2)
  })

  test('the hour that comes twice is two hours, and the day of 25 hours is one day', () => {
    const berlin = ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z', '2026-10-24T22:30:00Z', '2026-10-25T22:30:00Z'].map((at) =>
      snapshot(at),
    )
    expect(ids(berlin, { keepHourly: 9 }, 'Europe/Berlin')).toHaveLength(4)
    expect(ids(berlin, { keepDaily: 9 }, 'Europe/Berlin')).toEqual(['2026-10-25T22:30:00Z'])
  })

  test('the hour that is left out is none, and the day of 23 hours is one day', () => {
    const berlin = ['2026-03-29T00:59:00Z', '2026-03-29T01:00:00Z', '2026-03-28T23:00:00Z', '2026-03-29T21:59:00Z'].map((at) =>
      snapshot(at),
    )
    expect(ids(berlin, { keepHourly: 9 }, 'Europe/Berlin')).toHaveLength(4)
    expect(ids(berlin, { keepDaily: 9 }, 'Europe/Berlin')).toEqual(['2026-03-29T21:59:00Z'])
  })

  test('zones of half an hour, and none that is known', () => {
    const two = [snapshot('2026-11-21T10:15:00Z'), snapshot('2026-11-21T10:45:00Z')]
    expect(ids(two, { keepHourly: 9 }, 'Asia/Kolkata')).toHaveLength(2)
    expect(ids(two, { keepHourly: 9 }, 'Nowhere/Atlantis')).toHaveLength(1)
  })
})

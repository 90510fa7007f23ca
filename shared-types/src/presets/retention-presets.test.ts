import { expect, test } from 'vitest'
import { Retention, standardMinimumAgeDays } from '../model/retention.ts'
import { retentionPresets } from './retention-presets.ts'

test('everything is offered first, names are unique, and no preset lets young snapshots go', () => {
  expect(retentionPresets[0]).toEqual({ name: 'everything', rules: null })
  expect(new Set(retentionPresets.map(({ name }) => name)).size).toBe(retentionPresets.length)
  for (const { rules } of retentionPresets.slice(1)) expect(rules?.minimumAgeDays).toBe(standardMinimumAgeDays)
})

test.each([
  ['none', {}],
  ['zeros', { keepLast: 0, keepDaily: 0 }],
  ['only a minimum age', { minimumAgeDays: 30 }],
  ['a length of time that is none', { keepWithin: { days: 0 } }],
  ['less than nothing', { keepLast: -1 }],
  ['half a snapshot', { keepLast: 1.5 }],
  ['no version of any file', { versionsPerFile: 0 }],
  ['more versions than anybody counts', { keepLast: 1, versionsPerFile: 1001 }],
  ['a rule that nobody knows', { keepLast: 1, keepEvery: 2 }],
])('rules of %s are refused', (_, rules) => {
  expect(Retention.safeParse(rules).success).toBe(false)
})

test('a limit of versions is a rule by itself, and comes with that of user data', () => {
  expect(Retention.parse({ versionsPerFile: 4 })).toMatchObject({ versionsPerFile: 4, keepLast: 0, keepWithin: null })
  expect(Object.fromEntries(retentionPresets.map(({ name, rules }) => [name, rules?.versionsPerFile ?? null]))).toEqual({
    everything: null,
    'user-data': 4,
    'deletions-kept': null,
    server: null,
    'virtual-machine': null,
  })
})

test('what is left out keeps nothing by itself, and the young stay', () => {
  expect(Retention.parse({ keepWithin: { months: 1 } })).toEqual({
    keepLast: 0,
    keepHourly: 0,
    keepDaily: 0,
    keepWeekly: 0,
    keepMonthly: 0,
    keepYearly: 0,
    keepWithin: { years: 0, months: 1, days: 0, hours: 0 },
    minimumAgeDays: 7,
    versionsPerFile: null,
  })
})

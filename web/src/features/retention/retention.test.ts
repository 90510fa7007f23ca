// @vitest-environment node
import { Retention, retentionPresets, standardMinimumAgeDays as ofContract } from '@holdfast/shared-types'
import { describe, expect, test } from 'vitest'
import { textOf } from '../../platform/i18n/text.ts'
import {
  isSameRules,
  keptRules,
  noRules,
  presetNames,
  presetOf,
  rulesMistake,
  rulesOfPreset,
  standardMinimumAgeDays,
  withoutVersionLimit,
} from './retention-rules.ts'
import { ageInWords, rulesInShort, rulesInWords, versionsInWords } from './rules-in-words.ts'

const texts = { t: textOf, count: String }

describe('presets', () => {
  test('are those of the hub, by the same names, in the same order', () => {
    expect(standardMinimumAgeDays).toBe(ofContract)
    expect(presetNames).toEqual(retentionPresets.map(({ name }) => name))
    for (const { name, rules } of retentionPresets) expect(rulesOfPreset(name as (typeof presetNames)[number])).toEqual(rules)
  })
  test('are known again, also when a program has said the same in another order', () => {
    for (const name of presetNames) expect(presetOf(rulesOfPreset(name))).toBe(name)
    const rules = rulesOfPreset('server')!
    expect(presetOf(Object.fromEntries(Object.entries(rules).toReversed()) as Retention)).toBe('server')
    expect(presetOf({ ...rules, keepLast: 1 })).toBe('own')
    expect(isSameRules(null, noRules)).toBe(false)
  })
})

describe('where snapshots cannot be written anew', () => {
  test('presets are the same without a limit of versions, and known again', () => {
    for (const name of presetNames) {
      const [whole, without] = [rulesOfPreset(name), rulesOfPreset(name, false)]
      expect(without).toEqual(whole === null ? null : { ...whole, versionsPerFile: null })
      expect(presetOf(without, false)).toBe(name)
    }
    // As another device may have it: what is kept of it here is that preset.
    expect(presetOf(rulesOfPreset('user-data'), false)).toBe('user-data')
    expect(presetOf({ ...noRules, keepLast: 3 }, false)).toBe('own')
  })
  test('a limit that is taken away leaves the rest; where it was all, everything is kept', () => {
    const rules = { ...noRules, keepLast: 3 }
    expect(withoutVersionLimit({ ...rules, versionsPerFile: 4 })).toEqual(rules)
    expect(withoutVersionLimit({ ...noRules, versionsPerFile: 4 })).toBeNull()
    expect(withoutVersionLimit(noRules)).toBe(noRules)
    expect([keptRules(null, false), keptRules({ ...rules, versionsPerFile: 4 }, false)]).toEqual([null, rules])
    expect(keptRules({ ...rules, versionsPerFile: 4 }, true)).toEqual({ ...rules, versionsPerFile: 4 })
  })
})

describe('what the hub would refuse is told before', () => {
  test.each([
    [null, null],
    [{ ...noRules }, 'nothing'],
    [{ ...noRules, keepWithin: { years: 0, months: 0, days: 0, hours: 0 } }, 'nothing'],
    [{ ...noRules, keepLast: 1.5 }, 'number'],
    [{ ...noRules, keepLast: Number.NaN }, 'number'],
    [{ ...noRules, keepLast: 10_001 }, 'number'],
    [{ ...noRules, keepLast: 1 }, null],
    [{ ...noRules, versionsPerFile: 4 }, null],
    [{ ...noRules, versionsPerFile: 0 }, 'number'],
    [{ ...noRules, keepLast: 1, versionsPerFile: -1 }, 'number'],
    [{ ...noRules, keepLast: 1, versionsPerFile: 2.5 }, 'number'],
    [{ ...noRules, keepLast: 1, versionsPerFile: 1001 }, 'number'],
    [{ ...noRules, keepDaily: 3, keepWithin: { years: 0, months: 0, days: 2, hours: 0 } }, null],
  ])('%j: %s', (rules, mistake) => {
    expect(rulesMistake(rules, 7)).toBe(mistake)
    // By the contract itself: what is no mistake here is none there, and the other way round.
    if (rules !== null) expect(Retention.safeParse(rules).success).toBe(mistake === null)
  })
  test('but how young may go depends on who says it', () => {
    expect(rulesMistake({ ...noRules, keepLast: 1, minimumAgeDays: 0 }, 7)).toBe('young')
    expect(rulesMistake({ ...noRules, keepLast: 1, minimumAgeDays: 0 }, 0)).toBeNull()
  })
})

test('rules in words', () => {
  const rules: Retention = { ...noRules, keepLast: 1, keepDaily: 7, keepWithin: { years: 1, months: 0, days: 2, hours: 0 } }
  expect(rulesInWords(rules, texts)).toEqual([
    'the newest snapshot',
    'one a day, of the last 7 days with a backup',
    'all of the 1 year, 2 days before the newest one',
  ])
  expect(ageInWords(rules, texts)).toBe('Nothing younger than 7 days goes.')
  expect(ageInWords({ ...rules, minimumAgeDays: 0 }, texts)).toBe('However young they are, all others go.')
  expect(rulesInShort(null, texts)).toBe('Everything')
})

test('a limit of versions is told beside what stays', () => {
  expect(versionsInWords(noRules, texts)).toBeNull()
  expect(rulesInShort({ ...noRules, versionsPerFile: 4 }, texts)).toBe('all snapshots; of each file the newest 4 versions at most')
  expect(rulesInShort({ ...noRules, keepLast: 1, versionsPerFile: 1 }, texts)).toBe(
    'the newest snapshot; of each file the newest version at most',
  )
})

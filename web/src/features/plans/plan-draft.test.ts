// @vitest-environment node
import {
  backupPresets,
  exclusionPatternProblem,
  pathsOfPreset,
  standardCompression,
  standardDeletedFiles,
  standardRetries,
  standardShrinkLimitPercent,
} from '@holdfast/shared-types'
import { describe, expect, test } from 'vitest'
import { en } from '../../../locales/en/index.ts'
import { aDevice, aPlan } from '../../testing/world.ts'
import { changedParts, changeOf, draftMistake, draftOf, isSameDraft, mergeDrafts, newDraft, suggestName } from './plan-draft.ts'
import * as draftDefaults from './plan-draft.ts'
import { patternMeaning, patternMistakes } from './pattern-mistakes.ts'
import { presetReason } from './preset-reason.ts'
import { leftOutRules, offeredPresets } from './preset-rules.ts'
import { plainDuration, retryDelays } from './retry-times.ts'

const device = aDevice()
const plan = aPlan(device, {
  exclude: ['*.o'],
  presets: ['linux-user-data'],
  excludeCaches: true,
  compression: 'strong',
  deletedFiles: 'keep',
  timeoutMs: 3_600_000,
})

test('a new plan is what the hub would make of the least order', () => {
  const { standardCompression: compression, standardDeletedFiles: deleted } = draftDefaults
  const { standardRetries: retries, standardShrinkLimitPercent: percent } = draftDefaults
  expect([compression, deleted, retries, percent]).toEqual([
    standardCompression,
    standardDeletedFiles,
    standardRetries,
    standardShrinkLimitPercent,
  ])
})

test('a plan that is opened and saved stays as it is', () => {
  const draft = draftOf(plan)
  expect(changeOf(draft, plan.revision, plan.name)).toEqual({
    revision: 1,
    name: 'Home',
    sources: [{ path: '/home' }],
    exclude: ['*.o'],
    presets: ['linux-user-data'],
    excludeCaches: true,
    oneFileSystem: false,
    compression: 'strong',
    deletedFiles: 'keep',
    retries: plan.retries,
    timeoutMs: 3_600_000,
    shrinkLimitPercent: 50,
    isEnabled: true,
  })
  expect(isSameDraft(draft, draftOf(plan))).toBe(true)
})

test('a change is one that would be saved: not another order of folders, nor an empty line', () => {
  const draft = draftOf(aPlan(device, { sources: [{ path: '/a' }, { path: '/b' }], exclude: ['x'] }))
  expect(changedParts(draft, { ...draft, sources: draft.sources.toReversed(), patterns: 'x\n\n' })).toEqual([])
  expect(changedParts(draft, { ...draft, patterns: 'y\nx', isEnabled: false })).toEqual(['rules', 'enabled'])
})

describe('two who change one plan', () => {
  const base = draftOf(plan)
  test('keep what both have changed, where it is not the same', () => {
    const mine = { ...base, name: 'Homes' }
    const theirs = { ...base, patterns: '*.tmp', compression: 'off' as const, deletedFiles: 'follow' as const, shrinkLimitPercent: 25 }
    const { draft, taken, disputed } = mergeDrafts(base, mine, theirs)
    expect(draft).toEqual({ ...base, name: 'Homes', patterns: '*.tmp', compression: 'off', deletedFiles: 'follow', shrinkLimitPercent: 25 })
    expect([taken, disputed]).toEqual([['rules', 'compression', 'deletedFiles', 'shrink'], []])
  })
  test('are told what both have changed differently; mine stands', () => {
    const { draft, taken, disputed } = mergeDrafts(
      base,
      { ...base, name: 'Mine', timeoutMs: null },
      { ...base, name: 'Theirs', timeoutMs: null },
    )
    expect(draft.name).toBe('Mine')
    expect([taken, disputed]).toEqual([[], ['name']])
  })
})

test('a name is made of the folders, short, and not one that is taken', () => {
  const suggest = (paths: string[], taken: string[] = []) =>
    suggestName(
      paths.map((path) => ({ path })),
      taken,
      (count) => `and ${count} more`,
      'Everything',
    )
  expect(suggest(['/home', '/etc/'])).toBe('home, etc')
  expect(suggest(['/a', '/b', '/c', '/d'])).toBe('a, b and 2 more')
  expect(suggest(['/'])).toBe('Everything')
  expect(suggest(['/home'], ['home', 'home 2'])).toBe('home 3')
  expect(suggest([])).toBe('')
  expect(suggest([`/${'x'.repeat(255)}`]).length).toBeLessThanOrEqual(120)
})

test('what the hub would refuse is told before', () => {
  const draft = { ...newDraft(device.id), sources: [{ path: '/home' }] }
  expect(draftMistake(draft)).toBeNull()
  expect(draftMistake({ ...draft, agentId: null })).toEqual({ code: 'no-device' })
  expect(draftMistake({ ...draft, sources: [] })).toEqual({ code: 'no-sources' })
  expect(draftMistake({ ...draft, sources: [{ path: 'home' }] })).toEqual({ code: 'relative', path: 'home' })
  expect(draftMistake({ ...draft, patterns: 'x\n'.repeat(2001) })).toEqual({ code: 'long-patterns' })
})

test('a mistake in a pattern is told in the words of the hub, with its line', () => {
  const lines = ['*.o', '', '# no', './build', 'a//', '../x', '[abc', '[[:letter:]]', 'x\\', '!']
  const told = patternMistakes(lines.join('\n'))
  expect(told.map(({ line }) => line)).toEqual([3, 4, 5, 6, 7, 8, 9, 10])
  const words: Readonly<Record<string, string>> = en.plans.patternProblem
  for (const { pattern, problem } of told) {
    const values: Readonly<Record<string, unknown>> = problem
    const text = words[problem.code]?.replace(/\{(\w+)\}/g, (_whole, name: string) => String(values[name]))
    expect(text, pattern).toBe(exclusionPatternProblem(pattern))
  }
})

test.each([
  ['*.o', 'anywhere'],
  ['node_modules/', 'folders'],
  ['/build', 'top'],
  ['docs/*.pdf', 'top'],
  ['/ada/tmp/', 'top-folders'],
  ['!keep.o', 'takes-back'],
])('%s means: %s', (pattern, meaning) => expect(patternMeaning(pattern)).toBe(meaning))

describe('presets', () => {
  test('leave out here what they leave out on the device', () => {
    for (const preset of backupPresets)
      expect(leftOutRules(preset.name).flatMap(({ paths }) => paths)).toEqual(pathsOfPreset(preset).excluded)
  })
  test('are offered once for what they leave out; what is chosen always is', () => {
    const places = (name: string) => new Set(leftOutRules(name).flatMap(({ paths }) => paths))
    for (const system of ['linux', 'macos', 'windows'] as const) {
      const [first = ''] = offeredPresets(system, [])
      const others = backupPresets.filter((preset) => preset.system === system)
      for (const { name } of others) expect(places(name).isSubsetOf(places(first)), name).toBe(true)
    }
    expect(offeredPresets('linux', [])).toEqual(['linux-user-data'])
    expect(offeredPresets('linux', ['linux-everything', 'of-a-newer-hub'])).toEqual([
      'linux-user-data',
      'linux-everything',
      'of-a-newer-hub',
    ])
  })
  test('have every reason in German', () => {
    const reasons = backupPresets.flatMap(({ rules }) => rules.map(({ why }) => why))
    expect(reasons.filter((why) => presetReason(why, 'de') === why)).toEqual([])
  })
})

test('tries wait twice as long each time, up to six hours', () => {
  const minute = 60_000
  expect(retryDelays({ count: 3, firstDelayMs: 5 * minute })).toEqual([5 * minute, 10 * minute, 20 * minute])
  expect(retryDelays({ count: 3, firstDelayMs: 240 * minute })).toEqual([240 * minute, 360 * minute, 360 * minute])
  expect(retryDelays({ count: 2, firstDelayMs: 1440 * minute })).toEqual([1440 * minute, 1440 * minute])
  expect([5 * minute, 480 * minute, 90 * minute].map((ms) => plainDuration(ms, () => 'exact'))).toEqual(['5\u00a0min', '8\u00a0h', 'exact'])
})

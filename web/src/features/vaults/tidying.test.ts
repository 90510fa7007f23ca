// @vitest-environment node
import type { VaultCollection } from '@holdfast/shared-types'
import { expect, test } from 'vitest'
import { aCollection } from '../../testing/care-world.ts'
import { awaitedOf, hasNothing, isLarge, isTidying, stagesOf, tidyingLooks, tidyingWord } from './tidying.ts'

const states = (state: VaultCollection['state']) => stagesOf(aCollection({ state })).map((one) => one.state)

test('stages before the present one are done, and those after it are to come', () => {
  expect(states('marking')).toEqual(['now', 'next', 'next', 'next'])
  expect(states('removing')).toEqual(['done', 'done', 'now', 'next'])
  expect(states('compacting')).toEqual(['done', 'done', 'done', 'now'])
})

test.each(['done', 'approval-needed', 'failed', 'interrupted'] as const)('one that is %s is under way no more', (state) => {
  expect(stagesOf(aCollection({ state }))).toEqual([])
  expect(isTidying(aCollection({ state }))).toBe(false)
  expect(tidyingWord(aCollection({ state }))).toBe(state)
  expect(tidyingLooks(state)).not.toEqual(tidyingLooks('marking'))
})

test('a vault that was never tidied up has neither stages nor an end', () => {
  expect(stagesOf(null)).toEqual([])
  expect(isTidying(null)).toBe(false)
  expect(tidyingWord(null)).toBe('never')
  expect(tidyingWord(aCollection({ state: 'waiting' }))).toBe('running')
  expect(tidyingLooks(null).icon).toBe('i-lucide-circle-dashed')
})

test('only what there is any of is waited for', () => {
  expect(awaitedOf({ waitingFor: null })).toEqual([])
  expect(awaitedOf({ waitingFor: { backups: 2, restores: 0, audits: 1, checks: 0 } })).toEqual([
    { kind: 'backups', count: 2 },
    { kind: 'audits', count: 1 },
  ])
})

test('a word is asked for beyond the share, not at it', () => {
  const preview = { snapshots: 0, packsFound: 0, bytesFound: 0, percentFound: 20, mostPercent: 20 }
  expect(isLarge(preview)).toBe(false)
  expect(isLarge({ ...preview, percentFound: 20.1 })).toBe(true)
})

test('snapshots whose time is over are something to do, even where they free nothing', () => {
  const nothing = { snapshots: 0, packsFound: 0, bytesFound: 0, percentFound: 0, mostPercent: 20 }
  expect(hasNothing(nothing)).toBe(true)
  expect(hasNothing({ ...nothing, snapshots: 1 })).toBe(false)
  expect(hasNothing({ ...nothing, packsFound: 1 })).toBe(false)
})

// @vitest-environment node
import type { DeletionPreview } from '@holdfast/shared-types'
import { expect, test } from 'vitest'
import { aDevice, aSnapshot } from '../../testing/world.ts'
import { deleterOf } from './undo-time.ts'
import { textOf } from '../../platform/i18n/text.ts'
import { hindersDeletion, isSecondWordGiven, secondWordsOf } from './deletion-words.ts'

const snapshot = aSnapshot(aDevice({ name: 'atlas' }))
const preview = (...kinds: DeletionPreview['concerns'][number]['kind'][]): DeletionPreview => ({
  snapshots: 1,
  bytesFreed: 1,
  bytesShared: 0,
  undoUntilMs: 1,
  concerns: kinds.map((kind) => ({ kind, snapshotIds: [snapshot.id] })),
})

test('held ones and those in use hinder, whatever is said', () => {
  expect(hindersDeletion(preview('recent', 'last-of-device'))).toBeNull()
  expect(hindersDeletion(preview('recent', 'in-use'))).toEqual({ kind: 'in-use', count: 1 })
  expect(hindersDeletion(preview('in-use', 'held'))).toEqual({ kind: 'held', count: 1 })
})

test('each concern has a word of its own', () => {
  const nothing = { isYoungAccepted: false, typedName: '' }
  const wordsFor = (...kinds: Parameters<typeof preview>) => secondWordsOf(preview(...kinds), [snapshot])
  expect(isSecondWordGiven(wordsFor(), nothing)).toBe(true)
  expect(isSecondWordGiven(wordsFor('recent'), nothing)).toBe(false)
  expect(isSecondWordGiven(wordsFor('recent'), { ...nothing, isYoungAccepted: true })).toBe(true)
  const both = wordsFor('recent', 'last-of-device')
  expect(both.lastOf).toBe('atlas')
  expect(isSecondWordGiven(both, { isYoungAccepted: true, typedName: 'atla' })).toBe(false)
  expect(isSecondWordGiven(both, { isYoungAccepted: false, typedName: 'atlas' })).toBe(false)
  expect(isSecondWordGiven(both, { isYoungAccepted: true, typedName: ' atlas ' })).toBe(true)
})

test('who deleted a snapshot is told in the reader’s words where it was a rule', () => {
  const deleted = { atMs: 1, undoUntilMs: 2, isGoing: false, replacedBy: null }
  const told = (by: string) => deleterOf({ ...deleted, by }, { t: textOf })
  expect(told('Ada')).toBe('Ada')
  expect(told('retention of plan Home, and away')).toBe('the rules of “Home, and away”')
  expect(told('retention of plan Home, as Ada agreed')).toBe('the rules of “Home”, with a word of Ada')
})

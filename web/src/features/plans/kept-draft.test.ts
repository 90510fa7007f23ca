import { afterEach, expect, test } from 'vitest'
import { aDevice, aPlan } from '../../testing/world.ts'
import { forgetDraft, keepDraft, recallDraft } from './kept-draft.ts'
import { draftOf } from './plan-draft.ts'

afterEach(() => sessionStorage.clear())

const plan = aPlan(aDevice())
const kept = { userId: 'ada', place: '/plans/1/edit', plan, draft: { ...draftOf(plan), name: 'Half typ' } }

test('what was typed comes back to who typed it, where they typed it, until it is saved or dropped', () => {
  keepDraft(kept)
  expect(recallDraft('ada', '/plans/new')).toBeNull()
  expect(recallDraft('ada', '/plans/1/edit')).toMatchObject({ plan: { revision: 1 }, draft: { name: 'Half typ' } })
  forgetDraft()
  expect(recallDraft('ada', '/plans/1/edit')).toBeNull()
})

test('the next person is not shown it, and it is gone for good', () => {
  keepDraft(kept)
  expect(recallDraft('grace', '/plans/1/edit')).toBeNull()
  expect(recallDraft('ada', '/plans/1/edit')).toBeNull()
})

test('what cannot be read is nothing', () => {
  sessionStorage.setItem('holdfast.plan-draft', '{"half')
  expect(recallDraft('ada', '/plans/1/edit')).toBeNull()
})

test('what was typed before an update of the console has what came with it as a new plan has it', () => {
  const { compression: _, ...older } = kept.draft
  keepDraft({ ...kept, draft: older as typeof kept.draft })
  expect(recallDraft('ada', '/plans/1/edit')).toMatchObject({ draft: { name: 'Half typ', compression: 'fast' } })
})

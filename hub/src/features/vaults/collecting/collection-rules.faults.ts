import { expect, test } from 'vitest'
import { collectionRules, copyRules } from './collection-rules.ts'
import { explore, exploreCopies } from './testing/explore-collections.ts'

test('in no order of events is anything lost that is kept, read or named, and no honest backup refused', () => {
  const { worlds, failure } = explore(collectionRules)
  expect(failure).toBeNull()
  // A model that hardly moves would prove nothing.
  expect(worlds).toBeGreaterThan(4_000_000)
})

test(
  'of a segment in several packs a whole one stays, in every order of moves, damage, starts and collections',
  { timeout: 600_000 },
  () => {
    const { worlds, failure } = exploreCopies(copyRules)
    expect(failure).toBeNull()
    expect(worlds).toBeGreaterThan(300_000)
  },
)

import { expect, test } from 'vitest'
import { collectionRules } from './collection-rules.ts'
import { explore } from './testing/explore-collections.ts'

test('in no order of events is anything lost that is kept, read or named, and no honest backup refused', () => {
  const { worlds, failure } = explore(collectionRules)
  expect(failure).toBeNull()
  // A model that hardly moves would prove nothing.
  expect(worlds).toBeGreaterThan(4_000_000)
})

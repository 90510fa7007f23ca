import { expect, test } from 'vitest'
import { nodePrimitives } from '../../src/vault/index.ts'
import { doings } from '../../test/browser/testing/in-both.ts'
import { givenOf, readRefusedGoldens } from './refused.ts'

/* The browser does the same in engine/test/browser/vaults.test.ts. */

test('what is no format 1 is refused, each for its own reason, and what is, is taken', async () => {
  const goldens = readRefusedGoldens()
  const outcomes = await doings(nodePrimitives).outcomesOf(givenOf(goldens))
  expect(goldens.map((golden, index) => ({ ...golden, outcome: outcomes[index] }))).toEqual(goldens)
  // Of every reader there is one that it takes: else it might refuse the rest for another reason.
  for (const { reader } of goldens) expect(goldens, reader).toContainEqual(expect.objectContaining({ reader, outcome: 'accepted' }))
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pairById } from './pair-by-id.ts'

const byText = (left: string, right: string): number => (left < right ? -1 : 1)
const ids = fc
  .uniqueArray(fc.integer({ min: 0, max: 300 }))
  .map((numbers) => numbers.map((number) => number.toString(16).padStart(4, '0')).toSorted(byText))

async function* stream(of: readonly string[], side: string): AsyncGenerator<{ id: string; value: string }> {
  for (const id of of) yield { id, value: `${side} ${id}` }
}

test('gives every id once and in order, with what either side has of it', async () => {
  await fc.assert(
    fc.asyncProperty(ids, ids, async (rows, objects) => {
      const pairs: unknown[] = []
      for await (const pair of pairById(stream(rows, 'row'), stream(objects, 'object'))) pairs.push(pair)
      const all = [...new Set([...rows, ...objects])].toSorted(byText)
      expect(pairs).toEqual(
        all.map((id) => ({ id, row: rows.includes(id) ? `row ${id}` : null, object: objects.includes(id) ? `object ${id}` : null })),
      )
    }),
  )
})

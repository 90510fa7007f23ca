import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NumberSet } from './number-set.ts'

test('numbers are in it once they were added, and the first time is told', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100_000)), fc.array(fc.nat(100_000)), (added, others) => {
      const [numbers, model] = [new NumberSet(), new Set<number>()]
      for (const number of added) {
        expect(numbers.add(number)).toBe(!model.has(number))
        model.add(number)
      }
      for (const number of [...added, ...others]) expect(numbers.has(number)).toBe(model.has(number))
    }),
  )
})

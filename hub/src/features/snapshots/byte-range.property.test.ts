import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseRange } from './byte-range.ts'

describe('a range', () => {
  test.each<[string | undefined, number, ReturnType<typeof parseRange>]>([
    ['bytes=0-0', 10, { from: 0, end: 1 }],
    ['bytes=3-', 10, { from: 3, end: 10 }],
    ['bytes=-3', 10, { from: 7, end: 10 }],
    ['bytes=-30', 10, { from: 0, end: 10 }],
    ['bytes=0-999999999999', 10, { from: 0, end: 10 }],
    ['bytes=9-9', 10, { from: 9, end: 10 }],
    ['bytes=10-', 10, 'unsatisfiable'],
    ['bytes=-0', 10, 'unsatisfiable'],
    ['bytes=0-', 0, 'unsatisfiable'],
    ['bytes=5-4', 10, null],
    ['bytes=-', 10, null],
    ['bytes=0-1,3-4', 10, null],
    ['items=0-1', 10, null],
    ['bytes=a-b', 10, null],
    ['bytes=0-99999999999999999999', 10, null],
    ['', 10, null],
    [undefined, 10, null],
  ])('%s of %d bytes is %o', (header, sizeBytes, expected) => {
    expect(parseRange(header, sizeBytes)).toEqual(expected)
  })

  test('never leaves the file, whatever the header', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^bytes=\d{0,4}-\d{0,4}$/), fc.integer({ min: 0, max: 3000 }), (header, sizeBytes) => {
        const range = parseRange(header, sizeBytes)
        if (range === null || range === 'unsatisfiable') return
        expect(range.from).toBeGreaterThanOrEqual(0)
        expect(range.from).toBeLessThan(range.end)
        expect(range.end).toBeLessThanOrEqual(sizeBytes)
      }),
    )
  })
})

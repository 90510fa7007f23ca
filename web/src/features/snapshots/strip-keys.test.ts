import { expect, test } from 'vitest'
import { placeAfterKey } from './strip-keys.ts'

test('arrows lead through days and devices and stop at the ends', () => {
  const from = { row: 0, column: 29 }
  expect(placeAfterKey('ArrowRight', from, 3, 30)).toEqual(from)
  expect(placeAfterKey('ArrowLeft', from, 3, 30)).toEqual({ row: 0, column: 28 })
  expect(placeAfterKey('ArrowUp', from, 3, 30)).toEqual(from)
  expect(placeAfterKey('ArrowDown', { row: 2, column: 4 }, 3, 30)).toEqual({ row: 2, column: 4 })
  expect(placeAfterKey('Home', { row: 1, column: 4 }, 3, 30)).toEqual({ row: 1, column: 0 })
  expect(placeAfterKey('End', { row: 1, column: 4 }, 3, 30)).toEqual({ row: 1, column: 29 })
})

test('other keys are left to the browser', () => expect(placeAfterKey('Enter', { row: 0, column: 0 }, 3, 30)).toBeNull())

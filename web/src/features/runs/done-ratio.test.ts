import { describe, expect, test } from 'vitest'
import { doneRatio } from './done-ratio.ts'

describe('the part that is done', () => {
  const amounts = { bytesDone: 25, bytesTotal: 100, filesDone: 3, filesTotal: 4 }
  test('goes by bytes', () => expect(doneRatio(amounts)).toBe(0.25))
  test('goes by files where there are no bytes', () => expect(doneRatio({ ...amounts, bytesDone: 0, bytesTotal: 0 })).toBe(0.75))
  test('is whole where there is nothing to do', () =>
    expect(doneRatio({ bytesDone: 0, bytesTotal: 0, filesDone: 0, filesTotal: 0 })).toBe(1))
  test('never exceeds the whole', () => expect(doneRatio({ ...amounts, bytesDone: 130 })).toBe(1))
  test('is unknown until the total is', () => {
    expect(doneRatio({ ...amounts, bytesTotal: null })).toBeNull()
    expect(doneRatio(null)).toBeNull()
  })
})

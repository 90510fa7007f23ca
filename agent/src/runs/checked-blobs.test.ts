import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { CheckedBlobs, judgedTag, placeTag } from './checked-blobs.ts'

const idOf = (n: number): Uint8Array => createHash('sha256').update(String(n)).digest()
const packId = (n: number): Uint8Array => idOf(-1 - n).subarray(0, 16)

test('every blob is found with the tag it has, none with another, in at most 30 bytes each', () => {
  const blobs = new CheckedBlobs()
  const count = 30_000
  for (let n = 0; n < count; n++) blobs.add(idOf(n), placeTag({ packId: packId(n % 7), ordinal: n % 11, position: n % 13 }))
  for (let n = 0; n < count; n += 2) blobs.retag(idOf(n), placeTag({ packId: packId(n % 7), ordinal: n % 11, position: n % 13 }), judgedTag)
  for (let n = 0; n < count; n++) {
    const id = idOf(n)
    const tag = placeTag({ packId: packId(n % 7), ordinal: n % 11, position: n % 13 })
    if (blobs.has(id, judgedTag) !== (n % 2 === 0)) expect.fail(`${n} is judged wrongly`)
    if (blobs.has(id, tag) !== (n % 2 === 1)) expect.fail(`${n} is placed wrongly`)
    if (blobs.has(idOf(n + count), judgedTag)) expect.fail(`${n + count} was never added`)
  }
  expect(blobs.sizeBytes / count).toBeLessThan(30)
})

test('one blob may lie at several places, and is added to each once', () => {
  const blobs = new CheckedBlobs()
  const id = new Uint8Array(32)
  for (let n = 1; n <= 100; n++) for (let again = 0; again < 3; again++) blobs.add(id, n)
  expect(Array.from({ length: 101 }, (_, n) => blobs.has(id, n)).filter(Boolean)).toHaveLength(100)
  expect(blobs.has(id, judgedTag)).toBe(false)
})

test('tags tell places of a segment apart, and are never that of a judged blob', () => {
  const tags = new Set<number>()
  for (let ordinal = 0; ordinal < 16; ordinal++)
    for (let position = 0; position < 1024; position++) tags.add(placeTag({ packId: packId(1), ordinal, position }))
  expect(tags.has(judgedTag)).toBe(false)
  // 16,384 of 2^32: by chance hardly a pair agrees.
  expect(tags.size).toBeGreaterThan(16_370)
})

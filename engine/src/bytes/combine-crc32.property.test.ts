import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { combineCrc32 } from './combine-crc32.ts'

const bytes = fc.uint8Array({ maxLength: 5000 })

test('gives the crc32 of two byte strings joined, from the crc32 of each', () => {
  fc.assert(
    fc.property(bytes, bytes, (first, second) => {
      expect(combineCrc32(crc32(first), crc32(second), second.length)).toBe(crc32(Buffer.concat([first, second])))
    }),
  )
})

test('gives the crc32 of a string longer than any segment', () => {
  const long = Buffer.alloc(20 * 1024 * 1024, 'a string that repeats ')
  expect(combineCrc32(crc32(Buffer.from('x')), crc32(long), long.length)).toBe(crc32(Buffer.concat([Buffer.from('x'), long])))
})

import { expect, test } from 'vitest'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'

const code = (expected: string) => expect.objectContaining({ code: expected })

test('fixed widths are little-endian and zigzag maps 0, -1, 1, -2 to 0, 1, 2, 3', () => {
  const writer = new ByteWriter().u16(0x0102).u32(0x03040506).u64(0x0708090a0b0c0d0en)
  for (const value of [0n, -1n, 1n, -2n]) writer.zigzag(value)
  expect([...writer.toBytes()]).toEqual([2, 1, 6, 5, 4, 3, 0xe, 0xd, 0xc, 0xb, 0xa, 9, 8, 7, 0, 1, 2, 3])
})

test('limits of the ranges are kept exactly', () => {
  expect(new ByteReader(new ByteWriter().varint(Number.MAX_SAFE_INTEGER).toBytes()).varint()).toBe(Number.MAX_SAFE_INTEGER)
  // 2^53 is a fine u64, but no number.
  expect(() => new ByteReader(new ByteWriter().varintBig(2n ** 53n).toBytes()).varint()).toThrow(code('bytes.invalid'))
  expect(new ByteReader(new ByteWriter().varintBig(2n ** 64n - 1n).toBytes()).varintBig()).toBe(2n ** 64n - 1n)
  expect(() => new ByteReader(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2)).varintBig()).toThrow(
    code('bytes.invalid'),
  )
  expect(new ByteReader(new ByteWriter().zigzag(-(2n ** 63n)).toBytes()).zigzag()).toBe(-(2n ** 63n))
})

test('a value out of range is refused by the writer, not truncated', () => {
  const writer = new ByteWriter()
  for (const wrong of [-1, 256, 1.5, Number.NaN]) expect(() => writer.u8(wrong)).toThrow(code('invariant.broken'))
  expect(() => writer.u32(2 ** 32)).toThrow(code('invariant.broken'))
  expect(() => writer.varint(2 ** 53)).toThrow(code('invariant.broken'))
  expect(() => writer.u64(-1n)).toThrow(code('invariant.broken'))
  expect(() => writer.zigzag(2n ** 63n)).toThrow(code('invariant.broken'))
  expect(() => writer.utf8('\ud800')).toThrow(code('invariant.broken'))
  expect(writer.sizeBytes).toBe(0)
})

test('a padded varint is refused: 0x80 0x00 is a second spelling of zero', () => {
  expect(() => new ByteReader(Uint8Array.of(0x80, 0)).varint()).toThrow(code('bytes.invalid'))
  expect(() => new ByteReader(Uint8Array.of(0x80, 0)).varintBig()).toThrow(code('bytes.invalid'))
})

test('a length that promises more than there is allocates nothing and is told as truncated', () => {
  const promise = new ByteWriter().varint(Number.MAX_SAFE_INTEGER).toBytes()
  expect(() => new ByteReader(promise).lengthPrefixed()).toThrow(code('bytes.truncated'))
  expect(() => new ByteReader(promise).lengthPrefixed(1024)).toThrow(code('bytes.invalid'))
})

test('left-over bytes are refused where the end is expected', () => {
  const reader = new ByteReader(Uint8Array.of(1, 2))
  reader.u8()
  expect(() => reader.expectEnd()).toThrow(code('bytes.invalid'))
  expect(reader.remaining).toBe(1)
})

test('reads of a view stay inside it', () => {
  const reader = new ByteReader(Uint8Array.of(9, 9, 1, 2, 3, 4, 9).subarray(2, 6))
  expect(reader.u32()).toBe(0x04030201)
  expect(() => reader.u8()).toThrow(code('bytes.truncated'))
})

test('reset keeps the buffer and forgets the bytes; copies made before stay as they were', () => {
  const writer = new ByteWriter().bytes(Uint8Array.of(1, 2, 3))
  const copy = writer.toBytes()
  writer.reset()
  writer.u8(7)
  expect([...copy]).toEqual([1, 2, 3])
  expect([...writer.view()]).toEqual([7])
})

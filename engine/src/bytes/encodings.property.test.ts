import { isUtf8 } from 'node:buffer'
import { crc32 as zlibCrc32 } from 'node:zlib'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  compareBytes,
  concatBytes,
  crc32,
  decodeUtf8Lossy,
  equalBytes,
  fromBase64Url,
  fromHex,
  isValidUtf8,
  padme,
  toBase64Url,
  toHex,
} from './index.ts'

const bytes = fc.uint8Array({ maxLength: 300 })
const invalid = expect.objectContaining({ code: 'bytes.invalid' })

test('hex and base64url agree with Buffer and read back', () => {
  fc.assert(
    fc.property(bytes, (input) => {
      expect(toHex(input)).toBe(Buffer.from(input).toString('hex'))
      expect(toBase64Url(input)).toBe(Buffer.from(input).toString('base64url'))
      expect(fromHex(toHex(input))).toEqual(input)
      expect(fromBase64Url(toBase64Url(input))).toEqual(input)
    }),
  )
})

test('any text is either the one spelling of its bytes or refused', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...Array.from('0123abefAF-_+/=Zz ')) }))
  const decoders = [
    [fromHex, toHex],
    [fromBase64Url, toBase64Url],
  ] as const
  fc.assert(
    fc.property(text, fc.constantFrom(...decoders), (input, [decode, encode]) => {
      let decoded: Uint8Array
      try {
        decoded = decode(input)
      } catch (error) {
        expect(error).toEqual(invalid)
        return
      }
      expect(encode(decoded)).toBe(input)
    }),
    { numRuns: 2000 },
  )
})

test('spellings that lenient decoders accept are refused', () => {
  for (const text of ['AB', 'abc', '0x', 'zz']) expect(() => fromHex(text)).toThrow(invalid)
  // 'QR' has set bits behind the last byte; the others are padded, standard base64 or of impossible length.
  for (const text of ['QR', 'QQ==', 'Q', '+/+/', 'QQ Q', 'QQé']) expect(() => fromBase64Url(text)).toThrow(invalid)
})

test('crc32 is that of zlib, in one go or in parts', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000, size: 'max' }), fc.nat(), (input, seed) => {
      const at = seed % (input.length + 1)
      expect(crc32(input)).toBe(zlibCrc32(input))
      expect(crc32(input.subarray(at), crc32(input.subarray(0, at)))).toBe(zlibCrc32(input))
    }),
  )
})

test('validity of UTF-8 is judged as by Node, also for near misses', () => {
  const nearMiss = fc
    .array(
      fc.constantFrom(
        0x41,
        0x7f,
        0x80,
        0x8f,
        0x90,
        0x9f,
        0xa0,
        0xbf,
        0xc0,
        0xc1,
        0xc2,
        0xdf,
        0xe0,
        0xe1,
        0xed,
        0xee,
        0xef,
        0xf0,
        0xf1,
        0xf4,
        0xf5,
        0xff,
      ),
      { maxLength: 6 },
    )
    .map((list) => Uint8Array.from(list))
  const text = fc.string({ unit: 'binary' }).map((value) => new TextEncoder().encode(value))
  fc.assert(
    fc.property(fc.oneof(nearMiss, text, bytes), (input) => {
      expect(isValidUtf8(input)).toBe(isUtf8(input))
    }),
    { numRuns: 20_000 },
  )
})

test('lossy decoding keeps a byte order mark and replaces what is no UTF-8', () => {
  expect(decodeUtf8Lossy(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61, 0xff))).toBe('\ufeffa\ufffd')
})

test('bytes are ordered, compared and joined as Buffer does it', () => {
  const close = fc.uint8Array({ maxLength: 4, max: 3 })
  fc.assert(
    fc.property(fc.oneof(bytes, close), fc.oneof(bytes, close), (left, right) => {
      expect(Math.sign(compareBytes(left, right))).toBe(Buffer.compare(left, right))
      expect(equalBytes(left, right)).toBe(Buffer.compare(left, right) === 0)
      expect(concatBytes([left, right])).toEqual(Uint8Array.from([...left, ...right]))
    }),
  )
})

/** Algorithm 1 of the PURBs paper, word for word, on big integers. */
function padmeOfThePaper(length: number): bigint {
  const l = BigInt(length)
  const e = BigInt(l.toString(2).length - 1)
  const s = BigInt(e.toString(2).length)
  const mask = (1n << (e - s)) - 1n
  return (l + mask) & ~mask
}

test('padme is that of the paper up to 2^53, never shrinks, and adds at most 12 %', () => {
  const nearPower = fc
    .record({ exponent: fc.integer({ min: 2, max: 53 }), off: fc.integer({ min: -3, max: 3 }) })
    .map(({ exponent, off }) => Math.min(2 ** exponent + off, Number.MAX_SAFE_INTEGER))
  fc.assert(
    fc.property(
      fc.oneof(
        fc.integer({ min: 4, max: 1 << 23 }),
        fc.integer({ min: 4, max: Number.MAX_SAFE_INTEGER }),
        nearPower.filter((n) => n >= 4),
      ),
      (length) => {
        const padded = padme(length)
        expect(BigInt(padded)).toBe(padmeOfThePaper(length))
        expect(padded).toBeGreaterThanOrEqual(length)
        expect(padded).toBeLessThanOrEqual(length * 1.12)
      },
    ),
    { numRuns: 5000 },
  )
  expect([0, 1, 2, 3].map(padme)).toEqual([0, 1, 2, 3])
  expect(padme(9)).toBe(10)
})

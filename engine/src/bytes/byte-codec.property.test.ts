import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isEngineError } from '../errors/index.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'

type Field =
  | { kind: 'u8' | 'u16' | 'u32' | 'varint'; value: number }
  | { kind: 'u64' | 'varintBig' | 'zigzag'; value: bigint }
  | { kind: 'bytes' | 'lengthPrefixed'; value: Uint8Array }
  | { kind: 'utf8'; value: string }

const number = (kind: 'u8' | 'u16' | 'u32' | 'varint', max: number) =>
  fc.record({
    kind: fc.constant(kind),
    value: fc.oneof(
      fc.integer({ min: 0, max: Math.min(max, 300) }),
      fc.maxSafeNat().map((n) => n % (max + 1)),
    ),
  })
const bigint = (kind: 'u64' | 'varintBig' | 'zigzag', min: bigint, max: bigint) =>
  fc.record({ kind: fc.constant(kind), value: fc.bigInt({ min, max }) })
const u64Max = 2n ** 64n - 1n

const anyField: fc.Arbitrary<Field> = fc.oneof(
  number('u8', 0xff),
  number('u16', 0xffff),
  number('u32', 0xffff_ffff),
  fc.record({ kind: fc.constant('varint' as const), value: fc.oneof(fc.maxSafeNat(), fc.nat(), fc.nat(300)) }),
  bigint('u64', 0n, u64Max),
  bigint('varintBig', 0n, u64Max),
  bigint('zigzag', -(2n ** 63n), 2n ** 63n - 1n),
  fc.record({ kind: fc.constantFrom('bytes' as const, 'lengthPrefixed' as const), value: fc.uint8Array({ maxLength: 300 }) }),
  fc.record({ kind: fc.constant('utf8' as const), value: fc.string({ unit: 'grapheme' }) }),
)

const copies: ((reader: ByteReader, writer: ByteWriter) => ByteWriter)[] = [
  (reader, writer) => writer.varint(reader.varint()),
  (reader, writer) => writer.varintBig(reader.varintBig()),
  (reader, writer) => writer.zigzag(reader.zigzag()),
  (reader, writer) => writer.lengthPrefixed(reader.lengthPrefixed()),
  (reader, writer) => writer.utf8(reader.utf8()),
]

function write(writer: ByteWriter, { kind, value }: Field): void {
  switch (kind) {
    case 'u8':
    case 'u16':
    case 'u32':
    case 'varint':
      writer[kind](value)
      break
    case 'u64':
    case 'varintBig':
    case 'zigzag':
      writer[kind](value)
      break
    case 'bytes':
    case 'lengthPrefixed':
      writer[kind](value)
      break
    case 'utf8':
      writer.utf8(value)
  }
}

const read = (reader: ByteReader, field: Field): unknown =>
  field.kind === 'bytes' ? reader.bytes(field.value.length) : reader[field.kind]()

describe('byte codec', () => {
  test('what was written reads back equal, to the last byte', () => {
    fc.assert(
      fc.property(fc.array(anyField), (fields) => {
        const writer = new ByteWriter(1)
        for (const one of fields) write(writer, one)
        const reader = new ByteReader(writer.toBytes())
        for (const one of fields) expect(read(reader, one)).toEqual(one.value)
        reader.expectEnd()
      }),
    )
  })

  test('a cut anywhere is told as truncated, never as a value', () => {
    fc.assert(
      fc.property(anyField, fc.nat(), (one, seed) => {
        const writer = new ByteWriter()
        write(writer, one)
        const whole = writer.toBytes()
        fc.pre(whole.length > 0)
        const reader = new ByteReader(whole.subarray(0, seed % whole.length))
        expect(() => read(reader, one)).toThrow(expect.objectContaining({ code: 'bytes.truncated' }))
      }),
    )
  })

  test('any accepted varint is the one encoding of its value, and hostile bytes give only our errors', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      fc.array(fc.constantFrom(0, 1, 0x7f, 0x80, 0x81, 0xff), { maxLength: 12 }).map((list) => Uint8Array.from(list)),
    )
    fc.assert(
      fc.property(bytes, fc.constantFrom(...copies), (input, copy) => {
        const reader = new ByteReader(input)
        try {
          expect(copy(reader, new ByteWriter()).toBytes()).toEqual(input.slice(0, reader.position))
        } catch (error) {
          expect(isEngineError(error, 'bytes.truncated') || isEngineError(error, 'bytes.invalid'), String(error)).toBe(true)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('number and bigint varints are the same encoding', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        expect(new ByteWriter().varint(value).toBytes()).toEqual(new ByteWriter().varintBig(BigInt(value)).toBytes())
      }),
    )
  })
})

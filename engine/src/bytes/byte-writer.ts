import { invariant } from '../errors/index.ts'
import { concatBytes } from './byte-strings.ts'

const encoder = new TextEncoder()
const maxU64 = 0xffff_ffff_ffff_ffffn
const maxSafe = BigInt(Number.MAX_SAFE_INTEGER)
const low49Bits = (1n << 49n) - 1n
const minI64 = -0x8000_0000_0000_0000n
const maxI64 = 0x7fff_ffff_ffff_ffffn

/**
 * Builds a canonical byte string. Fixed-width numbers are little-endian; varints are unsigned LEB128 in their
 * shortest form. Values out of range are bugs of the caller (`invariant.broken`): nothing is ever truncated silently.
 */
export class ByteWriter {
  #bytes: Uint8Array
  #view: DataView
  #sizeBytes = 0

  constructor(initialCapacityBytes = 256) {
    this.#bytes = new Uint8Array(Math.max(16, initialCapacityBytes))
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** Bytes written so far; also the offset of the next one. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  u8(value: number): this {
    requireUint(value, 0xff, 'u8')
    const at = this.#grow(1)
    this.#view.setUint8(at, value)
    return this
  }

  u16(value: number): this {
    requireUint(value, 0xffff, 'u16')
    const at = this.#grow(2)
    this.#view.setUint16(at, value, true)
    return this
  }

  u32(value: number): this {
    requireUint(value, 0xffff_ffff, 'u32')
    const at = this.#grow(4)
    this.#view.setUint32(at, value, true)
    return this
  }

  u64(value: bigint): this {
    invariant(value >= 0n && value <= maxU64, 'a u64 lies between 0 and 2^64-1')
    const at = this.#grow(8)
    this.#view.setBigUint64(at, value, true)
    return this
  }

  /** @param value an integer from 0 to 2^53-1. */
  varint(value: number): this {
    requireUint(value, Number.MAX_SAFE_INTEGER, 'varint')
    // Bit operators work on 32 bits only: divide until the rest fits.
    while (value > 0x7fff_ffff) {
      this.#byte((value % 0x80) | 0x80)
      value = Math.floor(value / 0x80)
    }
    while (value > 0x7f) {
      this.#byte((value & 0x7f) | 0x80)
      value >>>= 7
    }
    this.#byte(value)
    return this
  }

  /** The same encoding as {@link varint} for the whole range of u64. */
  varintBig(value: bigint): this {
    invariant(value >= 0n && value <= maxU64, 'a varint lies between 0 and 2^64-1')
    if (value <= maxSafe) return this.varint(Number(value))
    // Arithmetic on big integers allocates: the low seven groups are written as a number, and so is the rest.
    let low = Number(value & low49Bits)
    for (let group = 0; group < 7; group++) {
      this.#byte((low % 0x80) | 0x80)
      low = Math.floor(low / 0x80)
    }
    return this.varint(Number(value >> 49n))
  }

  /** A signed 64-bit number as a zigzag varint: small magnitudes of either sign are short. */
  zigzag(value: bigint): this {
    invariant(value >= minI64 && value <= maxI64, 'a zigzag number lies between -2^63 and 2^63-1')
    return this.varintBig(value >= 0n ? value << 1n : (-value << 1n) - 1n)
  }

  /** Raw bytes without their length: the reader must know how many. */
  bytes(value: Uint8Array): this {
    const start = this.#grow(value.length)
    this.#bytes.set(value, start)
    return this
  }

  /** A varint length, then the bytes. */
  lengthPrefixed(value: Uint8Array): this {
    return this.varint(value.length).bytes(value)
  }

  /** A varint length in bytes, then UTF-8. The text must be well-formed (no lone surrogates), or it would not read back equal. */
  utf8(text: string): this {
    invariant(text.isWellFormed(), 'text in the format is well-formed Unicode')
    return this.lengthPrefixed(encoder.encode(text))
  }

  /** What was written, as a view into the writer's buffer: valid until the next write or {@link reset}. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#sizeBytes)
  }

  /** What was written, as a copy of exactly that size. */
  toBytes(): Uint8Array {
    return concatBytes([this.view()])
  }

  /** Forgets what was written and keeps the buffer. */
  reset(): void {
    this.#sizeBytes = 0
  }

  #byte(value: number): void {
    const at = this.#grow(1)
    this.#bytes[at] = value
  }

  /** Makes room for `count` more bytes and returns where they start. */
  #grow(count: number): number {
    const start = this.#sizeBytes
    const needed = start + count
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
      larger.set(this.view())
      this.#bytes = larger
      this.#view = new DataView(larger.buffer)
    }
    this.#sizeBytes = needed
    return start
  }
}

function requireUint(value: number, max: number, type: string): void {
  invariant(Number.isInteger(value) && value >= 0 && value <= max, `a ${type} is an integer from 0 to ${max}`)
}

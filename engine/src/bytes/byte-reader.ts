import { EngineError, invariant } from '../errors/index.ts'
import { isValidUtf8 } from './utf8.ts'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads what {@link import('./byte-writer.ts').ByteWriter} wrote, from bytes that may be hostile.
 *
 * Every read is checked against the end (`bytes.truncated`), and every value has exactly one accepted encoding
 * (`bytes.invalid` for a varint that is too long or too large), so equal meaning implies equal bytes.
 */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #position = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Offset of the next byte. */
  get position(): number {
    return this.#position
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.#bytes.length - this.#position
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true)
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true)
  }

  /** @throws EngineError `bytes.invalid` also for values above 2^53-1, which a number cannot hold exactly. */
  varint(): number {
    const start = this.#position
    let value = 0
    let scale = 1
    // 8 groups of 7 bits hold 2^56 > 2^53: a longer one cannot be a safe integer.
    for (let groups = 1; groups <= 8; groups++) {
      const byte = this.u8()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (byte === 0 && groups > 1) throw invalid('a varint is not in its shortest form', start)
        if (value > Number.MAX_SAFE_INTEGER) throw invalid('a varint is larger than 2^53-1', start)
        return value
      }
      scale *= 0x80
    }
    throw invalid('a varint is larger than 2^53-1', start)
  }

  /** The whole range of u64. */
  varintBig(): bigint {
    const start = this.#position
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.u8()
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) {
        if (byte === 0 && shift > 0n) throw invalid('a varint is not in its shortest form', start)
        if (value > 0xffff_ffff_ffff_ffffn) break
        return value
      }
    }
    throw invalid('a varint is larger than 2^64-1', start)
  }

  zigzag(): bigint {
    const value = this.varintBig()
    return (value & 1n) === 0n ? value >> 1n : -((value + 1n) >> 1n)
  }

  /** The next `count` bytes as a view: it lives as long as the source, and shares its memory. */
  bytes(count: number): Uint8Array {
    invariant(Number.isInteger(count) && count >= 0, 'a byte count is a whole number')
    const start = this.#take(count)
    return this.#bytes.subarray(start, start + count)
  }

  /** @param maxBytes refuses a longer one as `bytes.invalid`. */
  lengthPrefixed(maxBytes: number = Number.MAX_SAFE_INTEGER): Uint8Array {
    const start = this.#position
    const length = this.varint()
    if (length > maxBytes) throw invalid(`a field has ${length} bytes, more than the allowed ${maxBytes}`, start)
    return this.bytes(length)
  }

  /** @throws EngineError `bytes.invalid` unless it is valid UTF-8. */
  utf8(maxBytes: number = Number.MAX_SAFE_INTEGER): string {
    const start = this.#position
    const encoded = this.lengthPrefixed(maxBytes)
    if (!isValidUtf8(encoded)) throw invalid('a text is not UTF-8', start)
    return decoder.decode(encoded)
  }

  /** @throws EngineError `bytes.invalid` when bytes follow that nobody asked for. */
  expectEnd(): void {
    if (this.remaining > 0) throw invalid(`${this.remaining} bytes too many`, this.#position)
  }

  #take(count: number): number {
    const start = this.#position
    if (count > this.#bytes.length - start) {
      throw new EngineError('bytes.truncated', `The bytes end too early: ${count} needed at offset ${start}, ${this.remaining} left.`, {
        context: { offset: start, neededBytes: count, remainingBytes: this.remaining },
      })
    }
    this.#position = start + count
    return start
  }
}

function invalid(problem: string, offset: number): EngineError {
  return new EngineError('bytes.invalid', `The bytes are not valid: ${problem}, at offset ${offset}.`, { context: { offset } })
}

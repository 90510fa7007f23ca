import { ByteReader, ByteWriter, compareBytes, copyBytes, fromHex, toHex } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'
import { objectIdBytes } from './blob-type.ts'
import type { SegmentPlace } from './location.ts'

/** More segments than a pack can hold; bounds what a hostile refset may ask for. */
const maxOrdinals = 1 << 21
/** Of all packs together: 128 MiB of bitmaps, and with segments of 100 KiB a snapshot of 100 TB. A pack of 20 bytes may claim them all. */
const maxSegments = 2 ** 30

/** The segments a snapshot needs, by birth. Grows only; no order. */
export class Refset {
  readonly #bitmapByPack = new Map<string, { bits: Uint8Array; count: number }>()

  /** Birth pack ids, hex. */
  packs(): IterableIterator<string> {
    return this.#bitmapByPack.keys()
  }

  get packCount(): number {
    return this.#bitmapByPack.size
  }

  add(packIdHex: string, ordinal: number): void {
    let bitmap = this.#bitmapByPack.get(packIdHex)
    if (bitmap === undefined) {
      bitmap = { bits: new Uint8Array(64), count: 0 }
      this.#bitmapByPack.set(packIdHex, bitmap)
    }
    const byte = ordinal >>> 3
    if (byte >= bitmap.bits.length) {
      const larger = new Uint8Array(Math.max(byte + 1, bitmap.bits.length * 2))
      larger.set(bitmap.bits)
      bitmap.bits = larger
    }
    bitmap.bits[byte]! |= 1 << (ordinal & 7)
    if (ordinal >= bitmap.count) bitmap.count = ordinal + 1
  }

  addPlace(place: SegmentPlace): void {
    this.add(toHex(place.packId), place.ordinal)
  }

  has(packIdHex: string, ordinal: number): boolean {
    const bitmap = this.#bitmapByPack.get(packIdHex)
    return bitmap !== undefined && ordinal < bitmap.count && (bitmap.bits[ordinal >>> 3]! & (1 << (ordinal & 7))) !== 0
  }

  /** Every segment, pack by pack, ordinals ascending. */
  *segments(): Generator<{ packIdHex: string; ordinal: number }> {
    for (const [packIdHex, { bits, count }] of this.#bitmapByPack) {
      for (let ordinal = 0; ordinal < count; ordinal++) if (bits[ordinal >>> 3]! & (1 << (ordinal & 7))) yield { packIdHex, ordinal }
    }
  }

  encode(): Uint8Array {
    const packs = [...this.#bitmapByPack]
      .map(([hex, bitmap]) => ({ id: fromHex(hex), ...bitmap }))
      .sort((left, right) => compareBytes(left.id, right.id))
    const writer = new ByteWriter(packs.length * 80 + 16).varint(packs.length)
    for (const { id, bits, count } of packs) {
      const used = bits.subarray(0, (count + 7) >>> 3)
      const isAll = isAllOnes(used, count)
      writer.bytes(id).varint(count * 2 + (isAll ? 1 : 0))
      if (!isAll) writer.bytes(used)
    }
    return writer.toBytes()
  }

  /** @throws EngineError `snapshot.invalid`, `bytes.*` for anything but the one encoding of a refset. */
  static decode(bytes: Uint8Array): Refset {
    const reader = new ByteReader(bytes)
    const refset = new Refset()
    let previous: Uint8Array | undefined
    let segments = 0
    for (let left = reader.varint(); left > 0; left--) {
      const id = reader.bytes(objectIdBytes)
      if (previous !== undefined && compareBytes(previous, id) >= 0)
        throw new EngineError('snapshot.invalid', 'The packs of a refset are not in ascending order.')
      previous = id
      const { count, bits } = readBitmap(reader, maxSegments - segments)
      segments += count
      refset.#bitmapByPack.set(toHex(id), { bits, count })
    }
    reader.expectEnd()
    return refset
  }
}

function isAllOnes(bits: Uint8Array, count: number): boolean {
  for (let index = 0; index < count >>> 3; index++) if (bits[index] !== 0xff) return false
  return (count & 7) === 0 || bits[count >>> 3] === (1 << (count & 7)) - 1
}

/** @param most segments that it may speak of */
function readBitmap(reader: ByteReader, most: number): { count: number; bits: Uint8Array } {
  const head = reader.varint()
  const count = Math.floor(head / 2)
  if (count === 0 || count > Math.min(maxOrdinals, most))
    throw new EngineError('snapshot.invalid', 'A refset names an impossible number of segments.')
  const length = (count + 7) >>> 3
  if (head % 2 === 1) {
    const bits = new Uint8Array(length).fill(0xff)
    if (count & 7) bits[length - 1] = (1 << (count & 7)) - 1
    return { count, bits }
  }
  const bits = copyBytes(reader.bytes(length))
  const last = count - 1
  const hasLast = (bits[last >>> 3]! & (1 << (last & 7))) !== 0
  const hasBeyond = (count & 7) !== 0 && bits[length - 1]! >>> (count & 7) !== 0
  if (!hasLast || hasBeyond || isAllOnes(bits, count))
    throw new EngineError('snapshot.invalid', 'A bitmap of a refset is not in its one valid form.')
  return { count, bits }
}

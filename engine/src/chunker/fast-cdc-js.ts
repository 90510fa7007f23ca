import { cutBits } from './chunk-limits.ts'
import type { ChunkLimits } from './chunk-limits.ts'

/**
 * The rule of {@link import('./chunker.ts').createChunker} in plain JavaScript, written to be compared with the WASM one:
 * clear rather than fast. Nothing but tests and golden files needs it.
 *
 * @param table 2048 bytes of `deriveGearTable`.
 * @returns as `Chunker.nextCut`, for the bytes given.
 */
export function nextCutJs(table: Uint8Array, limits: ChunkLimits, bytes: Uint8Array, isLast: boolean): number {
  const gear = new DataView(table.buffer, table.byteOffset, table.byteLength)
  const { strict, loose } = cutBits(limits)
  const end = Math.min(bytes.length, limits.maxBytes)
  // A 64-bit hash as two unsigned halves: BigInt would be 30 times slower.
  let high = 0
  let low = 0
  for (let i = limits.minBytes; i < end; i++) {
    const entry = 8 * bytes[i]!
    const doubledLow = (low << 1) >>> 0
    const doubledHigh = ((high << 1) | (low >>> 31)) >>> 0
    const sumLow = doubledLow + gear.getUint32(entry, true)
    const carry = sumLow > 0xffff_ffff ? 1 : 0
    low = sumLow >>> 0
    high = (doubledHigh + gear.getUint32(entry + 4, true) + carry) >>> 0
    if (hasZeroTopBits(high, low, i < limits.normalBytes ? strict : loose)) return i + 1
  }
  if (bytes.length >= limits.maxBytes) return limits.maxBytes
  return isLast ? bytes.length : 0
}

function hasZeroTopBits(high: number, low: number, bits: number): boolean {
  if (bits <= 32) return bits === 0 || high >>> (32 - bits) === 0
  return high === 0 && low >>> (64 - bits) === 0
}

import { concatBytes } from '../../bytes/index.ts'

/** The first half of the bytes: what a write that stopped in the middle leaves. */
export function keepHalf(pieces: readonly Uint8Array[]): Uint8Array[] {
  const whole = concatBytes(pieces)
  return [whole.subarray(0, Math.floor(whole.length / 2))]
}

/** @param bit any number; counted from the start and wrapped to the length. Nothing happens to no bytes. */
export function flipOneBit(bytes: Uint8Array, bit: number): Uint8Array {
  const spoilt = concatBytes([bytes])
  if (spoilt.length === 0) return spoilt
  const index = Math.floor(bit / 8) % spoilt.length
  spoilt[index] = spoilt[index]! ^ (1 << (bit % 8))
  return spoilt
}

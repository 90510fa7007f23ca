/** Sets of positions within a pack, a bit each, the lowest first; null = none of them. */
export type PositionBits = Uint8Array | null

export const bitOf = (bits: PositionBits, position: number): boolean =>
  bits !== null && ((bits[position >>> 3] ?? 0) & (1 << (position & 7))) !== 0

/** @param count positions of the pack */
export function bitsFrom(positions: Iterable<number>, count: number): PositionBits {
  const bits = new Uint8Array((count + 7) >>> 3)
  let isEmpty = true
  for (const position of positions) {
    bits[position >>> 3]! |= 1 << (position & 7)
    isEmpty = false
  }
  return isEmpty ? null : bits
}

/** A new set without these. */
export function withoutBits(bits: PositionBits, positions: Iterable<number>): PositionBits {
  if (bits === null) return null
  const left = Uint8Array.from(bits)
  for (const position of positions) if (position >>> 3 < left.length) left[position >>> 3]! &= ~(1 << (position & 7))
  return left.some((byte) => byte !== 0) ? left : null
}

export function unionOfBits(left: PositionBits, right: PositionBits): PositionBits {
  if (left === null || right === null) return left ?? right
  const both = new Uint8Array(Math.max(left.length, right.length))
  for (let index = 0; index < both.length; index++) both[index] = (left[index] ?? 0) | (right[index] ?? 0)
  return both
}

export function hasAllBits(bits: PositionBits, count: number): boolean {
  for (let position = 0; position < count; position++) if (!bitOf(bits, position)) return false
  return count > 0
}

/** Whether `after` has any that `before` does not have. */
export const hasNewBits = (before: PositionBits, after: PositionBits): boolean =>
  after !== null && after.some((byte, index) => (byte & ~(before?.[index] ?? 0)) !== 0)

export function countBits(bits: PositionBits): number {
  let count = 0
  for (const byte of bits ?? []) for (let left = byte; left > 0; left &= left - 1) count++
  return count
}

/** Numbers that look random and are the same for the same seed. */
export interface SeededRandom {
  /** 0 ≤ x < 1. */
  next(): number
  /** A whole number, 0 ≤ x < below. */
  below(below: number): number
  pick<T>(choices: readonly [T, ...T[]]): T
  bytes(length: number): Buffer
}

/** Mulberry32 (public domain, Tommy Ettinger): 32 bits of state are plenty for choosing moments and bytes. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    next,
    below,
    pick: (choices) => choices[below(choices.length)] ?? choices[0],
    bytes(length) {
      const words = Buffer.allocUnsafe(Math.ceil(length / 4) * 4)
      for (let at = 0; at < words.length; at += 4) words.writeUInt32LE(below(2 ** 32), at)
      return words.subarray(0, length)
    },
  }
}

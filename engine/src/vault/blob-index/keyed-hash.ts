import { randomFillSync } from 'node:crypto'

/** Words of 32 bits in a blob id. */
export const idWords = 8

/**
 * HalfSipHash-1-3 of a blob id (https://github.com/veorq/SipHash), as operating systems use it for tables that others can fill: ids are
 * good hashes themselves, but a device may send any it likes, and could choose some thousands that meet in one place. Some 40 ns.
 */
export class KeyedHash {
  readonly #key = randomFillSync(new Uint32Array(2))

  /** @param at index of the id's first word. @returns an unsigned 32-bit number */
  of(words: Uint32Array, at: number): number {
    let v0 = this.#key[0]! | 0
    let v1 = this.#key[1]! | 0
    let v2 = 0x6c796765 ^ v0
    let v3 = 0x74656462 ^ v1
    // After the words their length, then the three rounds that end it.
    for (let round = 0; round < idWords + 4; round++) {
      const word = round < idWords ? words[at + round]! | 0 : round === idWords ? (idWords * 4) << 24 : 0
      if (round === idWords + 1) v2 ^= 0xff
      v3 ^= word
      v0 = (v0 + v1) | 0
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
      v0 = (v0 << 16) | (v0 >>> 16)
      v2 = (v2 + v3) | 0
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
      v0 = (v0 + v3) | 0
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
      v2 = (v2 + v1) | 0
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
      v2 = (v2 << 16) | (v2 >>> 16)
      v0 ^= word
    }
    return (v1 ^ v3) >>> 0
  }
}

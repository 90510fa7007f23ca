/** Whole numbers from 0 on, one bit of memory each up to the largest; also beyond 2 ** 32. */
export class NumberSet {
  #bits = new Uint8Array(1024)

  has(number: number): boolean {
    return ((this.#bits[Math.floor(number / 8)] ?? 0) & (1 << (number % 8))) !== 0
  }

  /** @returns whether it is the first time. */
  add(number: number): boolean {
    if (this.has(number)) return false
    const at = Math.floor(number / 8)
    if (at >= this.#bits.length) {
      const grown = new Uint8Array(Math.max(at + 1, this.#bits.length * 2))
      grown.set(this.#bits)
      this.#bits = grown
    }
    this.#bits[at]! |= 1 << (number % 8)
    return true
  }
}

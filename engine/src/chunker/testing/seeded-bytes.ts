import { invariant } from '../../errors/index.ts'

export type BytePattern = 'random' | 'text' | 'zero' | 'two-values' | 'repeat-4099'

/** The same bytes for the same arguments on every machine and for ever: golden files name them by these. */
export function seededBytes(pattern: BytePattern, seed: number, sizeBytes: number): Uint8Array {
  const next = xorshift32(seed)
  const bytes = new Uint8Array(sizeBytes)
  switch (pattern) {
    case 'zero':
      break
    case 'random':
      for (let i = 0; i < sizeBytes; i++) bytes[i] = next() >>> 24
      break
    case 'two-values':
      for (let i = 0; i < sizeBytes; i++) bytes[i] = (next() >>> 31) * 0xff
      break
    case 'text':
      for (let i = 0; i < sizeBytes; i++) bytes[i] = 'etaoin shrdlu\n.,'.charCodeAt(next() >>> 28)
      break
    case 'repeat-4099': {
      const period = seededBytes('random', seed, 4099)
      for (let i = 0; i < sizeBytes; i++) bytes[i] = period[i % period.length]!
      break
    }
  }
  return bytes
}

/** Marsaglia's xorshift32 (13, 17, 5): unsigned 32-bit numbers, never for anything secret. */
function xorshift32(seed: number): () => number {
  invariant(Number.isInteger(seed) && seed > 0 && seed <= 0xffff_ffff, 'a seed is a positive 32-bit number')
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

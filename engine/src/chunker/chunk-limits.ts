import { EngineError } from '../errors/index.ts'

/** Sizes a chunker keeps; part of a vault for ever (vault.json), because other limits mean other chunks. */
export interface ChunkLimits {
  /** No chunk is this short or shorter, but the last of a stream may be. */
  readonly minBytes: number
  /** Where the test turns from strict to loose; a power of two. The mean chunk is about 1.1 times as long. */
  readonly normalBytes: number
  /** No chunk is longer. */
  readonly maxBytes: number
}

export type ChunkerProfile = 'standard' | 'fine'

const KiB = 1024
const MiB = 1024 * KiB

/** What an agent holds in one piece, from reading to sealing; a segment takes 8 MiB at most. */
export const largestChunkBytes = 4 * MiB

/** Vault format 1, section 3: `standard` for files, `fine` for database dumps and mail stores. */
export const chunkerProfiles: Readonly<Record<ChunkerProfile, ChunkLimits>> = {
  standard: { minBytes: 256 * KiB, normalBytes: MiB, maxBytes: 4 * MiB },
  fine: { minBytes: 32 * KiB, normalBytes: 128 * KiB, maxBytes: 512 * KiB },
}

/**
 * How many top bits of the hash must be zero for a cut: `strict` before `normalBytes`, `loose` from there on.
 * Two more and two fewer than log2(normalBytes) is "normalisation level 2" (FastCDC, Xia et al., USENIX ATC 2016, §3.4).
 */
export function cutBits(limits: ChunkLimits): { strict: number; loose: number } {
  const normalBits = Math.log2(limits.normalBytes)
  return { strict: normalBits + 2, loose: normalBits - 2 }
}

/** @throws EngineError `chunker.limits-invalid` */
export function requireChunkLimits(limits: ChunkLimits): void {
  const { minBytes, normalBytes, maxBytes } = limits
  const areWhole = Number.isInteger(minBytes) && Number.isInteger(normalBytes) && Number.isInteger(maxBytes)
  const areInOrder = minBytes >= 64 && minBytes < normalBytes && normalBytes < maxBytes && maxBytes <= largestChunkBytes
  if (areWhole && areInOrder && Number.isInteger(Math.log2(normalBytes))) return
  throw new EngineError(
    'chunker.limits-invalid',
    'The chunk sizes do not fit together: 64 bytes ≤ min < normal < max ≤ 4 MiB, and normal a power of two, are expected.',
    { context: { minBytes, normalBytes, maxBytes } },
  )
}

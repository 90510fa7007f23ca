import { codecs, type Codec } from '../../format/index.ts'
import { releaseMemoryOf } from '../own-memory.ts'
import { looksIncompressible } from './looks-incompressible.ts'
import { zstdFrame } from './zstd-frame.ts'

/** How contents are compressed. A choice of who writes: whoever reads opens all of them alike. */
export type Compression = 'off' | 'fast' | 'strong'

/**
 * zstd's. 1: 0.3–0.4 GB/s on typical data. 9: 10–17 % smaller for 7–9 times the processor time, still 40–50 MB/s per core, which is more than a slow
 * link takes; 12 saves another 1–2 % at most and costs two to four times as much as 9 (docs/performance.md, Compression).
 */
const levels = { fast: 1, strong: 9 } as const satisfies Record<Exclude<Compression, 'off'>, number>
const minSaving = 0.03

/** A segment's payload. */
export interface Compressed {
  readonly codec: Codec
  /** Of codec `stored`: the raw bytes themselves. */
  readonly payload: Uint8Array
}

/** Compresses a segment's payload, or says that storing it as it is costs no more. Of use until {@link releaseCompressed}. */
export function compress(raw: Uint8Array, compression: Compression): Compressed {
  if (compression === 'off' || looksIncompressible(raw)) return { codec: codecs.stored, payload: raw }
  const packed = zstdFrame(raw, levels[compression])
  if (packed.length <= raw.length * (1 - minSaving)) return { codec: codecs.zstd, payload: packed }
  releaseMemoryOf(packed)
  return { codec: codecs.stored, payload: raw }
}

/** Gives back what `compress` has made; the raw bytes stay. */
export function releaseCompressed({ codec, payload }: Compressed): void {
  if (codec === codecs.zstd) releaseMemoryOf(payload)
}

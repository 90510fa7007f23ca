import { constants, zstdCompressSync } from 'node:zlib'
import { releaseBytes } from '../../bytes/index.ts'
import { codecs, type Codec } from '../../format/index.ts'

/** Level 1: 0.3–0.5 GB/s on typical data, and no level above it pays on a 2-core agent (measured 2026-11, docs/performance.md). */
const level = 1
/** A probe is only worth its call (about 25 µs) where it may save compressing much more than it reads. */
const probeFromBytes = 128 * 1024
const probeBytes = 8 * 1024
const probeMinSaving = 0.04
const minSaving = 0.03

function zstd(raw: Uint8Array): Uint8Array {
  // chunkSize above the bound: the result comes in one piece, not in 16 KiB slices that are joined afterwards.
  return zstdCompressSync(raw, { chunkSize: raw.length + (raw.length >>> 8) + 512, params: { [constants.ZSTD_c_compressionLevel]: level } })
}

function looksIncompressible(raw: Uint8Array): boolean {
  const start = raw.length >>> 2
  return zstd(raw.subarray(start, start + probeBytes)).length > probeBytes * (1 - probeMinSaving)
}

/** A segment's payload. */
export interface Compressed {
  readonly codec: Codec
  /** Of codec `stored`: the raw bytes themselves. */
  readonly payload: Uint8Array
}

/** Compresses a segment's payload, or says that storing it as it is costs no more. Of use until {@link releaseCompressed}. */
export function compress(raw: Uint8Array): Compressed {
  if (raw.length >= probeFromBytes && looksIncompressible(raw)) return { codec: codecs.stored, payload: raw }
  const packed = zstd(raw)
  if (packed.length <= raw.length * (1 - minSaving)) return { codec: codecs.zstd, payload: packed }
  releaseFrame(packed)
  return { codec: codecs.stored, payload: raw }
}

/** Gives back what `compress` has made; the raw bytes stay. */
export function releaseCompressed({ codec, payload }: Compressed): void {
  if (codec === codecs.zstd) releaseFrame(payload)
}

/** zlib makes a buffer of `chunkSize` for each frame, and the frame is its start; a small one is a slice of Node's pool, which is not ours. */
function releaseFrame({ buffer, byteOffset }: Uint8Array): void {
  if (byteOffset === 0 && buffer.byteLength > Buffer.poolSize) releaseBytes(new Uint8Array(buffer))
}

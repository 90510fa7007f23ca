import { constants, zstdCompressSync } from 'node:zlib'
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

/** Compresses a segment's payload, or says that storing it as it is costs no more. */
export function compress(raw: Uint8Array): { codec: Codec; payload: Uint8Array } {
  if (raw.length >= probeFromBytes && looksIncompressible(raw)) return { codec: codecs.stored, payload: raw }
  const packed = zstd(raw)
  return packed.length > raw.length * (1 - minSaving) ? { codec: codecs.stored, payload: raw } : { codec: codecs.zstd, payload: packed }
}

import { constants, zstdCompressSync } from 'node:zlib'

/** One zstd frame. @param level 1 … 22 */
export function zstdFrame(raw: Uint8Array, level: number): Uint8Array {
  // chunkSize above the bound: the result comes in one piece, not in 16 KiB slices that are joined afterwards.
  return zstdCompressSync(raw, { chunkSize: raw.length + (raw.length >>> 8) + 512, params: { [constants.ZSTD_c_compressionLevel]: level } })
}

/** One of the floor's threads: reads, hashes, compresses and seals what it is given, and keeps nothing of it. */
import { createCipheriv, randomBytes } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { constants, zstdCompressSync } from 'node:zlib'
import { pieceHashes, type PieceHashName } from './hashes.ts'

/** A stretch of a file. */
export interface FloorPiece {
  readonly path: string
  readonly start: number
  readonly bytes: number
}
export interface FloorSums {
  readonly bytes: number
  readonly sealedBytes: number
}

/** As the engine does: smaller pieces are compressed together, larger ones by themselves. */
const bundleBytes = 256 * 1024
const largeBytes = 128 * 1024
/** What the engine's cuts are on average, about. */
const cutBytes = 1024 * 1024

const hash = pieceHashes[workerData as PieceHashName]()
const sealKey = randomBytes(32)
const bundle = Buffer.alloc(bundleBytes)
const cut = Buffer.alloc(cutBytes)
let bundled = 0

function sealedSize(raw: Uint8Array): number {
  const options = { chunkSize: raw.length + (raw.length >>> 8) + 512, params: { [constants.ZSTD_c_compressionLevel]: 1 } }
  const cipher = createCipheriv('aes-256-gcm', sealKey, randomBytes(12))
  const sealed = cipher.update(zstdCompressSync(raw, options))
  cipher.final()
  return sealed.length + cipher.getAuthTag().length
}

function sealBundle(): number {
  if (bundled === 0) return 0
  const size = sealedSize(bundle.subarray(0, bundled))
  bundled = 0
  return size
}

function takePiece({ path, start, bytes }: FloorPiece): FloorSums {
  const fd = openSync(path, 'r')
  try {
    if (bytes >= largeBytes) return takeLarge(fd, start, bytes)
    const sealedBytes = bundled + bytes > bundleBytes ? sealBundle() : 0
    const read = readSync(fd, bundle, bundled, bytes, start)
    hash(bundle.subarray(bundled, bundled + read))
    bundled += read
    return { bytes: read, sealedBytes }
  } finally {
    closeSync(fd)
  }
}

function takeLarge(fd: number, start: number, bytes: number): FloorSums {
  const sums = { bytes: 0, sealedBytes: 0 }
  while (sums.bytes < bytes) {
    const read = readSync(fd, cut, 0, Math.min(cutBytes, bytes - sums.bytes), start + sums.bytes)
    if (read === 0) break
    hash(cut.subarray(0, read))
    sums.sealedBytes += sealedSize(cut.subarray(0, read))
    sums.bytes += read
  }
  return sums
}

/** Null: there is no more. */
parentPort?.on('message', (pieces: readonly FloorPiece[] | null) => {
  const sums = { bytes: 0, sealedBytes: pieces === null ? sealBundle() : 0 }
  for (const piece of pieces ?? []) {
    const done = takePiece(piece)
    sums.bytes += done.bytes
    sums.sealedBytes += done.sealedBytes
  }
  parentPort?.postMessage(sums satisfies FloorSums, [])
  if (pieces === null) parentPort?.close()
})

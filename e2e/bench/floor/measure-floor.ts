/**
 * The least work that a first backup can be made of: every file of a folder is read, hashed, compressed (zstd 1) and sealed
 * (AES-256-GCM) by two threads. Nothing is compared, deduplicated, sent or stored.
 *
 *   node e2e/bench/floor/measure-floor.ts FOLDER HASH
 */
import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { FloorPiece, FloorSums } from './floor-worker.ts'
import { isPieceHashName, pieceHashes, type PieceHashName } from './hashes.ts'

const threads = 2
/** Large files are shared out in stretches, small ones by the batch. */
const stretchBytes = 32 * 2 ** 20
const batchBytes = 4 * 2 ** 20
const batchPieces = 256

const empty: FloorSums = { bytes: 0, sealedBytes: 0 }
const sumOf = (left: FloorSums, right: FloorSums): FloorSums => ({
  bytes: left.bytes + right.bytes,
  sealedBytes: left.sealedBytes + right.sealedBytes,
})

function* piecesOf(folder: string): Generator<FloorPiece> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* piecesOf(path)
    if (!entry.isFile()) continue
    const { size } = lstatSync(path)
    for (let start = 0; start < size; start += stretchBytes) yield { path, start, bytes: Math.min(stretchBytes, size - start) }
  }
}

function* batchesOf(pieces: Iterable<FloorPiece>): Generator<FloorPiece[]> {
  let batch: FloorPiece[] = []
  let bytes = 0
  for (const piece of pieces) {
    batch.push(piece)
    bytes += piece.bytes
    if (batch.length < batchPieces && bytes < batchBytes) continue
    yield batch
    batch = []
    bytes = 0
  }
  if (batch.length > 0) yield batch
}

function work(hash: PieceHashName, batches: Iterator<FloorPiece[]>): Promise<FloorSums> {
  const worker = new Worker(new URL('./floor-worker.ts', import.meta.url), { workerData: hash })
  let sums = empty
  const giveNext = (): void => {
    const { done, value } = batches.next()
    worker.postMessage(done === true ? null : value, [])
  }
  return new Promise((resolve, reject) => {
    worker.on('message', (done: FloorSums) => {
      sums = sumOf(sums, done)
      giveNext()
    })
    worker.once('error', reject)
    worker.once('exit', () => resolve(sums))
    giveNext()
    // One ahead: a thread never waits for us.
    giveNext()
  })
}

const [folder, hash = ''] = process.argv.slice(2)
if (folder === undefined || !isPieceHashName(hash)) {
  console.error(`usage: measure-floor.ts FOLDER HASH      HASH: ${Object.keys(pieceHashes).join(', ')}`)
  process.exitCode = 2
} else {
  const batches = batchesOf(piecesOf(folder))
  const sums = await Promise.all(Array.from({ length: threads }, () => work(hash, batches)))
  console.log(JSON.stringify(sums.reduce(sumOf, empty)))
}

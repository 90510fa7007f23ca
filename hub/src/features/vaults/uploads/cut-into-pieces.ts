import { pipeline } from 'node:stream/promises'
import type { Readable } from 'node:stream'
import { SizeChunker, type SizeChunk } from 'chunking-streams'

/** Pieces that wait while one is taken. */
const waitingPieces = 2

/**
 * Hands the bytes of a stream to `take` in pieces of at most `pieceBytes`, one after the other. The stream waits while pieces are taken:
 * only two of them are held besides what it buffers itself. So each piece's work (sums, writes) is short, whatever size its buffers have.
 *
 * SizeChunker cuts without copying, at more than 10 GB/s (measured 2026-11, 2-core EPYC). Pieces are not joined up to a round size: 1 MiB
 * joined from 16 socket buffers cost 1.0 ms of CPU, as much as checking and writing it.
 *
 * What `take` throws destroys the stream.
 */
export async function cutIntoPieces(stream: Readable, pieceBytes: number, take: (piece: Uint8Array) => Promise<void>): Promise<void> {
  const chunker = new SizeChunker({
    chunkSize: pieceBytes,
    flushTail: true,
    // It sets object mode by hand, which leaves its buffer at 65,536 pieces of any size: say what is meant.
    readableObjectMode: true,
    readableHighWaterMark: waitingPieces,
    writableHighWaterMark: pieceBytes,
  })
  await pipeline(stream, chunker, async (chunks: AsyncIterable<SizeChunk>) => {
    for await (const { data } of chunks) await take(data)
  })
}

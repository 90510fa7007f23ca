import { pipeline } from 'node:stream/promises'
import type { Readable } from 'node:stream'
import { SizeChunker, type SizeChunk } from 'chunking-streams'

/**
 * Hands the bytes of a stream to `take` in pieces of exactly `pieceBytes` (the last may be shorter), one after the other: the stream
 * waits while a piece is taken, so no more than two pieces are held.
 *
 * What `take` throws destroys the stream.
 */
export async function cutIntoPieces(stream: Readable, pieceBytes: number, take: (piece: Uint8Array) => Promise<void>): Promise<void> {
  // SizeChunker sets object mode by hand, which leaves its buffer at 65,536 chunks of any size: say what is meant.
  const chunker = new SizeChunker({
    chunkSize: pieceBytes,
    flushTail: true,
    readableObjectMode: true,
    readableHighWaterMark: 1,
    writableHighWaterMark: pieceBytes,
  })
  await pipeline(stream, chunker, async (chunks: AsyncIterable<SizeChunk>) => {
    let parts: Buffer[] = []
    let open = 0
    for await (const { id, data } of chunks) {
      if (id !== open) {
        await take(joined(parts))
        parts = []
        open = id
      }
      parts.push(data)
    }
    if (parts.length > 0) await take(joined(parts))
  })
}

const joined = (parts: readonly Buffer[]): Uint8Array => (parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts))

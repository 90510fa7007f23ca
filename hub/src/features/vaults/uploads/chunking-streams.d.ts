/** The part of chunking-streams 0.0.8 that is used; the package has no types of its own. */
declare module 'chunking-streams' {
  import type { Transform, TransformOptions } from 'node:stream'

  export interface SizeChunk {
    /** Number of the chunk, from 0. A chunk may come in several parts that share it. */
    readonly id: number
    readonly data: Buffer
  }
  interface SizeChunkerOptions extends TransformOptions {
    readonly chunkSize: number
    readonly flushTail: boolean
  }
  /** Cuts a byte stream at every `chunkSize` bytes, without copying; its readable side gives `SizeChunk` objects. */
  export const SizeChunker: new (options: SizeChunkerOptions) => Transform
}

import { largestChunkBytes } from '../../chunker/index.ts'
import type { BlobTicket } from '../blob-sink.ts'
import { questionBlobs } from './segment-limits.ts'

/** A piece of content never needs more than one slab. */
export const slabBytes = largestChunkBytes

/** Memory shared with the sealing threads, filled with pieces of content one after the other. */
export class Slab {
  readonly bytes = new Uint8Array(new SharedArrayBuffer(slabBytes))
  #lengths: number[] = []
  #usedBytes = 0

  get isEmpty(): boolean {
    return this.#lengths.length === 0
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  get lengths(): readonly number[] {
    return this.#lengths
  }

  hasRoom(bytes: number): boolean {
    return this.#usedBytes + bytes <= slabBytes && this.#lengths.length < questionBlobs
  }

  room(bytes: number): Uint8Array {
    return this.bytes.subarray(this.#usedBytes, this.#usedBytes + bytes)
  }

  push(length: number): void {
    this.#lengths.push(length)
    this.#usedBytes += length
  }

  empty(): void {
    this.#lengths = []
    this.#usedBytes = 0
  }
}

/** A piece of a slab that has to be sent. */
export interface MissingPiece {
  readonly ticket: BlobTicket
  readonly start: number
  readonly length: number
}

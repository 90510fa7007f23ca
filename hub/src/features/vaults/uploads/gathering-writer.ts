import { releaseBytes } from '@holdfast/engine/bytes'
import type { StagedObject } from '@holdfast/engine/store'

/** With as much again in the write under way. */
const mostWaitingBytes = 512 * 1024

/**
 * Writes pieces to a staged object while further ones come: what has come during one write is written by the next one, in one call. A
 * call for each 64 KiB of a socket cost as much as its bytes.
 */
export class GatheringWriter {
  readonly #stage: StagedObject
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #writing: Promise<void> | null = null
  #failure: unknown

  constructor(stage: StagedObject) {
    this.#stage = stage
  }

  /**
   * Takes a piece over, to give its memory back once it is written; waits while much is waiting already.
   * @throws what an earlier write failed with
   */
  async write(piece: Uint8Array): Promise<void> {
    this.#waiting.push(piece)
    this.#waitingBytes += piece.length
    this.#startNext()
    while (this.#waitingBytes > mostWaitingBytes && this.#writing !== null) await this.#writing
    this.#throwIfFailed()
  }

  /** All of it is written. @throws what a write failed with */
  async end(): Promise<void> {
    await this.settle()
    this.#throwIfFailed()
  }

  /** Nothing is under way any more, whatever became of it: the staged object may be discarded. */
  async settle(): Promise<void> {
    while (this.#writing !== null) await this.#writing
  }

  #startNext(): void {
    if (this.#writing !== null || this.#waiting.length === 0) return
    const pieces = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    if (this.#failure === undefined) this.#writing = this.#writeAll(pieces)
  }

  async #writeAll(pieces: readonly Uint8Array[]): Promise<void> {
    try {
      // What throws at once must not be over before it is known to be under way.
      await Promise.resolve()
      await this.#stage.write(pieces)
      for (const piece of pieces) releaseBytes(piece)
    } catch (error) {
      this.#failure = error
    }
    this.#writing = null
    this.#startNext()
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure as Error
  }
}

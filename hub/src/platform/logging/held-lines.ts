import type { LineSink } from './logger.ts'

/** A start says a dozen lines before it may write into the data folder. */
const mostHeld = 500

/** Keeps the first lines of a process until it is known where they go. */
export class HeldLines implements LineSink {
  #held: string[] = []
  #sink: LineSink | null = null

  write(line: string): void {
    if (this.#sink !== null) this.#sink.write(line)
    else if (this.#held.length < mostHeld) this.#held.push(line)
  }

  /** From here on lines go there, those that were held first. */
  release(sink: LineSink): void {
    this.#sink = sink
    for (const line of this.#held) sink.write(line)
    this.#held = []
  }
}

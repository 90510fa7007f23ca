import { setTimeout as delay } from 'node:timers/promises'
import { EngineError } from '@holdfast/engine/errors'

/** Nobody notices that others wait this long for their turn. */
const workMs = 15
/** After a read that took long. */
const mostRestMs = 1000

/** For work beside the hub's own: it rests as long as it worked, so that half of a core at most is its, and ends when it is told to. */
export class Brake {
  readonly #signal: AbortSignal
  #sinceMs = performance.now()

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /** Between any two steps of a few milliseconds. @throws EngineError `cancelled` */
  async pass(): Promise<void> {
    const workedMs = performance.now() - this.#sinceMs
    if (workedMs > workMs) {
      // A rest that is cut short is told of by what follows.
      await delay(Math.min(workedMs, mostRestMs), undefined, { ref: false, signal: this.#signal }).catch(() => undefined)
      this.#sinceMs = performance.now()
    }
    if (this.#signal.aborted) throw new EngineError('cancelled', 'Counting was stopped.')
  }
}

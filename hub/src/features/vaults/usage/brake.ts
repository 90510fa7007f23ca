import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'
import { EngineError } from '@holdfast/engine/errors'

/** Nobody notices that others wait this long for their turn. */
const workMs = 15
/** After a read that took long. */
const mostRestMs = 1000

/** For work beside the hub's own: it rests as long as it worked, so that half of a core at most is its, and ends when it is told to. */
export class Brake {
  readonly #signal: AbortSignal
  readonly #rests: boolean
  #sinceMs = performance.now()

  /** @param how `yielding` = whoever waits for this work waits for its rests as well: others get their turn, and no more */
  constructor(signal: AbortSignal, how: 'resting' | 'yielding' = 'resting') {
    this.#signal = signal
    this.#rests = how === 'resting'
  }

  /** Between any two steps of a few milliseconds. @throws EngineError `cancelled` */
  async pass(): Promise<void> {
    const workedMs = performance.now() - this.#sinceMs
    if (workedMs > workMs) {
      // A rest that is cut short is told of by what follows.
      if (this.#rests) await delay(Math.min(workedMs, mostRestMs), undefined, { ref: false, signal: this.#signal }).catch(() => undefined)
      else await nextTurn()
      this.#sinceMs = performance.now()
    }
    if (this.#signal.aborted) throw new EngineError('cancelled', 'Counting was stopped.')
  }
}

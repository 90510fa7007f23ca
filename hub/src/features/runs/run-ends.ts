import type { RunId } from '@holdfast/shared-types'
import type { DomainEventBus } from '../../platform/events/domain-events.ts'

/** Of one run; who comes after them is answered at once, and asks again. */
const mostWaiting = 100

/** Somebody waits for a run to end. From the moment it is made no end is missed. */
export interface EndOfRun {
  /** Resolves when the run has ended, `ms` have passed, the signal aborts or the hub stops: look again which it was. */
  within(ms: number, signal: AbortSignal): Promise<void>
  forget(): void
}

/** Who waits for runs to end, so that nobody has to ask again and again. */
export class RunEnds {
  readonly #waiting = new Map<RunId, Set<() => void>>()
  #isClosed = false

  constructor(events: DomainEventBus) {
    events.on('run.finished', ({ runId }) => {
      for (const resolve of this.#waiting.get(runId) ?? []) resolve()
    })
  }

  endOf(runId: RunId): EndOfRun {
    const { promise, resolve } = Promise.withResolvers<void>()
    const ofRun = this.#waiting.get(runId) ?? new Set()
    this.#waiting.set(runId, ofRun.add(resolve))
    if (this.#isClosed || ofRun.size > mostWaiting) resolve()
    return {
      async within(ms, signal) {
        const timer = setTimeout(resolve, ms)
        signal.addEventListener('abort', () => resolve(), { once: true })
        if (signal.aborted) resolve()
        await promise
        clearTimeout(timer)
      },
      forget: () => {
        ofRun.delete(resolve)
        if (ofRun.size === 0 && this.#waiting.get(runId) === ofRun) this.#waiting.delete(runId)
      },
    }
  }

  /** Runs that somebody waits for. */
  get size(): number {
    return this.#waiting.size
  }

  /** Lets everybody go, now and from now on. */
  close(): void {
    this.#isClosed = true
    for (const ofRun of this.#waiting.values()) for (const resolve of ofRun) resolve()
  }
}

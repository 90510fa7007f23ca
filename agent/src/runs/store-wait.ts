import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, type ErrorCode } from '@holdfast/shared-types'
import { reconnectDelayMs, type DelayLimits } from '../hub-connection/reconnect-delay.ts'

/** What only a person at the hub can mend, and which then is mended for everybody who waits: no reason to fail, and none to ask in a hurry. */
const waitedOut: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['store.full', 'store.unavailable', 'database.full'])
/** A disk that was away for a moment is back at once; a full one stays full until somebody has noticed. */
const retryLimits: DelayLimits = { firstMs: 2_000, longestMs: 60_000 }
/** As long as the hub counts on a run that shows no progress. */
const longestWaitMs = 24 * 60 * 60 * 1000

export interface StoreWaitOptions {
  /** What is waited for from now on; null = it goes on. */
  readonly onChange: (refusal: AppError | null) => void
  readonly random?: () => number
  readonly limits?: DelayLimits
  readonly longestMs?: number
}

/** True for a refusal that a run waits out, instead of trying again at once or giving up. */
export const isWaitedOut = (error: unknown): error is AppError => error instanceof AppError && waitedOut.has(error.code)

/**
 * Lets one run wait until its hub can store again. However many of its calls were refused, one of them tries again, with growing pauses: each
 * try may send a whole pack. The others follow when it has gone through.
 */
export class StoreWait {
  readonly #options: StoreWaitOptions
  /** Settles when the call that tries for all has ended. */
  #trying: Promise<void> | null = null

  constructor(options: StoreWaitOptions) {
    this.#options = options
  }

  /** @throws what `work` throws, once that is nothing to wait for or a day is over; the signal's reason when it aborts */
  async during<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      while (this.#trying !== null) await this.#trying
      signal.throwIfAborted()
      try {
        return await work()
      } catch (error) {
        if (!isWaitedOut(error)) throw error
        if (this.#trying === null) return await this.#tryForAll(work, signal, error)
      }
    }
  }

  async #tryForAll<T>(work: () => Promise<T>, signal: AbortSignal, refusal: AppError): Promise<T> {
    const { onChange, random = Math.random, limits = retryLimits, longestMs = longestWaitMs } = this.#options
    const ended = Promise.withResolvers<void>()
    this.#trying = ended.promise
    const sinceMs = performance.now()
    let last = refusal
    onChange(last)
    try {
      for (let attempt = 0; ; attempt++) {
        // Never less than half of it: pauses are to grow.
        await sleep(reconnectDelayMs(attempt, 0.5 + random() / 2, limits), undefined, { signal }).catch(() => signal.throwIfAborted())
        try {
          return await work()
        } catch (error) {
          if (!isWaitedOut(error) || performance.now() - sinceMs > longestMs) throw error
          if (error.code !== last.code) onChange(error)
          last = error
        }
      }
    } finally {
      this.#trying = null
      onChange(null)
      ended.resolve()
    }
  }
}

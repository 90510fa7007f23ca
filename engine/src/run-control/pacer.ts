import { setImmediate as nextTurn } from 'node:timers/promises'
import { EngineError, isEngineError } from '../errors/index.ts'
import type { Clock } from './clock.ts'
import type { PauseGate } from './pause-gate.ts'

/** The event loop gets its turn this often: packs are sent, answers and an abort arrive only then. */
const turnMs = 20
const progressMs = 100
/** Asking the clock costs as much as a tenth of an entry. */
const stepsPerLook = 16

export interface PacerPorts {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** While it is closed a turn does not end. */
  readonly gate?: PauseGate | undefined
  /** Called at most every 100 ms. */
  readonly report: () => void
}

/** Keeps a loop of synchronous work from starving everything else in its thread. */
export class Pacer {
  readonly #clock: Clock
  readonly #signal: AbortSignal
  readonly #gate: PauseGate | undefined
  readonly #report: () => void
  #steps = 0
  #lastTurnMs: number
  #lastReportMs: number

  constructor({ clock, signal, gate, report }: PacerPorts) {
    this.#clock = clock
    this.#signal = signal
    this.#gate = gate
    this.#report = report
    this.#lastTurnMs = clock.monotonicMs()
    this.#lastReportMs = this.#lastTurnMs
  }

  /** Cheap; true when it is time to await {@link turn}. Call it once a step. */
  isDue(): boolean {
    return ++this.#steps % stepsPerLook === 0 && this.isLate()
  }

  /** The same for steps that are long by themselves. */
  isLate(): boolean {
    return this.#clock.monotonicMs() - this.#lastTurnMs >= turnMs
  }

  /** @throws EngineError `cancelled` */
  async turn(): Promise<void> {
    await nextTurn()
    if (this.#gate?.isClosed === true) {
      this.#report()
      await this.#gate.whenOpen(this.#signal)
    }
    this.throwIfCancelled()
    this.#lastTurnMs = this.#clock.monotonicMs()
    if (this.#lastTurnMs - this.#lastReportMs < progressMs) return
    this.#lastReportMs = this.#lastTurnMs
    this.#report()
  }

  throwIfCancelled(): void {
    if (this.#signal.aborted) throw cancelled(this.#signal)
  }
}

const cancelled = (signal: AbortSignal): EngineError => new EngineError('cancelled', 'The run was cancelled.', { cause: signal.reason })

/** What ends a cancelled run is the cancelling, whatever part of it noticed first and in which words. */
export const asCancelled = (error: unknown, signal: AbortSignal): unknown =>
  signal.aborted && !isEngineError(error, 'cancelled') ? cancelled(signal) : error

import type { MessagePort } from 'node:worker_threads'
import { PauseGate } from '@holdfast/engine/run-control'
import { AppError, isErrorCode } from '@holdfast/shared-types/errors'
import type { FromWorker, HubCallName, HubCalls, LogEntry, RunEnd, ToWorker } from './worker-messages.ts'
import type { RunProgressSample, RunWarning } from '@holdfast/shared-types'

interface Waiting {
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: AppError) => void
}

/** A worker's side of the port to the main thread: asks the hub, tells how it goes, and hears of a cancel or a pause. */
export class HubPort {
  readonly #port: MessagePort
  readonly #waiting = new Map<number, Waiting>()
  readonly #cancelling = new AbortController()
  /** Closed while the run is to rest. */
  readonly gate = new PauseGate()
  #nextCall = 1

  constructor(port: MessagePort) {
    this.#port = port
    port.on('message', (message: ToWorker) => this.#take(message))
  }

  /** Aborts when the run is to stop. */
  get cancelled(): AbortSignal {
    return this.#cancelling.signal
  }

  /** @param transfer buffers handed over for good: they are empty here afterwards. */
  ask<N extends HubCallName>(name: N, ask: HubCalls[N]['ask'], transfer: readonly ArrayBuffer[] = []): Promise<HubCalls[N]['answer']> {
    const call = this.#nextCall
    this.#nextCall += 1
    return new Promise((resolve, reject) => {
      this.#waiting.set(call, { resolve: resolve as (answer: unknown) => void, reject })
      this.#tell({ kind: 'call', call, name, ask }, transfer)
    })
  }

  progress(sample: RunProgressSample): void {
    this.#tell({ kind: 'progress', sample })
  }

  log(entry: LogEntry): void {
    this.#tell({ kind: 'log', entry })
  }

  warning(warning: RunWarning): void {
    this.#tell({ kind: 'warning', warning })
  }

  /** The last message of a worker: the port is closed, so that the thread can end. */
  end(end: RunEnd): void {
    this.#tell({ kind: 'end', end })
    this.#port.close()
  }

  #tell(message: FromWorker, transfer: readonly ArrayBuffer[] = []): void {
    this.#port.postMessage(message, transfer)
  }

  #take(message: ToWorker): void {
    if (message.kind === 'cancel') return this.#cancelling.abort(new AppError('run.cancelled'))
    if (message.kind === 'pause') return message.isPaused ? this.gate.close() : this.gate.open()
    const waiting = this.#waiting.get(message.call)
    this.#waiting.delete(message.call)
    if (message.kind === 'answer') waiting?.resolve(message.answer)
    else
      waiting?.reject(
        new AppError(isErrorCode(message.error.code) ? message.error.code : 'internal', {
          message: message.error.message,
          cure: message.error.cure,
        }),
      )
  }
}

import { Worker } from 'node:worker_threads'
import { EngineError, isEngineError } from '../errors/index.ts'
import type { DomainKeys } from '../reader/primitives.ts'
import type { Bundle, Pack } from './pack/pack-builder.ts'
import type { SealOrder, SealReport } from './seal-worker.ts'
import type { SealedPlace, Sealer } from './sealer.ts'
import { siblingModule } from './sibling-module.ts'

interface Waiting {
  resolve(place: SealedPlace): void
  reject(error: Error): void
}

class SealThread {
  readonly worker: Worker
  /** Raw bytes given and not yet sealed: the next bundle goes where this is least. */
  busyBytes = 0
  constructor(keys: DomainKeys) {
    this.worker = new Worker(siblingModule('./seal-worker', import.meta.url), { workerData: keys, name: 'holdfast-seal' })
  }
}

/** Seals on threads of its own, each with its own open packs; bundles go to the least busy one. */
export class WorkerSealer implements Sealer {
  readonly #threads: readonly SealThread[]
  readonly #waiting = new Map<number, Waiting>()
  #nextJob = 1
  #failure: Error | undefined
  #isClosed = false

  constructor(keys: DomainKeys, onPack: (pack: Pack) => void, threadCount: number) {
    this.#threads = Array.from({ length: threadCount }, () => new SealThread(keys))
    for (const thread of this.#threads) {
      thread.worker.on('message', (report: SealReport) => this.#take(report, onPack))
      thread.worker.on('error', (cause) => this.#fail(new EngineError('invariant.broken', 'A sealing thread stopped.', { cause })))
      thread.worker.on('exit', () => {
        if (!this.#isClosed) this.#fail(new EngineError('invariant.broken', 'A sealing thread ended too early.'))
      })
    }
  }

  async seal(bundle: Bundle): Promise<SealedPlace> {
    const thread = this.#threads.reduce((least, candidate) => (candidate.busyBytes < least.busyBytes ? candidate : least))
    const bytes = bundle.raw.length
    thread.busyBytes += bytes
    try {
      return await this.#order(thread, (job) => ({ seal: bundle, job }), [bundle.raw.buffer as ArrayBuffer])
    } finally {
      thread.busyBytes -= bytes
    }
  }

  async flush(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => this.#order(thread, (job) => ({ flush: true, job }), [])))
    await this.close()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all(this.#threads.map((thread) => thread.worker.terminate()))
    this.#fail(new EngineError('cancelled', 'Sealing was stopped.'))
  }

  #order(thread: SealThread, make: (job: number) => SealOrder, transfer: ArrayBuffer[]): Promise<SealedPlace> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    const job = this.#nextJob++
    return new Promise((resolve, reject) => {
      this.#waiting.set(job, { resolve, reject })
      thread.worker.postMessage(make(job), transfer)
    })
  }

  #take(report: SealReport, onPack: (pack: Pack) => void): void {
    if ('pack' in report) return onPack(report.pack)
    if ('failed' in report) {
      const error = report.error
      return this.#fail(
        isEngineError(error) || error instanceof Error
          ? error
          : new EngineError('invariant.broken', 'A sealing thread failed.', { cause: error }),
      )
    }
    const job = 'done' in report ? report.done : report.flushed
    const place = 'done' in report ? { packId: report.packId, ordinal: report.ordinal } : { packId: new Uint8Array(0), ordinal: 0 }
    this.#waiting.get(job)?.resolve(place)
    this.#waiting.delete(job)
  }

  #fail(error: Error): void {
    this.#failure ??= error
    for (const waiting of this.#waiting.values()) waiting.reject(this.#failure)
    this.#waiting.clear()
  }
}

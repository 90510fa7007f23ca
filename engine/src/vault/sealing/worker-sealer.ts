import { Worker } from 'node:worker_threads'
import { EngineError } from '../../errors/index.ts'
import type { DomainKeys } from '../../reader/primitives.ts'
import type { Compression } from '../compression/compress.ts'
import type { Bundle, Pack } from '../pack/pack-builder.ts'
import { siblingModule } from '../sibling-module.ts'
import { workerHeap } from '../worker-heap.ts'
import type { SealOrder, SealReport, SealSettings } from './seal-worker.ts'
import type { ContentRun, SealedPlace, Sealer } from './sealer.ts'

type Answer = Extract<SealReport, { done: unknown }>['done']

interface Waiting {
  resolve(answer: Answer): void
  reject(error: Error): void
}

class SealThread {
  readonly worker: Worker
  /** Bytes given and not yet done: the next job goes where this is least. */
  busyBytes = 0
  constructor(workerData: SealSettings) {
    this.worker = new Worker(siblingModule('./seal-worker', import.meta.url), {
      workerData,
      name: 'holdfast-seal',
      resourceLimits: workerHeap,
    })
  }
}

/** Seals on threads of its own, each with its own open packs; jobs go to the least busy one. Shared memory is worked on in place. */
export class WorkerSealer implements Sealer {
  readonly #threads: readonly SealThread[]
  readonly #waiting = new Map<number, Waiting>()
  #nextJob = 1
  #failure: Error | undefined
  #isClosed = false

  constructor(keys: DomainKeys, onPack: (pack: Pack) => void, threadCount: number, compression: Compression = 'fast') {
    this.#threads = Array.from({ length: threadCount }, () => new SealThread({ keys, compression }))
    for (const thread of this.#threads) {
      thread.worker.on('message', (report: SealReport) => this.#take(report, onPack))
      thread.worker.on('error', (cause) => this.#fail(new EngineError('invariant.broken', 'A sealing thread stopped.', { cause })))
      thread.worker.on('exit', () => {
        if (!this.#isClosed) this.#fail(new EngineError('invariant.broken', 'A sealing thread ended too early.'))
      })
    }
  }

  async identify(content: ContentRun): Promise<Uint8Array> {
    return (await this.#giveLeastBusy(content.bytes.length, (job) => ({ identify: content, job }), [])) as Uint8Array
  }

  async seal(bundles: readonly Bundle[]): Promise<readonly SealedPlace[]> {
    const parts = bundles.flatMap((bundle) => bundle.parts)
    const bytes = parts.reduce((sum, part) => sum + part.length, 0)
    // Shared memory stays with both sides; all else is handed over.
    const transfer = parts.flatMap(({ buffer }) => (buffer instanceof ArrayBuffer ? [buffer] : []))
    return (await this.#giveLeastBusy(bytes, (job) => ({ seal: bundles, job }), transfer)) as readonly SealedPlace[]
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

  async #giveLeastBusy(bytes: number, make: (job: number) => SealOrder, transfer: ArrayBuffer[]): Promise<Answer> {
    const thread = this.#threads.reduce((least, candidate) => (candidate.busyBytes < least.busyBytes ? candidate : least))
    thread.busyBytes += bytes
    try {
      return await this.#order(thread, make, transfer)
    } finally {
      thread.busyBytes -= bytes
    }
  }

  #order(thread: SealThread, make: (job: number) => SealOrder, transfer: ArrayBuffer[]): Promise<Answer> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    const job = this.#nextJob++
    return new Promise((resolve, reject) => {
      this.#waiting.set(job, { resolve, reject })
      thread.worker.postMessage(make(job), transfer)
    })
  }

  #take(report: SealReport, onPack: (pack: Pack) => void): void {
    if ('pack' in report) return onPack(report.pack)
    if ('failed' in report) return this.#fail(new EngineError(report.failed, report.message))
    this.#waiting.get(report.job)?.resolve(report.done)
    this.#waiting.delete(report.job)
  }

  #fail(error: Error): void {
    this.#failure ??= error
    for (const waiting of this.#waiting.values()) waiting.reject(this.#failure)
    this.#waiting.clear()
  }
}

import { Worker } from 'node:worker_threads'
import { copyBytes } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'
import type { SegmentPlace } from '../format/index.ts'
import type { DomainKeys } from '../reader/primitives.ts'
import type { OpenedSegment } from './blob-source.ts'
import { InlineOpener, type Opener } from './opener.ts'
import type { OpenedReport, OpenOrder, OpenReport } from './open-worker.ts'
import { siblingModule } from './sibling-module.ts'
import { workerHeap } from './worker-heap.ts'

/** Less than this is opened at once: a thread takes longer to start, and a message longer to come back. */
const worthAThreadBytes = 512 * 1024

interface Waiting {
  readonly places: readonly SegmentPlace[]
  readonly resolve: (segments: OpenedSegment[]) => void
  readonly reject: (error: Error) => void
}

interface OpenThread {
  readonly worker: Worker
  busyBytes: number
}

/**
 * Opens segments, and computes the ids of their blobs, on threads of its own: decryption, decompression and hashing are two thirds
 * of a restore, writing files is the rest. Threads start with the first large read, and do not keep the process alive while idle.
 */
export class WorkerOpener implements Opener {
  readonly #keys: DomainKeys
  readonly #threadCount: number
  readonly #inline: InlineOpener
  readonly #threads: OpenThread[] = []
  readonly #waiting = new Map<number, Waiting>()
  #nextJob = 1
  #failure: Error | undefined

  constructor(keys: DomainKeys, threadCount: number) {
    this.#keys = keys
    this.#threadCount = threadCount
    this.#inline = new InlineOpener(keys)
  }

  async openAll(bytes: Uint8Array, places: readonly SegmentPlace[]): Promise<OpenedSegment[]> {
    // Once given away, the buffer has no length any more.
    const sizeBytes = bytes.length
    if (sizeBytes < worthAThreadBytes) return this.#inline.openAll(bytes, places)
    if (this.#failure !== undefined) throw this.#failure
    const thread = this.#leastBusyThread()
    // A view into a larger buffer is copied: what else lies in that is not ours to give away.
    const own = bytes.byteLength === bytes.buffer.byteLength ? bytes : copyBytes(bytes)
    thread.busyBytes += sizeBytes
    try {
      return await this.#order(thread, own, places)
    } finally {
      thread.busyBytes -= sizeBytes
      // One that is being ended keeps the process alive until it has: whoever closes waits for it.
      if (thread.busyBytes === 0 && this.#failure === undefined) thread.worker.unref()
    }
  }

  async close(): Promise<void> {
    this.#fail(new EngineError('cancelled', 'Reading was stopped.'))
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()))
  }

  #order({ worker }: OpenThread, bytes: Uint8Array, places: readonly SegmentPlace[]): Promise<OpenedSegment[]> {
    const job = this.#nextJob++
    return new Promise((resolve, reject) => {
      this.#waiting.set(job, { places, resolve, reject })
      worker.ref()
      worker.postMessage({ job, bytes, places } satisfies OpenOrder, [bytes.buffer as ArrayBuffer])
    })
  }

  #leastBusyThread(): OpenThread {
    const least = this.#threads.reduce<OpenThread | null>(
      (best, thread) => (best === null || thread.busyBytes < best.busyBytes ? thread : best),
      null,
    )
    if (least !== null && (least.busyBytes === 0 || this.#threads.length >= this.#threadCount)) return least
    const worker = new Worker(siblingModule('./open-worker', import.meta.url), {
      workerData: this.#keys,
      name: 'holdfast-open',
      resourceLimits: workerHeap,
    })
    worker.on('message', (report: OpenReport) => this.#take(report))
    worker.on('error', (cause) => this.#fail(new EngineError('invariant.broken', 'A thread that opens segments stopped.', { cause })))
    worker.on('exit', () => this.#fail(new EngineError('invariant.broken', 'A thread that opens segments ended too early.')))
    const thread = { worker, busyBytes: 0 }
    this.#threads.push(thread)
    return thread
  }

  #take(report: OpenReport): void {
    const waiting = this.#waiting.get(report.job)
    this.#waiting.delete(report.job)
    if (waiting === undefined) return
    if ('code' in report) {
      waiting.reject(new EngineError(report.code, report.message))
      return
    }
    waiting.resolve(waiting.places.map((place, index) => toOpened(place, report.segments[index]!)))
  }

  #fail(error: Error): void {
    this.#failure ??= error
    for (const { reject } of this.#waiting.values()) reject(this.#failure)
    this.#waiting.clear()
  }
}

function toOpened({ packId, ordinal }: SegmentPlace, { raw, lengths, dataIds }: OpenedReport): OpenedSegment {
  let offset = 0
  const blobs = Array.from(lengths, (length) => raw.subarray(offset, (offset += length)))
  return { packId, ordinal, blobs, dataIds, memory: new Uint8Array(raw.buffer) }
}

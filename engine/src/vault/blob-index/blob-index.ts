import { readdir, rmdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { concatBytes } from '../../bytes/index.ts'
import { EngineError } from '../../errors/index.ts'
import { siblingModule } from '../sibling-module.ts'
import type { BlobPlaces } from './domain-index.ts'
import type { IndexOrder, IndexReport } from './index-thread.ts'

/** Ids on their way to the thread before who adds more waits: some 256 full packs of small files. */
const mostAheadBytes = 16 * 1024 * 1024
/** A UUID. */
const ownName = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/

export interface BlobIndexOptions {
  /** For its files, and for nothing else; made when it is first needed. */
  readonly folder: string
  /** Something could not be written: the index needs more memory than it should. Told once an hour. */
  readonly onUnwritable: (message: string) => void
  /** The thread is gone, and with it all that was added. Told once. */
  readonly onFailure: (error: EngineError) => void
}

interface Waiting {
  readonly resolve: (places: BlobPlaces) => void
  readonly reject: (error: EngineError) => void
}

/**
 * Where blobs lie, for any number of domains, on a thread of its own: nobody else waits for its disk. Kept in memory and in files without a
 * name, and gone with the process. The thread starts with the first blob, and does not keep the process alive while it is idle.
 */
export class BlobIndex {
  readonly #options: BlobIndexOptions
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | null = null
  #domains = 0
  #nextQuestion = 1
  #aheadBytes = 0
  #roomAwaited: { readonly promise: Promise<void>; readonly resolve: () => void } | null = null
  #failure: EngineError | undefined

  constructor(options: BlobIndexOptions) {
    this.#options = options
  }

  /**
   * Removes what earlier processes could not: files with the names that this class gives, and nothing else. What cannot be removed only takes
   * room. Call it before anything is added.
   */
  async clear(): Promise<void> {
    const { folder } = this.#options
    const names = await readdir(folder).catch(() => [])
    for (const name of names.filter((one) => ownName.test(one))) await unlink(join(folder, name)).catch(() => undefined)
    await rmdir(folder).catch(() => undefined)
  }

  /** @returns the number of a new, empty domain */
  openDomain(): number {
    return this.#domains++
  }

  /**
   * Adds the blobs of a pack: every lookup that begins later finds them. Resolves when there is room for more.
   * @param pack below 2 ** 32, as the caller counts them. @param ids 32 bytes each, in the order of the pack; copied.
   */
  async add(domain: number, pack: number, ids: readonly Uint8Array[]): Promise<void> {
    if (ids.length === 0) return
    const words = toWords(ids)
    this.#aheadBytes += words.byteLength
    this.#order({ kind: 'add', domain, pack, ids: words })
    while (this.#aheadBytes > mostAheadBytes && this.#failure === undefined) {
      this.#roomAwaited ??= Promise.withResolvers<void>()
      this.#keepAlive()
      await this.#roomAwaited.promise
    }
    if (this.#failure !== undefined) throw this.#failure
  }

  /**
   * @param ids 32 bytes each, one after the other; copied.
   * @param mostPlaces of one id: the oldest
   * @throws EngineError `store.unavailable` once the thread ended or the index was closed: to be asked again when the hub is back
   */
  find(domain: number, ids: Uint8Array, mostPlaces: number): Promise<BlobPlaces> {
    const words = toWords([ids])
    const question = this.#nextQuestion++
    return new Promise((resolve, reject) => {
      this.#waiting.set(question, { resolve, reject })
      this.#order({ kind: 'find', domain, question, ids: words, mostPlaces })
      this.#keepAlive()
    })
  }

  async close(): Promise<void> {
    this.#stop()
    await this.#worker?.terminate()
  }

  #order(order: IndexOrder): void {
    if (this.#failure !== undefined) {
      this.#stop()
      return
    }
    this.#worker ??= this.#start()
    this.#worker.postMessage(order, [order.ids.buffer])
  }

  #start(): Worker {
    const worker = new Worker(siblingModule('./index-thread', import.meta.url), {
      workerData: { folder: this.#options.folder },
      name: 'holdfast-blob-index',
    })
    const fail = (cause?: unknown): void => {
      if (this.#failure !== undefined) return
      this.#stop()
      this.#options.onFailure(new EngineError('invariant.broken', 'The thread that looks up blobs ended.', { cause }))
    }
    worker.on('message', (report: IndexReport) => this.#take(report))
    worker.on('error', fail)
    worker.on('exit', () => fail())
    worker.unref()
    return worker
  }

  #take(report: IndexReport): void {
    if (report.kind === 'unwritable') this.#options.onUnwritable(report.message)
    else if (report.kind === 'added') {
      this.#aheadBytes -= report.bytes
      if (this.#aheadBytes <= mostAheadBytes) this.#giveRoom()
    } else {
      const waiting = this.#waiting.get(report.question)
      this.#waiting.delete(report.question)
      this.#keepAlive()
      waiting?.resolve(report.places)
    }
  }

  #giveRoom(): void {
    this.#roomAwaited?.resolve()
    this.#roomAwaited = null
    this.#keepAlive()
  }

  #keepAlive(): void {
    if (this.#waiting.size > 0 || this.#roomAwaited !== null) this.#worker?.ref()
    else this.#worker?.unref()
  }

  /** Who waits may ask again: the hub that answers then has an index. */
  #stop(): void {
    this.#failure ??= new EngineError('store.unavailable', 'The hub stops, and looks up no blobs any more.')
    for (const { reject } of this.#waiting.values()) reject(this.#failure)
    this.#waiting.clear()
    this.#giveRoom()
  }
}

/** A copy whose memory can be given away. */
const toWords = (parts: readonly Uint8Array[]): Uint32Array<ArrayBuffer> => new Uint32Array(concatBytes(parts).buffer)

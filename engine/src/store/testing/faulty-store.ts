import { EngineError } from '../../errors/index.ts'
import type { ByteRange, ListedObject, ObjectHead, ObjectStore, StagedObject, StoreOptions } from '../object-store.ts'
import { piecesOf } from '../store-failures.ts'
import { SimulatedCrash } from './fault-plan.ts'
import type { CrashPoint, Fault, FaultPlan, StoreCall, StoreOperation } from './fault-plan.ts'
import { flipOneBit, keepHalf } from './spoil-bytes.ts'

export interface FaultyStoreOptions {
  /** Which call goes wrong, and how. Without one nothing does. */
  readonly plan?: FaultPlan
  /** Told before and after everything that changes the store; throwing {@link SimulatedCrash} there ends this "process". */
  readonly onCrashPoint?: (point: CrashPoint) => void
  /** After a crash in the middle of a put or commit half of the object is visible, as on a disk that was never synced. */
  readonly tearsWrites?: boolean
}

/**
 * A store around another that fails, lies, tears writes, lists late and dies on demand, and counts every call.
 *
 * After a crash every further call of this instance fails as well: its process is gone. Look at what is left through the store
 * inside, or a new FaultyStore around it.
 */
export class FaultyStore implements ObjectStore {
  readonly callCounts: Record<StoreOperation, number> = {
    put: 0,
    stage: 0,
    write: 0,
    read: 0,
    commit: 0,
    discard: 0,
    get: 0,
    head: 0,
    list: 0,
    delete: 0,
    makeDurable: 0,
  }
  /** How many crash points went by: run once to learn the number, then once for each. */
  crashPointCount = 0
  readonly #inner: ObjectStore
  readonly #options: FaultyStoreOptions
  #crash: SimulatedCrash | undefined

  constructor(inner: ObjectStore, options: FaultyStoreOptions = {}) {
    this.#inner = inner
    this.#options = options
  }

  put(key: string, source: Uint8Array | readonly Uint8Array[], options?: StoreOptions): Promise<void> {
    return this.#call({ operation: 'put', key }, async (fault) => {
      const stored = fault?.kind === 'short-write' ? keepHalf(piecesOf(source)) : source
      const tear = () => this.#inner.put(key, keepHalf(piecesOf(source)))
      await this.#change({ operation: 'put', key }, () => this.#inner.put(key, stored, options), tear)
    })
  }

  stage(options?: StoreOptions): Promise<StagedObject> {
    return this.#call({ operation: 'stage', key: null }, async () => new FaultyStagedObject(this, await this.#inner.stage(options)))
  }

  get(key: string, range?: ByteRange): Promise<Uint8Array> {
    return this.#call({ operation: 'get', key }, async (fault) => {
      return spoil(await this.#inner.get(key, range), fault)
    })
  }

  head(key: string): Promise<ObjectHead | null> {
    return this.#call({ operation: 'head', key }, () => this.#inner.head(key))
  }

  async *list(prefix: string): AsyncIterable<ListedObject> {
    const listed = await this.#call({ operation: 'list', key: prefix }, async (fault) => {
      const omits = fault?.kind === 'omit-from-list' ? fault.omits : () => false
      const kept: ListedObject[] = []
      for await (const object of this.#inner.list(prefix)) if (!omits(object.key)) kept.push(object)
      return kept
    })
    yield* listed
  }

  delete(key: string): Promise<boolean> {
    return this.#call({ operation: 'delete', key }, () => this.#change({ operation: 'delete', key }, () => this.#inner.delete(key)))
  }

  makeDurable(keys: readonly string[]): Promise<void> {
    return this.#call({ operation: 'makeDurable', key: null }, () => this.#inner.makeDurable(keys))
  }

  /** For the staged objects of this store. */
  callStaged<Result>(call: StoreCall, perform: (fault: Fault | undefined) => Promise<Result>): Promise<Result> {
    return this.#call(call, perform)
  }

  /** For the staged objects of this store. */
  async commitStaged(key: string, staged: StagedObject): Promise<void> {
    const tear = async () => this.#inner.put(key, await staged.read(0, Math.floor(staged.sizeBytes / 2)))
    await this.#change({ operation: 'commit', key }, () => staged.commit(key), tear)
  }

  async #call<Result>(call: StoreCall, perform: (fault: Fault | undefined) => Promise<Result>): Promise<Result> {
    if (this.#crash !== undefined) throw this.#crash
    this.callCounts[call.operation]++
    const fault = this.#options.plan?.next(call)
    if (fault?.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, fault.delayMs))
    if (fault?.kind === 'fail') throw failure(fault.code ?? 'store.unavailable', call, 'before it was done')
    const result = await perform(fault)
    if (fault?.kind === 'fail-after-success') throw failure('store.unavailable', call, 'after it was done')
    return result
  }

  /** One step that changes what is stored, between two crash points. */
  async #change<Result>(call: StoreCall, perform: () => Promise<Result>, tear?: () => Promise<void>): Promise<Result> {
    try {
      this.#passCrashPoint(call, 'before')
    } catch (error) {
      if (this.#crash !== undefined && this.#options.tearsWrites === true) await tear?.()
      throw error
    }
    const result = await perform()
    this.#passCrashPoint(call, 'after')
    return result
  }

  #passCrashPoint(call: StoreCall, phase: CrashPoint['phase']): void {
    const number = this.crashPointCount++
    try {
      this.#options.onCrashPoint?.({ ...call, number, phase })
    } catch (error) {
      if (error instanceof SimulatedCrash) this.#crash = error
      throw error
    }
  }
}

class FaultyStagedObject implements StagedObject {
  readonly #store: FaultyStore
  readonly #inner: StagedObject

  constructor(store: FaultyStore, inner: StagedObject) {
    this.#store = store
    this.#inner = inner
  }

  get sizeBytes(): number {
    return this.#inner.sizeBytes
  }

  write(source: Uint8Array | readonly Uint8Array[]): Promise<void> {
    return this.#store.callStaged({ operation: 'write', key: null }, (fault) =>
      this.#inner.write(fault?.kind === 'short-write' ? keepHalf(piecesOf(source)) : source),
    )
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    return this.#store.callStaged({ operation: 'read', key: null }, async (fault) => {
      return spoil(await this.#inner.read(offset, length), fault)
    })
  }

  commit(key: string): Promise<void> {
    return this.#store.callStaged({ operation: 'commit', key }, () => this.#store.commitStaged(key, this.#inner))
  }

  discard(): Promise<void> {
    return this.#store.callStaged({ operation: 'discard', key: null }, () => this.#inner.discard())
  }
}

function spoil(bytes: Uint8Array, fault: Fault | undefined): Uint8Array {
  if (fault?.kind === 'short-read') return bytes.slice(0, Math.floor(bytes.length / 2))
  return fault?.kind === 'flip-bit' ? flipOneBit(bytes, fault.bit) : bytes
}

function failure(code: 'store.unavailable' | 'store.full' | 'store.io-error', call: StoreCall, when: string): EngineError {
  return new EngineError(code, `A test lets ${call.operation} fail ${when}.`, { context: { operation: call.operation, key: call.key } })
}

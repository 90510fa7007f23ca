import { concatBytes } from '../../bytes/index.ts'
import { invariant } from '../../errors/index.ts'
import { requireKey, requirePrefix } from '../object-key.ts'
import type { ByteRange, ListedObject, ObjectHead, ObjectStore, StagedObject, StoreOptions } from '../object-store.ts'
import { alreadyExists, endsTooEarly, notFound, piecesOf, requireNotAborted, requireRange } from '../store-failures.ts'

/** Objects in the memory of this process: for tests and trials. "Durable" lasts as long as the instance. */
export class MemoryStore implements ObjectStore {
  readonly #bytesByKey = new Map<string, Uint8Array>()

  async put(key: string, source: Uint8Array | readonly Uint8Array[], options: StoreOptions = {}): Promise<void> {
    requireKey(key)
    requireNotAborted(options.signal)
    if (this.#bytesByKey.has(key)) throw alreadyExists(key)
    this.#bytesByKey.set(key, concatBytes(piecesOf(source)))
  }

  async stage(options: StoreOptions = {}): Promise<StagedObject> {
    requireNotAborted(options.signal)
    return new MemoryStagedObject(this, options)
  }

  async get(key: string, range?: ByteRange): Promise<Uint8Array> {
    requireKey(key)
    const bytes = this.#bytesByKey.get(key)
    if (bytes === undefined) throw notFound(key)
    return range === undefined ? bytes.slice() : sliceExactly(key, bytes, range)
  }

  async head(key: string): Promise<ObjectHead | null> {
    requireKey(key)
    const bytes = this.#bytesByKey.get(key)
    return bytes === undefined ? null : { sizeBytes: bytes.length }
  }

  async *list(prefix: string): AsyncIterable<ListedObject> {
    requirePrefix(prefix)
    const keys = [...this.#bytesByKey.keys()].filter((key) => key.startsWith(prefix)).toSorted()
    for (const key of keys) {
      const bytes = this.#bytesByKey.get(key)
      if (bytes !== undefined) yield { key, sizeBytes: bytes.length }
    }
  }

  async delete(key: string): Promise<boolean> {
    requireKey(key)
    return this.#bytesByKey.delete(key)
  }

  async makeDurable(keys: readonly string[]): Promise<void> {
    for (const key of keys) requireKey(key)
  }
}

class MemoryStagedObject implements StagedObject {
  readonly #store: MemoryStore
  readonly #options: StoreOptions
  #pieces: Uint8Array[] = []
  #state: 'open' | 'committed' | 'discarded' = 'open'

  constructor(store: MemoryStore, options: StoreOptions) {
    this.#store = store
    this.#options = options
  }

  get sizeBytes(): number {
    return this.#pieces.reduce((sum, piece) => sum + piece.length, 0)
  }

  async write(source: Uint8Array | readonly Uint8Array[]): Promise<void> {
    this.#requireOpen()
    requireNotAborted(this.#options.signal)
    this.#pieces.push(concatBytes(piecesOf(source)))
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.#requireOpen()
    return sliceExactly('(staged)', concatBytes(this.#pieces), { offset, length })
  }

  async commit(key: string): Promise<void> {
    this.#requireOpen()
    await this.#store.put(key, this.#pieces, this.#options)
    this.#state = 'committed'
  }

  async discard(): Promise<void> {
    if (this.#state === 'open') this.#state = 'discarded'
    this.#pieces = []
  }

  #requireOpen(): void {
    invariant(this.#state === 'open', `a staged object is used before it is ${this.#state}`)
  }
}

function sliceExactly(key: string, bytes: Uint8Array, range: ByteRange): Uint8Array {
  requireRange(range)
  if (range.offset + range.length > bytes.length) throw endsTooEarly(key, range, bytes.length)
  return bytes.slice(range.offset, range.offset + range.length)
}

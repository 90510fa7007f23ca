import type { VaultId } from '@holdfast/shared-types'
import type { ByteRange, ListedObject, ObjectHead, ObjectStore, StagedObject, StoreOptions } from '@holdfast/engine/store'
import { VaultFolders } from '../opening/vault-folders.ts'

export type StoreStep = 'put' | 'stage' | 'write' | 'commit' | 'get' | 'delete' | 'makeDurable'

/** A real store whose steps tests may watch, delay or fail. */
export class StoreWithHooks implements ObjectStore {
  readonly #inner: ObjectStore
  /** Runs before a step; what it throws is what the step fails with. */
  before: (step: StoreStep, key: string | null) => Promise<void> | void = () => undefined
  /** Runs when a step is done, before its caller hears of it. */
  after: (step: StoreStep, key: string | null) => Promise<void> | void = () => undefined

  /** Bytes written to staged objects so far. */
  stagedBytes = 0

  /** Keys that `makeDurable` was told of and was done with. */
  readonly durableKeys: string[] = []

  constructor(inner: ObjectStore) {
    this.#inner = inner
  }

  put(key: string, source: Uint8Array | readonly Uint8Array[], options?: StoreOptions): Promise<void> {
    return this.step('put', key, () => this.#inner.put(key, source, options))
  }

  stage(options?: StoreOptions): Promise<StagedObject> {
    let staged: StagedObject | undefined
    const begun = this.step('stage', null, async () => new StagedWithHooks(this, (staged = await this.#inner.stage(options))))
    // Whoever never hears of it cannot discard it; the file goes with its store.
    begun.catch(() => staged?.discard())
    return begun
  }

  get(key: string, range?: ByteRange): Promise<Uint8Array> {
    return this.step('get', key, () => this.#inner.get(key, range))
  }

  head(key: string): Promise<ObjectHead | null> {
    return this.#inner.head(key)
  }

  list(prefix: string): AsyncIterable<ListedObject> {
    return this.#inner.list(prefix)
  }

  delete(key: string): Promise<boolean> {
    return this.step('delete', key, () => this.#inner.delete(key))
  }

  makeDurable(keys: readonly string[]): Promise<void> {
    return this.step('makeDurable', keys[0] ?? null, async () => {
      await this.#inner.makeDurable(keys)
      this.durableKeys.push(...keys)
    })
  }

  async close(): Promise<void> {
    if ('close' in this.#inner && typeof this.#inner.close === 'function') await this.#inner.close()
  }

  async step<T>(step: StoreStep, key: string | null, work: () => Promise<T>): Promise<T> {
    await this.before(step, key)
    const result = await work()
    await this.after(step, key)
    return result
  }
}

class StagedWithHooks implements StagedObject {
  readonly #store: StoreWithHooks
  readonly #inner: StagedObject

  constructor(store: StoreWithHooks, inner: StagedObject) {
    this.#store = store
    this.#inner = inner
  }

  get sizeBytes(): number {
    return this.#inner.sizeBytes
  }

  write(source: Uint8Array | readonly Uint8Array[]): Promise<void> {
    return this.#store.step('write', null, async () => {
      const before = this.#inner.sizeBytes
      await this.#inner.write(source)
      this.#store.stagedBytes += this.#inner.sizeBytes - before
    })
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    return this.#inner.read(offset, length)
  }

  commit(key: string): Promise<void> {
    return this.#store.step('commit', key, () => this.#inner.commit(key))
  }

  discard(): Promise<void> {
    return this.#inner.discard()
  }
}

/** The folders of a hub's vaults, with hooks around every store. */
export class FoldersWithHooks extends VaultFolders {
  readonly stores: StoreWithHooks[] = []
  /** Called with every store before it is used. */
  readonly #onStore: (store: StoreWithHooks) => void

  constructor(storeUrl: string, onStore: (store: StoreWithHooks) => void = () => undefined) {
    super(storeUrl)
    this.#onStore = onStore
  }

  override async open(vaultId: VaultId): Promise<ObjectStore> {
    return this.#hook(await super.open(vaultId))
  }

  override async create(vaultId: VaultId): Promise<ObjectStore> {
    return this.#hook(await super.create(vaultId))
  }

  #hook(store: ObjectStore): StoreWithHooks {
    const hooked = new StoreWithHooks(store)
    this.stores.push(hooked)
    this.#onStore(hooked)
    return hooked
  }
}

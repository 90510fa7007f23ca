/** Bytes by key: a folder, S3, memory. Knows nothing of vaults. */
export interface ObjectStore {
  /**
   * Stores an object under a new key. Durable when it resolves. An object is never replaced, also not in a race.
   *
   * @param source one piece or several, stored back to back; not to be changed until this settles.
   * @throws EngineError `store.exists` (the object there is durable, and stays as it is), `store.invalid-key`, `store.full`,
   *   `store.unavailable`, `store.io-error`, `cancelled`. After any but the first two it is open whether the object is there.
   */
  put(key: string, source: Uint8Array | readonly Uint8Array[], options?: StoreOptions): Promise<void>

  /** Begins an object whose bytes come in parts, or must be looked at before it gets its key. Nothing is visible until `commit`. */
  stage(options?: StoreOptions): Promise<StagedObject>

  /**
   * @returns the whole object or exactly the range, in memory of the caller's own.
   * @throws EngineError `store.not-found`; `store.io-error` also where the object ends before the range does.
   */
  get(key: string, range?: ByteRange): Promise<Uint8Array>

  /** Size of the object, or null if there is none. */
  head(key: string): Promise<ObjectHead | null>

  /**
   * Every object whose key starts with `prefix` (plain text: `p/`, `s/ab`, or empty for all), sorted by key.
   * An object stored or deleted meanwhile may or may not be among them.
   */
  list(prefix: string): AsyncIterable<ListedObject>

  /**
   * @returns whether there was one. Gone for all readers when it resolves; after a power failure it may be back, unless `makeDurable` was told of it.
   */
  delete(key: string): Promise<boolean>

  /**
   * Whether there is an object under each of these keys stays as it is now, also after a power failure: deletions, and objects of which nobody
   * knows whether their `put` came to its end. Durable when it resolves.
   */
  makeDurable(keys: readonly string[]): Promise<void>
}

/** One object in the making. Calls follow one another: no two at the same time. */
export interface StagedObject {
  /** Bytes written so far. */
  readonly sizeBytes: number
  /** Appends, pieces one after the other. Not to be changed until this settles. */
  write(source: Uint8Array | readonly Uint8Array[]): Promise<void>
  /** Reads back what was written. @throws EngineError `store.io-error` where less was written. */
  read(offset: number, length: number): Promise<Uint8Array>
  /**
   * Makes it durable under the key, with the promises and errors of `put`. After `store.exists` or `store.invalid-key` it is
   * still staged: commit it under another key or discard it.
   */
  commit(key: string): Promise<void>
  /** Forgets the bytes. Does nothing after a commit or a second time. */
  discard(): Promise<void>
}

export interface StoreOptions {
  /** Aborting rejects with `cancelled` at the next step. */
  readonly signal?: AbortSignal
}

export interface ByteRange {
  readonly offset: number
  readonly length: number
}

export interface ObjectHead {
  readonly sizeBytes: number
}

export interface ListedObject {
  readonly key: string
  readonly sizeBytes: number
}

import type { ObjectStore } from '@holdfast/engine/store'

/** A directory store writes out each folder once for all of its names: 256 folders of packs. Keys have about 80 bytes. */
const namesAtOnce = 50_000

/** Objects that somebody may have put right before a kill: their names have to outlast a power cut before a committed row counts on them. */
export class DurableNames {
  readonly #store: Pick<ObjectStore, 'makeDurable'>
  #keys: string[] = []

  constructor(store: Pick<ObjectStore, 'makeDurable'>) {
    this.#store = store
  }

  /** @throws EngineError `store.*` */
  async add(key: string): Promise<void> {
    this.#keys.push(key)
    if (this.#keys.length >= namesAtOnce) await this.flush()
  }

  /** All that were added are durable when it resolves. @throws EngineError `store.*` */
  async flush(): Promise<void> {
    const keys = this.#keys
    this.#keys = []
    if (keys.length > 0) await this.#store.makeDurable(keys)
  }
}

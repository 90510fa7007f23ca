import { randomInt } from 'node:crypto'
import { packKinds } from '../format/index.ts'
import type { DomainKeys } from '../reader/primitives.ts'
import { PackBuilder, type Bundle, type Pack } from './pack/pack-builder.ts'

/** Data segments go at random to one of two packs, so that the order of their sizes tells less (docs/vault-format.md §8). */
const openDataPacks = 2

export interface SealedPlace {
  readonly packId: Uint8Array
  readonly ordinal: number
}

/** Turns bundles into segments of packs. */
export interface Sealer {
  /** Resolves when the bundle has its place; the pack may still be open. Takes ownership of the bundle's bytes. */
  seal(bundle: Bundle): Promise<SealedPlace>
  /** Finishes all open packs and hands them out. */
  flush(): Promise<void>
  /** Frees threads and memory, whatever state it is in. */
  close(): Promise<void>
}

/** Seals on the calling thread. One instance owns its open packs: never share it between threads. */
export class InlineSealer implements Sealer {
  readonly #keys: DomainKeys
  readonly #onPack: (pack: Pack) => void
  readonly #dataPacks: (PackBuilder | undefined)[] = Array.from({ length: openDataPacks })
  #metadataPack: PackBuilder | undefined
  /** Bundles are sealed one after the other: a pack builder is not made for two at once. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(keys: DomainKeys, onPack: (pack: Pack) => void) {
    this.#keys = keys
    this.#onPack = onPack
  }

  seal(bundle: Bundle): Promise<SealedPlace> {
    const sealed = this.#last.then(() => this.#sealNext(bundle))
    this.#last = sealed.catch(() => undefined)
    return sealed
  }

  async #sealNext(bundle: Bundle): Promise<SealedPlace> {
    if (bundle.kind === packKinds.metadata) {
      const builder = (this.#metadataPack ??= new PackBuilder(bundle.kind, this.#keys))
      const ordinal = await builder.append(bundle)
      if (builder.isFull) {
        this.#metadataPack = undefined
        this.#onPack(builder.finish())
      }
      return { packId: builder.packId, ordinal }
    }
    const choice = randomInt(openDataPacks)
    const builder = (this.#dataPacks[choice] ??= new PackBuilder(bundle.kind, this.#keys))
    const ordinal = await builder.append(bundle)
    if (builder.isFull) {
      this.#dataPacks[choice] = undefined
      this.#onPack(builder.finish())
    }
    return { packId: builder.packId, ordinal }
  }

  async flush(): Promise<void> {
    await this.#last
    for (const builder of [...this.#dataPacks, this.#metadataPack])
      if (builder !== undefined && builder.segmentCount > 0) this.#onPack(builder.finish())
    await this.close()
  }

  close(): Promise<void> {
    this.#dataPacks.fill(undefined)
    this.#metadataPack = undefined
    return Promise.resolve()
  }
}

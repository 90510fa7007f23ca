import { randomInt } from 'node:crypto'
import { createBlobHasher, type BlobHasher } from '../../blob-id/index.ts'
import { blobIdBytes, blobTypes, packKinds } from '../../format/index.ts'
import type { DomainKeys } from '../../reader/primitives.ts'
import { PackBuilder, type Bundle, type Pack, type PackOptions } from '../pack/pack-builder.ts'
import type { ContentRun, SealedPlace, Sealer } from './sealer.ts'

/** Data segments go at random to one of two packs, so that the order of their sizes tells less (docs/vault-format.md §8). */
const openDataPacks = 2

/** Seals on the calling thread. One instance owns its open packs: never share it between threads. */
export class InlineSealer implements Sealer {
  readonly #keys: DomainKeys
  readonly #hasher: BlobHasher
  readonly #onPack: (pack: Pack) => void
  readonly #options: PackOptions
  readonly #dataPacks: (PackBuilder | undefined)[] = Array.from({ length: openDataPacks })
  #metadataPack: PackBuilder | undefined
  /** Bundles are sealed one after the other: a pack builder is not made for two at once. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(keys: DomainKeys, onPack: (pack: Pack) => void, options: PackOptions = {}) {
    this.#keys = keys
    this.#hasher = createBlobHasher(keys.idKey)
    this.#onPack = onPack
    this.#options = options
  }

  identify({ bytes, lengths }: ContentRun): Promise<Uint8Array> {
    const ids = new Uint8Array(lengths.length * blobIdBytes)
    let start = 0
    for (const [index, length] of lengths.entries()) {
      const blob = bytes.subarray(start, (start += length))
      this.#hasher.writeId(blobTypes.data, blob, ids, index * blobIdBytes)
    }
    return Promise.resolve(ids)
  }

  seal(bundles: readonly Bundle[]): Promise<readonly SealedPlace[]> {
    const sealed = this.#last.then(async () => {
      const places: SealedPlace[] = []
      for (const bundle of bundles) places.push(await this.#sealNext(bundle))
      return places
    })
    this.#last = sealed.catch(() => undefined)
    return sealed
  }

  async #sealNext(bundle: Bundle): Promise<SealedPlace> {
    if (bundle.kind === packKinds.metadata) {
      const builder = (this.#metadataPack ??= new PackBuilder(bundle.kind, this.#keys, this.#options))
      const ordinal = await builder.append(bundle)
      if (builder.isFull) {
        this.#metadataPack = undefined
        this.#onPack(builder.finish())
      }
      return { packId: builder.packId, ordinal }
    }
    const choice = randomInt(openDataPacks)
    const builder = (this.#dataPacks[choice] ??= new PackBuilder(bundle.kind, this.#keys, this.#options))
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

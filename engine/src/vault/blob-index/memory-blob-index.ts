import { BlobTable } from './blob-table.ts'
import { PlaceList } from './index-entry.ts'
import { idWords, KeyedHash } from './keyed-hash.ts'

/** Where one blob lies. */
export interface HeldBlob {
  /** Stands for the blob in this index; below the number of all places. */
  readonly number: number
  /** Pack and blob of every place, one after the other, in the order they were added. */
  readonly places: Uint32Array
}

/** The same as a domain of a hub's index, in memory alone and answered at once: 60 to 120 bytes a blob, and half as many again while it grows. For what ends when its work is done. */
export class MemoryBlobIndex {
  readonly #table = new BlobTable()
  readonly #hash = new KeyedHash()
  readonly #words = new Uint32Array(idWords)
  readonly #bytes = new Uint8Array(this.#words.buffer)

  /** @param id 32 bytes, copied. @param place as its caller counts them, below 2 ** 32 */
  add(id: Uint8Array, place: { readonly pack: number; readonly blob: number }): void {
    this.#bytes.set(id)
    this.#table.add(this.#words, 0, this.#hash.of(this.#words, 0), place)
  }

  find(id: Uint8Array): HeldBlob | null {
    this.#bytes.set(id)
    const hash = this.#hash.of(this.#words, 0)
    const number = this.#table.firstEntry(this.#words, 0, hash)
    if (number === null) return null
    const places = new PlaceList()
    this.#table.collect(this.#words, 0, hash, { into: places, full: Infinity })
    return { number, places: places.toWords() }
  }
}

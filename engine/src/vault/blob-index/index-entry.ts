import { idWords } from './keyed-hash.ts'

/** The id, the number of its pack, and its number among the blobs of that pack. */
export const entryWords = idWords + 2
export const entryBytes = entryWords * 4

export const isSameId = (left: Uint32Array, at: number, right: Uint32Array, rightAt: number): boolean => {
  for (let word = 0; word < idWords; word++) if (left[at + word] !== right[rightAt + word]) return false
  return true
}

/** Where found places go, and at how many places in all it is enough. */
export interface Wanted {
  readonly into: PlaceList
  readonly full: number
}

/** The answer to a lookup while it is put together. */
export class PlaceList {
  #words = new Uint32Array(256)
  #length = 0

  /** Places so far. */
  get count(): number {
    return this.#length / 2
  }

  add(pack: number, blob: number): void {
    if (this.#length === this.#words.length) {
      const grown = new Uint32Array(this.#words.length * 2)
      grown.set(this.#words)
      this.#words = grown
    }
    this.#words[this.#length++] = pack
    this.#words[this.#length++] = blob
  }

  /** Pack and blob of every place, one after the other. */
  toWords(): Uint32Array<ArrayBuffer> {
    return this.#words.slice(0, this.#length)
  }
}

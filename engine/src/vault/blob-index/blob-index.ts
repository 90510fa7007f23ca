import { equalBytes } from '../../bytes/index.ts'
import { invariant } from '../../errors/index.ts'
import { blobIdBytes, type BlobLocation } from '../../format/index.ts'

const firstCapacity = 1024
const empty = -1

/**
 * Which blob lies in which segment, in memory: open addressing over append-only columns, some 60 bytes a blob.
 *
 * Derived from pack footers and never the truth. The same blob may lie in several packs (two sessions sent it at once): all places are
 * kept, because a reader may have a right to one of them only.
 */
export class BlobIndex {
  #slots = new Int32Array(firstCapacity * 2).fill(empty)
  #ids = new Uint8Array(firstCapacity * blobIdBytes)
  #packs = new Uint32Array(firstCapacity)
  #ordinals = new Uint32Array(firstCapacity)
  #positions = new Uint16Array(firstCapacity)
  #count = 0
  readonly #packIds: Uint8Array[] = []

  /** Places, not distinct blobs. */
  get size(): number {
    return this.#count
  }

  /** Names a birth pack once. @param packId 16 bytes, kept. @returns the number to `add` with. */
  addPack(packId: Uint8Array): number {
    return this.#packIds.push(packId) - 1
  }

  /** @param id 32 bytes, copied. */
  add(id: Uint8Array, packNumber: number, ordinal: number, position: number): void {
    invariant(id.length === blobIdBytes && packNumber < this.#packIds.length, 'an index entry names a known pack')
    if (this.#count === this.#packs.length) this.#grow()
    const entry = this.#count++
    this.#ids.set(id, entry * blobIdBytes)
    this.#packs[entry] = packNumber
    this.#ordinals[entry] = ordinal
    this.#positions[entry] = position
    this.#place(entry, hashOf(id))
  }

  /** The first place that `accept` takes, in the order they were added; null where there is none. */
  find(id: Uint8Array, accept: (location: BlobLocation) => boolean = () => true): BlobLocation | null {
    const mask = this.#slots.length - 1
    for (let slot = hashOf(id) & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]!
      if (entry === empty) return null
      if (!equalBytes(this.#ids.subarray(entry * blobIdBytes, (entry + 1) * blobIdBytes), id)) continue
      const location = { packId: this.#packIds[this.#packs[entry]!]!, ordinal: this.#ordinals[entry]!, position: this.#positions[entry]! }
      if (accept(location)) return location
    }
  }

  /** The number of the first place of a blob, from 0 and below `size`; it stays the same. Null for an unknown one. */
  numberOf(id: Uint8Array): number | null {
    const mask = this.#slots.length - 1
    for (let slot = hashOf(id) & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]!
      if (entry === empty) return null
      if (equalBytes(this.#ids.subarray(entry * blobIdBytes, (entry + 1) * blobIdBytes), id)) return entry
    }
  }

  #place(entry: number, hash: number): void {
    const mask = this.#slots.length - 1
    let slot = hash & mask
    while (this.#slots[slot] !== empty) slot = (slot + 1) & mask
    this.#slots[slot] = entry
  }

  #grow(): void {
    const capacity = this.#packs.length * 2
    const copyTo = <T extends Uint8Array | Uint16Array | Uint32Array>(from: T, into: T): T => (into.set(from), into)
    this.#ids = copyTo(this.#ids, new Uint8Array(capacity * blobIdBytes))
    this.#packs = copyTo(this.#packs, new Uint32Array(capacity))
    this.#ordinals = copyTo(this.#ordinals, new Uint32Array(capacity))
    this.#positions = copyTo(this.#positions, new Uint16Array(capacity))
    this.#slots = new Int32Array(capacity * 2).fill(empty)
    // In order, so that equal ids keep the order they were added in.
    for (let entry = 0; entry < this.#count; entry++)
      this.#place(entry, hashOf(this.#ids.subarray(entry * blobIdBytes, (entry + 1) * blobIdBytes)))
  }
}

/** Ids are keyed hashes already: their first bytes are as good as any hash. */
const hashOf = (id: Uint8Array): number => (id[0]! | (id[1]! << 8) | (id[2]! << 16) | (id[3]! << 24)) >>> 0

import { entryWords, isSameId, type Wanted } from './index-entry.ts'
import { idWords } from './keyed-hash.ts'

const firstCapacity = 1024
const none = -1

/** What is new in a domain: entries in the order they came, found through open addressing. Entries of one id hang together in a chain. */
export class BlobTable {
  #slots = new Int32Array(firstCapacity * 2).fill(none)
  #entries = new Uint32Array(firstCapacity * entryWords)
  #hashes = new Uint32Array(firstCapacity)
  #next = new Int32Array(firstCapacity)
  /** Of the first entry of an id: the last one. */
  #last = new Int32Array(firstCapacity)
  #count = 0

  get count(): number {
    return this.#count
  }

  /** @param at index of the id's first word */
  add(words: Uint32Array, at: number, hash: number, place: { readonly pack: number; readonly blob: number }): void {
    if (this.#count === this.#hashes.length) this.#grow()
    const entry = this.#count++
    const start = entry * entryWords
    for (let word = 0; word < idWords; word++) this.#entries[start + word] = words[at + word]!
    this.#entries[start + idWords] = place.pack
    this.#entries[start + idWords + 1] = place.blob
    this.#hashes[entry] = hash
    this.#next[entry] = none
    this.#last[entry] = entry
    const slot = this.#slotOf(words, at, hash)
    const first = this.#slots[slot]!
    if (first === none) this.#slots[slot] = entry
    else {
      this.#next[this.#last[first]!] = entry
      this.#last[first] = entry
    }
  }

  /** The number of an id's first entry; it stays the same. Null for an unknown one. */
  firstEntry(words: Uint32Array, at: number, hash: number): number | null {
    const entry = this.#slots[this.#slotOf(words, at, hash)]!
    return entry === none ? null : entry
  }

  /** Adds the places of an id, in the order they came. */
  collect(words: Uint32Array, at: number, hash: number, { into, full }: Wanted): void {
    for (let entry = this.#slots[this.#slotOf(words, at, hash)]!; entry !== none && into.count < full; entry = this.#next[entry]!) {
      const start = entry * entryWords
      into.add(this.#entries[start + idWords]!, this.#entries[start + idWords + 1]!)
    }
  }

  /** Every entry by ascending hash; of equal hashes, the one that came first. `at` is the index of its first word in `words`. */
  *sorted(): Generator<{ readonly words: Uint32Array; readonly at: number; readonly hash: number }> {
    const order = new Uint32Array(this.#count).map((_, entry) => entry)
    order.sort((left, right) => this.#hashes[left]! - this.#hashes[right]! || left - right)
    for (const entry of order) yield { words: this.#entries, at: entry * entryWords, hash: this.#hashes[entry]! }
  }

  /** The slot of an id's first entry, or the empty one where it belongs. */
  #slotOf(words: Uint32Array, at: number, hash: number): number {
    const mask = this.#slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]!
      if (entry === none || (this.#hashes[entry] === hash && isSameId(this.#entries, entry * entryWords, words, at))) return slot
    }
  }

  #grow(): void {
    const capacity = this.#hashes.length * 2
    const into = <T extends Uint32Array | Int32Array>(grown: T, from: T): T => (grown.set(from), grown)
    this.#entries = into(new Uint32Array(capacity * entryWords), this.#entries)
    this.#hashes = into(new Uint32Array(capacity), this.#hashes)
    this.#next = into(new Int32Array(capacity), this.#next)
    this.#last = into(new Int32Array(capacity), this.#last)
    const firsts = this.#slots.filter((entry) => entry !== none)
    this.#slots = new Int32Array(capacity * 2).fill(none)
    for (const entry of firsts) this.#slots[this.#slotOf(this.#entries, entry * entryWords, this.#hashes[entry]!)] = entry
  }
}

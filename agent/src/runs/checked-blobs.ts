/** Words of an entry: 12 bytes of the id, 4 of the tag. */
const entryWords = 4
const idWords = 3
const parts = 256
const firstSlots = 16
const mostFilled = 0.8
const growth = 1.5

/** The tag of a blob that was judged; those of places are never 0 (`placeTag`). */
export const judgedTag = 0

/**
 * Which blobs were seen where: a set of (blob id, tag) in 16 bytes each, by open addressing in 256 tables of which each grows by itself.
 * Between 20 and 30 bytes of memory per blob, all told: 100 million blobs take 2 to 3 GB.
 *
 * Ids are kept as their first 12 bytes: they are keyed hashes, so two of 100 million distinct ones agree in these with a probability of
 * 1 to 10^13.
 */
export class CheckedBlobs {
  readonly #parts: Part[] = Array.from({ length: parts }, () => new Part())

  /** Memory of the entries. */
  get sizeBytes(): number {
    return this.#parts.reduce((sum, part) => sum + part.entries.byteLength, 0)
  }

  has(id: Uint8Array, tag: number): boolean {
    const part = this.#partOf(id)
    return part.isFilled(part.slotOf(wordsOf(id), tag))
  }

  add(id: Uint8Array, tag: number): void {
    this.#partOf(id).add(wordsOf(id), tag)
  }

  /** Gives an entry another tag; adds it where there was none. */
  retag(id: Uint8Array, from: number, to: number): void {
    const part = this.#partOf(id)
    const words = wordsOf(id)
    const slot = part.slotOf(words, from)
    if (part.isFilled(slot)) part.entries[slot * entryWords + idWords] = to
    else part.add(words, to)
  }

  #partOf(id: Uint8Array): Part {
    const part = this.#parts[id[12] ?? 0]
    if (part === undefined) throw new RangeError('a byte has 256 values')
    return part
  }
}

/** Of a place in a vault, never 0. Only told apart from those of the same blob at other places. */
export function placeTag(place: { readonly packId: Uint8Array; readonly ordinal: number; readonly position: number }): number {
  const pack = readWord(place.packId, 0) ^ readWord(place.packId, 4)
  return (pack ^ Math.imul(place.ordinal + 1, 0x9e3779b1) ^ Math.imul(place.position + 1, 0x85ebca6b)) >>> 0 || 1
}

type Words = readonly [number, number, number]

class Part {
  entries = new Uint32Array(firstSlots * entryWords)
  #filled = 0

  isFilled(slot: number): boolean {
    return this.entries[slot * entryWords] !== 0
  }

  /** Where the entry lies, or where it would. */
  slotOf([first, second, third]: Words, tag: number): number {
    const { entries } = this
    const slots = entries.length / entryWords
    for (let slot = first % slots; ; slot = slot + 1 === slots ? 0 : slot + 1) {
      const at = slot * entryWords
      if (entries[at] === 0) return slot
      if (entries[at] === first && entries[at + 1] === second && entries[at + 2] === third && entries[at + 3] === tag) return slot
    }
  }

  add(words: Words, tag: number): void {
    if (this.isFilled(this.slotOf(words, tag))) return
    if ((this.#filled + 1) * entryWords > this.entries.length * mostFilled) this.#grow()
    this.#put(words, tag)
    this.#filled += 1
  }

  #put(words: Words, tag: number): void {
    const at = this.slotOf(words, tag) * entryWords
    this.entries.set(words, at)
    this.entries[at + idWords] = tag
  }

  #grow(): void {
    const old = this.entries
    this.entries = new Uint32Array(Math.ceil((old.length / entryWords) * growth) * entryWords)
    for (let at = 0; at < old.length; at += entryWords) {
      const first = old[at] ?? 0
      if (first !== 0) this.#put([first, old[at + 1] ?? 0, old[at + 2] ?? 0], old[at + idWords] ?? 0)
    }
  }
}

/** The first word is what a slot is found by and what says that it is filled, so it is never 0. */
const wordsOf = (id: Uint8Array): Words => [readWord(id, 0) || 1, readWord(id, 4), readWord(id, 8)]

const readWord = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0

import { entryWords } from './index-entry.ts'
import type { KeyedHash } from './keyed-hash.ts'
import { SortedFileWriter, type SortedFile } from './sorted-file.ts'

/** Entries between two yields: a millisecond or two. */
const entriesAtOnce = 8192
/** Buckets that a file gives at once: some 160 KB. */
const bucketsAtOnce = 64

/**
 * Makes one file of several neighbours, given oldest first. They stay as they are, and readable, until the caller closes them.
 * Yields how many entries it has done since, for others to have their turn; who stops before the end throws the new file away with `return`.
 *
 * @throws EngineError `invariant.broken`, `store.io-error`
 */
export function* mergeFiles(folder: string, files: readonly SortedFile[], hash: KeyedHash): Generator<number, SortedFile> {
  const writer = new SortedFileWriter(
    folder,
    files.reduce((sum, { entryCount }) => sum + entryCount, 0),
  )
  let merged: SortedFile | null = null
  try {
    const cursors = files.map((file) => new FileCursor(file, hash))
    let taken = 0
    for (let least = leastOf(cursors); least !== null; least = leastOf(cursors)) {
      writer.add(least.words, least.at, least.hash)
      least.advance()
      if (++taken % entriesAtOnce === 0) yield entriesAtOnce
    }
    merged = writer.finish(Math.max(...files.map(({ level }) => level)) + 1)
    return merged
  } finally {
    if (merged === null) writer.abandon()
  }
}

/** Of equal hashes the oldest file's: entries of one id keep their order. */
function leastOf(cursors: readonly FileCursor[]): FileCursor | null {
  let least: FileCursor | null = null
  for (const cursor of cursors) if (!cursor.isAtEnd && (least === null || cursor.hash < least.hash)) least = cursor
  return least
}

class FileCursor {
  readonly #file: SortedFile
  readonly #hash: KeyedHash
  #nextBucket = 0
  #entry = -1
  #count = 0
  words = new Uint32Array(0)
  hash = 0

  constructor(file: SortedFile, hash: KeyedHash) {
    this.#file = file
    this.#hash = hash
    this.advance()
  }

  get isAtEnd(): boolean {
    return this.#entry >= this.#count
  }

  /** Index of the entry's first word. */
  get at(): number {
    return this.#entry * entryWords
  }

  advance(): void {
    this.#entry++
    while (this.#entry >= this.#count && this.#nextBucket < this.#file.bucketCount) {
      const from = this.#nextBucket
      this.#nextBucket = Math.min(from + bucketsAtOnce, this.#file.bucketCount)
      this.#count = this.#file.read(from, this.#nextBucket, (needed) =>
        this.words.length < needed ? (this.words = new Uint32Array(needed)) : this.words,
      )
      this.#entry = 0
    }
    if (!this.isAtEnd) this.hash = this.#hash.of(this.words, this.at)
  }
}

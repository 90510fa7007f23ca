import { entryWords } from './index-entry.ts'
import type { KeyedHash } from './keyed-hash.ts'
import { RunWriter, type SortedRun } from './sorted-run.ts'

/** Entries between two yields: a millisecond or two. */
const entriesAtOnce = 8192
/** Buckets that a run gives at once: some 160 KB. */
const bucketsAtOnce = 64

/**
 * Makes one run of several neighbours, given oldest first. They stay as they are, and readable, until the caller closes them.
 * Yields now and then, for others to have their turn; who stops before the end throws the new run away with `return`.
 *
 * @throws EngineError `invariant.broken`, `store.io-error`
 */
export function* mergeRuns(folder: string, runs: readonly SortedRun[], hash: KeyedHash): Generator<void, SortedRun> {
  const writer = new RunWriter(
    folder,
    runs.reduce((sum, { entryCount }) => sum + entryCount, 0),
  )
  let merged: SortedRun | null = null
  try {
    const cursors = runs.map((run) => new RunCursor(run, hash))
    let taken = 0
    for (let least = leastOf(cursors); least !== null; least = leastOf(cursors)) {
      writer.add(least.words, least.at, least.hash)
      least.advance()
      if (++taken % entriesAtOnce === 0) yield
    }
    merged = writer.finish(Math.max(...runs.map(({ level }) => level)) + 1)
    return merged
  } finally {
    if (merged === null) writer.abandon()
  }
}

/** Of equal hashes the oldest run's: entries of one id keep their order. */
function leastOf(cursors: readonly RunCursor[]): RunCursor | null {
  let least: RunCursor | null = null
  for (const cursor of cursors) if (!cursor.isAtEnd && (least === null || cursor.hash < least.hash)) least = cursor
  return least
}

class RunCursor {
  readonly #run: SortedRun
  readonly #hash: KeyedHash
  #nextBucket = 0
  #entry = -1
  #count = 0
  words = new Uint32Array(0)
  hash = 0

  constructor(run: SortedRun, hash: KeyedHash) {
    this.#run = run
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
    while (this.#entry >= this.#count && this.#nextBucket < this.#run.bucketCount) {
      const from = this.#nextBucket
      this.#nextBucket = Math.min(from + bucketsAtOnce, this.#run.bucketCount)
      this.#count = this.#run.read(from, this.#nextBucket, (needed) =>
        this.words.length < needed ? (this.words = new Uint32Array(needed)) : this.words,
      )
      this.#entry = 0
    }
    if (!this.isAtEnd) this.hash = this.#hash.of(this.words, this.at)
  }
}

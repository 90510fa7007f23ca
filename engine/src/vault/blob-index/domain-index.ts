import { BlobTable } from './blob-table.ts'
import { PlaceList } from './index-entry.ts'
import { idWords, KeyedHash } from './keyed-hash.ts'
import { mergeRuns } from './merge-runs.ts'
import { RunWriter, type SortedRun } from './sorted-run.ts'

/** What a table holds before it becomes a run: 60 bytes of memory and 40 of disk each, sorted in some 30 ms. */
const tableEntries = 128 * 1024
/** Neighbours of one level that are worth merging, and how many at most at once. */
const leastToMerge = 4
const mostToMerge = 16

/** The answer to a lookup of several ids. */
export interface BlobPlaces {
  /** Places of id i are those from `starts[i]` to `starts[i + 1]`. */
  readonly starts: Uint32Array<ArrayBuffer>
  /** Number of the pack and number among its blobs, for every place. */
  readonly places: Uint32Array<ArrayBuffer>
}

export interface DomainIndexOptions {
  readonly folder: string
  /** @default 131072 */
  readonly tableEntries?: number
}

/** All blobs of one domain. Places of one id come in the order they were added. */
export class DomainIndex {
  readonly #folder: string
  readonly #mostInTable: number
  readonly #hash = new KeyedHash()
  #table = new BlobTable()
  /** Oldest first. */
  readonly #runs: SortedRun[] = []
  #merging: { readonly steps: Generator<void, SortedRun>; readonly runs: readonly SortedRun[] } | null = null
  /** A table that could not be written is tried again when it has grown by as much again. */
  #nextFlushAt: number

  constructor({ folder, tableEntries: mostInTable = tableEntries }: DomainIndexOptions) {
    this.#folder = folder
    this.#mostInTable = mostInTable
    this.#nextFlushAt = mostInTable
  }

  get runCount(): number {
    return this.#runs.length
  }

  /**
   * Adds the blobs of one pack, in its order.
   * @param ids eight words each
   * @throws EngineError `store.io-error`: everything is added all the same, and stays in memory
   */
  add(pack: number, ids: Uint32Array): void {
    for (let blob = 0; blob * idWords < ids.length; blob++)
      this.#table.add(ids, blob * idWords, this.#hash.of(ids, blob * idWords), { pack, blob })
    if (this.#table.count >= this.#nextFlushAt) this.#flush()
  }

  /** @throws EngineError `invariant.broken` */
  find(ids: Uint32Array): BlobPlaces {
    const count = ids.length / idWords
    const starts = new Uint32Array(count + 1)
    const found = new PlaceList()
    for (let index = 0; index < count; index++) {
      const at = index * idWords
      const hash = this.#hash.of(ids, at)
      for (const run of this.#runs) run.collect(ids, at, hash, found)
      this.#table.collect(ids, at, hash, found)
      starts[index + 1] = found.count
    }
    return { starts, places: found.toWords() }
  }

  /**
   * Goes on with merging, for a millisecond or two.
   * @returns whether there is more to do
   * @throws EngineError `store.io-error`, `invariant.broken`: what there was stays as it was
   */
  tidy(): boolean {
    this.#merging ??= this.#beginMerging()
    if (this.#merging === null) return false
    const { steps, runs } = this.#merging
    try {
      const step = steps.next()
      if (step.done !== true) return true
      // Newer ones may have come behind them meanwhile.
      this.#runs.splice(this.#runs.indexOf(runs[0]!), runs.length, step.value)
      for (const run of runs) run.close()
      this.#merging = null
      return true
    } catch (error) {
      this.#merging = null
      throw error
    }
  }

  /** Of no use any more. */
  close(): void {
    this.#merging?.steps.return(undefined as never)
    for (const run of this.#runs.splice(0)) run.close()
  }

  #beginMerging(): { steps: Generator<void, SortedRun>; runs: readonly SortedRun[] } | null {
    for (let from = 0; from < this.#runs.length; from++) {
      const level = this.#runs[from]!.level
      let to = from
      while (to < this.#runs.length && to - from < mostToMerge && this.#runs[to]!.level === level) to++
      if (to - from < leastToMerge) continue
      const runs = this.#runs.slice(from, to)
      return { runs, steps: mergeRuns(this.#folder, runs, this.#hash) }
    }
    return null
  }

  #flush(): void {
    this.#nextFlushAt = this.#table.count + this.#mostInTable
    const writer = new RunWriter(this.#folder, this.#table.count)
    try {
      for (const { words, at, hash } of this.#table.sorted()) writer.add(words, at, hash)
      this.#runs.push(writer.finish(0))
    } catch (error) {
      writer.abandon()
      throw error
    }
    this.#table = new BlobTable()
    this.#nextFlushAt = this.#mostInTable
  }
}

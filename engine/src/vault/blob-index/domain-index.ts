import { BlobTable } from './blob-table.ts'
import { PlaceList } from './index-entry.ts'
import { idWords, KeyedHash } from './keyed-hash.ts'
import { mergeFiles } from './merge-files.ts'
import { SortedFileWriter, type SortedFile } from './sorted-file.ts'

/** What a table holds before it becomes a file: 60 bytes of memory and 40 of disk each, sorted in some 30 ms. */
const usualTableEntries = 128 * 1024
/** Neighbours of one level that are worth merging, and how many at most at once. */
const leastToMerge = 4
const mostToMerge = 16
/** Times that an entry is written anew on its way to the last of as many levels: so much merging goes with each table. */
const levelsKeptUp = 4

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

interface Merging {
  readonly steps: Generator<number, SortedFile>
  readonly files: readonly SortedFile[]
}

/** All blobs of one domain. Places of one id come in the order they were added. */
export class DomainIndex {
  readonly #folder: string
  readonly #tableEntries: number
  readonly #hash = new KeyedHash()
  #table = new BlobTable()
  /** Oldest first. */
  readonly #files: SortedFile[] = []
  #merging: Merging | null = null
  /** A table that could not be written is tried again when it has twice as many entries: sorting it takes its time. */
  #nextFlushAt: number
  /** Entries of the largest merged file that the disk is asked to take: half of one that it did not take, and as much more as it took since. */
  #mostMerged = Infinity

  constructor({ folder, tableEntries = usualTableEntries }: DomainIndexOptions) {
    this.#folder = folder
    this.#tableEntries = tableEntries
    this.#nextFlushAt = tableEntries
  }

  get fileCount(): number {
    return this.#files.length
  }

  /**
   * Adds the blobs of one pack, in its order. With each table that is written goes as much merging as one table causes in the long run: the
   * number of files stays small however much is added at a stretch.
   * @param ids eight words each
   * @throws EngineError `store.io-error`: everything is added all the same, in memory or in more files than need be
   */
  add(pack: number, ids: Uint32Array): void {
    for (let blob = 0; blob * idWords < ids.length; blob++)
      this.#table.add(ids, blob * idWords, this.#hash.of(ids, blob * idWords), { pack, blob })
    if (this.#table.count < this.#nextFlushAt) return
    const entries = this.#table.count
    this.#flush()
    for (let merged = 0; merged < entries * levelsKeptUp;) {
      const step = this.tidy()
      if (step === 0) return
      merged += step
    }
  }

  /** @param mostPlaces of one id: the oldest. @throws EngineError `invariant.broken` */
  find(ids: Uint32Array, mostPlaces: number): BlobPlaces {
    const count = ids.length / idWords
    const starts = new Uint32Array(count + 1)
    const found = new PlaceList()
    for (let index = 0; index < count; index++) {
      const at = index * idWords
      const hash = this.#hash.of(ids, at)
      const full = found.count + mostPlaces
      for (const file of this.#files) if (found.count < full) file.collect(ids, at, hash, { into: found, full })
      this.#table.collect(ids, at, hash, { into: found, full })
      starts[index + 1] = found.count
    }
    return { starts, places: found.toWords() }
  }

  /**
   * Goes on with merging, for a millisecond or two.
   * @returns how many entries that were; 0 when there is nothing to do
   * @throws EngineError `store.io-error`, `invariant.broken`: what there was stays as it was
   */
  tidy(): number {
    try {
      this.#merging ??= this.#beginMerging()
      if (this.#merging === null) return 0
      const { steps, files } = this.#merging
      const step = steps.next()
      if (step.done !== true) return step.value
      // Newer ones may have come behind them meanwhile.
      this.#files.splice(this.#files.indexOf(files[0]!), files.length, step.value)
      for (const file of files) file.close()
      this.#merging = null
      this.#mostMerged += step.value.entryCount
      return 1
    } catch (error) {
      // Smaller ones may fit all the same: with none merged, open files would become too many.
      this.#mostMerged = Math.floor(entriesOf(this.#merging?.files ?? []) / 2)
      this.#merging = null
      throw error
    }
  }

  /** Of no use any more. */
  close(): void {
    this.#merging?.steps.return(undefined as never)
    for (const file of this.#files.splice(0)) file.close()
  }

  #beginMerging(): Merging | null {
    for (let from = 0; from < this.#files.length; from++) {
      const level = this.#files[from]!.level
      let to = from
      let entries = 0
      for (; to < this.#files.length && to - from < mostToMerge && this.#files[to]!.level === level; to++) {
        entries += this.#files[to]!.entryCount
        if (entries > this.#mostMerged) break
      }
      if (to - from < leastToMerge) continue
      const files = this.#files.slice(from, to)
      return { files, steps: mergeFiles(this.#folder, files, this.#hash) }
    }
    return null
  }

  #flush(): void {
    this.#nextFlushAt = this.#table.count * 2
    const writer = new SortedFileWriter(this.#folder, this.#table.count)
    try {
      for (const { words, at, hash } of this.#table.sorted()) writer.add(words, at, hash)
      this.#files.push(writer.finish(0))
    } catch (error) {
      writer.abandon()
      throw error
    }
    this.#mostMerged += this.#table.count
    this.#table = new BlobTable()
    this.#nextFlushAt = this.#tableEntries
  }
}

const entriesOf = (files: readonly SortedFile[]): number => files.reduce((sum, { entryCount }) => sum + entryCount, 0)

import { lstatSync } from 'node:fs'
import { ExcludedPlaces, joinSources, Walk } from '@holdfast/engine/walker'
import type { LeftOutEntry } from '@holdfast/shared-types'
import { toWirePath } from '../runs/wire-path-bytes.ts'
import { networkMounts } from './network-mounts.ts'

/** The largest ones are what people look at; more than these are not told. */
const mostTold = 10
/** Folders that are opened to be counted. Rules that leave out more of them mean small ones. */
const mostFolders = 5_000
/** Counting what nobody wants must not take longer than counting what is wanted. */
const longestMs = 30_000

/** Remembers what rules leave out, and finds the largest of it. */
export class LeftOutSizes {
  readonly #mounts = networkMounts()
  readonly #folders: Buffer[] = []
  #largest: LeftOutEntry[] = []

  get largest(): readonly LeftOutEntry[] {
    return this.#largest
  }

  /** @param folder absolute, with a slash at its end. */
  add(folder: Buffer, name: Buffer): void {
    const path = Buffer.concat([folder, name])
    if (this.#mounts.has(path.toString('latin1'))) return
    try {
      const stat = lstatSync(path)
      if (stat.isFile()) this.#keep({ ...toWirePath(path), type: 'file', files: 1, bytes: stat.size, isWhole: true })
      else if (stat.isDirectory() && this.#folders.length < mostFolders) this.#folders.push(path)
    } catch {
      // Gone, out of reach, or its path is too long: it is left out in any case.
    }
  }

  /** Counts the folders that were left out; stops now and then, so that the process can be told to end. */
  async *countFolders(): AsyncGenerator<void> {
    const endsAtMs = performance.now() + longestMs
    for (const folder of this.#folders) {
      const counted = { files: 0, bytes: 0, isWhole: true }
      let steps = 0
      for (const step of walkOf(folder)) {
        if (step.kind === 'entry' && step.metadata.type === 'file') {
          counted.files += 1
          counted.bytes += step.metadata.size
        }
        if (++steps % 256 !== 0) continue
        yield
        if (performance.now() > endsAtMs) {
          counted.isWhole = false
          break
        }
      }
      this.#keep({ ...toWirePath(folder), type: 'folder', ...counted })
      yield
      if (performance.now() > endsAtMs) return
    }
  }

  #keep(entry: LeftOutEntry): void {
    const smallest = this.#largest.at(-1)
    if (entry.bytes === 0 || (this.#largest.length === mostTold && smallest !== undefined && smallest.bytes >= entry.bytes)) return
    this.#largest = [...this.#largest, entry].sort((left, right) => right.bytes - left.bytes).slice(0, mostTold)
  }
}

/** Within its own file system: what is mounted below it has a size of its own. */
const walkOf = (folder: Buffer): Walk =>
  new Walk(joinSources([folder]), new ExcludedPlaces([]), {
    patterns: [],
    absolutePatterns: [],
    cacheContents: false,
    otherFileSystems: true,
  })

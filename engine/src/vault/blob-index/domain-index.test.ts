import { randomBytes } from 'node:crypto'
import type * as NodeFs from 'node:fs'
import { closeSync, mkdtempSync, openSync, readdirSync, readlinkSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { DomainIndex } from './domain-index.ts'
import { idWords, KeyedHash } from './keyed-hash.ts'

/** What its disk says of itself; null = the truth. */
const disk = vi.hoisted((): { freeBytes: number | null } => ({ freeBytes: null }))
vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof NodeFs>()
  return { ...fs, statfsSync: (path: string) => (disk.freeBytes === null ? fs.statfsSync(path) : { bavail: disk.freeBytes, bsize: 1 }) }
})

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-index-'))
})
afterEach(() => {
  disk.freeBytes = null
  rmSync(folder, { recursive: true, force: true })
})

/** Ids that are told apart by their last word only, so that nothing but the whole of them tells. */
const idOf = (number: number): Uint32Array => Uint32Array.from({ length: idWords }, (_, word) => (word === idWords - 1 ? number : 7))
const idsOf = (numbers: readonly number[]): Uint32Array => Uint32Array.from(numbers.flatMap((number) => [...idOf(number)]))

/** Every place of each id, as the index tells them. */
function placesOf(index: DomainIndex, numbers: readonly number[], mostPlaces = 1000): [pack: number, blob: number][][] {
  const { starts, places } = index.find(idsOf(numbers), mostPlaces)
  return numbers.map((_, at) =>
    Array.from({ length: starts[at + 1]! - starts[at]! }, (_place, place) => [
      places[(starts[at]! + place) * 2]!,
      places[(starts[at]! + place) * 2 + 1]!,
    ]),
  )
}

const tidyAll = (index: DomainIndex): void => {
  while (index.tidy() > 0);
}

describe('an index of blobs', () => {
  test('knows every place of every blob in the order they were added, however its files lie', () => {
    const packs = fc.array(fc.array(fc.nat(40), { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(packs, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 40 }), (contents, tableEntries, tidyEvery) => {
        const index = new DomainIndex({ folder, tableEntries })
        const model = Array.from({ length: 45 }, (): [number, number][] => [])
        for (const [pack, blobs] of contents.entries()) {
          index.add(pack, idsOf(blobs))
          for (const [blob, number] of blobs.entries()) model[number]!.push([pack, blob])
          if (pack % tidyEvery === 0) index.tidy()
        }
        const all = model.map((_, number) => number)
        expect(placesOf(index, all)).toEqual(model)
        tidyAll(index)
        expect(placesOf(index, all)).toEqual(model)
        index.close()
      }),
      { numRuns: 60 },
    )
  })

  test('merges what it wrote, so that a lookup asks few files, and leaves none behind', () => {
    const index = new DomainIndex({ folder, tableEntries: 1000 })
    for (let pack = 0; pack < 200; pack++) {
      index.add(pack, idsOf(Array.from({ length: 500 }, (_, blob) => pack * 500 + blob)))
      expect(index.fileCount).toBeLessThan(16)
    }
    tidyAll(index)
    expect(index.fileCount).toBeLessThan(10)
    expect(placesOf(index, [0, 99_999, 100_000])).toEqual([[[0, 0]], [[199, 499]], []])
    expect(readdirSync(folder)).toEqual([])
    expect(openFiles()).toHaveLength(index.fileCount)
    index.close()
    expect(openFiles()).toEqual([])
  })

  test('tells no more places of a blob than are wanted, the oldest ones', () => {
    const index = new DomainIndex({ folder, tableEntries: 7 })
    for (let pack = 0; pack < 30; pack++) index.add(pack, idsOf([1, 2, 1]))
    const all = Array.from({ length: 30 }, (_, pack) => [
      [pack, 0],
      [pack, 2],
    ]).flat()
    expect(placesOf(index, [1])).toEqual([all])
    expect(placesOf(index, [1, 2, 3, 1], 5)).toEqual([
      all.slice(0, 5),
      all.slice(0, 10).flatMap(([pack, blob]) => (blob === 0 ? [[pack, 1]] : [])),
      [],
      all.slice(0, 5),
    ])
    index.close()
  })

  test.each([1, 63, 64, 65, 128, 1000, 16_385])('finds every one of tables of %i, before and after they are merged', (size) => {
    const index = new DomainIndex({ folder, tableEntries: size })
    const packs = 6
    for (let pack = 0; pack < packs; pack++)
      index.add(pack, idsOf([0, ...Array.from({ length: size - 1 }, (_, blob) => 1 + pack * size + blob)]))
    const check = (): void => {
      const { starts, places } = index.find(idsOf(Array.from({ length: packs * size + 1 }, (_, number) => number)), packs)
      expect(starts[1]).toBe(packs)
      const wrong: number[] = []
      for (let number = 1; number <= packs * size; number++) {
        const [pack, blob] = [Math.floor((number - 1) / size), ((number - 1) % size) + 1]
        const at = starts[number]!
        const isThere = starts[number + 1]! - at === 1 && places[at * 2] === pack && places[at * 2 + 1] === blob
        // The last number of each pack was left out: 0 takes its place.
        if (blob === size ? starts[number + 1] !== at : !isThere) wrong.push(number)
      }
      expect(wrong).toEqual([])
    }
    check()
    tidyAll(index)
    check()
    index.close()
  })

  test('finds blobs while several files become one', () => {
    const index = new DomainIndex({ folder, tableEntries: 20_000 })
    // So many that what goes with each table is not enough to merge the large ones.
    for (let pack = 0; pack < 20; pack++) index.add(pack, idsOf(Array.from({ length: 20_000 }, (_, blob) => pack * 20_000 + blob)))
    let steps = 0
    while (index.tidy() > 0) {
      steps++
      expect(placesOf(index, [42_345, 302_777, 500_000])).toEqual([[[2, 2345]], [[15, 2777]], []])
      // What comes meanwhile is found too.
      index.add(100 + steps, idsOf([1_000_000 + steps]))
      expect(placesOf(index, [1_000_000 + steps])).toEqual([[[100 + steps, 0]]])
    }
    expect(steps).toBeGreaterThan(1)
    index.close()
  })

  test('keeps everything in memory while its disk takes nothing, and writes it when it does again', () => {
    const taken = join(folder, 'taken')
    writeFileSync(taken, 'a file where a folder should be')
    const index = new DomainIndex({ folder: taken, tableEntries: 10 })
    const tenOf = (pack: number): Uint32Array => idsOf(Array.from({ length: 10 }, (_, blob) => pack * 10 + blob))
    expect(() => index.add(0, tenOf(0))).toThrow(expect.objectContaining({ code: 'store.io-error' }))
    expect(placesOf(index, [9])).toEqual([[[0, 9]]])
    expect(() => index.add(1, tenOf(1))).toThrow(expect.objectContaining({ code: 'store.io-error' }))
    rmSync(taken)
    // Not at once: it was told twice that there is no room.
    index.add(2, tenOf(2))
    expect(index.fileCount).toBe(0)
    index.add(3, tenOf(3))
    expect(index.fileCount).toBe(1)
    expect(placesOf(index, [9, 19, 29])).toEqual([[[0, 9]], [[1, 9]], [[2, 9]]])
    index.close()
  })

  test('merges what its disk has room for while it has none for the largest, and these when it has', () => {
    const index = new DomainIndex({ folder, tableEntries: 1000 })
    const counts = { packs: 0, failures: 0 }
    const addTables = (count: number): void => {
      for (const end = counts.packs + count; counts.packs < end; counts.packs++) {
        const ids = idsOf(Array.from({ length: 1000 }, (_, blob) => counts.packs * 1000 + blob))
        for (let work = (): unknown => index.add(counts.packs, ids); ; work = () => tidyAll(index))
          try {
            work()
            break
          } catch (error) {
            expect(error).toMatchObject({ code: 'store.io-error' })
            counts.failures++
          }
      }
    }
    disk.freeBytes = 256 * 1024 * 1024 + 10_000 * 40
    addTables(200)
    expect(index.fileCount).toBeLessThan(60)
    expect(counts.failures).toBeGreaterThan(0)
    // Not with every table: who merges in vain merges a second time.
    expect(counts.failures).toBeLessThan(100)
    disk.freeBytes = Infinity
    addTables(200)
    expect(index.fileCount).toBeLessThan(20)
    expect(placesOf(index, [0, 199_999, 399_999, 400_000])).toEqual([[[0, 0]], [[199, 999]], [[399, 999]], []])
    index.close()
  })

  // Linux alone opens a file without a name once more, by /proc.
  test.skipIf(process.platform !== 'linux')('rather ends than names a place that its disk made up', () => {
    const index = new DomainIndex({ folder, tableEntries: 100 })
    index.add(3, idsOf(Array.from({ length: 100 }, (_, blob) => blob)))
    const [file] = openFiles()
    const through = openSync(`/proc/self/fd/${file}`, 'r+')
    // One bit of the number of the pack of the first entry.
    writeSync(through, Uint8Array.of(2), 0, 1, idWords * 4)
    closeSync(through)
    const all = Array.from({ length: 100 }, (_, blob) => blob)
    expect(() => placesOf(index, all)).toThrow(expect.objectContaining({ code: 'invariant.broken' }))
    index.close()
  })
})

/** Runs that are open: they have no name any more. */
const openFiles = (): string[] =>
  readdirSync('/proc/self/fd').filter((file) => {
    try {
      return readlinkSync(`/proc/self/fd/${file}`).startsWith(folder)
    } catch {
      return false
    }
  })

test('the hash of ids cannot be foreseen, and uses all of an id', () => {
  const [one, other] = [new KeyedHash(), new KeyedHash()]
  const ids = Array.from({ length: 200 }, () => new Uint32Array(randomBytes(32).buffer.slice(0, 32)))
  expect(ids.filter((id) => one.of(id, 0) === other.of(id, 0)).length).toBeLessThan(3)
  for (let bit = 0; bit < 256; bit++) {
    const id = new Uint32Array(idWords)
    const changed = id.slice()
    changed[bit >> 5]! ^= 1 << (bit & 31)
    expect(one.of(changed, 0)).not.toBe(one.of(id, 0))
  }
})

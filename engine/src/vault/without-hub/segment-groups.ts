import { copyBytes, equalBytes, toHex } from '../../bytes/index.ts'
import type { BlobLocation, Refset } from '../../format/index.ts'

/** A segment as its pack describes it. */
export interface DescribedSegment {
  /** From the start of the pack. */
  readonly offset: number
  readonly length: number
  readonly birthPackId: Uint8Array
  readonly birthOrdinal: number
  /** Ids of its blobs in their order; several times over where their type is not known. */
  readonly idsByType: readonly (readonly Uint8Array[])[]
}

export interface SegmentRange {
  /** Key of the pack in the store. */
  readonly key: string
  readonly offset: number
  readonly length: number
}

/** Words of a row: ordinal, offset, length, and the number of the first id among those of the group. */
const rowWords = 4
const [ordinalAt, offsetAt, lengthAt, firstIdAt] = [0, 1, 2, 3] as const

/** Segments of one birth pack that lie in one stored pack. */
interface Group {
  readonly key: string
  readonly birthPackId: Uint8Array
  /** A row each, by ascending ordinal, and behind them one that only ends the ids. In one array: each costs some 300 bytes of its own. */
  readonly rows: Uint32Array
  readonly types: number
}

export interface AddedGroup {
  /** Counts groups from 0. */
  readonly number: number
  readonly ids: Uint8Array[]
}

/**
 * Where the segments of one snapshot lie, as compactly as they can be kept: a snapshot of a terabyte of small files has some ten million.
 * A segment may lie in several packs, as while a hub moves it: each place is kept.
 */
export class SegmentGroups {
  readonly #refset: Refset
  readonly #groups: Group[] = []
  readonly #groupsByBirth = new Map<string, Group[]>()

  constructor(refset: Refset) {
    this.#refset = refset
  }

  /** Takes what the snapshot needs of a pack. @returns the ids to be found by, in groups. */
  add(key: string, segments: readonly DescribedSegment[]): AddedGroup[] {
    return [...this.#wantedByBirth(segments)].map(([birthHex, wanted]) => this.#addGroup(key, birthHex, wanted))
  }

  /** Whether anything that was born in this pack was found. */
  hasBirth(birthPackIdHex: string): boolean {
    return this.#groupsByBirth.has(birthPackIdHex)
  }

  /** Every known place of a segment. */
  rangesOf(birthPackIdHex: string, ordinal: number): SegmentRange[] {
    const groups = this.#groupsByBirth.get(birthPackIdHex) ?? []
    return groups.flatMap(({ key, rows }) => {
      const row = lastNotAfter(rows, ordinalAt, ordinal)
      return rows[row + ordinalAt] === ordinal ? [{ key, offset: rows[row + offsetAt]!, length: rows[row + lengthAt]! }] : []
    })
  }

  /** @param number of a group. @param id its number among the ids of the group. */
  locationOf(number: number, id: number): BlobLocation {
    const { birthPackId, rows, types } = this.#groups[number]!
    const row = lastNotAfter(rows, firstIdAt, id)
    const first = rows[row + firstIdAt]!
    const blobs = (rows[row + rowWords + firstIdAt]! - first) / types
    return { packId: birthPackId, ordinal: rows[row + ordinalAt]!, position: (id - first) % blobs }
  }

  #wantedByBirth(segments: readonly DescribedSegment[]): Map<string, DescribedSegment[]> {
    const wanted = new Map<string, DescribedSegment[]>()
    let last: { readonly id: Uint8Array; readonly hex: string } | null = null
    for (const segment of segments) {
      // Neighbours were mostly born together.
      if (last === null || !equalBytes(last.id, segment.birthPackId)) last = { id: segment.birthPackId, hex: toHex(segment.birthPackId) }
      if (!this.#refset.has(last.hex, segment.birthOrdinal)) continue
      const group = wanted.get(last.hex)
      if (group === undefined) wanted.set(last.hex, [segment])
      else group.push(segment)
    }
    return wanted
  }

  #addGroup(key: string, birthHex: string, wanted: DescribedSegment[]): AddedGroup {
    const sorted = wanted.toSorted((left, right) => left.birthOrdinal - right.birthOrdinal)
    const rows = new Uint32Array((sorted.length + 1) * rowWords)
    let ids = 0
    for (const [index, { birthOrdinal, offset, length, idsByType }] of sorted.entries()) {
      rows.set([birthOrdinal, offset, length, ids], index * rowWords)
      ids += idsByType.reduce((sum, ofType) => sum + ofType.length, 0)
    }
    rows[sorted.length * rowWords + firstIdAt] = ids
    const [first] = sorted
    // A copy: a view would keep the whole footer in memory.
    const group: Group = { key, birthPackId: copyBytes(first!.birthPackId), rows, types: first!.idsByType.length }
    const before = this.#groupsByBirth.get(birthHex)
    if (before === undefined) this.#groupsByBirth.set(birthHex, [group])
    else before.push(group)
    return { number: this.#groups.push(group) - 1, ids: sorted.flatMap(({ idsByType }) => idsByType.flat()) }
  }
}

/** Where the last row begins whose number in this column is not above `wanted`, by halving; the first row where all are above. */
function lastNotAfter(rows: Uint32Array, column: number, wanted: number): number {
  let low = 0
  let high = rows.length / rowWords - 1
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if (rows[middle * rowWords + column]! <= wanted) low = middle
    else high = middle
  }
  return low * rowWords
}

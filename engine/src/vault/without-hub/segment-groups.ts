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

/** Segments of one birth pack that lie in one stored pack, by ascending ordinal: 16 bytes each. */
interface Group {
  readonly key: string
  readonly birthPackId: Uint8Array
  readonly ordinals: Uint32Array
  readonly offsets: Uint32Array
  readonly lengths: Uint32Array
  /** Number of every segment's first id among those of the group, and of the end of the last. */
  readonly firstIds: Uint32Array
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
    return groups.flatMap(({ key, ordinals, offsets, lengths }) => {
      const at = lastNotAfter(ordinals, ordinal)
      return ordinals[at] === ordinal ? [{ key, offset: offsets[at]!, length: lengths[at]! }] : []
    })
  }

  /** @param number of a group. @param id its number among the ids of the group. */
  locationOf(number: number, id: number): BlobLocation {
    const { birthPackId, ordinals, firstIds, types } = this.#groups[number]!
    const at = lastNotAfter(firstIds, id)
    const blobs = (firstIds[at + 1]! - firstIds[at]!) / types
    return { packId: birthPackId, ordinal: ordinals[at]!, position: (id - firstIds[at]!) % blobs }
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
    const firstIds = new Uint32Array(sorted.length + 1)
    for (const [index, { idsByType }] of sorted.entries())
      firstIds[index + 1] = firstIds[index]! + idsByType.reduce((sum, ids) => sum + ids.length, 0)
    const [first] = sorted
    const group: Group = {
      key,
      // A copy: a view would keep the whole footer in memory.
      birthPackId: copyBytes(first!.birthPackId),
      ordinals: Uint32Array.from(sorted, ({ birthOrdinal }) => birthOrdinal),
      offsets: Uint32Array.from(sorted, ({ offset }) => offset),
      lengths: Uint32Array.from(sorted, ({ length }) => length),
      firstIds,
      types: first!.idsByType.length,
    }
    const before = this.#groupsByBirth.get(birthHex)
    if (before === undefined) this.#groupsByBirth.set(birthHex, [group])
    else before.push(group)
    return { number: this.#groups.push(group) - 1, ids: sorted.flatMap(({ idsByType }) => idsByType.flat()) }
  }
}

/** Index of the last number that is not above `wanted`, by halving; the first one where all are above. */
function lastNotAfter(ascending: Uint32Array, wanted: number): number {
  let low = 0
  let high = ascending.length
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if (ascending[middle]! <= wanted) low = middle
    else high = middle
  }
  return low
}

import type { DomainId, SessionId } from '@holdfast/shared-types'
import { copyBytes, toHex } from '@holdfast/engine/bytes'
import { blobIdBytes, packKey, Refset, type BlobLocation, type PackSegment } from '@holdfast/engine/format'
import type { BlobIndex, BlobPlaces } from '@holdfast/engine/vault'
import { bitOf, countBits, hasNewBits } from './position-bits.ts'
import {
  birthOf,
  placeOf,
  segmentAt,
  segmentOf,
  shapeOf,
  viewOf,
  type Birth,
  type Pack,
  type PackView,
  type SegmentBirth,
  type StoredSegment,
} from './stored-pack.ts'

export type { PackView, StoredSegment } from './stored-pack.ts'

/** Places of a blob that a first answer tells: it has one, or a few where several devices sent it at once. */
const fewPlaces = 8

/** A pack as its footer describes it. */
export interface IndexedPack {
  /** 16 bytes. */
  readonly packId: Uint8Array
  readonly domainId: DomainId
  /** The session that brought it; null for one found in the store. */
  readonly sessionId: SessionId | null
  readonly segments: readonly PackSegment[]
  /** Positions of segments that a collection condemned, a bit each; none unless said. */
  readonly condemned?: Uint8Array | null
  /** Positions of segments that are damaged, a bit each; none unless said. */
  readonly lost?: Uint8Array | null
}

/** A blob's place, with the birth pack's id also as the refsets spell it. */
export interface FoundBlob extends BlobLocation {
  readonly packIdHex: string
  readonly sessionId: SessionId | null
}

export interface SegmentPlaceInPack {
  readonly packIdHex: string
  readonly position: number
  /** By a collection. */
  readonly isCondemned: boolean
}

export type AcceptPlace = (packIdHex: string, ordinal: number) => boolean

/**
 * What one vault holds: every pack with its segments in memory, some 8 bytes a segment (200 where it was moved), and which blob lies where in the hub's index.
 * Derived from pack footers. Segments are found at once, blobs by asking the index's thread: many in one question cost little more than one.
 */
export class VaultContents {
  readonly #index: BlobIndex
  /** By their numbers in the index, which are those of all domains. */
  readonly #packs: Pack[] = []
  readonly #packByHex = new Map<string, Pack>()
  readonly #birthByHex = new Map<string, Birth>()
  readonly #indexDomains = new Map<DomainId, number>()
  #withheld: Refset | null = null
  #blobs = 0
  #lostPacks = 0
  #damagedPacks = 0
  #lostSegments = 0
  #losses = 0
  #lossesLookedAt = 0

  constructor(index: BlobIndex) {
    this.#index = index
  }

  get packCount(): number {
    return this.#packByHex.size
  }

  /** Whether packs that were known are not in the store any more, or segments are damaged. */
  get hasLost(): boolean {
    return this.#lostPacks > 0 || this.#damagedPacks > 0
  }

  /** Grows with everything that is found lost: who remembers what was whole looks again when it has grown. */
  get losses(): number {
    return this.#losses
  }

  /** Whether something is lost, and nobody has looked yet whose it is. */
  get hasNewLosses(): boolean {
    return this.#losses > this.#lossesLookedAt
  }

  /** Whoever needs what was lost when there were so many losses has to be looked through again, and that is written down. */
  noteLossesLookedAt(losses: number): void {
    this.#lossesLookedAt = Math.max(this.#lossesLookedAt, losses)
  }

  hasBlobs(domainId: DomainId): boolean {
    return this.#indexDomains.has(domainId)
  }

  hasPack(packIdHex: string): boolean {
    return this.#packByHex.has(packIdHex)
  }

  /**
   * Adds a pack once, or has one back that was lost: from now on, whatever is asked finds it. Call it only when the pack's row is committed.
   * Resolves when the index has room for more.
   */
  async addPack(pack: IndexedPack): Promise<void> {
    const known = this.#packByHex.get(toHex(pack.packId))
    if (known === undefined) {
      await this.#addNew(pack)
      return
    }
    if (!known.isLive) this.#lostPacks--
    known.isLive = true
  }

  /** Its segments are offered and read no more. @returns false when it is unknown or was lost before. */
  markLost(packIdHex: string): boolean {
    const pack = this.#packByHex.get(packIdHex)
    if (pack === undefined || !pack.isLive) return false
    pack.isLive = false
    this.#lostPacks++
    this.#losses++
    return true
  }

  /** A collection removed it: as `markLost`, but nothing is missing. */
  markGone(packIdHex: string): void {
    const pack = this.#packByHex.get(packIdHex)
    if (pack === undefined) return
    this.setCondemned(packIdHex, null)
    this.setLostSegments(packIdHex, null)
    if (!pack.isLive) this.#lostPacks--
    pack.isLive = false
    // Whoever asks the index for a blob of it still needs its shape; its name stands for nothing any more.
    this.#packByHex.delete(packIdHex)
  }

  /**
   * What of a pack is offered to nobody: neither to sessions that ask, nor to those that name it (docs/adr/0016). Whose snapshot names it reads it all the same.
   * @param positions a bit each; null = all of it is offered
   */
  setCondemned(packIdHex: string, positions: Uint8Array | null): void {
    const pack = this.#packByHex.get(packIdHex)
    if (pack === undefined) return
    pack.condemned = positions
  }

  /** Nothing of any pack is condemned, those that are lost included. */
  setNothingCondemned(): void {
    for (const pack of this.#packByHex.values()) pack.condemned = null
  }

  /** What of a pack is damaged: it is offered to nobody and read by nobody, there. @param positions a bit each; null = all of it is whole */
  setLostSegments(packIdHex: string, positions: Uint8Array | null): void {
    const pack = this.#packByHex.get(packIdHex)
    if (pack === undefined) return
    this.#damagedPacks += Number(positions !== null) - Number(pack.lost !== null)
    this.#lostSegments += countBits(positions) - countBits(pack.lost)
    if (hasNewBits(pack.lost, positions)) this.#losses++
    pack.lost = positions
  }

  /** How many packs have segments that are damaged, and how many these are. */
  get damaged(): { readonly packsDamaged: number; readonly segmentsLost: number } {
    return { packsDamaged: this.#damagedPacks, segmentsLost: this.#lostSegments }
  }

  /** Ids, in hex, of packs that are missing. */
  lostPacks(): string[] {
    return [...this.#packByHex.values()].filter(({ isLive }) => !isLive).map(({ idHex }) => idHex)
  }

  /** Births of all that cannot be read in its place: of lost packs, and of damaged segments. Some may be there a second time. @param which without what was condemned there, or with it */
  lostBirths(which: 'uncondemned' | 'all' = 'all'): { readonly packIdHex: string; readonly ordinal: number }[] {
    return [...this.#packByHex.values()].flatMap((pack) => {
      if (pack.isLive && pack.lost === null) return []
      const positions = Array.from({ length: pack.offsets.length - 1 }, (_, position) => position)
      return positions
        .filter((position) => !pack.isLive || bitOf(pack.lost, position))
        .filter((position) => which === 'all' || !bitOf(pack.condemned, position))
        .map((position) => {
          const { ordinal, of } = birthOf(pack, position)
          return { packIdHex: of.packIdHex, ordinal }
        })
    })
  }

  /** Births of those segments of a pack that are not condemned in it, and which other packs have any of them too. @param positions null = all */
  copiesOf(packIdHex: string, positions: readonly number[] | null): { readonly births: Refset; readonly packIdsHex: ReadonlySet<string> } {
    const births = new Refset()
    const packIdsHex = new Set<string>()
    const pack = this.#packByHex.get(packIdHex)
    if (pack === undefined) return { births, packIdsHex }
    for (const position of positions ?? Array.from({ length: pack.offsets.length - 1 }, (_, index) => index)) {
      if (bitOf(pack.condemned, position)) continue
      const { ordinal, of } = birthOf(pack, position)
      births.add(of.packIdHex, ordinal)
      if (of.home !== null) packIdsHex.add(of.home.idHex)
      for (let place = of.moved.get(ordinal) ?? null; place !== null; place = place.before) packIdsHex.add(place.pack.idHex)
    }
    packIdsHex.delete(packIdHex)
    return { births, packIdsHex }
  }

  condemnedOf(packIdHex: string): Uint8Array | null {
    return this.#packByHex.get(packIdHex)?.condemned ?? null
  }

  /** What is about to leave the vault for good (docs/adr/0020): offered to nobody, though whose snapshot names it reads it. @param segments by birth; null = nothing */
  setWithheld(segments: Refset | null): void {
    this.#withheld = segments
  }

  isWithheld(birthPackIdHex: string, ordinal: number): boolean {
    return this.#withheld?.has(birthPackIdHex, ordinal) === true
  }

  /** Packs that have some of what is withheld. */
  withheldPacks(): ReadonlySet<string> {
    const packs = new Set<string>()
    for (const { packIdHex, ordinal } of this.#withheld?.segments() ?? []) {
      const place = this.findPlace(packIdHex, ordinal)
      if (place !== null) packs.add(place.packIdHex)
      // What was moved is still in its birth pack until a collection has removed that.
      if (this.#packByHex.has(packIdHex)) packs.add(packIdHex)
    }
    return packs
  }

  /** Blobs of a segment; 0 where it is not there. */
  countBlobs(birthPackIdHex: string, ordinal: number): number {
    const birth = this.#birthByHex.get(birthPackIdHex)
    const place = birth === undefined ? null : placeOf(birth, ordinal)
    return place === null ? 0 : place.pack.firstBlobs[place.position + 1]! - place.pack.firstBlobs[place.position]!
  }

  /** Whether a segment is there, no collection condemned it, and it is not about to leave. */
  isOffered(birthPackIdHex: string, ordinal: number): boolean {
    if (this.isWithheld(birthPackIdHex, ordinal)) return false
    const place = this.#placeOf(birthPackIdHex, ordinal)
    return place !== null && !bitOf(place.pack.condemned, place.position)
  }

  /** One segment of a pack that is there, as a collection looks at it. */
  segmentOf(packIdHex: string, position: number): ReturnType<PackView['segment']> | null {
    const pack = this.#packByHex.get(packIdHex)
    return pack === undefined || !pack.isLive ? null : viewOf(pack).segment(position)
  }

  /** Every pack that is there. */
  *packs(): Generator<PackView> {
    for (const pack of this.#packByHex.values()) if (pack.isLive) yield viewOf(pack)
  }

  /** Where a segment lies, as pack and position: what its condemnation goes by. Null as for `findSegment`. */
  findPlace(birthPackIdHex: string, ordinal: number): SegmentPlaceInPack | null {
    const place = this.#placeOf(birthPackIdHex, ordinal)
    if (place === null) return null
    const { pack, position } = place
    return { packIdHex: pack.idHex, position, isCondemned: bitOf(pack.condemned, position) }
  }

  /** A segment by its birth, or null where it is unknown or its pack is lost. */
  findSegment(birthPackIdHex: string, ordinal: number): StoredSegment | null {
    const place = this.#placeOf(birthPackIdHex, ordinal)
    return place === null ? null : segmentAt(place)
  }

  #placeOf(birthPackIdHex: string, ordinal: number): ReturnType<typeof placeOf> {
    const birth = this.#birthByHex.get(birthPackIdHex)
    return birth === undefined ? null : placeOf(birth, ordinal)
  }

  /** As `findBlobs`, for one. */
  async findBlob(domainId: DomainId, id: Uint8Array, accept?: AcceptPlace): Promise<FoundBlob | null> {
    const [found] = await this.findBlobs(domainId, id, accept)
    return found ?? null
  }

  /**
   * For each blob its first place whose segment is there and which `accept` takes, or null.
   * @param ids 32 bytes each, one after the other
   */
  async findBlobs(domainId: DomainId, ids: Uint8Array, accept: AcceptPlace = () => true): Promise<(FoundBlob | null)[]> {
    const asked = await this.#ask(domainId, ids, fewPlaces)
    const count = ids.length / blobIdBytes
    if (asked === null) return Array.from({ length: count }, () => null)
    const found = Array.from({ length: count }, (_, index) => this.#firstOf(asked, index, accept))
    const open = found.flatMap((one, index) => (one === null && hasMorePlaces(asked, index) ? [index] : []))
    for (const index of open) {
      // One at a time: nobody can have all places of thousands of blobs put into one answer.
      const all = await this.#ask(domainId, ids.subarray(index * blobIdBytes, (index + 1) * blobIdBytes), Infinity)
      found[index] = all === null ? null : this.#firstOf(all, 0, accept)
    }
    return found
  }

  /**
   * For each blob a number that stands for it as long as the hub runs, wherever its copies lie, below the number of all blobs stored; null
   * for an unknown one.
   * @param ids 32 bytes each, one after the other
   */
  async blobNumbers(domainId: DomainId, ids: Uint8Array): Promise<(number | null)[]> {
    const asked = await this.#ask(domainId, ids, 1)
    return Array.from({ length: ids.length / blobIdBytes }, (_, index) => {
      const first = asked?.starts[index] ?? 0
      if (asked === null || first === asked.starts[index + 1]) return null
      return this.#packs[asked.places[first * 2]!]!.blobsBefore + asked.places[first * 2 + 1]!
    })
  }

  async #ask(domainId: DomainId, ids: Uint8Array, mostPlaces: number): Promise<BlobPlaces | null> {
    const domain = this.#indexDomains.get(domainId)
    return domain === undefined || ids.length === 0 ? null : this.#index.find(domain, ids, mostPlaces)
  }

  #firstOf({ starts, places }: BlobPlaces, index: number, accept: AcceptPlace): FoundBlob | null {
    for (let at = starts[index]!; at < starts[index + 1]!; at++) {
      const pack = this.#packs[places[at * 2]!]!
      const blob = places[at * 2 + 1]!
      const segment = segmentOf(pack, blob)
      const { packId, ordinal, of } = birthOf(pack, segment)
      const place = placeOf(of, ordinal)
      if (place === null || !accept(of.packIdHex, ordinal)) continue
      return { packId, ordinal, position: blob - pack.firstBlobs[segment]!, packIdHex: of.packIdHex, sessionId: place.pack.sessionId }
    }
    return null
  }

  #addNew({ packId, domainId, sessionId, segments, condemned = null, lost = null }: IndexedPack): Promise<void> {
    // A copy: views into a footer would keep all of it in memory.
    const id = copyBytes(packId)
    const idHex = toHex(id)
    const isAtHome = segments.every((segment, position) => segment.birthOrdinal === position && toHex(segment.birthPackId) === idHex)
    const births = isAtHome ? null : segments.map((segment) => this.#segmentBirth(segment))
    const key = packKey(id)
    const self = this.#birthOf(idHex)
    const shape = { ...shapeOf(segments), blobsBefore: this.#blobs }
    const pack: Pack = { id, idHex, key, domainId, sessionId, self, births, ...shape, condemned: null, lost: null, isLive: true }
    const number = this.#packs.push(pack) - 1
    this.#packByHex.set(idHex, pack)
    this.setCondemned(idHex, condemned)
    this.setLostSegments(idHex, lost)
    this.#blobs += pack.firstBlobs.at(-1)!
    if (births === null) self.home = pack
    for (const [position, { ordinal, of }] of births?.entries() ?? [])
      of.moved.set(ordinal, { pack, position, before: of.moved.get(ordinal) ?? null })
    let domain = this.#indexDomains.get(domainId)
    if (domain === undefined) this.#indexDomains.set(domainId, (domain = this.#index.openDomain()))
    return this.#index.add(
      domain,
      number,
      segments.flatMap(({ blobIds }) => blobIds),
    )
  }

  #segmentBirth({ birthPackId, birthOrdinal }: PackSegment): SegmentBirth {
    return { packId: copyBytes(birthPackId), ordinal: birthOrdinal, of: this.#birthOf(toHex(birthPackId)) }
  }

  #birthOf(packIdHex: string): Birth {
    let birth = this.#birthByHex.get(packIdHex)
    if (birth === undefined) this.#birthByHex.set(packIdHex, (birth = { packIdHex, home: null, moved: new Map() }))
    return birth
  }
}

/** As many as were asked for: there may be others. */
const hasMorePlaces = ({ starts }: BlobPlaces, index: number): boolean => starts[index]! + fewPlaces === starts[index + 1]

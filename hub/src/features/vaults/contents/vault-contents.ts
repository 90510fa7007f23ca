import type { DomainId, SessionId } from '@holdfast/shared-types'
import { toHex } from '@holdfast/engine/bytes'
import { packKey, type BlobLocation, type PackSegment } from '@holdfast/engine/format'
import { BlobIndex } from '@holdfast/engine/vault'

/** A pack as its footer describes it. */
export interface IndexedPack {
  /** 16 bytes. */
  readonly packId: Uint8Array
  readonly domainId: DomainId
  /** The session that brought it; null for one found in the store. */
  readonly sessionId: SessionId | null
  readonly segments: readonly PackSegment[]
}

/** Where a segment lies in the store. */
export interface StoredSegment {
  readonly packIdHex: string
  /** Key of the pack in the store. */
  readonly key: string
  readonly offset: number
  readonly length: number
  readonly domainId: DomainId
  /** Whose upload it is; null where that is not known any more. */
  readonly sessionId: SessionId | null
}

/** A blob's place, with the birth pack's id also as the refsets spell it. */
export interface FoundBlob extends BlobLocation {
  readonly packIdHex: string
  readonly sessionId: SessionId | null
}

interface Pack {
  readonly idHex: string
  readonly key: string
  readonly domainId: DomainId
  readonly sessionId: SessionId | null
  /** Of every segment, and of the end of the last: segments lie back to back. */
  readonly offsets: Uint32Array
  isLive: boolean
}

/** Everything that was born in one pack; nearly always still in it. */
interface Birth {
  readonly packIdHex: string
  readonly domainId: DomainId
  /** The birth pack itself, where ordinals are positions. */
  home: Pack | null
  /** What was moved elsewhere since, by ordinal: the pack and the position in it. */
  readonly moved: Map<number, { readonly pack: Pack; readonly position: number }>
}

/**
 * What one vault holds, in memory: every pack with its segments, and which blob lies where. Derived from pack footers; about 60 bytes a
 * blob and 8 a segment.
 */
export class VaultContents {
  readonly #packByHex = new Map<string, Pack>()
  readonly #birthByHex = new Map<string, Birth>()
  /** The index hands birth pack ids back as the very arrays it was given. */
  readonly #birthById = new Map<Uint8Array, Birth>()
  readonly #indexByDomain = new Map<DomainId, BlobIndex>()
  #lostPacks = 0

  get packCount(): number {
    return this.#packByHex.size
  }

  /** Packs that were known and are not in the store any more. */
  get lostPackCount(): number {
    return this.#lostPacks
  }

  hasBlobs(domainId: DomainId): boolean {
    return (this.#indexByDomain.get(domainId)?.size ?? 0) > 0
  }

  /** A small number that stands for this very blob as long as the hub runs, wherever its copies lie; null for an unknown one. */
  blobNumber(domainId: DomainId, id: Uint8Array): number | null {
    return this.#indexByDomain.get(domainId)?.numberOf(id) ?? null
  }

  hasPack(packIdHex: string): boolean {
    return this.#packByHex.has(packIdHex)
  }

  /** Adds a pack once, or has one back that was lost. Call it only when the pack's row is committed. */
  addPack(pack: IndexedPack): void {
    const idHex = toHex(pack.packId)
    const known = this.#packByHex.get(idHex)
    if (known !== undefined) {
      if (!known.isLive) this.#lostPacks--
      known.isLive = true
      return
    }
    const last = pack.segments.at(-1)
    const offsets = new Uint32Array(pack.segments.length + 1)
    for (const [position, segment] of pack.segments.entries()) offsets[position] = segment.offset
    if (last !== undefined) offsets[pack.segments.length] = last.offset + last.length
    const added: Pack = { idHex, key: packKey(pack.packId), domainId: pack.domainId, sessionId: pack.sessionId, offsets, isLive: true }
    this.#packByHex.set(idHex, added)
    this.#indexSegments(added, pack)
  }

  /** Its segments are offered and read no more. @returns false when it is unknown or was lost before. */
  markLost(packIdHex: string): boolean {
    const pack = this.#packByHex.get(packIdHex)
    if (pack === undefined || !pack.isLive) return false
    pack.isLive = false
    this.#lostPacks++
    return true
  }

  /** A segment by its birth, or null where it is unknown or its pack is lost. */
  findSegment(birthPackIdHex: string, ordinal: number): StoredSegment | null {
    const birth = this.#birthByHex.get(birthPackIdHex)
    return birth === undefined ? null : placeOf(birth, ordinal)
  }

  /** The first place of a blob whose segment is there and which `accept` takes. @param id 32 bytes. */
  findBlob(domainId: DomainId, id: Uint8Array, accept: (packIdHex: string, ordinal: number) => boolean = () => true): FoundBlob | null {
    let found: FoundBlob | null = null
    this.#indexByDomain.get(domainId)?.find(id, (location) => {
      const birth = this.#birthById.get(location.packId) as Birth
      const place = placeOf(birth, location.ordinal)
      if (place === null || !accept(birth.packIdHex, location.ordinal)) return false
      found = { ...location, packIdHex: birth.packIdHex, sessionId: place.sessionId }
      return true
    })
    return found
  }

  #indexSegments(pack: Pack, { packId, domainId, segments }: IndexedPack): void {
    let index = this.#indexByDomain.get(domainId)
    if (index === undefined) this.#indexByDomain.set(domainId, (index = new BlobIndex()))
    const isAtHome = segments.every((segment, position) => segment.birthOrdinal === position && toHex(segment.birthPackId) === pack.idHex)
    const numberByBirth = new Map<string, number>()
    for (const [position, segment] of segments.entries()) {
      const birthHex = isAtHome ? pack.idHex : toHex(segment.birthPackId)
      let number = numberByBirth.get(birthHex)
      if (number === undefined) {
        // A copy: views into a footer would keep all of it in memory.
        const birthId = isAtHome ? packId.slice() : segment.birthPackId.slice()
        number = index.addPack(birthId)
        numberByBirth.set(birthHex, number)
        this.#birthById.set(birthId, this.#birthOf(birthHex, domainId))
      }
      if (!isAtHome) this.#birthOf(birthHex, domainId).moved.set(segment.birthOrdinal, { pack, position })
      for (const [at, id] of segment.blobIds.entries()) index.add(id, number, segment.birthOrdinal, at)
    }
    if (isAtHome) this.#birthOf(pack.idHex, domainId).home = pack
  }

  #birthOf(packIdHex: string, domainId: DomainId): Birth {
    let birth = this.#birthByHex.get(packIdHex)
    if (birth === undefined) this.#birthByHex.set(packIdHex, (birth = { packIdHex, domainId, home: null, moved: new Map() }))
    return birth
  }
}

function placeOf(birth: Birth, ordinal: number): StoredSegment | null {
  const { home } = birth
  if (home !== null && home.isLive && ordinal < home.offsets.length - 1) return segmentAt(home, ordinal)
  const moved = birth.moved.get(ordinal)
  return moved !== undefined && moved.pack.isLive ? segmentAt(moved.pack, moved.position) : null
}

function segmentAt(pack: Pack, position: number): StoredSegment {
  const offset = pack.offsets[position] as number
  return {
    packIdHex: pack.idHex,
    key: pack.key,
    offset,
    length: (pack.offsets[position + 1] as number) - offset,
    domainId: pack.domainId,
    sessionId: pack.sessionId,
  }
}

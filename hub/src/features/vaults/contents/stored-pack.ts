import type { DomainId, SessionId } from '@holdfast/shared-types'
import type { PackSegment } from '@holdfast/engine/format'
import { bitOf } from './position-bits.ts'

/** A pack as a collection looks at it. */
export interface PackView {
  readonly packIdHex: string
  readonly domainId: DomainId
  readonly sessionId: SessionId | null
  readonly segmentCount: number
  /** Header and segments, without the footer. */
  readonly bytes: number
  /** By position. */
  readonly segment: (position: number) => {
    readonly birthPackIdHex: string
    readonly ordinal: number
    readonly length: number
    /** Nobody would read it here: it is whole in another place, which is read before this one. */
    readonly isMoved: boolean
    readonly isCondemned: boolean
    /** Its bytes are damaged: nobody reads it here. */
    readonly isLost: boolean
  }
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

export interface Pack {
  readonly id: Uint8Array
  readonly idHex: string
  readonly key: string
  readonly domainId: DomainId
  readonly sessionId: SessionId | null
  /** Of every segment, and of the end of the last: segments lie back to back. */
  readonly offsets: Uint32Array
  /** Number within the pack of every segment's first blob, and of the end of the last. */
  readonly firstBlobs: Uint32Array
  /** Blobs of packs that were added before. */
  readonly blobsBefore: number
  /** A bit for each position; null where none is. Replaced, never changed. */
  condemned: Uint8Array | null
  /** A bit for each position whose bytes are damaged; null where none is. Replaced, never changed. */
  lost: Uint8Array | null
  /** What was born in it. */
  readonly self: Birth
  /** Of every segment; null where all of them were born here, in this order. */
  readonly births: readonly SegmentBirth[] | null
  isLive: boolean
}

export interface SegmentBirth {
  readonly packId: Uint8Array
  readonly ordinal: number
  readonly of: Birth
}

/** Everything that was born in one pack; nearly always still in it. */
export interface Birth {
  readonly packIdHex: string
  /** The birth pack itself, where ordinals are positions. */
  home: Pack | null
  /** What was moved elsewhere, by ordinal: the place that was added last first. */
  readonly moved: Map<number, MovedPlace>
}

export interface Place {
  readonly pack: Pack
  readonly position: number
}
export interface MovedPlace extends Place {
  readonly before: MovedPlace | null
}

export function shapeOf(segments: readonly PackSegment[]): Pick<Pack, 'offsets' | 'firstBlobs'> {
  const offsets = new Uint32Array(segments.length + 1)
  const firstBlobs = new Uint32Array(segments.length + 1)
  for (const [position, { offset, length, blobIds }] of segments.entries()) {
    offsets[position] = offset
    offsets[position + 1] = offset + length
    firstBlobs[position + 1] = firstBlobs[position]! + blobIds.length
  }
  return { offsets, firstBlobs }
}

/** The position of the segment that holds a blob, by halving: no segment is without blobs. */
export function segmentOf({ firstBlobs }: Pack, blob: number): number {
  let low = 0
  let high = firstBlobs.length - 1
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if (firstBlobs[middle]! <= blob) low = middle
    else high = middle
  }
  return low
}

export const birthOf = ({ id, self, births }: Pack, segment: number): SegmentBirth =>
  births?.[segment] ?? { packId: id, ordinal: segment, of: self }

/**
 * The one place a segment is read in, of those where it is whole: before all others one that no collection condemned, for the others are about to go; then where it was moved
 * to before where it was born. Packs are met in any order after a start, so their order decides nothing that matters (docs/adr/0016).
 */
export function placeOf({ home, moved }: Birth, ordinal: number): Place | null {
  let condemned: Place | null = null
  for (let place = moved.get(ordinal) ?? null; place !== null; place = place.before) {
    if (!isWhole(place)) continue
    if (!isCondemned(place)) return place
    condemned ??= place
  }
  if (home === null || ordinal >= home.offsets.length - 1) return condemned
  const born = { pack: home, position: ordinal }
  return isWhole(born) && (condemned === null || !isCondemned(born)) ? born : condemned
}

const isWhole = ({ pack, position }: Place): boolean => pack.isLive && !bitOf(pack.lost, position)
const isCondemned = ({ pack, position }: Place): boolean => bitOf(pack.condemned, position)

export function viewOf(pack: Pack): PackView {
  const { offsets } = pack
  return {
    packIdHex: pack.idHex,
    domainId: pack.domainId,
    sessionId: pack.sessionId,
    segmentCount: offsets.length - 1,
    bytes: offsets.at(-1)!,
    segment(position) {
      const { ordinal, of } = birthOf(pack, position)
      const place = placeOf(of, ordinal)
      return {
        birthPackIdHex: of.packIdHex,
        ordinal,
        length: offsets[position + 1]! - offsets[position]!,
        isMoved: place !== null && (place.pack !== pack || place.position !== position),
        isCondemned: bitOf(pack.condemned, position),
        isLost: bitOf(pack.lost, position),
      }
    },
  }
}

export function segmentAt({ pack, position }: Place): StoredSegment {
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

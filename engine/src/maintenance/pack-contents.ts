import { copyBytes, toHex } from '../bytes/index.ts'
import type { PackKind, PackSegment } from '../format/index.ts'
import { MemoryBlobIndex } from '../vault/index.ts'

/** Where a segment was found. */
export interface SegmentHome {
  /** Key of the pack in the store. */
  readonly packKey: string
  readonly kind: PackKind
  readonly domainId: string
}

export interface FoundSegment extends SegmentHome {
  readonly offset: number
  readonly length: number
  readonly crc32: number
  readonly birthPackId: Uint8Array
  readonly birthPackIdHex: string
  readonly birthOrdinal: number
}

export interface FoundBlob {
  /** Stands for the blob: below the number of all places. */
  readonly number: number
  /** Every segment that holds it, and where among that one's blobs. */
  readonly places: readonly { readonly segment: FoundSegment; readonly position: number }[]
}

/** Everything that lies in packs, found by birth and by blob: 60 to 120 bytes a blob, and some 300 a segment. */
export class PackContents {
  readonly #segments: FoundSegment[] = []
  readonly #byBirth = new Map<string, FoundSegment>()
  readonly #blobs = new MemoryBlobIndex()

  /** @returns the segment of the same birth that was found before; then this one is not added. */
  add({ offset, length, crc32, birthPackId, birthOrdinal, blobIds }: PackSegment, home: SegmentHome): FoundSegment | null {
    const birthPackIdHex = toHex(birthPackId)
    const birth = birthOf(birthPackIdHex, birthOrdinal)
    const other = this.#byBirth.get(birth)
    if (other !== undefined) return other
    // A copy, and nothing of the ids: views would keep whole footers.
    const found = { ...home, offset, length, crc32, birthPackId: copyBytes(birthPackId), birthPackIdHex, birthOrdinal }
    this.#byBirth.set(birth, found)
    const number = this.#segments.push(found) - 1
    for (const [position, id] of blobIds.entries()) this.#blobs.add(id, { pack: number, blob: position })
    return null
  }

  hasSegment(birthPackIdHex: string, ordinal: number): boolean {
    return this.#byBirth.has(birthOf(birthPackIdHex, ordinal))
  }

  /** Null for a blob that is nowhere. @param id 32 bytes */
  findBlob(id: Uint8Array): FoundBlob | null {
    const held = this.#blobs.find(id)
    if (held === null) return null
    const places = Array.from({ length: held.places.length / 2 }, (_, place) => ({
      segment: this.#segments[held.places[place * 2]!]!,
      position: held.places[place * 2 + 1]!,
    }))
    return { number: held.number, places }
  }
}

/** How a report names a segment. */
export const birthOf = (packIdHex: string, ordinal: number): string => `${packIdHex}/${ordinal}`

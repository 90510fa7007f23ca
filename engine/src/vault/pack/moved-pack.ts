import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { combineCrc32 } from '../../bytes/index.ts'
import { EngineError, invariant } from '../../errors/index.ts'
import {
  encodePackFooter,
  encodePackHeader,
  encodePackTrailer,
  maxPackBytes,
  packFooterBytes,
  packKey,
  packTrailerBytes,
  trailerCrcOffset,
  type PackHeader,
  type PackSegment,
} from '../../format/index.ts'
import type { StagedObject } from '../../store/index.ts'

/** A segment with its bytes, and what the footer of the pack it comes from says of it. */
export interface SegmentToMove extends PackSegment {
  readonly bytes: Uint8Array
}

/**
 * A pack of segments that were born in others: copied byte for byte, so no key is needed, and each keeps its birth. Written as it grows; it holds no more
 * than a footer in memory.
 */
export class MovedPack {
  readonly packId: Uint8Array = randomBytes(16)
  readonly #stage: StagedObject
  readonly #segments: PackSegment[] = []
  #sizeBytes = 0
  #blobCount = 0
  #crc32 = 0

  private constructor(stage: StagedObject) {
    this.#stage = stage
  }

  /** @param header of the packs that the segments come from, but for the id. */
  static async begin(stage: StagedObject, header: Omit<PackHeader, 'packId'>): Promise<MovedPack> {
    const pack = new MovedPack(stage)
    await pack.#write(encodePackHeader({ ...header, packId: pack.packId }))
    return pack
  }

  get segmentCount(): number {
    return this.#segments.length
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Whether the pack has room for it, with its line in the footer. */
  hasRoomFor({ length, blobIds }: Pick<PackSegment, 'length' | 'blobIds'>): boolean {
    const footerBytes = packFooterBytes(this.#segments.length + 1, this.#blobCount + blobIds.length)
    return this.#sizeBytes + length + footerBytes + packTrailerBytes <= maxPackBytes
  }

  /** @throws EngineError `pack.checksum-mismatch` where the bytes are not what the old footer says: nothing is written, and the segment is best left where it lies. */
  async append({ bytes, ...segment }: SegmentToMove): Promise<void> {
    invariant(this.hasRoomFor(segment), 'a pack of moved segments has its largest size')
    const sum = crc32(bytes)
    if (bytes.length !== segment.length || sum !== segment.crc32)
      throw new EngineError('pack.checksum-mismatch', 'A segment of a pack is damaged.')
    this.#segments.push({ ...segment, offset: this.#sizeBytes })
    this.#blobCount += segment.blobIds.length
    await this.#write(bytes, sum)
  }

  /** Writes footer and trailer, and publishes the pack: durable when it resolves. */
  async finish(): Promise<{ readonly sizeBytes: number; readonly footer: Uint8Array; readonly segments: readonly PackSegment[] }> {
    invariant(this.#segments.length > 0, 'a pack holds at least one segment')
    const footer = encodePackFooter(this.#segments)
    const trailer = encodePackTrailer({
      footerOffset: this.#sizeBytes,
      footerBytes: footer.length,
      segmentCount: this.#segments.length,
      blobCount: this.#blobCount,
      footerSha256: createHash('sha256').update(footer).digest(),
      packCrc32: 0,
    })
    await this.#write(footer)
    const packCrc32 = crc32(trailer.subarray(0, trailerCrcOffset), this.#crc32)
    new DataView(trailer.buffer, trailer.byteOffset).setUint32(trailerCrcOffset, packCrc32, true)
    await this.#write(trailer)
    await this.#stage.commit(packKey(this.packId))
    return { sizeBytes: this.#sizeBytes, footer, segments: this.#segments }
  }

  async #write(bytes: Uint8Array, sum = crc32(bytes)): Promise<void> {
    await this.#stage.write(bytes)
    this.#crc32 = this.#sizeBytes === 0 ? sum : combineCrc32(this.#crc32, sum, bytes.length)
    this.#sizeBytes += bytes.length
  }
}

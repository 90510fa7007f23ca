import { createBlobHasher, type BlobHasher } from '../blob-id/index.ts'
import { releaseBytes } from '../bytes/index.ts'
import { blobIdBytes, blobTypes, packKinds, readSegmentHeader, segmentOverheadBytes, type SegmentPlace } from '../format/index.ts'
import { SegmentOpener } from '../reader/open-segment.ts'
import type { DomainKeys } from '../reader/primitives.ts'
import type { OpenedSegment } from './blob-source.ts'
import { nodePrimitives } from './crypto/node-primitives.ts'
import { ownMemoryOf } from './own-memory.ts'

/** Opens segments as they come from the hub, several at a time. */
export interface Opener {
  /**
   * @param bytes the whole segments one after the other; not used by anybody else afterwards.
   * @throws whatever is wrong with the first bad one
   */
  openAll(bytes: Uint8Array, places: readonly SegmentPlace[]): Promise<OpenedSegment[]>
  /** Frees threads. */
  close(): Promise<void>
}

/** Opens on the calling thread. */
export class InlineOpener implements Opener {
  readonly #opener: SegmentOpener
  readonly #hasher: BlobHasher
  readonly #computesIds: boolean

  /** @param computesIds of all blobs in data segments: for a thread that has nothing else to do. */
  constructor(keys: DomainKeys, computesIds = false) {
    this.#opener = new SegmentOpener(nodePrimitives, keys)
    this.#hasher = createBlobHasher(keys.idKey)
    this.#computesIds = computesIds
  }

  async openAll(bytes: Uint8Array, places: readonly SegmentPlace[]): Promise<OpenedSegment[]> {
    const opened: OpenedSegment[] = []
    let offset = 0
    for (const place of places) {
      const header = readSegmentHeader(bytes.subarray(offset))
      const length = header.ciphertextBytes + segmentOverheadBytes
      const { blobs } = await this.#opener.open(bytes.subarray(offset, offset + length), place)
      const dataIds = this.#computesIds && header.kind === packKinds.data ? this.#idsOf(blobs) : null
      opened.push({
        packId: place.packId,
        ordinal: place.ordinal,
        blobs,
        dataIds,
        memory: blobs[0] === undefined ? null : ownMemoryOf(blobs[0]),
      })
      offset += length
    }
    releaseBytes(bytes)
    return opened
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #idsOf(blobs: readonly Uint8Array[]): Uint8Array {
    const ids = new Uint8Array(blobs.length * blobIdBytes)
    for (const [index, blob] of blobs.entries()) this.#hasher.writeId(blobTypes.data, blob, ids, index * blobIdBytes)
    return ids
  }
}

import { copyBytes, toHex } from '../../bytes/index.ts'
import { blobIdBytes, locationRecordBytes, writeLocation, type BlobLocation, type PackSegment } from '../../format/index.ts'

/** Where every blob was stored first, for vaults of tests. */
export class FirstPlaces {
  readonly #byId = new Map<string, BlobLocation>()

  add({ birthPackId, birthOrdinal, blobIds }: PackSegment): void {
    // A copy: a view would keep a whole footer.
    const packId = copyBytes(birthPackId)
    for (const [position, id] of blobIds.entries()) {
      const hex = toHex(id)
      if (!this.#byId.has(hex)) this.#byId.set(hex, { packId, ordinal: birthOrdinal, position })
    }
  }

  /** As a hub answers. @param ids 32 bytes each. @returns a location record each */
  locate(ids: Uint8Array): Uint8Array<ArrayBuffer> {
    const count = ids.length / blobIdBytes
    const answer = new Uint8Array(count * locationRecordBytes)
    for (let index = 0; index < count; index++)
      writeLocation(answer, index, this.#byId.get(toHex(ids.subarray(index * blobIdBytes, (index + 1) * blobIdBytes))) ?? null)
    return answer
  }
}

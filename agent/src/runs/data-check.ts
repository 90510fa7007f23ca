import { createBlobHasher, type BlobHasher } from '@holdfast/engine/blob-id'
import { releaseBytes, toHex } from '@holdfast/engine/bytes'
import { blobIdBytes, blobTypes, type BlobLocation } from '@holdfast/engine/format'
import type { BlobSource, OpenedSegment, SegmentToRead } from '@holdfast/engine/vault'
import type { DomainKeys } from '@holdfast/engine/reader'
import { AppError } from '@holdfast/shared-types/errors'
import { EngineError } from '@holdfast/engine/errors'
import { CheckedBlobs, judgedTag, placeTag } from './checked-blobs.ts'
import { isDamage } from './is-damage.ts'

/** One round, where the source has no less room: so many pieces are read at once. */
const roundBlobs = 4096
/** Segments that could not be read are remembered so many at a time: told again, they cost a try, not memory. */
const rememberedFailures = 10_000
const bundleBytes = 256 * 1024

interface Wanted {
  readonly id: Uint8Array
  readonly lengthBytes: number
  /** The first file that needs it: where a problem is told. */
  readonly path: Uint8Array
}

export interface DataCheckPorts {
  readonly source: BlobSource
  readonly keys: DomainKeys
  readonly signal: AbortSignal
  readonly onProblem: (path: Uint8Array, message: string) => void
}

/**
 * Reads and checks the pieces of files: every segment once, every blob in it by its id.
 *
 * What was read and judged is kept in 20 to 30 bytes per distinct blob (checked-blobs.ts): a snapshot of 100 million pieces needs up to
 * 3 GB. Ids are compared by their first 12 bytes: all 32 were computed from the content, so a wrong match would need content made to
 * fit, by somebody who has the domain's keys.
 */
export class DataCheck {
  readonly #ports: DataCheckPorts
  readonly #wanted = new Map<string, Wanted>()
  readonly #failedSegments = new Map<string, Error>()
  readonly #blobs = new CheckedBlobs()
  readonly #hasher: BlobHasher
  #wantedBytes = 0
  #checked = 0

  constructor(ports: DataCheckPorts) {
    this.#ports = ports
    this.#hasher = createBlobHasher(ports.keys.idKey)
  }

  /** Distinct blobs found whole. */
  get checked(): number {
    return this.#checked
  }

  async want(id: Uint8Array, lengthBytes: number, path: Uint8Array): Promise<void> {
    if (this.#blobs.has(id, judgedTag)) return
    const key = keyOf(id)
    if (this.#wanted.has(key)) return
    this.#wanted.set(key, { id, lengthBytes, path })
    this.#wantedBytes += lengthBytes
    if (this.#wantedBytes >= this.#ports.source.room.batchBytes || this.#wanted.size >= roundBlobs) await this.flush()
  }

  async flush(): Promise<void> {
    const wanted = [...this.#wanted.values()]
    this.#wanted.clear()
    this.#wantedBytes = 0
    if (wanted.length === 0) return
    if (this.#failedSegments.size > rememberedFailures) this.#failedSegments.clear()
    const locations = await this.#ports.source.locate(wanted.map(({ id }) => id))
    await this.#openSegments(wanted, locations)
    for (const [index, want] of wanted.entries()) this.#judge(want, locations[index] ?? null)
  }

  async #openSegments(wanted: readonly Wanted[], locations: readonly (BlobLocation | null)[]): Promise<void> {
    const unread = new Map<string, SegmentToRead>()
    for (const [index, want] of wanted.entries()) {
      const location = locations[index]
      if (location === null || location === undefined || this.#blobs.has(want.id, placeTag(location))) continue
      const key = segmentKey(location)
      if (this.#failedSegments.has(key)) continue
      // At least as large as the largest piece in it: a bundle's own size is the source's to know.
      const expectedBytes = Math.max(unread.get(key)?.expectedBytes ?? bundleBytes, want.lengthBytes)
      unread.set(key, { packId: location.packId, ordinal: location.ordinal, expectedBytes })
    }
    const inOrder = [...unread].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, place]) => place)
    const { source, signal } = this.#ports
    for await (const segment of source.segments(inOrder, signal)) {
      signal.throwIfAborted()
      if ('error' in segment) this.#failedSegments.set(segmentKey(segment.place), segment.error)
      else this.#remember(segment)
    }
  }

  #remember({ packId, ordinal, blobs, dataIds, memory }: OpenedSegment): void {
    for (const [position, blob] of blobs.entries()) {
      const id =
        dataIds === null ? this.#hasher.idOf(blobTypes.data, blob) : dataIds.subarray(position * blobIdBytes, (position + 1) * blobIdBytes)
      this.#blobs.add(id, placeTag({ packId, ordinal, position }))
    }
    if (memory !== null) releaseBytes(memory)
  }

  #judge({ id, path }: Wanted, location: BlobLocation | null): void {
    const failure = location === null ? undefined : this.#failedSegments.get(segmentKey(location))
    // A hub that is away, or a cancel, says nothing about the vault.
    if (failure instanceof AppError && failure.code !== 'vault.corrupt') throw failure
    if (failure instanceof EngineError && !isDamage(failure.code)) throw failure
    const isWhole = location !== null && this.#blobs.has(id, placeTag(location))
    this.#blobs.retag(id, location === null ? judgedTag : placeTag(location), judgedTag)
    if (isWhole) this.#checked += 1
    else if (location === null) this.#ports.onProblem(path, 'The vault does not hold a piece of this file.')
    else this.#ports.onProblem(path, failure?.message ?? 'A stored piece of this file is not what its id says.')
  }
}

const keyOf = (id: Uint8Array): string => Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('latin1')
const segmentKey = (place: { readonly packId: Uint8Array; readonly ordinal: number }): string =>
  `${toHex(place.packId)}/${String(place.ordinal).padStart(8, '0')}`

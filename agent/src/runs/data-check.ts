import { toHex } from '@holdfast/engine/bytes'
import { blobIdBytes, blobTypes, type BlobLocation } from '@holdfast/engine/format'
import { nodePrimitives, type BlobSource, type OpenedSegment, type SegmentToRead } from '@holdfast/engine/vault'
import type { DomainKeys } from '@holdfast/engine/reader'
import { AppError } from '@holdfast/shared-types'
import { EngineError } from '@holdfast/engine/errors'
import { isDamage } from './is-damage.ts'

/** One round: so much content is read at once, whatever the sizes of its pieces. */
const roundBytes = 32 * 1024 * 1024
const roundBlobs = 4096
const idPrefixBytes = 8
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
 * What a segment was found to hold is kept as the first 8 bytes of each id: all 32 were computed from the content, so a wrong
 * match would need content made to fit, by somebody who has the domain's keys.
 */
export class DataCheck {
  readonly #ports: DataCheckPorts
  readonly #wanted = new Map<string, Wanted>()
  readonly #foundBySegment = new Map<string, readonly string[] | Error>()
  readonly #done = new Set<string>()
  #wantedBytes = 0
  #checked = 0

  constructor(ports: DataCheckPorts) {
    this.#ports = ports
  }

  /** Distinct blobs found whole. */
  get checked(): number {
    return this.#checked
  }

  async want(id: Uint8Array, lengthBytes: number, path: Uint8Array): Promise<void> {
    const key = keyOf(id)
    if (this.#done.has(key) || this.#wanted.has(key)) return
    this.#wanted.set(key, { id, lengthBytes, path })
    this.#wantedBytes += lengthBytes
    if (this.#wantedBytes >= roundBytes || this.#wanted.size >= roundBlobs) await this.flush()
  }

  async flush(): Promise<void> {
    const wanted = [...this.#wanted.values()]
    this.#wanted.clear()
    this.#wantedBytes = 0
    if (wanted.length === 0) return
    const locations = await this.#ports.source.locate(wanted.map(({ id }) => id))
    await this.#openSegments(wanted, locations)
    for (const [index, want] of wanted.entries()) this.#judge(want, locations[index] ?? null)
  }

  async #openSegments(wanted: readonly Wanted[], locations: readonly (BlobLocation | null)[]): Promise<void> {
    const unread = new Map<string, SegmentToRead>()
    for (const [index, location] of locations.entries()) {
      if (location === null) continue
      const key = segmentKey(location)
      if (this.#foundBySegment.has(key)) continue
      // At least as large as the largest piece in it: a bundle's own size is the source's to know.
      const expectedBytes = Math.max(unread.get(key)?.expectedBytes ?? bundleBytes, wanted[index]?.lengthBytes ?? 0)
      unread.set(key, { packId: location.packId, ordinal: location.ordinal, expectedBytes })
    }
    const inOrder = [...unread].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, place]) => place)
    const { source, signal } = this.#ports
    for await (const segment of source.segments(inOrder, signal)) {
      signal.throwIfAborted()
      if ('error' in segment) this.#foundBySegment.set(segmentKey(segment.place), segment.error)
      else this.#foundBySegment.set(segmentKey(segment), await this.#prefixesOf(segment))
    }
  }

  async #prefixesOf({ blobs, dataIds }: OpenedSegment): Promise<readonly string[]> {
    if (dataIds !== null) return blobs.map((_, index) => prefixOf(dataIds.subarray(index * blobIdBytes)))
    return Promise.all(
      blobs.map(async (blob) => prefixOf(await nodePrimitives.hmacSha256(this.#ports.keys.idKey, Uint8Array.of(blobTypes.data), blob))),
    )
  }

  #judge({ id, path }: Wanted, location: BlobLocation | null): void {
    this.#done.add(keyOf(id))
    if (location === null) return this.#ports.onProblem(path, 'The vault does not hold a piece of this file.')
    const found = this.#foundBySegment.get(segmentKey(location))
    // A hub that is away, or a cancel, says nothing about the vault.
    if (found instanceof AppError && found.code !== 'vault.corrupt') throw found
    if (found instanceof EngineError && !isDamage(found.code)) throw found
    if (found instanceof Error) return this.#ports.onProblem(path, found.message)
    if (found?.[location.position] !== prefixOf(id))
      return this.#ports.onProblem(path, 'A stored piece of this file is not what its id says.')
    this.#checked += 1
  }
}

const keyOf = (id: Uint8Array): string => Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('latin1')
const prefixOf = (id: Uint8Array): string => keyOf(id.subarray(0, idPrefixBytes))
const segmentKey = (place: { readonly packId: Uint8Array; readonly ordinal: number }): string =>
  `${toHex(place.packId)}/${String(place.ordinal).padStart(8, '0')}`

import { EngineError } from '../../errors/index.ts'
import { blobTypes, decodeAttributes, type BlobLocation, type ExtendedAttribute, type SegmentPlace } from '../../format/index.ts'
import type { BlobSource } from '../../vault/blob-source.ts'
import { keyOf, segmentKey } from '../../tree-pages/index.ts'

/** Sets that are kept: where every entry has some (labels of SELinux), they mostly are the same few. */
const cachedSets = 4096
const segmentsPerFetch = 16

export type Attributes = readonly ExtendedAttribute[]
export const noAttributes: Attributes = []

/** Extended attributes of entries, fetched with those of their neighbours. */
export class AttributeSets {
  readonly #source: BlobSource
  readonly #signal: AbortSignal
  readonly #sets = new Map<string, Attributes>()

  constructor(source: BlobSource, signal: AbortSignal) {
    this.#source = source
    this.#signal = signal
  }

  /** @returns at once what is known already; else undefined. */
  known(id: Uint8Array): Attributes | undefined {
    return this.#sets.get(keyOf(id))
  }

  /**
   * @param ahead ids that are asked for soon: looked for with the same question.
   * @throws EngineError `blob.missing`, `format.*`, and what the source fails with.
   */
  async load(id: Uint8Array, ahead: readonly Uint8Array[]): Promise<Attributes> {
    const known = this.known(id)
    if (known !== undefined) return known
    const ids = [id, ...ahead.filter((other) => !this.#sets.has(keyOf(other)))]
    const located = await this.#source.locate(ids)
    const first = located[0] ?? null
    if (first === null) throw missing()
    const wanted = bySegment(ids, located)
    let found: Attributes | null = null
    for await (const opened of this.#source.segments(
      [...wanted.values()].map(({ place }) => place),
      this.#signal,
    )) {
      const segment = wanted.get(segmentKey('error' in opened ? opened.place : opened))
      if (segment === undefined) continue
      for (const each of segment.blobs) {
        const isAsked = each.id === id
        // One that was only fetched ahead is asked for again when it is needed, and its damage told then.
        if ('error' in opened) {
          if (isAsked) throw opened.error
        } else {
          const set = this.#take(each.id, opened.blobs[each.position], isAsked)
          if (isAsked) found = set
        }
      }
    }
    if (found === null) throw missing()
    return found
  }

  #take(id: Uint8Array, bytes: Uint8Array | undefined, isAsked: boolean): Attributes | null {
    try {
      if (bytes === undefined) throw missing()
      this.#source.verify(blobTypes.attributes, id, bytes)
      // A copy: values are views, and would keep their whole segment in memory.
      const set = decodeAttributes(bytes.slice())
      this.#sets.set(keyOf(id), set)
      for (const oldest of this.#sets.keys()) {
        if (this.#sets.size <= cachedSets) break
        this.#sets.delete(oldest)
      }
      return set
    } catch (error) {
      if (isAsked || !(error instanceof EngineError)) throw error
      return null
    }
  }
}

interface WantedSegment {
  readonly place: SegmentPlace
  readonly blobs: { readonly id: Uint8Array; readonly position: number }[]
}

/** In order of first use, so the one that is asked for is always among them. */
function bySegment(ids: readonly Uint8Array[], located: readonly (BlobLocation | null)[]): Map<string, WantedSegment> {
  const segments = new Map<string, WantedSegment>()
  for (const [index, place] of located.entries()) {
    if (place === null) continue
    const key = segmentKey(place)
    const segment = segments.get(key) ?? { place, blobs: [] }
    if (!segments.has(key) && segments.size >= segmentsPerFetch) continue
    segments.set(key, segment)
    segment.blobs.push({ id: ids[index]!, position: place.position })
  }
  return segments
}

const missing = (): EngineError =>
  new EngineError(
    'blob.missing',
    'The vault does not hold the extended attributes of this. Check the vault; other snapshots may still have them.',
  )

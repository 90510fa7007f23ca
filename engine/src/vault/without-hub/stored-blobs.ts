import { concatBytes, equalBytes, fromHex, toHex } from '../../bytes/index.ts'
import { EngineError, isEngineError } from '../../errors/index.ts'
import {
  blobIdBytes,
  locationRecordBytes,
  maxPackBytes,
  packIdOfKey,
  packKey,
  packKinds,
  packPrefix,
  readLocation,
  vaultFileKey,
  writeLocation,
  type PackHeader,
  type Refset,
} from '../../format/index.ts'
import type { DomainKeys } from '../../reader/index.ts'
import type { ListedObject, ObjectStore } from '../../store/index.ts'
import { BlobIndex } from '../blob-index/blob-index.ts'
import type { BlobPlaces } from '../blob-index/domain-index.ts'
import { readPackEnd, readPackHeader } from '../pack/read-pack-end.ts'
import { salvagePack } from '../pack/salvage-pack.ts'
import type { SourcePorts } from '../remote-source.ts'
import { inParallel } from './in-parallel.ts'
import { SegmentGroups, type DescribedSegment, type SegmentRange } from './segment-groups.ts'

/** Ends of packs read at once: a disk that turns, or a network folder, has the next one on its way. */
const endsAtOnce = 8
/** A search through all packs that found nothing is not repeated for so long. */
const searchAgainMs = 10_000

export interface StoredBlobsOptions {
  readonly store: ObjectStore
  readonly keys: DomainKeys
  readonly refset: Refset
  /** `folders`: only what is needed to list; packs with contents are not looked into. */
  readonly reads: 'folders' | 'everything'
  /** For what an index does not keep in memory; made when it is needed, and for nothing else. */
  readonly scratchFolder: string
  readonly signal: AbortSignal
  readonly onProgress: (packsRead: number, packs: number) => void
  /** A pack that the snapshot needs is damaged, or is missing and something in it was looked for. Told once a pack. */
  readonly onDamage: (packKey: string, error: EngineError) => void
  /** The scratch folder cannot be written: it takes more memory than it should. */
  readonly onUnwritable: (message: string) => void
}

/**
 * Where the blobs of one snapshot lie, from the footers of the packs that its refset names. The store is only read, and a hub may write to
 * it meanwhile: a segment that is not where it was born is looked for in all other packs, when it is needed.
 */
export class StoredBlobs implements SourcePorts {
  readonly #options: StoredBlobsOptions
  readonly #groups: SegmentGroups
  readonly #index: BlobIndex
  readonly #domain: number
  /** Keys of packs whose end was read, or tried. */
  readonly #looked = new Set<string>()
  /** Keys of packs that were there and are not any more. */
  readonly #gone = new Set<string>()
  /** Birth packs that are not there, by their hex; emptied once they are told. */
  readonly #missing = new Set<string>()
  /** Damaged packs that the refset does not name: told when something is looked for in vain. */
  readonly #suspects = new Map<string, EngineError>()
  #search: Promise<void> | null = null
  #searchedAtMs = -Infinity

  private constructor(options: StoredBlobsOptions) {
    this.#options = options
    this.#groups = new SegmentGroups(options.refset)
    this.#index = new BlobIndex({ folder: options.scratchFolder, onUnwritable: options.onUnwritable, onFailure: () => undefined })
    this.#domain = this.#index.openDomain()
  }

  /** Reads the ends of the packs that the refset names. @throws EngineError `store.*`, `cancelled` */
  static async open(options: StoredBlobsOptions): Promise<StoredBlobs> {
    const blobs = new StoredBlobs(options)
    try {
      await blobs.#lookAtHomes()
      return blobs
    } catch (error) {
      await blobs.close()
      throw error
    }
  }

  locate = async (ids: Uint8Array): Promise<Uint8Array> => {
    let places = await this.#find(ids)
    if (hasMisses(places) && (await this.#searchElsewhere())) places = await this.#find(ids)
    const records = new Uint8Array((ids.length / blobIdBytes) * locationRecordBytes)
    for (let index = 0; index < places.starts.length - 1; index++) {
      const at = places.starts[index]!
      if (at === places.starts[index + 1]) continue
      writeLocation(records, index, this.#groups.locationOf(places.places[at * 2]!, places.places[at * 2 + 1]!))
    }
    return records
  }

  /** @throws EngineError `blob.missing`, `pack.invalid` where the disk does not give it, `store.*` */
  readSegments = async (records: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> => {
    const ranges: SegmentRange[] = []
    for (let index = 0; index < records.length / locationRecordBytes; index++) ranges.push(await this.#rangeOf(records, index))
    try {
      signal?.throwIfAborted()
      const parts = await Promise.all(joinNeighbours(ranges).map((range) => this.#read(range)))
      return parts.length === 1 ? parts[0]! : concatBytes(parts)
    } catch (error) {
      if (!(error instanceof PackGone)) throw error
      // It was moved, or removed with everything in it. Each turn has one pack less to read, and what it held is elsewhere only since now.
      if (!this.#gone.has(error.key)) this.#searchedAtMs = -Infinity
      this.#gone.add(error.key)
      return this.readSegments(records, signal)
    }
  }

  /** Ends the index's thread and removes its files. */
  async close(): Promise<void> {
    await this.#index.close()
    await this.#index.clear()
  }

  #find(ids: Uint8Array): Promise<BlobPlaces> {
    return this.#index.find(this.#domain, ids, 1)
  }

  async #rangeOf(records: Uint8Array, index: number): Promise<SegmentRange> {
    const place = readLocation(records, index)
    if (place === null) throw new EngineError('format.invalid', 'A segment was asked for without its place.')
    const packIdHex = toHex(place.packId)
    const range = this.#livingRange(packIdHex, place.ordinal)
    if (range !== null) return range
    await this.#searchElsewhere()
    const found = this.#livingRange(packIdHex, place.ordinal)
    if (found === null) throw missingPack()
    return found
  }

  #livingRange(packIdHex: string, ordinal: number): SegmentRange | null {
    return this.#groups.rangesOf(packIdHex, ordinal).find(({ key }) => !this.#gone.has(key)) ?? null
  }

  async #read({ key, offset, length }: SegmentRange): Promise<Uint8Array> {
    const { store } = this.#options
    try {
      return await store.get(key, { offset, length })
    } catch (cause) {
      if (isEngineError(cause, 'store.io-error'))
        throw new EngineError('pack.invalid', 'The disk of the vault does not give back a part of a pack.', {
          cause,
          context: { packKey: key },
        })
      if (!isEngineError(cause, 'store.not-found')) throw cause
      if ((await store.head(vaultFileKey)) === null)
        throw new EngineError('store.unavailable', 'The vault is gone while it is read. Is its disk still mounted?', { cause })
      throw new PackGone(key)
    }
  }

  async #lookAtHomes(): Promise<void> {
    const { store, refset, signal, onProgress } = this.#options
    let read = 0
    onProgress(0, refset.packCount)
    await inParallel(refset.packs(), endsAtOnce, async (packIdHex) => {
      signal.throwIfAborted()
      const key = packKey(fromHex(packIdHex))
      const head = await store.head(key)
      const damage = head === null ? null : await this.#look({ key, ...head })
      if (head === null) this.#missing.add(packIdHex)
      else if (damage !== null) this.#options.onDamage(key, damage)
      onProgress(++read, refset.packCount)
    })
  }

  /** @returns whether it was made: what was not found before may be there now. */
  async #searchElsewhere(): Promise<boolean> {
    if (this.#search === null && performance.now() - this.#searchedAtMs < searchAgainMs) return false
    this.#search ??= this.#lookAtAll().finally(() => {
      this.#search = null
      this.#searchedAtMs = performance.now()
    })
    await this.#search
    return true
  }

  async #lookAtAll(): Promise<void> {
    const { store, signal, onDamage } = this.#options
    await inParallel(store.list(packPrefix), endsAtOnce, async (object) => {
      signal.throwIfAborted()
      const damage = isPack(object.key) ? await this.#look(object) : null
      if (damage !== null) this.#suspects.set(object.key, damage)
    })
    for (const packIdHex of this.#missing) if (!this.#groups.hasBirth(packIdHex)) onDamage(packKey(fromHex(packIdHex)), missingPack())
    for (const [key, damage] of this.#suspects) onDamage(key, damage)
    this.#missing.clear()
    this.#suspects.clear()
  }

  /** Takes what the snapshot needs of a pack, once. @returns what is wrong with the pack. */
  async #look(object: ListedObject): Promise<EngineError | null> {
    const { key } = object
    if (this.#looked.has(key)) return null
    this.#looked.add(key)
    try {
      const { store } = this.#options
      const header = await readPackHeader(store, object)
      if (this.#isWanted(key, header)) await this.#take(key, (await readPackEnd(store, object, header)).segments.map(described))
      return null
    } catch (error) {
      if (!isEngineError(error)) throw error
      // Removed since it was listed: whoever did so has what was needed of it elsewhere.
      if (error.code === 'store.not-found') return null
      if (error.code.startsWith('store.') && error.code !== 'store.io-error') throw error
      await this.#takeWhatCanBeRead(object)
      return error
    }
  }

  #isWanted(key: string, header: PackHeader): boolean {
    const { keys, reads } = this.#options
    if (toHex(header.packId) !== packIdOfKey(key)) throw new EngineError('pack.invalid', 'A pack lies under the name of another.')
    if (!equalBytes(header.vaultId, keys.vaultId) || !equalBytes(header.domainId, keys.domainId)) return false
    return reads === 'everything' || header.kind === packKinds.metadata
  }

  async #take(key: string, segments: readonly DescribedSegment[]): Promise<void> {
    for (const { number, ids } of this.#groups.add(key, segments)) await this.#index.add(this.#domain, number, ids)
  }

  async #takeWhatCanBeRead({ key, sizeBytes }: ListedObject): Promise<void> {
    if (sizeBytes > maxPackBytes) return
    try {
      await this.#take(key, await salvagePack(await this.#options.store.get(key), this.#options.keys))
    } catch (error) {
      // What is wrong with the pack is told already.
      if (!isEngineError(error)) throw error
    }
  }
}

class PackGone extends Error {
  readonly key: string

  constructor(key: string) {
    super('A pack is not where it was.')
    this.key = key
  }
}

const described = ({
  blobIds,
  ...segment
}: Omit<DescribedSegment, 'idsByType'> & { readonly blobIds: readonly Uint8Array[] }): DescribedSegment => ({
  ...segment,
  idsByType: [blobIds],
})

const missingPack = (): EngineError => new EngineError('blob.missing', 'A pack that the snapshot needs is missing from the vault.')

const hasMisses = ({ starts }: BlobPlaces): boolean => starts.some((start, index) => index > 0 && start === starts[index - 1])

function isPack(key: string): boolean {
  try {
    return packIdOfKey(key) !== ''
  } catch (error) {
    if (isEngineError(error, 'format.invalid')) return false
    throw error
  }
}

/** Segments that follow one another in one pack are one read. */
function joinNeighbours(ranges: readonly SegmentRange[]): SegmentRange[] {
  const joined: SegmentRange[] = []
  for (const range of ranges) {
    const last = joined.at(-1)
    if (last !== undefined && last.key === range.key && last.offset + last.length === range.offset)
      joined[joined.length - 1] = { ...last, length: last.length + range.length }
    else joined.push(range)
  }
  return joined
}

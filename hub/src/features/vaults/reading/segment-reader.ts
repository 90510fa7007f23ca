import { AppError, type DomainId } from '@holdfast/shared-types'
import { fromHex } from '@holdfast/engine/bytes'
import { EngineError } from '@holdfast/engine/errors'
import type { BlobType, Refset } from '@holdfast/engine/format'
import { ByteBoundedCache } from '../contents/byte-bounded-cache.ts'
import type { ManagedVault } from '../contents/managed-vault.ts'
import { isDamage } from '../errors/translate-engine-error.ts'
import { readPackRange, type ReadRangeDeps } from './read-pack-range.ts'

/** Tree pages of folders that people walk through, and bundles of small files. */
const cachedBytes = 32 * 1024 * 1024

interface Opened {
  readonly blobs: readonly Uint8Array[]
  /** By position: the type under which the blob's id was found right. */
  readonly verifiedAs: (BlobType | undefined)[]
}

/** What of a vault a reader may see. */
export interface ReadScope {
  readonly vault: ManagedVault
  readonly domainId: DomainId
  /** Only what lies within it is read. */
  readonly refset: Pick<Refset, 'has'>
}

export interface SegmentReaderDeps extends ReadRangeDeps {
  /** Is told of a pack in which something did not open. */
  readonly suspect?: (vault: ManagedVault, packIdHex: string) => void
}

/** Opens stored blobs with a vault's keys, for reading on the server; opened segments are cached for all readers together. */
export class SegmentReader {
  readonly #deps: SegmentReaderDeps
  readonly #cache = new ByteBoundedCache<Opened>(cachedBytes)

  constructor(deps: SegmentReaderDeps) {
    this.#deps = deps
  }

  /**
   * One blob whose id was recomputed; do not change it.
   * @throws EngineError `blob.missing`, `blob.id-mismatch`, `segment.*`, `store.*`; AppError `vault.corrupt`
   */
  async read(scope: ReadScope, type: BlobType, id: Uint8Array): Promise<Uint8Array> {
    const { vault, domainId, refset } = scope
    const found = await vault.contents.findBlob(domainId, id, (packIdHex, ordinal) => refset.has(packIdHex, ordinal))
    if (found === null) throw new EngineError('blob.missing', 'The vault does not hold a piece that the snapshot needs.')
    const opened = await this.#open(scope, found.packIdHex, found.ordinal)
    const blob = opened.blobs[found.position]
    if (blob === undefined) throw new EngineError('blob.missing', 'A segment does not hold the piece that should be in it.')
    if (opened.verifiedAs[found.position] === type) return blob
    if (!vault.hasher(domainId).isIdOf(type, blob, id))
      throw new EngineError('blob.id-mismatch', 'A stored piece is not what its id says: the vault is damaged here.')
    opened.verifiedAs[found.position] = type
    return blob
  }

  #open({ vault, domainId }: ReadScope, packIdHex: string, ordinal: number): Promise<Opened> {
    const load = async (): Promise<Opened> => {
      const segment = vault.contents.findSegment(packIdHex, ordinal)
      if (segment === null) throw new AppError('vault.corrupt', { message: 'A pack that the snapshot needs is missing from the store.' })
      const bytes = await readPackRange(this.#deps, vault, segment, segment)
      try {
        const { blobs } = await vault.opener(domainId).open(bytes, { packId: fromHex(packIdHex), ordinal })
        return { blobs, verifiedAs: [] }
      } catch (error) {
        if (isDamage(error)) this.#deps.suspect?.(vault, segment.packIdHex)
        throw error
      }
    }
    return this.#cache.get(`${vault.id}/${packIdHex}/${ordinal}`, load, ({ blobs }) => blobs.reduce((sum, { length }) => sum + length, 0))
  }
}

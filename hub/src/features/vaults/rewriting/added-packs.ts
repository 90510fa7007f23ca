import type { DomainId } from '@holdfast/shared-types'
import { concatBytes, copyBytes } from '@holdfast/engine/bytes'
import { EngineError } from '@holdfast/engine/errors'
import {
  maxBlobsPerSegment,
  packKey,
  packKindOf,
  packKinds,
  type BlobType,
  type PackKind,
  type SegmentPlace,
} from '@holdfast/engine/format'
import { decodePackEnd, PackBuilder, type Pack } from '@holdfast/engine/vault'
import { decodePackHeader, packHeaderBytes, targetPackBytes } from '@holdfast/engine/format'
import type { Database } from '../../../platform/database/database.ts'
import type { DiskSpace } from '../../../platform/disk-space/disk-space.ts'
import type { ManagedVault } from '../contents/managed-vault.ts'
import { insertPack } from '../tables/packs.queries.ts'

/** As devices bundle (docs/vault-format.md §8). */
const bundleBytes = 256 * 1024

export interface AddedPacksDeps {
  readonly database: Database
  readonly diskSpace: Pick<DiskSpace, 'requireRoom'>
  readonly now: () => number
}

interface Waiting {
  readonly type: BlobType
  readonly id: Uint8Array
  readonly bytes: Uint8Array
  readonly placed: (place: SegmentPlace) => void
}

/**
 * Blobs that a rewriting adds to a vault, in packs of their own: fresh ids, so that no key and nonce is ever used twice. A pack is durable, has its row and is offered, in this
 * order, when `finish` resolves. What a crash leaves is a pack that nothing names, which a collection takes.
 */
export class AddedPacks {
  readonly #deps: AddedPacksDeps
  readonly #vault: ManagedVault
  readonly #domainId: DomainId
  readonly #waiting = new Map<PackKind, { readonly blobs: Waiting[]; bytes: number }>()
  readonly #builders = new Map<PackKind, PackBuilder>()

  constructor(deps: AddedPacksDeps, vault: ManagedVault, domainId: DomainId) {
    this.#deps = deps
    this.#vault = vault
    this.#domainId = domainId
  }

  /** @param placed learns where it will lie, once its bundle is sealed. @throws EngineError `segment.*`, `store.*`; AppError `store.full` */
  async add(blob: Waiting): Promise<void> {
    const kind = packKindOf(blob.type)
    const waiting = this.#waiting.get(kind) ?? { blobs: [], bytes: 0 }
    this.#waiting.set(kind, waiting)
    // A copy: what is read belongs to a cache.
    waiting.blobs.push({ ...blob, bytes: copyBytes(blob.bytes) })
    waiting.bytes += blob.bytes.length
    if (waiting.bytes >= bundleBytes || waiting.blobs.length >= maxBlobsPerSegment) await this.#seal(kind)
  }

  async finish(): Promise<void> {
    for (const kind of [packKinds.data, packKinds.metadata]) {
      await this.#seal(kind)
      const builder = this.#builders.get(kind)
      this.#builders.delete(kind)
      if (builder !== undefined) await this.#publish(builder.finish())
    }
  }

  async #seal(kind: PackKind): Promise<void> {
    const waiting = this.#waiting.get(kind)?.blobs ?? []
    this.#waiting.delete(kind)
    if (waiting.length === 0) return
    const builder = this.#builders.get(kind) ?? new PackBuilder(kind, this.#vault.domainKeys(this.#domainId))
    this.#builders.set(kind, builder)
    const ordinal = await builder.append({
      kind,
      types: waiting.map(({ type }) => type),
      ids: concatBytes(waiting.map(({ id }) => id)),
      rawLengths: waiting.map(({ bytes }) => bytes.length),
      parts: waiting.map(({ bytes }) => bytes),
    })
    for (const { placed } of waiting) placed({ packId: builder.packId, ordinal })
    if (!builder.isFull) return
    this.#builders.delete(kind)
    await this.#publish(builder.finish())
  }

  async #publish({ packId, kind, bytes }: Pack): Promise<void> {
    const { database, diskSpace, now } = this.#deps
    const inPlace = await diskSpace.requireRoom(Math.max(bytes.length, targetPackBytes))
    try {
      await this.#vault.arriving.while(packKey(packId), async () => {
        await this.#vault.store.put(packKey(packId), bytes)
        const { segments, trailer } = decodePackEnd(decodePackHeader(bytes.subarray(0, packHeaderBytes)), bytes, bytes.length)
        const footer = bytes.slice(trailer.footerOffset, trailer.footerOffset + trailer.footerBytes)
        const blobs = segments.reduce((sum, { blobIds }) => sum + blobIds.length, 0)
        const { keyEpoch } = this.#vault.domainKeys(this.#domainId)
        const counts = { sizeBytes: bytes.length, segments: segments.length, blobs, footer, storedAt: new Date(now()) }
        const row = {
          packId,
          vaultId: this.#vault.id,
          domainId: this.#domainId,
          kind,
          keyEpoch,
          sessionId: null,
          state: 'live' as const,
          ...counts,
        }
        if ((await insertPack(database.em(), row)) === undefined)
          throw new EngineError('invariant.broken', 'A new pack has the id of another.')
        await this.#vault.contents.addPack({ packId, domainId: this.#domainId, sessionId: null, segments })
      })
    } finally {
      inPlace()
    }
  }
}

import { randomBytes, randomUUID } from 'node:crypto'
import { toHex } from '@holdfast/engine/bytes'
import {
  blobIdBytes,
  decodeSnapshotObject,
  locationRecordBytes,
  readLocation,
  uuidToBytes,
  writeLocation,
  type BlobLocation,
} from '@holdfast/engine/format'
import type { DomainKeys } from '@holdfast/engine/reader'
import { appendHubHeader, checkPack, sealDomainKeys } from '@holdfast/engine/vault'
import { AppError, DomainId, SnapshotId, VaultId } from '@holdfast/shared-types'

/** A managed vault in memory: real keys and real packs, checked as a hub checks them. */
export class FakeVault {
  readonly vaultId: VaultId
  readonly domainId: DomainId
  readonly keyEpoch = 1
  readonly keys: DomainKeys
  /** In the order of their arrival. */
  readonly packs = new Map<string, Uint8Array>()
  readonly snapshots = new Map<SnapshotId, Uint8Array>()
  readonly #firstPlaces = new Map<string, BlobLocation>()
  readonly #segmentByPlace = new Map<string, Uint8Array>()

  /** @param like a vault that it pretends to be, without its keys */
  constructor(like: { readonly vaultId: VaultId; readonly domainId: DomainId } | null = null) {
    this.vaultId = like?.vaultId ?? VaultId.parse(randomUUID())
    this.domainId = like?.domainId ?? DomainId.parse(randomUUID())
    this.keys = {
      vaultId: uuidToBytes(this.vaultId),
      domainId: uuidToBytes(this.domainId),
      keyEpoch: this.keyEpoch,
      idKey: randomBytes(32),
      cdcKey: randomBytes(32),
      dataKey: randomBytes(32),
      metadataKey: randomBytes(32),
    }
  }

  async sealedKeysFor(agentId: string, boxPublicKey: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await sealDomainKeys(this.keys, uuidToBytes(agentId), boxPublicKey))
  }

  get storedBytes(): number {
    return [...this.packs.values()].reduce((sum, pack) => sum + pack.length, 0)
  }

  putPack(packId: string, bytes: Uint8Array): void {
    const pack = checkPack(bytes)
    if (toHex(pack.header.packId) !== packId) throw new AppError('pack.invalid')
    if (this.packs.has(packId)) return
    for (const segment of pack.segments) {
      this.#segmentByPlace.set(
        `${toHex(segment.birthPackId)}/${segment.birthOrdinal}`,
        bytes.subarray(segment.offset, segment.offset + segment.length),
      )
      for (const [position, id] of segment.blobIds.entries()) {
        const place = { packId: segment.birthPackId, ordinal: segment.birthOrdinal, position }
        if (!this.#firstPlaces.has(toHex(id))) this.#firstPlaces.set(toHex(id), place)
      }
    }
    this.packs.set(packId, bytes)
  }

  locate(ids: Uint8Array): Uint8Array<ArrayBuffer> {
    const count = ids.length / blobIdBytes
    const answer = new Uint8Array(count * locationRecordBytes)
    for (let index = 0; index < count; index += 1)
      writeLocation(answer, index, this.#firstPlaces.get(toHex(ids.subarray(index * blobIdBytes, (index + 1) * blobIdBytes))) ?? null)
    return answer
  }

  readSegments(places: Uint8Array): Buffer {
    const parts: Uint8Array[] = []
    for (let index = 0; index < places.length / locationRecordBytes; index += 1) {
      const place = readLocation(places, index)
      const segment = place === null ? undefined : this.#segmentByPlace.get(`${toHex(place.packId)}/${place.ordinal}`)
      if (segment === undefined) throw new AppError('vault.corrupt')
      parts.push(segment)
    }
    return Buffer.concat(parts)
  }

  /** Flips one bit in the middle of every stored data segment of at least so many bytes. */
  damageSegments(leastBytes: number): number {
    const large = [...this.#segmentByPlace.values()].filter((segment) => segment.length >= leastBytes)
    for (const segment of large) segment[segment.length >> 1] = (segment[segment.length >> 1] ?? 0) ^ 1
    return large.length
  }

  /** Forgets every stored segment of at least so many bytes, as a hub does whose pack is gone; their blobs are still offered. */
  loseSegments(leastBytes: number): number {
    const large = [...this.#segmentByPlace].filter(([, segment]) => segment.length >= leastBytes)
    for (const [place] of large) this.#segmentByPlace.delete(place)
    return large.length
  }

  /** Says of every blob in a segment of at least so many bytes that it lies nowhere. @returns their ids */
  forgetBlobs(leastBytes: number): string[] {
    const large = new Set([...this.#segmentByPlace].filter(([, segment]) => segment.length >= leastBytes).map(([place]) => place))
    const forgotten = [...this.#firstPlaces].filter(([, { packId, ordinal }]) => large.has(`${toHex(packId)}/${ordinal}`)).map(([id]) => id)
    for (const id of forgotten) this.#firstPlaces.delete(id)
    return forgotten
  }

  commit(agentPart: Uint8Array): SnapshotId {
    const object = decodeSnapshotObject(agentPart)
    const id = SnapshotId.parse(toHex(object.header.snapshotId))
    this.snapshots.set(id, appendHubHeader(agentPart, { receivedAtMs: Date.now(), epoch: 1 }, randomBytes(32)))
    return id
  }
}

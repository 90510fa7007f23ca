import { AppError, type DomainId, type VaultId } from '@holdfast/shared-types'
import { createBlobHasher, type BlobHasher } from '@holdfast/engine/blob-id'
import { isEngineError } from '@holdfast/engine/errors'
import { uuidToBytes, vaultFileKey } from '@holdfast/engine/format'
import { SegmentOpener, type DomainKeys } from '@holdfast/engine/reader'
import type { ByteRange, ObjectStore } from '@holdfast/engine/store'
import { nodePrimitives, type Vault } from '@holdfast/engine/vault'
import type { VaultRecord } from '../tables/vaults.queries.ts'
import { ArrivingObjects } from './arriving-objects.ts'
import type { VaultContents } from './vault-contents.ts'

interface DomainAccess {
  readonly keys: DomainKeys
  readonly opener: SegmentOpener
  readonly hasher: BlobHasher
}

/** What of a vault is read where nothing needs to know what it holds. */
export type StoredVault = Pick<ManagedVault, 'id' | 'idBytes' | 'store' | 'vault'>

/** A vault this hub has the key of, open: its store, its keys, and what it holds. */
export class ManagedVault {
  readonly record: VaultRecord
  /** The engine's vault: the only object in the hub that holds a master key. */
  readonly vault: Vault
  readonly contents: VaultContents
  readonly arriving = new ArrivingObjects()
  readonly idBytes: Uint8Array
  readonly #accessByDomain = new Map<DomainId, DomainAccess>()

  constructor(record: VaultRecord, vault: Vault, contents: VaultContents) {
    this.record = record
    this.contents = contents
    this.vault = vault
    this.idBytes = uuidToBytes(record.id)
  }

  get id(): VaultId {
    return this.record.id
  }

  get store(): ObjectStore {
    return this.vault.store
  }

  /**
   * An object that is known to be stored, or a range of it.
   * @throws AppError `store.unavailable` where the whole vault is gone, as with its disk; EngineError `store.not-found` where only the object is
   */
  async getStored(key: string, range?: ByteRange): Promise<Uint8Array> {
    try {
      return await this.store.get(key, range)
    } catch (error) {
      if (!isEngineError(error, 'store.not-found')) throw error
      if ((await this.store.head(vaultFileKey)) !== null) throw error
      throw new AppError('store.unavailable', { cause: error })
    }
  }

  /** @throws EngineError `vault.invalid` for a domain this vault does not have. */
  domainKeys(domainId: DomainId): DomainKeys {
    return this.#access(domainId).keys
  }

  /** Opens segments of one domain; derived keys of packs are remembered. */
  opener(domainId: DomainId): SegmentOpener {
    return this.#access(domainId).opener
  }

  /** Ids of blobs in one domain. */
  hasher(domainId: DomainId): BlobHasher {
    return this.#access(domainId).hasher
  }

  #access(domainId: DomainId): DomainAccess {
    let access = this.#accessByDomain.get(domainId)
    if (access === undefined) {
      const keys = this.vault.domainKeys(domainId)
      this.#accessByDomain.set(
        domainId,
        (access = { keys, opener: new SegmentOpener(nodePrimitives, keys), hasher: createBlobHasher(keys.idKey) }),
      )
    }
    return access
  }
}

/** The vaults this hub has opened. */
export class ManagedVaults {
  readonly #byId = new Map<VaultId, ManagedVault>()

  add(vault: ManagedVault): void {
    this.#byId.set(vault.id, vault)
  }

  all(): ManagedVault[] {
    return [...this.#byId.values()]
  }

  /** @throws AppError `vault.not-found` */
  get(vaultId: VaultId): ManagedVault {
    const vault = this.#byId.get(vaultId)
    if (vault === undefined) throw new AppError('vault.not-found', { context: { vaultId } })
    return vault
  }

  /** Where new agents keep their backups: the oldest. @throws AppError `store.unavailable` before the start is through. */
  get default(): ManagedVault {
    const [vault] = this.#byId.values()
    if (vault === undefined) throw new AppError('store.unavailable', { message: 'No vault is open yet.' })
    return vault
  }
}

import { AppError, type AgentId, type DomainId, type VaultId, type VaultKind } from '@holdfast/shared-types'
import { isEngineError } from '@holdfast/engine/errors'
import { uuidToBytes, vaultFileKey } from '@holdfast/engine/format'
import type { ByteRange, ObjectStore } from '@holdfast/engine/store'
import type { StoredVault as EngineVault } from '@holdfast/engine/vault'
import type { VaultRecord } from '../tables/vaults.queries.ts'
import { ArrivingObjects } from './arriving-objects.ts'
import type { UntakenObject } from './untaken-object.ts'
import type { VaultContents } from './vault-contents.ts'

/** What of a vault is read where nothing needs to know what it holds. */
export type StoredVault = Pick<OpenVault, 'id' | 'idBytes' | 'store' | 'vault'>

/** A device to which keys are handed. */
export interface KeyReceiver {
  readonly id: AgentId
  readonly domainId: DomainId
  /** Raw X25519 key. */
  readonly boxPublicKey: Uint8Array
}

/** What a device gets to open its domain with. */
export interface HandedKeys {
  readonly keyEpoch: number
  readonly sealedDomainKeys: Uint8Array<ArrayBuffer>
  /** Left out = managed, as agents have always been answered. */
  readonly vaultKind?: 'private'
}

/** The public halves of an agent's keys, raw. */
export interface AgentKeys {
  readonly agentId: AgentId
  readonly domainId: DomainId
  readonly signPublicKey: Uint8Array
  readonly boxPublicKey: Uint8Array
  /** Ed25519 over the X25519 key (docs/vault-format.md §5). */
  readonly boxSignature: Uint8Array
}

/**
 * A vault that this hub serves: its store, and what lies where in it. Whoever only moves, counts, removes or hands out what is sealed takes this one; whoever looks
 * into it takes a `ManagedVault`, and its caller has to say what becomes of a private one.
 */
export abstract class OpenVault<V extends EngineVault = EngineVault> {
  abstract readonly kind: VaultKind
  readonly record: VaultRecord
  readonly vault: V
  readonly contents: VaultContents
  readonly arriving = new ArrivingObjects()
  readonly idBytes: Uint8Array
  /** As of the last look: at the start, every night, and before anything is removed. While there is any, nothing is. */
  untaken: readonly UntakenObject[] = []
  /** By the keys of journals that were read: the keys of snapshots that they name. */
  journalled: ReadonlyMap<string, readonly string[]> = new Map()

  constructor(record: VaultRecord, vault: V, contents: VaultContents) {
    this.record = record
    this.vault = vault
    this.contents = contents
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

  /** @throws AppError `vault.not-found` for a domain this vault does not have */
  keyEpochOf(domainId: DomainId): number {
    const domain = this.vault.file.domains.find(({ id }) => id === domainId)
    if (domain === undefined) throw new AppError('vault.not-found', { message: 'The vault has no such domain.' })
    return domain.keyEpoch
  }

  /** Keys of a device's domain, sealed to it. @throws AppError `vault.keys-awaited` where nobody let it in yet */
  abstract keysFor(receiver: KeyReceiver): Promise<HandedKeys>

  /**
   * Puts the keys of a device that joins into the vault, durably. The same keys again are accepted.
   * @returns false where a person has to do so, and the device waits
   * @throws AppError `agent.identity-invalid`; EngineError `store.*`
   */
  abstract takeAgent(keys: AgentKeys, nowMs: number): Promise<boolean>
}

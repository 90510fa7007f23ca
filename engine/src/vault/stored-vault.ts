import { EngineError, isEngineError } from '../errors/index.ts'
import {
  agentPrefix,
  decodeAgentFile,
  decodeRevocationFile,
  revocationFileText,
  revocationKey,
  revocationPrefix,
  uuidToBytes,
  type AgentFile,
  type RevocationFile,
  type SnapshotHeader,
  type VaultFile,
} from '../format/index.ts'
import type { ObjectStore } from '../store/index.ts'
import { isSealedBy, sealText, type HubKeys } from '../unlock/index.ts'
import { nodePrimitives } from './crypto/node-primitives.ts'

/** What a hub does with a vault, whether it may read it ({@link Vault}) or not ({@link SealedVault}). */
export abstract class StoredVault {
  readonly file: VaultFile
  readonly store: ObjectStore
  /** 16 bytes. */
  readonly vaultId: Uint8Array
  /** Key of the hub's statements on snapshots, and of its journals. */
  readonly hubKey: Uint8Array
  /** Key of what a hub keeps of itself in the vault. */
  readonly selfBackupKey: Uint8Array
  readonly #revocationKey: Uint8Array

  constructor(file: VaultFile, store: ObjectStore, keys: HubKeys) {
    this.file = file
    this.store = store
    this.vaultId = uuidToBytes(file.vaultId)
    this.hubKey = keys.hubKey
    this.selfBackupKey = keys.selfBackupKey
    this.#revocationKey = keys.revocationKey
  }

  /** Reads vault.json again, for it may have changed since. @throws EngineError `vault.not-found`, `vault.invalid`, `store.*` */
  abstract checkFile(): Promise<void>

  /** Raw Ed25519 key under which the signature of a snapshot has to verify. @throws EngineError `store.not-found`, `vault.invalid` */
  abstract signerOfSnapshot(header: Pick<SnapshotHeader, 'isRewritten' | 'agentId'>): Promise<Uint8Array>

  /** An agent's keys, checked as far as this vault's keys go. @throws EngineError `store.not-found`, `vault.invalid` */
  async readAgent(agentId: string): Promise<AgentFile> {
    return decodeAgentFile(await this.readAgentObject(agentId)).value
  }

  /** The same as it is stored, for readers without the key of its seal. @throws EngineError `store.not-found`, `vault.invalid` */
  abstract readAgentObject(agentId: string): Promise<Uint8Array>

  async *agentIds(): AsyncGenerator<string> {
    for await (const { key } of this.store.list(agentPrefix)) yield key.slice(agentPrefix.length)
  }

  /** Writes `r/<agentId>`: whoever makes a database again lets this agent in no more. Durable when it resolves; the first one stays. */
  async addRevocation(revocation: RevocationFile): Promise<void> {
    const bytes = await sealText(nodePrimitives, this.#revocationKey, revocationFileText(revocation))
    try {
      await this.store.put(revocationKey(uuidToBytes(revocation.agentId)), bytes)
    } catch (error) {
      if (!isEngineError(error, 'store.exists')) throw error
    }
  }

  /** @throws EngineError `store.not-found`, `vault.invalid` */
  async readRevocation(agentId: string): Promise<RevocationFile> {
    const maced = decodeRevocationFile(await this.store.get(revocationKey(uuidToBytes(agentId))))
    if (!(await isSealedBy(nodePrimitives, this.#revocationKey, maced)) || maced.value.agentId !== agentId)
      throw new EngineError('vault.invalid', 'A revocation in the vault was changed.')
    return maced.value
  }

  /** Whoever has such an object is cut off, whether it can be read or not. */
  async *revokedAgentIds(): AsyncGenerator<string> {
    for await (const { key } of this.store.list(revocationPrefix)) yield key.slice(revocationPrefix.length)
  }
}

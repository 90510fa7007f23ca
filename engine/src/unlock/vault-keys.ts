import { equalBytes } from '../bytes/index.ts'
import { EngineError, isEngineError } from '../errors/index.ts'
import {
  agentFileText,
  decodeAgentFile,
  decodeKeySlot,
  uuidToBytes,
  vaultFileText,
  type AgentFile,
  type Maced,
  type VaultFile,
} from '../format/index.ts'
import type { DomainKeys } from '../reader/index.ts'
import { requireOwnBoxKey } from './agent-objects.ts'
import { deriveDomainKeys, deriveHubKeys, deriveVaultKey, type HubKeys } from './domain-keys.ts'
import { vaultFingerprint } from './fingerprints.ts'
import { unwrapKey, wrapKey, type KeySecret, type NewKeySlot } from './key-slots.ts'
import type { UnlockPrimitives } from './primitives.ts'
import { sealDomainKeys } from './sealed-domain-keys.ts'
import { isSealedBy, sealText } from './sealed-text.ts'

interface OwnKeys extends Pick<VaultKeys, 'hub' | 'rewritingSeed'> {
  readonly masterKey: Uint8Array
  readonly macKey: Uint8Array
}

/** The keys of a vault that somebody opened: the master key never leaves it. Works on bytes alone; who has it reads and writes the objects. */
export class VaultKeys {
  readonly file: VaultFile
  /** 16 bytes. */
  readonly vaultId: Uint8Array
  /** What a hub works with. */
  readonly hub: HubKeys
  /** Of the Ed25519 key that signs snapshots which are written anew. 32 bytes. */
  readonly rewritingSeed: Uint8Array
  readonly #primitives: UnlockPrimitives
  readonly #masterKey: Uint8Array
  readonly #macKey: Uint8Array

  private constructor(primitives: UnlockPrimitives, file: VaultFile, keys: OwnKeys) {
    this.#primitives = primitives
    this.file = file
    this.vaultId = uuidToBytes(file.vaultId)
    this.#masterKey = keys.masterKey
    this.#macKey = keys.macKey
    this.hub = keys.hub
    this.rewritingSeed = keys.rewritingSeed
  }

  /** @param masterKey 32 bytes; kept, not copied */
  static async of(primitives: UnlockPrimitives, file: VaultFile, masterKey: Uint8Array): Promise<VaultKeys> {
    const vaultId = uuidToBytes(file.vaultId)
    const hubKey = await deriveVaultKey(primitives, masterKey, vaultId, 'hub')
    const hub = await deriveHubKeys(primitives, file.kind, { hubKey, masterKey }, vaultId)
    const derive = (label: 'mac' | 'rewrite'): Promise<Uint8Array> => deriveVaultKey(primitives, masterKey, vaultId, label)
    return new VaultKeys(primitives, file, { masterKey, macKey: await derive('mac'), rewritingSeed: await derive('rewrite'), hub })
  }

  /** `K_hub`: of the hub's statements on snapshots, and of its journals. 32 bytes. */
  get hubKey(): Uint8Array {
    return this.hub.hubKey
  }

  /** @throws EngineError `vault.invalid` for a domain this vault does not have */
  async domainKeys(domainId: string): Promise<DomainKeys> {
    const domain = this.file.domains.find(({ id }) => id === domainId)
    if (domain === undefined) throw new EngineError('vault.invalid', 'The vault has no such domain.')
    const id = { vaultId: this.vaultId, domainId: uuidToBytes(domainId), keyEpoch: domain.keyEpoch }
    return deriveDomainKeys(this.#primitives, this.#masterKey, id)
  }

  /** vault.json, sealed. */
  vaultFile(): Promise<Uint8Array> {
    return this.sealText(vaultFileText(this.file))
  }

  /** A JSON object of the vault with its MAC (docs/vault-format.md §3). */
  sealText(text: string): Promise<Uint8Array> {
    return sealText(this.#primitives, this.#macKey, text)
  }

  isSealed(maced: Maced<unknown>): Promise<boolean> {
    return isSealedBy(this.#primitives, this.#macKey, maced)
  }

  /** One more way to open the vault; nothing is written. @throws EngineError `vault.invalid` for a hub's secret and a private vault */
  async addSlot(secret: KeySecret): Promise<NewKeySlot> {
    if (this.file.kind === 'private' && secret.kind === 'hub-secret')
      throw new EngineError('vault.invalid', 'A private vault has no key slot that a hub opens.')
    return wrapKey(this.#primitives, this.#masterKey, this.vaultId, secret)
  }

  /** Tries a slot as the store gave it back: whether a secret opens this very vault by it. False also for what is no whole slot any more. */
  async isOpenedBy(bytes: Uint8Array, secret: KeySecret): Promise<boolean> {
    try {
      const slot = decodeKeySlot(bytes)
      return equalBytes(slot.vaultId, this.vaultId) && equalBytes(await unwrapKey(this.#primitives, slot, secret), this.#masterKey)
    } catch (error) {
      if (!isEngineError(error)) throw error
      return false
    }
  }

  /** The object that vouches for an agent's keys, for `a/<agentId>`. @throws EngineError `vault.invalid` where its keys do not belong together, or its domain is none of this vault's */
  async agentObject(agent: AgentFile): Promise<Uint8Array> {
    this.#requireDomain(agent.domainId)
    await requireOwnBoxKey(this.#primitives, agent)
    return this.sealText(agentFileText(agent))
  }

  /** @throws EngineError `vault.invalid` unless this vault vouches for the object, as it is */
  async verifyAgentObject(bytes: Uint8Array): Promise<AgentFile> {
    const maced = decodeAgentFile(bytes)
    if (!(await this.isSealed(maced))) throw new EngineError('vault.invalid', 'An agent\u2019s keys in the vault were changed.')
    await requireOwnBoxKey(this.#primitives, maced.value)
    return maced.value
  }

  /** The keys of a domain for one agent, for `b/<agentId>` or a session. Its id is a UUID; its X25519 key raw. @throws EngineError `vault.key-mismatch` for what is no public key */
  async sealDomainKeys(domainId: string, agentId: string, boxPublicKey: Uint8Array): Promise<Uint8Array> {
    return sealDomainKeys(this.#primitives, await this.domainKeys(domainId), uuidToBytes(agentId), boxPublicKey)
  }

  /** Of a domain's keys; see {@link vaultFingerprint}. */
  async fingerprint(domainId: string): Promise<string> {
    return vaultFingerprint(this.#primitives, await this.domainKeys(domainId))
  }

  /** Forgets the keys: nothing works afterwards. What was derived and handed out before is its holder's to forget. */
  lock(): void {
    for (const key of [this.#masterKey, this.#macKey, this.rewritingSeed, ...Object.values(this.hub)]) key.fill(0)
  }

  #requireDomain(domainId: string): void {
    if (!this.file.domains.some(({ id }) => id === domainId)) throw new EngineError('vault.invalid', 'The vault has no such domain.')
  }
}

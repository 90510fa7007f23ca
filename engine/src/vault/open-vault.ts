import type { KeyObject } from 'node:crypto'
import { equalBytes, fromBase64Url, toBase64Url } from '../bytes/index.ts'
import { EngineError, isEngineError } from '../errors/index.ts'
import {
  agentKey,
  decodeRewritingKeyFile,
  decodeVaultFile,
  keySlotKey,
  rewritingKeyFileText,
  rewritingKeyKey,
  uuidFromBytes,
  uuidToBytes,
  vaultFileKey,
  type AgentFile,
  type SnapshotHeader,
} from '../format/index.ts'
import type { DomainKeys } from '../reader/index.ts'
import type { ObjectStore } from '../store/index.ts'
import { createVaultObjects, findKey, VaultKeys, wrongSeal, type KeySecret, type VaultToCreate } from '../unlock/index.ts'
import { nodePrimitives } from './crypto/node-primitives.ts'
import { signKeyOfSeed } from './crypto/sign-key.ts'
import { readSlots, readVaultFile, requireNoVault, requireRoomForPassphrase, writeHubSlot } from './stored-key-objects.ts'
import { StoredVault } from './stored-vault.ts'

/** An opened vault: holds the master key in memory. Only who manages a vault, or reads it with one of its secrets, has one; agents get domain keys. */
export class Vault extends StoredVault {
  readonly keys: VaultKeys
  readonly #domainKeys: ReadonlyMap<string, DomainKeys>
  readonly #rewriting: ReturnType<typeof signKeyOfSeed>

  private constructor(keys: VaultKeys, store: ObjectStore, domainKeys: ReadonlyMap<string, DomainKeys>) {
    super(keys.file, store, keys.hub)
    this.keys = keys
    this.#domainKeys = domainKeys
    this.#rewriting = signKeyOfSeed(keys.rewritingSeed)
  }

  static async of(keys: VaultKeys, store: ObjectStore): Promise<Vault> {
    const domainKeys = new Map<string, DomainKeys>()
    for (const { id } of keys.file.domains) domainKeys.set(id, await keys.domainKeys(id))
    return new Vault(keys, store, domainKeys)
  }

  override async checkFile(): Promise<void> {
    const bytes = await readVaultFile(this.store)
    decodeVaultFile(bytes)
    if (!equalBytes(bytes, await this.keys.vaultFile())) throw wrongSeal()
  }

  /** @throws EngineError `vault.invalid` for a domain this vault does not have. */
  domainKeys(domainId: string): DomainKeys {
    const keys = this.#domainKeys.get(domainId)
    if (keys === undefined) throw new EngineError('vault.invalid', 'The vault has no such domain.')
    return keys
  }

  /** Writes `a/<agentId>`; durable when it resolves. Writing the same agent again is refused by the store. */
  async addAgent(agent: AgentFile): Promise<void> {
    await this.store.put(agentKey(uuidToBytes(agent.agentId)), await this.keys.agentObject(agent))
  }

  override async readAgentObject(agentId: string): Promise<Uint8Array> {
    const bytes = await this.store.get(agentKey(uuidToBytes(agentId)))
    const agent = await this.keys.verifyAgentObject(bytes)
    if (agent.agentId !== agentId) throw new EngineError('vault.invalid', 'An agent\u2019s keys in the vault were changed.')
    return bytes
  }

  /** What snapshots are signed with that are written anew. */
  get rewritingKey(): KeyObject {
    return this.#rewriting.privateKey
  }

  override async signerOfSnapshot({ isRewritten, agentId }: Pick<SnapshotHeader, 'isRewritten' | 'agentId'>): Promise<Uint8Array> {
    return isRewritten ? this.#rewriting.publicKey : fromBase64Url((await this.readAgent(uuidFromBytes(agentId))).signPublicKey)
  }

  /** Writes the public half of the rewriting key, for readers without the master key. Durable when it resolves; it is always the same. */
  async keepRewritingKey(): Promise<void> {
    const text = rewritingKeyFileText({ vaultId: this.file.vaultId, signPublicKey: toBase64Url(this.#rewriting.publicKey) })
    try {
      await this.store.put(rewritingKeyKey, await this.keys.sealText(text))
    } catch (error) {
      if (!isEngineError(error, 'store.exists')) throw error
    }
  }

  /** The same as it is stored, for readers without the key of its seal. @throws EngineError `store.not-found`, `vault.invalid` */
  async readRewritingKeyObject(): Promise<Uint8Array> {
    const bytes = await this.store.get(rewritingKeyKey)
    const maced = decodeRewritingKeyFile(bytes)
    const { vaultId, signPublicKey } = maced.value
    const isOurs = vaultId === this.file.vaultId && signPublicKey === toBase64Url(this.#rewriting.publicKey)
    if (!isOurs || !(await this.keys.isSealed(maced))) throw new EngineError('vault.invalid', 'The rewriting key in the vault was changed.')
    return bytes
  }

  /** Adds a way to open the vault. @returns the slot's id. @throws EngineError `vault.invalid` for a hub's secret and a private vault */
  async addKeySlot(secret: KeySecret): Promise<Uint8Array> {
    const { slotId, bytes } = await this.keys.addSlot(secret)
    if (secret.kind === 'passphrase') await requireRoomForPassphrase(this.store)
    await this.store.put(keySlotKey(slotId), bytes)
    return slotId
  }

  /** Has a hub with this secret open the vault, as far as a hub may; durable when it resolves. */
  async letHubOpen(hubSecret: Uint8Array): Promise<void> {
    if (this.file.kind === 'managed') await this.addKeySlot({ kind: 'hub-secret', secret: hubSecret })
    else await writeHubSlot(this.store, this, hubSecret)
  }
}

/**
 * Makes a vault in an empty prefix. The key slots come first and vault.json last: a crash in between leaves no vault, only slots of a key nobody has.
 * @throws EngineError `vault.exists`
 */
export async function createVault(store: ObjectStore, vault: VaultToCreate): Promise<Vault> {
  await requireNoVault(store)
  const { vaultFile, slots, keys } = await createVaultObjects(nodePrimitives, vault)
  for (const { slotId, bytes } of slots) await store.put(keySlotKey(slotId), bytes)
  await store.put(vaultFileKey, vaultFile)
  return Vault.of(keys, store)
}

/**
 * @throws EngineError `vault.not-found`, `vault.invalid`; when no slot opens with the secret `key-slot.wrong-secret`, or what is wrong
 *   with a slot that could not be read.
 */
export async function openVault(store: ObjectStore, secret: KeySecret): Promise<Vault> {
  const vaultFile = await readVaultFile(store)
  const { value: file } = decodeVaultFile(vaultFile)
  const masterKey = await findKey(nodePrimitives, { vaultId: uuidToBytes(file.vaultId), ...(await readSlots(store)) }, secret)
  const keys = await VaultKeys.of(nodePrimitives, file, masterKey)
  if (!equalBytes(await keys.vaultFile(), vaultFile)) throw wrongSeal()
  return Vault.of(keys, store)
}

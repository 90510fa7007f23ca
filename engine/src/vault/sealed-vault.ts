import { equalBytes } from '../bytes/index.ts'
import { EngineError, isEngineError } from '../errors/index.ts'
import {
  agentKey,
  decodeSealedKeys,
  encodeSealedKeys,
  decodeKeySlot,
  decodeVaultFile,
  keySlotKey,
  sealedKeysKey,
  uuidFromBytes,
  uuidToBytes,
  vaultFileKey,
  type AgentFile,
  type KeySlotKind,
  type SnapshotHeader,
  type VaultFile,
} from '../format/index.ts'
import type { ObjectStore } from '../store/index.ts'
import { deriveHubKeys, findKey, rawAgentKey, readAgentObject, type HubKeys, type NewKeySlot } from '../unlock/index.ts'
import { nodePrimitives } from './crypto/node-primitives.ts'
import { readSlots, readVaultFile, requireNoVault, requireRoomForPassphrase, writeHubSlot } from './stored-key-objects.ts'
import { StoredVault } from './stored-vault.ts'

/** An agent of whom a hub knows the keys from its enrolment. */
export type ExpectedAgent = Pick<AgentFile, 'agentId' | 'domainId' | 'signPublicKey' | 'boxPublicKey'>

/** A private vault at its hub: it collects, scrubs, journals and vouches for what it received, and reads neither names nor contents. */
export class SealedVault extends StoredVault {
  private constructor(file: VaultFile, store: ObjectStore, keys: HubKeys) {
    super(file, store, keys)
  }

  /** @param hubKey `K_hub` of this vault */
  static async of(file: VaultFile, store: ObjectStore, hubKey: Uint8Array): Promise<SealedVault> {
    return new SealedVault(file, store, await deriveHubKeys(nodePrimitives, file.kind, { hubKey }, uuidToBytes(file.vaultId)))
  }

  /** Its seal is beyond a hub: that it is what it was when the vault was opened is not. */
  override async checkFile(): Promise<void> {
    const { value } = decodeVaultFile(await readVaultFile(this.store))
    if (JSON.stringify(value) !== JSON.stringify(this.file))
      throw new EngineError('vault.invalid', 'vault.json was changed since the hub started.')
  }

  override async signerOfSnapshot({ isRewritten, agentId }: Pick<SnapshotHeader, 'isRewritten' | 'agentId'>): Promise<Uint8Array> {
    if (isRewritten) throw new EngineError('vault.invalid', 'Nobody writes snapshots of a private vault anew.')
    return rawAgentKey((await this.readAgent(uuidFromBytes(agentId))).signPublicKey)
  }

  /** Its MAC is beyond a hub: what it says is compared with the enrolment by who calls. */
  override async readAgentObject(agentId: string): Promise<Uint8Array> {
    const bytes = await this.store.get(agentKey(uuidToBytes(agentId)))
    await readAgentObject(nodePrimitives, bytes, { agentId })
    return bytes
  }

  /**
   * Writes what a person with the vault's keys made for a device: first `b/<agentId>`, then `a/<agentId>`; durable when it resolves. The same bytes again are accepted, so a
   * crash in between is mended by doing it again; a device that has both has its keys. Not for two at once of the same device.
   *
   * @throws EngineError `vault.invalid` for an object of other keys than the device enrolled with; `store.exists` where other objects lie there
   */
  async addAgent(expected: ExpectedAgent, objects: { readonly agentObject: Uint8Array; readonly sealedKeys: Uint8Array }): Promise<void> {
    const agent = await readAgentObject(nodePrimitives, objects.agentObject, expected)
    if (agent.signPublicKey !== expected.signPublicKey || agent.boxPublicKey !== expected.boxPublicKey)
      throw new EngineError('vault.invalid', 'The keys are not those that the device enrolled with.')
    const sealedKeys = encodeSealedKeys(objects.sealedKeys)
    const agentId = uuidToBytes(expected.agentId)
    const isVouchedFor = await this.#isVouchedFor(expected)
    // No two boxes are alike: one that was never handed out, or that rotted, gives way.
    if (!isVouchedFor || !(await this.hasKeys(expected.agentId))) await this.store.delete(sealedKeysKey(agentId))
    await putSame(this.store, sealedKeysKey(agentId), sealedKeys)
    // A whole one is never given up: without it nobody could verify what the device has signed.
    if (isVouchedFor) return
    await this.store.delete(agentKey(agentId))
    await this.store.put(agentKey(agentId), objects.agentObject)
  }

  /** Its agent object is there, whole, and of these keys. @throws EngineError `store.exists` for one of other keys; `store.*` */
  async #isVouchedFor(expected: ExpectedAgent): Promise<boolean> {
    try {
      const there = await readAgentObject(nodePrimitives, await this.store.get(agentKey(uuidToBytes(expected.agentId))), expected)
      if (there.signPublicKey === expected.signPublicKey && there.boxPublicKey === expected.boxPublicKey) return true
    } catch (error) {
      // Damaged, or not there.
      if (isEngineError(error) && (error.code === 'store.not-found' || !error.code.startsWith('store.'))) return false
      throw error
    }
    throw new EngineError('store.exists', 'Other keys of this device lie in the vault.')
  }

  /** Both objects of a device are there, and its sealed keys are whole. @throws as {@link readSealedKeys} */
  async hasKeys(agentId: string): Promise<boolean> {
    return (await this.readSealedKeys(agentId)) !== null
  }

  /** A domain's keys as they were sealed to an agent; null while nobody approved it, and where they rotted: then somebody approves it again. @throws EngineError `format.unsupported-version`, `store.*` */
  async readSealedKeys(agentId: string): Promise<Uint8Array | null> {
    const id = uuidToBytes(agentId)
    if ((await this.store.head(agentKey(id))) === null) return null
    try {
      return decodeSealedKeys(await this.store.get(sealedKeysKey(id)))
    } catch (error) {
      if (isEngineError(error, 'vault.invalid') || isEngineError(error, 'store.not-found')) return null
      throw error
    }
  }

  /** Writes a slot that somebody with the vault's keys made; durable when it resolves. @throws EngineError `vault.invalid` for one of another vault, or that a hub opens */
  async addKeySlot(slot: NewKeySlot): Promise<void> {
    const kind = requirePersonsSlot(slot, this.vaultId)
    if (kind === 'passphrase' && (await this.store.head(keySlotKey(slot.slotId))) === null) await requireRoomForPassphrase(this.store)
    await putSame(this.store, keySlotKey(slot.slotId), slot.bytes)
  }

  /** Another hub, or the same with another secret: one more slot for `K_hub`. */
  async addHubSlot(hubSecret: Uint8Array): Promise<void> {
    await writeHubSlot(this.store, { vaultId: this.vaultId, hubKey: this.hubKey }, hubSecret)
  }
}

/** The same bytes again are accepted. @throws EngineError `store.exists` where others lie there */
async function putSame(store: ObjectStore, key: string, bytes: Uint8Array): Promise<void> {
  if ((await store.head(key)) !== null && equalBytes(await store.get(key), bytes)) return
  await store.put(key, bytes)
}

/** What a person's browser or command line gives a hub for a new private vault. */
export interface SealedVaultToCreate {
  readonly vaultFile: Uint8Array
  readonly slots: readonly NewKeySlot[]
  /** `K_hub`, 32 bytes. */
  readonly hubKey: Uint8Array
}

/**
 * Makes a private vault of objects that were made elsewhere, in an empty prefix or where a crash left some of the same ones; slots first and vault.json last, as in `createVault`.
 * @throws EngineError `vault.exists`; `store.exists` where other slots of the same names lie there; `vault.invalid` for what is no private vault with a passphrase and recovery words
 */
export async function createSealedVault(store: ObjectStore, vault: SealedVaultToCreate, hubSecret: Uint8Array): Promise<SealedVault> {
  const { value: file } = decodeVaultFile(vault.vaultFile)
  const vaultId = uuidToBytes(file.vaultId)
  if (file.kind !== 'private' || vault.hubKey.length !== 32) throw new EngineError('vault.invalid', 'What came is no private vault.')
  const kinds = new Set(vault.slots.map((slot) => requirePersonsSlot(slot, vaultId)))
  if (!kinds.has('passphrase') || !kinds.has('recovery-words'))
    throw new EngineError('vault.invalid', 'A private vault begins with a passphrase and with recovery words.')
  await requireNoVault(store)
  for (const { slotId, bytes } of vault.slots) await putSame(store, keySlotKey(slotId), bytes)
  if (!(await hasHubSlot(store, { vaultId, hubKey: vault.hubKey }, hubSecret)))
    await writeHubSlot(store, { vaultId, hubKey: vault.hubKey }, hubSecret)
  await store.put(vaultFileKey, vault.vaultFile)
  return SealedVault.of(file, store, vault.hubKey)
}

/** Of a creation that was cut short. Where that cannot be told another slot costs nothing. */
async function hasHubSlot(store: ObjectStore, vault: { vaultId: Uint8Array; hubKey: Uint8Array }, hubSecret: Uint8Array): Promise<boolean> {
  try {
    const toTry = { vaultId: vault.vaultId, ...(await readSlots(store)) }
    return equalBytes(await findKey(nodePrimitives, toTry, { kind: 'hub-statements', secret: hubSecret }), vault.hubKey)
  } catch (error) {
    if (!isEngineError(error)) throw error
    return false
  }
}

/**
 * Opens a private vault as its hub.
 * @throws EngineError `vault.not-found`, `vault.invalid`; `key-slot.wrong-secret` where no slot for hubs opens with the secret
 */
export async function openSealedVault(store: ObjectStore, hubSecret: Uint8Array): Promise<SealedVault> {
  const { value: file } = decodeVaultFile(await readVaultFile(store))
  if (file.kind !== 'private') throw new EngineError('vault.invalid', 'The vault is not private.')
  const secret = { kind: 'hub-statements', secret: hubSecret } as const
  return SealedVault.of(
    file,
    store,
    await findKey(nodePrimitives, { vaultId: uuidToBytes(file.vaultId), ...(await readSlots(store)) }, secret),
  )
}

function requirePersonsSlot({ slotId, bytes }: NewKeySlot, vaultId: Uint8Array): KeySlotKind {
  const slot = decodeKeySlot(bytes)
  if (!equalBytes(slot.slotId, slotId) || !equalBytes(slot.vaultId, vaultId))
    throw new EngineError('vault.invalid', 'A key slot is of another vault, or under another name.')
  if (slot.kind !== 'passphrase' && slot.kind !== 'recovery-words')
    throw new EngineError('vault.invalid', 'People open a private vault with a passphrase or with recovery words.')
  return slot.kind
}

import { randomBytes, type KeyObject } from 'node:crypto'
import { equalBytes, fromBase64Url, toBase64Url } from '../bytes/index.ts'
import { EngineError, isEngineError, type EngineErrorCode } from '../errors/index.ts'
import {
  agentFileText,
  agentKey,
  agentPrefix,
  decodeAgentFile,
  decodeKeySlot,
  decodeRevocationFile,
  decodeRewritingKeyFile,
  decodeVaultFile,
  keySlotKey,
  keySlotPrefix,
  revocationFileText,
  revocationKey,
  revocationPrefix,
  rewritingKeyFileText,
  rewritingKeyKey,
  uuidFromBytes,
  uuidToBytes,
  vaultFileKey,
  vaultFileText,
  withMac,
  type AgentFile,
  type RevocationFile,
  type SnapshotHeader,
  type VaultFile,
} from '../format/index.ts'
import type { DomainKeys } from '../reader/primitives.ts'
import type { ObjectStore } from '../store/index.ts'
import { deriveDomainKeys, deriveVaultKey } from './crypto/domain-keys.ts'
import { unwrapMasterKey, wrapMasterKey, type KeySecret } from './crypto/key-slots.ts'
import { requireOwnBoxKey } from './agent-keys.ts'
import { signKeyOfSeed } from './crypto/sign-key.ts'
import { hmacSha256 } from './crypto/node-primitives.ts'

const encoder = new TextEncoder()

export interface VaultToCreate {
  readonly vaultId: string
  readonly domainId: string
  readonly kind: VaultFile['kind']
  readonly createdAtMs: number
  /** At least one; each becomes a slot. */
  readonly secrets: readonly KeySecret[]
}

/** An opened vault: holds the master key in memory. Only who manages a vault, or reads it with its recovery words, has one; agents get domain keys. */
export class Vault {
  readonly file: VaultFile
  readonly store: ObjectStore
  readonly #masterKey: Uint8Array
  readonly #macKey: Uint8Array
  /** Key of the hub's statements on snapshots, and of its journals. */
  readonly hubKey: Uint8Array
  /** Key of what a hub keeps of itself in the vault. */
  readonly selfBackupKey: Uint8Array
  /** 16 bytes. */
  readonly vaultId: Uint8Array
  readonly #rewriting: ReturnType<typeof signKeyOfSeed>

  constructor(file: VaultFile, store: ObjectStore, masterKey: Uint8Array) {
    this.file = file
    this.store = store
    this.#masterKey = masterKey
    const vaultId = uuidToBytes(file.vaultId)
    this.vaultId = vaultId
    this.#macKey = deriveVaultKey(masterKey, vaultId, 'mac')
    this.hubKey = deriveVaultKey(masterKey, vaultId, 'hub')
    this.selfBackupKey = deriveVaultKey(masterKey, vaultId, 'self-backup')
    this.#rewriting = signKeyOfSeed(deriveVaultKey(masterKey, vaultId, 'rewrite'))
  }

  /** Reads vault.json again, for it may have changed since. @throws EngineError `vault.not-found`, `vault.invalid`, `store.*` */
  async checkFile(): Promise<void> {
    const { mac, macedText } = decodeVaultFile(await readVaultFile(this.store))
    if (mac !== this.#mac(macedText)) throw wrongSeal()
  }

  /** @throws EngineError `vault.invalid` for a domain this vault does not have. */
  domainKeys(domainId: string): DomainKeys {
    const domain = this.file.domains.find(({ id }) => id === domainId)
    if (domain === undefined) throw new EngineError('vault.invalid', 'The vault has no such domain.')
    return deriveDomainKeys(this.#masterKey, {
      vaultId: uuidToBytes(this.file.vaultId),
      domainId: uuidToBytes(domainId),
      keyEpoch: domain.keyEpoch,
    })
  }

  /** Writes `a/<agentId>`; durable when it resolves. Writing the same agent again is refused by the store. */
  async addAgent(agent: AgentFile): Promise<void> {
    requireOwnBoxKey(agent)
    const text = agentFileText(agent)
    await this.store.put(agentKey(uuidToBytes(agent.agentId)), withMac(text, this.#mac(text)))
  }

  /** An agent's keys as the vault itself vouches for them. @throws EngineError `store.not-found`, `vault.invalid` */
  async readAgent(agentId: string): Promise<AgentFile> {
    return decodeAgentFile(await this.readAgentObject(agentId)).value
  }

  /** The same as it is stored, for readers without the key of its seal. @throws EngineError `store.not-found`, `vault.invalid` */
  async readAgentObject(agentId: string): Promise<Uint8Array> {
    const bytes = await this.store.get(agentKey(uuidToBytes(agentId)))
    const { value, mac, macedText } = decodeAgentFile(bytes)
    if (mac !== this.#mac(macedText) || value.agentId !== agentId)
      throw new EngineError('vault.invalid', 'An agent\u2019s keys in the vault were changed.')
    requireOwnBoxKey(value)
    return bytes
  }

  /** What snapshots are signed with that are written anew. */
  get rewritingKey(): KeyObject {
    return this.#rewriting.privateKey
  }

  /** Raw Ed25519 key under which the signature of a snapshot has to verify. @throws EngineError `store.not-found`, `vault.invalid` */
  async signerOfSnapshot({ isRewritten, agentId }: Pick<SnapshotHeader, 'isRewritten' | 'agentId'>): Promise<Uint8Array> {
    return isRewritten ? this.#rewriting.publicKey : fromBase64Url((await this.readAgent(uuidFromBytes(agentId))).signPublicKey)
  }

  /** Writes the public half of the rewriting key, for readers without the master key. Durable when it resolves; it is always the same. */
  async keepRewritingKey(): Promise<void> {
    const text = rewritingKeyFileText({ vaultId: this.file.vaultId, signPublicKey: toBase64Url(this.#rewriting.publicKey) })
    try {
      await this.store.put(rewritingKeyKey, withMac(text, this.#mac(text)))
    } catch (error) {
      if (!isEngineError(error, 'store.exists')) throw error
    }
  }

  /** The same as it is stored, for readers without the key of its seal. @throws EngineError `store.not-found`, `vault.invalid` */
  async readRewritingKeyObject(): Promise<Uint8Array> {
    const bytes = await this.store.get(rewritingKeyKey)
    const { value, mac, macedText } = decodeRewritingKeyFile(bytes)
    const isOurs = value.vaultId === this.file.vaultId && value.signPublicKey === toBase64Url(this.#rewriting.publicKey)
    if (mac !== this.#mac(macedText) || !isOurs) throw new EngineError('vault.invalid', 'The rewriting key in the vault was changed.')
    return bytes
  }

  async *agentIds(): AsyncGenerator<string> {
    for await (const { key } of this.store.list(agentPrefix)) yield key.slice(agentPrefix.length)
  }

  /** Writes `r/<agentId>`: whoever makes a database again lets this agent in no more. Durable when it resolves; the first one stays. */
  async addRevocation(revocation: RevocationFile): Promise<void> {
    const text = revocationFileText(revocation)
    try {
      await this.store.put(revocationKey(uuidToBytes(revocation.agentId)), withMac(text, this.#mac(text)))
    } catch (error) {
      if (!isEngineError(error, 'store.exists')) throw error
    }
  }

  /** @throws EngineError `store.not-found`, `vault.invalid` */
  async readRevocation(agentId: string): Promise<RevocationFile> {
    const { value, mac, macedText } = decodeRevocationFile(await this.store.get(revocationKey(uuidToBytes(agentId))))
    if (mac !== this.#mac(macedText) || value.agentId !== agentId)
      throw new EngineError('vault.invalid', 'A revocation in the vault was changed.')
    return value
  }

  /** Whoever has such an object is cut off, whether it can be read or not. */
  async *revokedAgentIds(): AsyncGenerator<string> {
    for await (const { key } of this.store.list(revocationPrefix)) yield key.slice(revocationPrefix.length)
  }

  /** Adds a way to open the vault. @returns the slot's id. */
  async addKeySlot(secret: KeySecret): Promise<Uint8Array> {
    const { slotId, bytes } = await wrapMasterKey(this.#masterKey, uuidToBytes(this.file.vaultId), secret)
    await this.store.put(keySlotKey(slotId), bytes)
    return slotId
  }

  #mac(text: string): string {
    return toBase64Url(hmacSha256(this.#macKey, encoder.encode(text)))
  }
}

/**
 * Makes a vault in an empty prefix. The key slots come first and vault.json last: a crash in between leaves no vault, only slots of a key nobody has.
 * @throws EngineError `vault.exists`
 */
export async function createVault(store: ObjectStore, vault: VaultToCreate): Promise<Vault> {
  if ((await store.head(vaultFileKey)) !== null) throw new EngineError('vault.exists', 'There is a vault here already.')
  const masterKey = new Uint8Array(randomBytes(32))
  const file: VaultFile = {
    vaultId: vault.vaultId,
    kind: vault.kind,
    createdAtMs: vault.createdAtMs,
    features: [],
    domains: [{ id: vault.domainId, keyEpoch: 1 }],
  }
  const opened = new Vault(file, store, masterKey)
  for (const secret of vault.secrets) await opened.addKeySlot(secret)
  const text = vaultFileText(file)
  const mac = toBase64Url(hmacSha256(deriveVaultKey(masterKey, uuidToBytes(vault.vaultId), 'mac'), encoder.encode(text)))
  await store.put(vaultFileKey, withMac(text, mac))
  return opened
}

/**
 * @throws EngineError `vault.not-found`, `vault.invalid`; when no slot opens with the secret `key-slot.wrong-secret`, or what is wrong
 *   with a slot that could not be read.
 */
export async function openVault(store: ObjectStore, secret: KeySecret): Promise<Vault> {
  const { value: file, mac, macedText } = decodeVaultFile(await readVaultFile(store))
  const vaultId = uuidToBytes(file.vaultId)
  const masterKey = await findMasterKey(store, vaultId, secret)
  const expected = toBase64Url(hmacSha256(deriveVaultKey(masterKey, vaultId, 'mac'), encoder.encode(macedText)))
  if (mac !== expected) throw wrongSeal()
  return new Vault(file, store, masterKey)
}

const wrongSeal = (): EngineError => new EngineError('vault.invalid', 'vault.json was changed: its seal does not fit the vault\u2019s key.')

async function readVaultFile(store: ObjectStore): Promise<Uint8Array> {
  try {
    return await store.get(vaultFileKey)
  } catch (cause) {
    if (!isEngineError(cause, 'store.not-found')) throw cause
    throw new EngineError('vault.not-found', 'There is no vault here: vault.json is missing.', { cause })
  }
}

/** A damaged slot, or one of a newer version, costs its own secret only: the vault has others. */
const failuresOfOneSlot: ReadonlySet<EngineErrorCode> = new Set([
  'key-slot.wrong-secret',
  'vault.invalid',
  'format.unsupported-version',
  'store.io-error',
  'store.not-found',
] as const)

async function findMasterKey(store: ObjectStore, vaultId: Uint8Array, secret: KeySecret): Promise<Uint8Array> {
  const refused: EngineError[] = []
  for await (const { key } of store.list(keySlotPrefix)) {
    try {
      const slot = decodeKeySlot(await store.get(key))
      if (slot.kind !== secret.kind) continue
      if (equalBytes(slot.vaultId, vaultId)) return await unwrapMasterKey(slot, secret)
      refused.push(new EngineError('vault.invalid', 'A key slot is of another vault than vault.json says: one of the two was changed.'))
    } catch (error) {
      if (!isEngineError(error) || !failuresOfOneSlot.has(error.code)) throw error
      refused.push(error)
    }
  }
  // A slot that could not be read may be the very one: "wrong secret" would send its owner after another secret.
  const unreadable = refused.find(({ code }) => code !== 'key-slot.wrong-secret')
  if (unreadable !== undefined) throw unreadable
  throw new EngineError('key-slot.wrong-secret', 'No key slot of the vault opens with this secret.', { cause: refused.at(-1) })
}

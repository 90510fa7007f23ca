import { generateKeyPairSync, randomBytes, randomUUID, sign, type KeyObject } from 'node:crypto'
import { archive } from '@holdfast/engine/archiver'
import { toBase64Url, toHex } from '@holdfast/engine/bytes'
import { packKey, snapshotKey, uuidToBytes, type SnapshotBody } from '@holdfast/engine/format'
import type { DomainKeys } from '@holdfast/engine/reader'
import { openDirectoryStore, type DirectoryStore } from '@holdfast/engine/store'
import {
  appendHubHeader,
  boxKeySigningBytes,
  createVault,
  InlineSealer,
  makeRecoveryWords,
  rawPublicKey,
  sealSnapshot,
  SessionSink,
  type Vault,
} from '@holdfast/engine/vault'
import { SnapshotId } from '@holdfast/shared-types'

/** A device of a stored vault. */
export interface StoredDevice {
  readonly agentId: string
  readonly host: string
  readonly signKey: KeyObject
}

export interface StoredBackup {
  readonly id: SnapshotId
  /** Of its object. */
  readonly key: string
}

interface BackupChanges {
  readonly body?: Partial<SnapshotBody>
  /** Signs with another key than the vault knows. */
  readonly signKey?: KeyObject
  /** Of the hub's word; null: the hub has said nothing. */
  readonly hubKey?: Uint8Array | null
  readonly receivedAtMs?: number
}

interface Finished {
  readonly device: StoredDevice
  readonly snapshotId: Uint8Array
  readonly refset: Uint8Array
  readonly body: SnapshotBody
}

/** A vault in a folder as hub and agent leave it, with real keys, packs and signatures. */
export class StoredVault {
  readonly folder: string
  readonly store: DirectoryStore
  readonly words: string
  readonly vault: Vault
  readonly #domainId: string
  #seq = 0

  private constructor(folder: string, store: DirectoryStore, words: string, vault: Vault) {
    this.folder = folder
    this.store = store
    this.words = words
    this.vault = vault
    this.#domainId = vault.file.domains[0]?.id ?? ''
  }

  /** @param passphrase makes it private */
  static async make(folder: string, passphrase?: string): Promise<StoredVault> {
    const store = await openDirectoryStore(folder, { create: true })
    const words = await makeRecoveryWords()
    const vault = await createVault(store, {
      vaultId: randomUUID(),
      domainId: randomUUID(),
      kind: passphrase === undefined ? 'managed' : 'private',
      createdAtMs: 1,
      secrets: [
        passphrase === undefined ? { kind: 'hub-secret', secret: randomBytes(32) } : { kind: 'passphrase', passphrase },
        { kind: 'recovery-words', words },
      ],
    })
    return new StoredVault(folder, store, words, vault)
  }

  get vaultId(): string {
    return this.vault.file.vaultId
  }

  get #keys(): DomainKeys {
    return this.vault.domainKeys(this.#domainId)
  }

  async addDevice(host: string): Promise<StoredDevice> {
    const pair = generateKeyPairSync('ed25519')
    const agentId = randomUUID()
    const box = rawPublicKey(generateKeyPairSync('x25519').publicKey)
    await this.vault.addAgent({
      agentId,
      domainId: this.#domainId,
      createdAtMs: 2,
      signPublicKey: toBase64Url(rawPublicKey(pair.publicKey)),
      boxPublicKey: toBase64Url(box),
      boxSignature: toBase64Url(sign(null, boxKeySigningBytes(box), pair.privateKey)),
    })
    return { agentId, host, signKey: pair.privateKey }
  }

  async backUp(device: StoredDevice, source: string, changes: BackupChanges = {}): Promise<StoredBackup> {
    const keys = this.#keys
    const snapshotId = new Uint8Array(randomBytes(16))
    const sink = new SessionSink(
      keys,
      { have: null, putPack: (pack) => this.store.put(packKey(pack.packId), pack.bytes) },
      (onPack) => new InlineSealer(keys, onPack),
    )
    const outcome = await archive({
      sources: [Buffer.from(source)],
      alwaysExcluded: [],
      exclusions: null,
      sink,
      idKey: keys.idKey,
      cdcKey: keys.cdcKey,
      chunker: 'standard',
      previous: null,
      catalogue: { path: `${this.folder}.catalogue`, vaultId: keys.vaultId, domainId: keys.domainId, snapshotId },
      onItemError: (_path, error) => {
        throw error
      },
      onProgress: () => undefined,
      signal: new AbortController().signal,
      clock: { nowMs: () => Date.now() + 60_000, monotonicMs: () => performance.now() },
    })
    const { rootPage, status, roots, files, folders, bytes, errors, filesNew, filesChanged, filesUnchanged, bytesRead } = outcome
    const body: SnapshotBody = {
      status,
      roots,
      files,
      folders,
      bytes,
      errors,
      filesNew,
      filesChanged,
      filesUnchanged,
      bytesRead,
      root: rootPage,
      system: 'linux',
      host: device.host,
      plan: '',
      program: 'test',
      startedAtMs: 3,
      finishedAtMs: Date.UTC(2026, 0, this.#seq + 1) - 1000,
      parent: null,
      ...changes.body,
    }
    return this.#commit({ device, snapshotId, refset: sink.refset(), body }, changes)
  }

  async #commit({ device, snapshotId, refset, body }: Finished, changes: BackupChanges): Promise<StoredBackup> {
    const seq = ++this.#seq
    const agentId = uuidToBytes(device.agentId)
    const part = sealSnapshot({ header: { agentId, snapshotId, seq }, refset, body }, this.#keys, changes.signKey ?? device.signKey)
    const statement = { receivedAtMs: changes.receivedAtMs ?? Date.UTC(2026, 0, seq), epoch: 1 }
    const { hubKey = this.vault.hubKey } = changes
    const key = snapshotKey(agentId, seq, snapshotId)
    await this.store.put(key, hubKey === null ? part : appendHubHeader(part, statement, hubKey))
    return { id: SnapshotId.parse(toHex(snapshotId)), key }
  }
}

import { equalBytes, fromBase64Url, fromHex, toBase64Url } from '@holdfast/engine/bytes'
import { EngineError } from '@holdfast/engine/errors'
import { decodeSnapshotObject, uuidFromBytes, uuidToBytes, type AgentFile } from '@holdfast/engine/format'
import { openSnapshotBody, verifySnapshotSignature, type DomainKeys } from '@holdfast/engine/reader'
import {
  deviceFingerprint,
  isSameFingerprint,
  rawAgentKey,
  sealSelection,
  type UnlockPrimitives,
  type VaultKeys,
} from '@holdfast/engine/unlock'
import type { AgentId, RestoreSelection, SnapshotId, VaultId } from '@holdfast/shared-types'
import { ApiError } from '../../../platform/errors/api-error.ts'
import type { ListedSnapshot, OfferedDevice } from '../room/room-calls.ts'
import type { HubAnswers } from './hub-answers.ts'
import { PrivateSnapshot } from './private-snapshot.ts'
import { SnapshotBlobs } from './snapshot-blobs.ts'

/** Snapshots whose object was checked; some hundred bytes each, and what was last read of them. */
const keptSnapshots = 8

/** A vault that is open here, and what is done with its keys. */
export class OpenedVault {
  readonly #primitives: UnlockPrimitives
  readonly #hub: HubAnswers
  readonly #keys: VaultKeys
  readonly #snapshots = new Map<SnapshotId, Promise<PrivateSnapshot>>()

  constructor(primitives: UnlockPrimitives, hub: HubAnswers, keys: VaultKeys) {
    this.#primitives = primitives
    this.#hub = hub
    this.#keys = keys
  }

  get keys(): VaultKeys {
    return this.#keys
  }

  get id(): VaultId {
    return this.#keys.file.vaultId as VaultId
  }

  fingerprint(): Promise<string> {
    return this.#keys.fingerprint(this.#domainId())
  }

  /**
   * One snapshot, its signature checked against the device that this vault vouches for.
   * @throws EngineError `snapshot.invalid` also where that is not the device that the hub says it is of
   */
  async snapshot({ snapshotId, agentId }: ListedSnapshot): Promise<PrivateSnapshot> {
    const snapshot = await this.#known(snapshotId)
    if (snapshot.agentId !== agentId)
      throw new EngineError('snapshot.invalid', 'The hub says that the snapshot is of another device than the one that signed it.')
    return snapshot
  }

  #known(snapshotId: SnapshotId): Promise<PrivateSnapshot> {
    const known = this.#snapshots.get(snapshotId)
    if (known !== undefined) return known
    const opening = this.#openSnapshot(snapshotId)
    this.#snapshots.set(snapshotId, opening)
    opening.catch(() => this.#snapshots.delete(snapshotId))
    for (const old of this.#snapshots.keys()) {
      if (this.#snapshots.size <= keptSnapshots) break
      this.#snapshots.delete(old)
    }
    return opening
  }

  async #openSnapshot(snapshotId: SnapshotId): Promise<PrivateSnapshot> {
    const stored = await this.#hub.bytes('getStoredSnapshot', { params: { snapshotId } })
    const object = decodeSnapshotObject(stored)
    const { header } = object
    if (!equalBytes(header.snapshotId, fromHex(snapshotId)) || !equalBytes(header.vaultId, this.#keys.vaultId))
      throw new EngineError('snapshot.invalid', 'The hub sent another snapshot than it was asked for.')
    const agent = await this.#agent(uuidFromBytes(header.agentId))
    if (agent.domainId !== uuidFromBytes(header.domainId))
      throw new EngineError('snapshot.invalid', 'A snapshot is of another domain than its device.')
    await verifySnapshotSignature(this.#primitives, object, rawAgentKey(agent.signPublicKey))
    const keys = await this.#keys.domainKeys(agent.domainId)
    const body = await openSnapshotBody(this.#primitives, object, keys)
    return new PrivateSnapshot(this.#blobsOf(snapshotId, keys), header, body)
  }

  #blobsOf(snapshotId: SnapshotId, keys: DomainKeys): SnapshotBlobs {
    return new SnapshotBlobs(this.#primitives, keys, {
      locate: (ids, signal) => this.#hub.bytes('locateSnapshotBlobs', { params: { snapshotId }, body: ids, signal }),
      readSegments: (places, signal) => this.#hub.bytes('readSnapshotSegments', { params: { snapshotId }, body: places, signal }),
    })
  }

  /** The keys of a device, as who holds this vault's keys has vouched for them: not as the hub says them. */
  async #agent(agentId: string): Promise<AgentFile> {
    const { agents } = await this.#hub.json('getKeyObjects', { params: { vaultId: this.id } })
    const object = agents.find((agent) => agent.agentId === agentId)?.agentObject ?? null
    if (object === null) throw new ApiError({ code: 'vault.keys-awaited' })
    const agent = await this.#keys.verifyAgentObject(fromBase64Url(object))
    if (agent.agentId !== agentId) throw new EngineError('vault.invalid', 'The keys that came are another device\u2019s.')
    return agent
  }

  /**
   * Lets a device in: vouches for its keys, and seals those of its domain to it.
   * @param compared the fingerprint that somebody saw on the device
   * @throws ApiError `vault.keys-invalid` where these keys give another one
   */
  async approve(device: OfferedDevice, compared: string): Promise<void> {
    if (!isSameFingerprint(await this.deviceFingerprint(device), compared))
      throw new ApiError({ code: 'vault.keys-invalid', message: 'These keys are not the ones that were compared.' })
    const agent = this.#agentFileOf(device)
    const agentObject = await this.#keys.agentObject(agent)
    const sealed = await this.#keys.sealDomainKeys(agent.domainId, agent.agentId, rawAgentKey(agent.boxPublicKey))
    const body = { agentObject: toBase64Url(agentObject), sealedDomainKeys: toBase64Url(sealed) }
    await this.#hub.json('giveDeviceKeys', { params: { vaultId: this.id, agentId: device.agentId }, body })
  }

  async deviceFingerprint({ signPublicKey, boxPublicKey }: OfferedDevice): Promise<string> {
    const keys = { signPublicKey: rawAgentKey(signPublicKey), boxPublicKey: rawAgentKey(boxPublicKey) }
    return deviceFingerprint(this.#primitives, keys)
  }

  /** A restore as it was ordered, for the eyes of that device alone: it carries out nothing else. */
  async sealRestore(agentId: AgentId, restore: RestoreSelection): Promise<string> {
    const agent = await this.#agent(agentId)
    const to = { agentId: uuidToBytes(agentId), boxPublicKey: rawAgentKey(agent.boxPublicKey) }
    const plain = new TextEncoder().encode(JSON.stringify(restore))
    return toBase64Url(await sealSelection(this.#primitives, await this.#keys.domainKeys(agent.domainId), to, plain))
  }

  #agentFileOf({ agentId, signPublicKey, boxPublicKey, boxSignature, enrolledAtMs }: OfferedDevice): AgentFile {
    return { agentId, domainId: this.#domainId(), signPublicKey, boxPublicKey, boxSignature, createdAtMs: enrolledAtMs }
  }

  /** A private vault has one domain: all its devices share what they store. */
  #domainId(): string {
    const [domain] = this.#keys.file.domains
    if (domain === undefined) throw new EngineError('vault.invalid', 'The vault has no domain.')
    return domain.id
  }
}

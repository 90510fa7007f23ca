import { EngineError, isEngineError } from '@holdfast/engine/errors'
import {
  decodeSnapshotObject,
  snapshotKey,
  snapshotPrefix,
  uuidFromBytes,
  type SnapshotBody,
  type SnapshotHeader,
  type SnapshotObject,
} from '@holdfast/engine/format'
import { openSnapshotBody, verifyHubHeader, verifySnapshotSignature, type DomainKeys } from '@holdfast/engine/reader'
import { nodePrimitives, type Vault } from '@holdfast/engine/vault'
import { AgentId, SnapshotId } from '@holdfast/shared-types'
import { toAppError } from '../errors/to-app-error.ts'
import type { AppError } from '@holdfast/shared-types/errors'

/** A snapshot by the name of its object alone. */
export interface SnapshotName {
  readonly key: string
  readonly id: SnapshotId
  readonly agentId: AgentId
  /** Counts the snapshots of one device. */
  readonly seq: number
}

export interface StoredSnapshot extends SnapshotName {
  /** By the hub's clock; by the device's where the hub's word does not verify; null where nothing of it can be read. */
  readonly createdAtMs: number | null
  /** Null where it does not open. */
  readonly body: SnapshotBody | null
  /** Why nobody should rely on it; null where device and hub both vouch for it. */
  readonly problem: AppError | null
}

/** A snapshot with what it takes to read it. */
export interface ReadableSnapshot {
  readonly snapshot: StoredSnapshot & { readonly body: SnapshotBody }
  readonly object: SnapshotObject
  readonly keys: DomainKeys
}

const keyPattern = /^s\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/(\d{12})-([0-9a-f]{32})$/

/** Snapshots of a vault as they lie in its store, each proved by the signature of its device and the word of its hub. */
export class StoredSnapshots {
  readonly #vault: Vault
  readonly #signKeys = new Map<string, Promise<Uint8Array>>()

  constructor(vault: Vault) {
    this.#vault = vault
  }

  /** Every snapshot whose id starts so, in the order of their keys; what else lies there is left out. @throws EngineError `store.*` */
  async names(idPrefix = ''): Promise<SnapshotName[]> {
    const names: SnapshotName[] = []
    for await (const { key } of this.#vault.store.list(snapshotPrefix)) {
      const match = keyPattern.exec(key)
      if (match === null) continue
      const agentId = AgentId.safeParse(match[1])
      const id = SnapshotId.parse(match[3])
      if (agentId.success && id.startsWith(idPrefix)) names.push({ key, id, agentId: agentId.data, seq: Number(match[2]) })
    }
    return names
  }

  /** Without those that were removed meanwhile. Nothing of them stays in memory but what is told. @throws EngineError `store.*` */
  async read(names: readonly SnapshotName[]): Promise<StoredSnapshot[]> {
    const snapshots: StoredSnapshot[] = []
    for (const name of names) {
      const read = await this.#read(name)
      if (read !== null) snapshots.push('snapshot' in read ? read.snapshot : read)
    }
    return snapshots
  }

  /** Reads one again, whole. @throws AppError `vault.corrupt` where it does not open; EngineError `store.*` */
  async open(name: SnapshotName): Promise<ReadableSnapshot> {
    const read = await this.#read(name)
    if (read === null) throw new EngineError('snapshot.invalid', 'The snapshot is gone: it was removed just now.')
    if (!('snapshot' in read)) throw read.problem ?? new EngineError('snapshot.invalid', 'The snapshot does not open.')
    return read
  }

  async #read(name: SnapshotName): Promise<ReadableSnapshot | StoredSnapshot | null> {
    try {
      const object = decodeSnapshotObject(await this.#vault.store.get(name.key))
      const { agentId, seq, snapshotId, domainId } = object.header
      if (snapshotKey(agentId, seq, snapshotId) !== name.key)
        throw new EngineError('snapshot.invalid', 'A snapshot lies under the name of another.')
      const keys = this.#vault.domainKeys(uuidFromBytes(domainId))
      const body = await openSnapshotBody(nodePrimitives, object, keys)
      const [signed, stated] = [await problemOf(() => this.#verifySignature(name, object)), await problemOf(() => this.#verifyHub(object))]
      const createdAtMs = stated === null && object.hubHeader !== null ? object.hubHeader.receivedAtMs : body.finishedAtMs
      return { snapshot: { ...name, createdAtMs, body, problem: signed ?? stated }, object, keys }
    } catch (error) {
      if (!isEngineError(error)) throw error
      if (error.code === 'store.not-found') return null
      if (error.code.startsWith('store.') && error.code !== 'store.io-error') throw error
      return { ...name, createdAtMs: null, body: null, problem: toAppError(damaged(error)) }
    }
  }

  async #verifySignature({ agentId }: SnapshotName, object: SnapshotObject): Promise<void> {
    const signer = object.header.isRewritten ? 'rewriting key' : agentId
    let signKey = this.#signKeys.get(signer)
    if (signKey === undefined) this.#signKeys.set(signer, (signKey = this.#signKeyOf(object.header)))
    await verifySnapshotSignature(nodePrimitives, object, await signKey)
  }

  async #signKeyOf(header: SnapshotHeader): Promise<Uint8Array> {
    try {
      return await this.#vault.signerOfSnapshot(header)
    } catch (cause) {
      if (!isEngineError(cause, 'store.not-found')) throw cause
      throw new EngineError('snapshot.signature-invalid', 'The vault has not the keys of the device that made the snapshot.', { cause })
    }
  }

  #verifyHub(object: SnapshotObject): Promise<void> {
    return verifyHubHeader(nodePrimitives, object, this.#vault.hubKey)
  }
}

async function problemOf(verify: () => Promise<void>): Promise<AppError | null> {
  try {
    await verify()
    return null
  } catch (error) {
    if (!isEngineError(error)) throw error
    return toAppError(damaged(error))
  }
}

/** A disk that does not give back a part of the snapshot has damaged it. */
const damaged = (error: EngineError): EngineError =>
  error.code === 'store.io-error' ? new EngineError('snapshot.invalid', error.message, { cause: error }) : error

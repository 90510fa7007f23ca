import { availableParallelism } from 'node:os'
import { toHex } from '@holdfast/engine/bytes'
import { EngineError } from '@holdfast/engine/errors'
import { decodeSnapshotObject, uuidFromBytes, type SnapshotBody, type SnapshotObject } from '@holdfast/engine/format'
import { openSnapshotBody, verifySnapshotSignature, type DomainKeys } from '@holdfast/engine/reader'
import { nodePrimitives, rawPublicKey, RemoteSource, WorkerOpener } from '@holdfast/engine/vault'
import type { SnapshotId } from '@holdfast/shared-types'
import { AppError } from '@holdfast/shared-types/errors'
import { openDomainKeys, privateKey } from './domain-keys.ts'
import type { RunContext } from './run-context.ts'

/** Decrypting, unpacking and hashing are two thirds of a restore, writing the rest: more threads than this wait for the disk. */
const mostOpenThreads = 4

export interface OpenedSnapshot {
  readonly keys: DomainKeys
  readonly body: SnapshotBody
  /** To be closed at the end. */
  readonly source: RemoteSource
}

/**
 * Opens the snapshot of a run with this device's keys. It must be signed by this very device: no other one's key is known here, and
 * the hub's word is not enough.
 *
 * @throws EngineError `snapshot.*`, `vault.key-mismatch`
 */
export async function openSnapshot(context: RunContext, snapshotId: SnapshotId): Promise<OpenedSnapshot> {
  const { hub, order } = context
  const keys = openDomainKeys(order, await hub.ask('vault.unseal', null))
  const object = decodeSnapshotObject(await hub.ask('run.snapshot-object', null))
  if (toHex(object.header.snapshotId) !== snapshotId)
    throw new EngineError('snapshot.invalid', 'The hub sent another snapshot than the one asked for.')
  await requireOwnSignature(context, object)
  const body = await openSnapshotBody(nodePrimitives, object, keys)
  const ports = { locate: (ids: Uint8Array) => hub.ask('run.locate', ids), readSegments: (places: Uint8Array) => readSegments(hub, places) }
  const source = new RemoteSource(keys, ports, new WorkerOpener(keys, Math.min(mostOpenThreads, availableParallelism())))
  return { keys, body, source }
}

/** A pack that the hub has lost is damage of the vault, and costs the files in it; a hub that is away is not. */
async function readSegments(hub: RunContext['hub'], places: Uint8Array): Promise<Uint8Array> {
  try {
    return await hub.ask('run.segments', places)
  } catch (cause) {
    if (cause instanceof AppError && cause.code === 'vault.corrupt') throw new EngineError('blob.missing', cause.message, { cause })
    throw cause
  }
}

async function requireOwnSignature({ order }: RunContext, object: SnapshotObject): Promise<void> {
  if (uuidFromBytes(object.header.agentId) !== order.agentId)
    throw new EngineError('snapshot.signature-invalid', 'The snapshot was made by another device, whose signature cannot be checked here.')
  await verifySnapshotSignature(nodePrimitives, object, rawPublicKey(privateKey(order.signKey)))
}

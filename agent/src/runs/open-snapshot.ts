import { availableParallelism } from 'node:os'
import { toHex } from '@holdfast/engine/bytes'
import { EngineError } from '@holdfast/engine/errors'
import { decodeSnapshotObject, uuidFromBytes, type SnapshotBody, type SnapshotObject } from '@holdfast/engine/format'
import { openSnapshotBody, verifySnapshotSignature, type DomainKeys } from '@holdfast/engine/reader'
import {
  InlineOpener,
  nodePrimitives,
  rawPublicKey,
  RemoteSource,
  rewriterOf,
  signerOf,
  smallReadRoom,
  WorkerOpener,
  type Opener,
} from '@holdfast/engine/vault'
import type { AgentId, SnapshotId } from '@holdfast/shared-types'
import { AppError } from '@holdfast/shared-types/errors'
import { thisSystem } from '../presets/this-system.ts'
import { openDomainKeys, privateKey } from './domain-keys.ts'
import type { RunContext } from './run-context.ts'
import type { RunOrder } from './worker-messages.ts'

/** Decrypting, unpacking and hashing are two thirds of a restore, writing the rest: more threads than this wait for the disk. */
export const mostOpenThreads = 4

export interface OpenedSnapshot {
  readonly keys: DomainKeys
  readonly body: SnapshotBody
  /** To be closed at the end. */
  readonly source: RemoteSource
}

/**
 * Opens the snapshot of a run with this device's keys. It must be signed by this very device or, where the order names another one, by
 * that one; and sealed with the keys of this device's domain.
 *
 * @throws EngineError `snapshot.*`, `vault.invalid`, `vault.key-mismatch`; AppError `restore.target-invalid`
 */
export async function openSnapshot(context: RunContext, snapshotId: SnapshotId): Promise<OpenedSnapshot & { readonly isPrivate: boolean }> {
  const { hub, order } = context
  requireWelcome(order)
  const sealed = await hub.ask('vault.unseal', null)
  const keys = await openDomainKeys(context, sealed)
  const object = decodeSnapshotObject(await hub.ask('run.snapshot-object', null))
  if (toHex(object.header.snapshotId) !== snapshotId)
    throw new EngineError('snapshot.invalid', 'The hub sent another snapshot than the one asked for.')
  await requireSignature(context, object)
  const body = await openSnapshotBody(nodePrimitives, object, keys)
  requireSameSystem(context, body)
  const threads = Math.min(mostOpenThreads, availableParallelism())
  return { keys, body, source: sourceOf(context, keys, () => new WorkerOpener(keys, threads)), isPrivate: sealed.vaultKind === 'private' }
}

/**
 * Opens the snapshot that a backup keeps deleted files from: one of this device's own, of which little is read.
 * @throws EngineError `snapshot.*`, `vault.key-mismatch`
 */
export async function openOwnSnapshot(context: RunContext, keys: DomainKeys, snapshotId: string): Promise<OpenedSnapshot> {
  const object = decodeSnapshotObject(await context.hub.ask('run.snapshot-object', null))
  if (toHex(object.header.snapshotId) !== snapshotId)
    throw new EngineError('snapshot.invalid', 'The hub sent another snapshot than the one it named.')
  await requireSignature(context, object)
  const body = await openSnapshotBody(nodePrimitives, object, keys)
  return { keys, body, source: sourceOf(context, keys, () => new InlineOpener(keys)) }
}

function sourceOf({ hub, order }: RunContext, keys: DomainKeys, makeOpener: () => Opener): RemoteSource {
  const ports = { locate: (ids: Uint8Array) => hub.ask('run.locate', ids), readSegments: (places: Uint8Array) => readSegments(hub, places) }
  return order.memory === 'small'
    ? new RemoteSource(keys, ports, new InlineOpener(keys), smallReadRoom)
    : new RemoteSource(keys, ports, makeOpener())
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

/** By the order and not by the object it is said whose signature it has to be: else one could sign as whoever is at hand. */
const makerOf = ({ request, agentId }: RunOrder): AgentId => (request.kind === 'backup' ? agentId : (request.fromAgentId ?? agentId))

/** Nothing is written here by looking through a snapshot: only a restore has to be welcome, and of the same kind of system. */
const isForeignRestore = (order: RunOrder): boolean => order.request.kind === 'restore' && makerOf(order) !== order.agentId

function requireWelcome(order: RunOrder): void {
  if (!isForeignRestore(order) || order.takesOthersSnapshots) return
  throw new AppError('restore.target-invalid', {
    message: 'This device restores no snapshots of other devices: its HOLDFAST_OTHERS_SNAPSHOTS says so.',
    cure: 'Choose another device, or change that setting on this one and start its agent again.',
  })
}

async function requireSignature(context: RunContext, object: SnapshotObject): Promise<void> {
  const maker = makerOf(context.order)
  if (uuidFromBytes(object.header.agentId) !== maker)
    throw new EngineError('snapshot.signature-invalid', 'The snapshot was made by another device than the order says.')
  if (object.header.isRewritten) return requireRewriting(context, object)
  await verifySnapshotSignature(nodePrimitives, object, await signKeyOf(context, maker))
}

/**
 * The hub wrote it anew with less in it, and signed it with the vault's rewriting key: as far as this device's owner takes the hub's word for what was backed up. No
 * backup builds on one.
 */
async function requireRewriting(context: RunContext, object: SnapshotObject): Promise<void> {
  const { hub, order } = context
  if (order.request.kind === 'backup')
    throw new EngineError('snapshot.signature-invalid', 'The hub named a snapshot to build on that it wrote anew: no backup builds on one.')
  if (!order.takesRewrittenSnapshots) throw new AppError('snapshot.rewritten-refused')
  const signer = rewriterOf(await hub.ask('run.snapshot-signer', null), order.vaultId)
  await verifySnapshotSignature(nodePrimitives, object, signer)
  context.log(
    'snapshot.rewritten',
    'The hub wrote this snapshot anew, with less in it than the device backed up: it is signed by the hub and not by the device.',
    'warn',
  )
}

/** Raw. Of another device the hub passes on what the vault keeps; docs/threat-model.md says how far that goes. */
async function signKeyOf({ hub, order }: RunContext, maker: AgentId): Promise<Uint8Array> {
  if (maker === order.agentId) return rawPublicKey(privateKey(order.signKey))
  return signerOf(await hub.ask('run.snapshot-signer', null), { agentId: maker, domainId: order.domainId })
}

/** Names, owners and attributes of one kind of system have no meaning on another. The hub says so too, but here it is the snapshot's own word. */
function requireSameSystem({ order }: RunContext, body: SnapshotBody): void {
  if (!isForeignRestore(order) || body.system === thisSystem()) return
  throw new AppError('restore.target-invalid', {
    message: 'The snapshot is of another kind of system than this device runs.',
    cure: 'Choose a device with the same system, or download files of the snapshot.',
  })
}

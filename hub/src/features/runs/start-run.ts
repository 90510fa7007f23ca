import {
  AppError,
  leanCompression,
  leanDeletedFiles,
  leanExclusions,
  leanRestore,
  presetNamesFor,
  unknownPreset,
  type AgentId,
  type Run,
  type RunOrder,
  type RunRequest,
  type WirePath,
} from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { tellAudit } from '../../platform/audit/audit-scope.ts'
import type { KnownActor } from '../../platform/http/actor.ts'
import { storableJson } from '../../platform/database/storable.ts'
import { findAgent, requireAgentKept, type AgentRecord } from '../agents/index.ts'
import { requireForeignRestore } from './foreign-restore.ts'
import { orderRun } from './order-run.ts'
import { queueTransaction } from './queue-transaction.ts'
import type { RestorableSnapshot, RunsState } from './runs-state.ts'
import { presentFor } from './tell-run.ts'

/**
 * Puts a run into its device's queue and offers it when the device is there; or hurries its retry that waits there.
 *
 * @throws AppError `agent.not-found`, `vault.keys-awaited`, `vault.private`, `snapshot.not-found`, `request.invalid`, `restore.target-invalid`, `token.scope-too-small`; `run.already-active` when one
 * with the same sources waits already
 */
export function startRun(state: RunsState, actor: KnownActor, agentId: AgentId, order: RunOrder): Promise<Run> {
  return queueTransaction(state, async (em) => {
    const agent = await requireAgentKept(em, actor, agentId)
    tellAudit({ object: { kind: 'device', id: agent.id, name: agent.name }, details: { kind: order.kind } })
    if (agent.waitsForKeys) throw new AppError('vault.keys-awaited', { context: { agentId } })
    const request = storableJson(await requestOf(state, em, { actor, agent }, order))
    const run = await orderRun(state, em, { agentId, request, requestedBy: actor.name, trigger: 'order', plan: null })
    return presentFor(state, em, run, true)
  })
}

/** Who orders, and for which device. */
interface Orderer {
  readonly actor: KnownActor
  readonly agent: AgentRecord
}

async function requestOf(state: RunsState, em: EntityManager, { actor, agent }: Orderer, order: RunOrder): Promise<RunRequest> {
  if (order.kind === 'backup') {
    requireUsableScope(agent, order)
    const { sources, full, compression, deletedFiles } = order
    const words = { ...leanExclusions(order), ...leanCompression(compression), ...leanDeletedFiles(deletedFiles) }
    return { kind: 'backup', vaultId: agent.vaultId, sources, full, ...words }
  }
  const snapshot = await state.snapshots.find(em, order.snapshotId)
  if (snapshot === null) throw new AppError('snapshot.not-found')
  const isOwn = snapshot.agentId === agent.id
  if (!isOwn) {
    const maker = await findAgent(em, snapshot.agentId)
    tellAudit({ details: { snapshotOf: maker?.name ?? snapshot.agentId } })
    requireForeignRestore({ actor, agent }, order, snapshot)
  }
  if (order.kind === 'verify')
    return { kind: 'verify', snapshotId: order.snapshotId, ...(order.sample === undefined ? {} : { sample: order.sample }) }
  requireSelectionFor(snapshot, order)
  return { ...restoreRequestOf(agent, order), ...(isOwn ? {} : { fromAgentId: snapshot.agentId }) }
}

/**
 * Names in a private vault are not for the hub to hear, and what is restored from it is not for the hub to say: the order comes sealed, and nothing else does.
 * @throws AppError `vault.private`, `request.invalid`
 */
function requireSelectionFor(
  { isSealed }: RestorableSnapshot,
  { paths, include = [], sealedSelection }: Extract<RunOrder, { kind: 'restore' }>,
): void {
  const isClear = paths.length + include.length > 0
  if (isSealed && (isClear || sealedSelection === undefined))
    throw new AppError('vault.private', {
      message: isClear
        ? 'The snapshot is in a private vault: the hub is not told which files of it to restore.'
        : 'The snapshot is in a private vault: its device restores nothing of it, and not all of it either, that was not sealed for it.',
      cure: 'Unlock the vault in your browser and choose there, or run `holdfast restore` on the device.',
    })
  if (sealedSelection !== undefined && (!isSealed || isClear))
    throw new AppError('request.invalid', {
      message: 'A sealed choice is for snapshots of private vaults, and stands instead of paths and patterns.',
    })
}

/** What a backup is made of fits its device. @throws AppError `request.invalid` */
export function requireUsableScope(
  agent: AgentRecord,
  scope: { readonly sources: readonly WirePath[]; readonly presets?: readonly string[] | undefined },
): void {
  for (const source of scope.sources) requireAbsolute(agent, source, 'source')
  requireKnownPresets(agent, scope.presets ?? [])
}

function restoreRequestOf(agent: AgentRecord, { sealedSelection, ...order }: Extract<RunOrder, { kind: 'restore' }>): RunRequest {
  const { target, flat } = order
  if (target !== null) requireAbsolute(agent, target, 'target')
  else if (flat)
    throw new AppError('request.invalid', {
      message: 'What goes back to where it was keeps its whole path.',
      cure: 'Name a target, or leave flat out.',
    })
  return { kind: 'restore', ...leanRestore(order), ...(sealedSelection === undefined ? {} : { sealedSelection }) }
}

function requireKnownPresets({ host }: AgentRecord, names: readonly string[]): void {
  const unknown = unknownPreset(names, host.os)
  if (unknown !== null)
    throw new AppError('request.invalid', {
      message: `There is no preset “${unknown}” for this device’s system.`,
      cure: `Choose one of: ${presetNamesFor(host.os).join(', ')}.`,
    })
}

/** A relative path would mean another place with every start of the agent. */
function requireAbsolute(agent: AgentRecord, { path }: WirePath, what: 'source' | 'target'): void {
  const isAbsolute = agent.host.os === 'windows' ? /^([A-Za-z]:[\\/]|\\\\)/.test(path) : path.startsWith('/')
  if (!isAbsolute)
    throw new AppError('request.invalid', {
      message: `A ${what} is not an absolute path of the device.`,
      cure: 'Give the whole path, from the root or the drive on.',
    })
}

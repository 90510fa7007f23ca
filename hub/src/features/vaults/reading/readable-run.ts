import { AppError, isEndState, type AgentId, type RunId, type RunRequest } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { OpenVault } from '../contents/open-vault.ts'
import type { OpenVaults } from '../contents/open-vaults.ts'
import type { AgentRecord, AgentsDoor, RunRecord, RunsDoor } from '../doors/doors.ts'
import { findSnapshot, type SnapshotRecord } from '../tables/snapshots.queries.ts'
import { findKeepBase } from '../sessions/keep-base.ts'

export interface ReadableRunDeps {
  readonly vaults: OpenVaults
  readonly runs: RunsDoor
  readonly agents: AgentsDoor
}

/** One that whoever asks may read, as it is stored. */
export interface ReadableSnapshot {
  readonly snapshot: SnapshotRecord
  readonly vault: OpenVault
}

/**
 * What a run lets its agent read: one snapshot, and of its vault only the segments that snapshot needs. That of a restore or verification
 * is the one it is about; a backup that keeps deleted files reads the one it keeps them from, and any other reads none.
 */
export interface ReadableRun extends ReadableSnapshot {
  readonly runId: RunId
  readonly agent: AgentRecord
  /** It looks through a snapshot of a private vault, for the hub. */
  readonly isAudit: boolean
}

export interface RunClaim {
  readonly agentId: AgentId
  readonly runId: RunId
  readonly fence?: number
}

/** @throws AppError `run.*`, `agent.not-found`, `snapshot.not-found` also for one that the agent may not read */
export async function requireReadableRun(
  { vaults, runs, agents }: ReadableRunDeps,
  em: EntityManager,
  { agentId, runId, fence }: RunClaim,
): Promise<ReadableRun> {
  const run = await runs.getRunForAgent(em, runId, agentId, fence)
  if (isEndState(run.state)) throw new AppError('run.already-finished', { context: { runId } })
  const agent = await agents.findAgent(em, agentId)
  if (agent === null) throw new AppError('agent.not-found')
  const snapshot = await snapshotOf(runs, em, run, agent)
  if (snapshot === null || !isReadable(snapshot) || !mayRead(agent, run.request, snapshot)) throw new AppError('snapshot.not-found')
  const isAudit = run.request.kind === 'verify' && run.request.audit === true
  return { runId, agent, isAudit, snapshot, vault: vaults.get(snapshot.vaultId) }
}

async function snapshotOf(runs: RunsDoor, em: EntityManager, run: RunRecord, agent: AgentRecord): Promise<SnapshotRecord | null> {
  const { request } = run
  if (request.kind !== 'backup') return findSnapshot(em, request.snapshotId)
  if (request.deletedFiles !== 'keep') throw new AppError('run.not-found', { message: 'This run reads nothing: it is a backup.' })
  return (await findKeepBase(runs, em, run, agent))?.snapshot ?? null
}

/** One that was deleted while the run is under way is read to its end: no collection condemns what a run reads. */
const isReadable = ({ state, keeping: { deleted } }: SnapshotRecord): boolean => state !== 'lost' && (deleted?.condemnedIn ?? null) === null

/**
 * An agent holds its domain's keys, so a snapshot of another domain is of no use to it. Of its own domain it reads its own snapshots, and
 * another device's only while it restores that one: `fromAgentId` is written by the hub alone, into the request of a run that a person with
 * the right to operate has ordered (`runs/start-run.ts`), and neither an order nor a message of an agent can carry it. So the run itself is
 * the proof that somebody may have it so. An audit of a private vault's snapshot carries it too, ordered by the hub itself. Vault and domain are looked at again, for they are what the keys hang on.
 */
const mayRead = (agent: AgentRecord, request: RunRequest, snapshot: SnapshotRecord): boolean =>
  snapshot.vaultId === agent.vaultId && snapshot.domainId === agent.domainId && snapshot.agentId === makerOf(agent, request)

const makerOf = (agent: AgentRecord, request: RunRequest): AgentId =>
  request.kind !== 'backup' && request.fromAgentId !== undefined ? request.fromAgentId : agent.id

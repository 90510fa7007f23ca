import { randomUUID } from 'node:crypto'
import {
  AppError,
  isEndState,
  SessionId,
  type AckOf,
  type AgentId,
  type agentRequests,
  type BodyOf,
  type SnapshotId,
  type WirePath,
} from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Database } from '../../../platform/database/database.ts'
import type { Logger } from '../../../platform/logging/logger.ts'
import type { BesideCollections } from '../contents/beside-collections.ts'
import type { OpenVaults } from '../contents/open-vaults.ts'
import type { SnapshotRefsets } from '../contents/snapshot-refsets.ts'
import { wirePathOf } from '../contents/snapshot-facts.ts'
import { pathsToRead } from './paths-to-read.ts'
import type { AgentRecord, AgentsDoor, RunRecord, RunsDoor } from '../doors/doors.ts'
import { handKeys } from '../keys/hand-keys.ts'
import { lockCollection, vaultEpoch } from '../tables/collecting.queries.ts'
import { findKeepBase } from './keep-base.ts'
import { openSessionRow, type SessionRecord } from '../tables/sessions.queries.ts'
import { listSnapshotsOfAgent, type SnapshotRecord } from '../tables/snapshots.queries.ts'
import { sessionNotFound } from './require-open-session.ts'

/** Agents make their catalogue with the newest; older ones are for those that were offline or restored from an image. */
const namedBaseSnapshots = 200

export interface OpenSessionDeps {
  readonly database: Database
  readonly besideCollections: BesideCollections
  readonly vaults: OpenVaults
  readonly refsets: SnapshotRefsets
  readonly runs: RunsDoor
  readonly agents: AgentsDoor
  readonly now: () => number
  readonly log: Logger
}

type Asked = BodyOf<typeof agentRequests, 'session.open'>
type Answer = AckOf<typeof agentRequests, 'session.open'>

/**
 * Opens the one session of a backup run, or gives the open one again after a lost link or a restart of either side.
 * @throws AppError `run.*`, `vault.not-found`, `vault.keys-awaited`, `agent.not-found`, `session.not-found` when the run's session has ended.
 */
export async function openSession(
  deps: OpenSessionDeps,
  agentId: AgentId,
  { runId, fence, vaultId, canReadAgain }: Asked,
): Promise<Answer> {
  const { database, vaults, agents, runs } = deps
  const em = database.em()
  const agent = await agents.findAgent(em, agentId)
  if (agent === null) throw new AppError('agent.not-found')
  const vault = vaults.get(vaultId)
  if (agent.vaultId !== vaultId) throw new AppError('vault.not-found', { context: { vaultId } })
  const { domainId } = agent
  const keys = await handKeys(deps, vault, agent)
  const { session, run } = await deps.besideCollections.transaction(async (tx) => {
    const asked = await runs.getRunForAgent(tx, runId, agentId, fence)
    if (asked.kind !== 'backup') throw new AppError('run.not-found', { message: 'This run is not a backup.' })
    if (isEndState(asked.state)) throw new AppError('run.already-finished', { context: { runId } })
    await lockCollection(tx, vaultId, 'shared')
    const epoch = await vaultEpoch(tx, vaultId)
    const opened = await openSessionRow(tx, {
      id: SessionId.parse(randomUUID()),
      runId,
      agentId,
      vaultId,
      domainId,
      keyEpoch: keys.keyEpoch,
      fence,
      epoch,
      openedAt: new Date(deps.now()),
    })
    return { session: opened, run: asked }
  })
  if (session.state !== 'open') throw sessionNotFound(session.id)
  const bases = await usableBases(deps, session, canReadAgain === true)
  return {
    sessionId: session.id,
    domainId,
    ...keys,
    usableBaseSnapshots: bases.snapshotIds,
    ...(bases.readAgain.length === 0 ? {} : { readAgain: bases.readAgain }),
    hasBlobs: vault.contents.hasBlobs(domainId),
    nextSnapshotSeq: session.snapshotSeq,
    ...(await keepBaseOf(deps, em, run, agent)),
  }
}

/** Said only where it was asked for: an agent that keeps nothing needs to know of no such thing. */
async function keepBaseOf(
  { runs }: OpenSessionDeps,
  em: EntityManager,
  run: RunRecord,
  agent: AgentRecord,
): Promise<Pick<Answer, 'keepBase'>> {
  if (run.request.kind !== 'backup' || run.request.deletedFiles !== 'keep') return {}
  const base = await findKeepBase(runs, em, run, agent)
  return { keepBase: base === null ? null : { snapshotId: base.snapshot.id, isNewest: base.isNewest } }
}

/** Newest first. Those of which something is lost are among them where the device reads again what is; else it reads everything. */
async function usableBases(
  { database, vaults, refsets }: OpenSessionDeps,
  session: SessionRecord,
  canReadAgain: boolean,
): Promise<{ readonly snapshotIds: SnapshotId[]; readonly readAgain: WirePath[] }> {
  const em = database.em()
  const vault = vaults.get(session.vaultId)
  const { epoch, agentId } = session
  const snapshots = await listSnapshotsOfAgent(em, session.vaultId, agentId, { epoch, limit: namedBaseSnapshots })
  // Nothing is built on what was written anew, nor on what it stands for: the device would name again what was taken out.
  const isOriginal = ({ rewritten, keeping }: SnapshotRecord): boolean =>
    rewritten === null && (keeping.deleted?.replacedBy ?? null) === null
  const ofDomain = snapshots.filter((snapshot) => snapshot.domainId === session.domainId && isOriginal(snapshot))
  // What is missing may have no row that says so: then only looking through a snapshot tells. Refsets are read for no others while nothing is known to be lost.
  const { hasLost } = vault.contents
  const isInDoubt = ({ looked }: SnapshotRecord): boolean => hasLost || looked.auditedAt === null || looked.lackingBlobs > 0
  const whole = new Set<SnapshotId>()
  for (const snapshot of ofDomain) if (!isInDoubt(snapshot) || (await refsets.isWhole(snapshot))) whole.add(snapshot.id)
  if (whole.size === ofDomain.length) return { snapshotIds: ofDomain.map(({ id }) => id), readAgain: [] }
  const damaged = canReadAgain ? ofDomain.filter(({ id }) => !whole.has(id)) : []
  const { snapshotIds, paths } = await pathsToRead(em, damaged)
  const usable = new Set([...whole, ...snapshotIds])
  return { snapshotIds: ofDomain.map(({ id }) => id).filter((id) => usable.has(id)), readAgain: paths.map(wirePathOf) }
}

import {
  activeRunStates,
  AppError,
  type AgentId,
  type Run,
  type RunId,
  type RunOutcome,
  type RunProgressSample,
} from '@holdfast/shared-types'
import { LockMode, type EntityManager } from '@mikro-orm/postgresql'
import type { InferKyselyDB } from '@mikro-orm/sql'
import type { Kysely } from 'kysely'
import { brokenUnique } from '../../platform/database/translate-driver-error.ts'
import { RunEntity, RunEventEntity, RunLogEntity, type RunLogRow, type RunRow } from './run.entity.ts'

type Tables = InferKyselyDB<typeof RunEntity | typeof RunLogEntity>
const tables = (em: EntityManager): Kysely<Tables> => em.getKysely<Tables>({ convertValues: true })

export const findRun = (em: EntityManager, runId: RunId): Promise<RunRow | null> => em.findOne(RunEntity, { id: runId })

/** The row, locked until the end of the transaction. @throws AppError `run.not-found` */
export async function lockRun(em: EntityManager, runId: RunId): Promise<RunRow> {
  const row = await em.findOne(RunEntity, { id: runId }, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true })
  if (row === null) throw new AppError('run.not-found')
  return row
}

/** States in which an agent has, or may have, a run in hand. */
const heldStates = ['offered', 'running', 'committing'] as const

/** Runs that the hub believes to be in this agent's hands, locked, always in the same order. */
export const lockHeldRuns = (em: EntityManager, agentId: AgentId): Promise<RunRow[]> =>
  em.find(
    RunEntity,
    { agentId, state: { $in: [...heldStates] } },
    { lockMode: LockMode.PESSIMISTIC_WRITE, orderBy: { id: 'asc' }, refresh: true },
  )

/** @throws AppError `run.already-active` when one with the same sources waits already */
export async function insertRun(em: EntityManager, run: RunRow): Promise<void> {
  try {
    await em.persist(run).flush()
  } catch (error) {
    throw brokenUnique(error) === 'run_one_pending_unique' ? new AppError('run.already-active', { cause: error }) : error
  }
}

export interface RunFilter {
  readonly agentId?: AgentId | undefined
  readonly kind?: Run['kind'] | undefined
  readonly isActive?: boolean | undefined
}

/** Newest first. */
export function listRunRows(em: EntityManager, filter: RunFilter, limit: number): Promise<RunRow[]> {
  const active = [...activeRunStates]
  return em.find(
    RunEntity,
    {
      ...(filter.agentId === undefined ? {} : { agentId: filter.agentId }),
      ...(filter.kind === undefined ? {} : { kind: filter.kind }),
      ...(filter.isActive === undefined ? {} : { state: filter.isActive ? { $in: active } : { $nin: active } }),
    },
    { orderBy: { createdAt: 'desc', id: 'desc' }, limit },
  )
}

/** Ids of queued runs of an agent that may be offered now, oldest first. Those whose sources are being worked on wait. */
export async function listOfferable(em: EntityManager, agentId: AgentId, now: Date): Promise<RunId[]> {
  const rows = await tables(em)
    .selectFrom('run')
    .select('id')
    .where('agent_id', '=', agentId)
    .where('state', '=', 'queued')
    .where((where) => where.or([where('offer_not_before', 'is', null), where('offer_not_before', '<=', now)]))
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('run as other')
            .select('other.id')
            .whereRef('other.agent_id', '=', 'run.agent_id')
            .whereRef('other.source_key', '=', 'run.source_key')
            .where('other.state', 'in', [...heldStates]),
        ),
      ),
    )
    .orderBy('created_at')
    .execute()
  return rows.map((row) => row.id)
}

/** Agents with queued runs whose time to be offered has come. */
export async function listAgentsWithQueue(em: EntityManager, now: Date): Promise<AgentId[]> {
  const rows = await tables(em)
    .selectFrom('run')
    .select('agent_id')
    .distinct()
    .where('state', '=', 'queued')
    .where((where) => where.or([where('offer_not_before', 'is', null), where('offer_not_before', '<=', now)]))
    .execute()
  return rows.map((row) => row.agent_id)
}

/** A run of this agent has ended: what it declined before may fit now. */
export const forgetDeclines = (em: EntityManager, agentId: AgentId): Promise<number> =>
  em.nativeUpdate(RunEntity, { agentId, state: 'queued' }, { offerNotBefore: null })

export async function listLeaseElapsed(em: EntityManager, now: Date): Promise<RunId[]> {
  const rows = await em.find(RunEntity, { state: { $in: [...heldStates] }, leaseExpiresAt: { $lte: now } }, { fields: ['id'] })
  return rows.map((row) => row.id)
}

export async function listCancelsUnconfirmed(em: EntityManager, requestedBefore: Date): Promise<RunId[]> {
  const rows = await em.find(
    RunEntity,
    { state: { $in: [...heldStates] }, cancelRequestedAt: { $lte: requestedBefore } },
    { fields: ['id'] },
  )
  return rows.map((row) => row.id)
}

export const listCancelling = (em: EntityManager, agentId: AgentId): Promise<RunRow[]> =>
  em.find(RunEntity, { agentId, state: { $in: [...heldStates] }, cancelRequestedAt: { $ne: null } })

/** Gives every run in an agent's hands its whole lease again: while the hub was away nobody could report. */
export const renewLeases = (em: EntityManager, until: Date): Promise<number> =>
  em.nativeUpdate(RunEntity, { state: { $in: [...heldStates] } }, { leaseExpiresAt: until })

/** @returns false when the run is not held under this fence any more */
export async function writeProgress(
  em: EntityManager,
  run: { readonly id: RunId; readonly fence: number },
  seen: { readonly sample: RunProgressSample; readonly leaseUntil: Date },
): Promise<boolean> {
  const written = await em.nativeUpdate(
    RunEntity,
    { id: run.id, fence: run.fence, state: { $in: ['running', 'committing'] } },
    { progress: seen.sample, leaseExpiresAt: seen.leaseUntil },
  )
  return written === 1
}

/** How the newest finished run of each agent ended. */
export async function lastOutcomes(em: EntityManager): Promise<ReadonlyMap<AgentId, RunOutcome>> {
  const rows = await tables(em)
    .selectFrom('run')
    .distinctOn('agent_id')
    .select(['agent_id', 'state'])
    .where('finished_at', 'is not', null)
    .orderBy('agent_id')
    .orderBy('finished_at', 'desc')
    .execute()
  return new Map(rows.map((row) => [row.agent_id, row.state as RunOutcome]))
}

export interface RunEventRecord {
  readonly input: string
  readonly fromState: RunRow['state']
  readonly reason: string | null
  readonly at: Date
}

/** Adds to the run's own history; the row of the run is locked by the caller. */
export function addRunEvent(em: EntityManager, run: RunRow, event: RunEventRecord): void {
  run.lastEventNumber += 1
  em.create(RunEventEntity, { runId: run.id, n: run.lastEventNumber, toState: run.state, fence: run.fence, ...event })
}

export type NewLogLine = Pick<RunLogRow, 'at' | 'level' | 'event' | 'message'> & {
  readonly path: string | null
  readonly fence: number | null
  readonly n: number | null
}

/** Adds lines to the run's log in this order; the row of the run is locked by the caller. */
export function addLogLines(em: EntityManager, run: RunRow, lines: readonly NewLogLine[]): RunLogRow[] {
  return lines.map((line) => {
    run.lastLogSeq += 1
    return em.create(RunLogEntity, { runId: run.id, seq: run.lastLogSeq, ...line })
  })
}

/** Numbers of lines that are stored already under this fence. */
export async function knownLines(em: EntityManager, runId: RunId, fence: number, numbers: readonly number[]): Promise<Set<number>> {
  const rows = await tables(em)
    .selectFrom('run_log')
    .select('n')
    .where('run_id', '=', runId)
    .where('fence', '=', fence)
    .where('n', 'in', [...numbers])
    .execute()
  return new Set(rows.flatMap((row) => (typeof row.n === 'number' ? [row.n] : [])))
}

export const readLog = (em: EntityManager, runId: RunId, after: number, limit: number): Promise<RunLogRow[]> =>
  em.find(RunLogEntity, { runId, seq: { $gt: after } }, { orderBy: { seq: 'asc' }, limit })

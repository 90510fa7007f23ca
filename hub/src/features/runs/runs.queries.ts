import {
  activeRunStates,
  AppError,
  type AgentId,
  type PlanId,
  type Run,
  type RunId,
  type RunOutcome,
  type RunProgressSample,
  type RunState,
} from '@holdfast/shared-types'
import { LockMode, type EntityManager } from '@mikro-orm/postgresql'
import type { InferKyselyDB } from '@mikro-orm/sql'
import { sql, type Kysely } from 'kysely'
import { brokenUnique } from '../../platform/database/translate-driver-error.ts'
import { mostInteger } from '../../platform/database/storable.ts'
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

/** Runs of an agent without an end yet, always in the same order. */
export async function listUnfinishedIds(em: EntityManager, agentId: AgentId): Promise<RunId[]> {
  const rows = await em.find(RunEntity, { agentId, finishedAt: null }, { fields: ['id'], orderBy: { id: 'asc' } })
  return rows.map((row) => row.id)
}

/** Somebody else put a run for the same work into the queue, or began one, between our look and our write: the next look finds it. */
export const isQueueRace = (error: unknown): boolean => {
  const broken = brokenUnique(error)
  return broken !== null && /^run_one_(pending|active)(_of_plan)?_unique$/.test(broken)
}

export const insertRun = (em: EntityManager, run: RunRow): Promise<void> => em.persist(run).flush()

/** The run that waits for these sources or this plan, locked; null when none does. */
export const findPending = (
  em: EntityManager,
  { agentId, sourceKey, planId }: { readonly agentId: AgentId; readonly sourceKey: string; readonly planId: PlanId | null },
): Promise<RunRow | null> =>
  em.findOne(
    RunEntity,
    { state: 'queued', $or: [{ agentId, sourceKey }, ...(planId === null ? [] : [{ planId }])] },
    { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true },
  )

/** Runs of a plan without an end yet, as committed now; those that wait come last. */
export async function listUnfinishedOfPlan(em: EntityManager, planId: PlanId): Promise<RunId[]> {
  const rows = await tables(em)
    .selectFrom('run')
    .select('id')
    .where('plan_id', '=', planId)
    .where('finished_at', 'is', null)
    .orderBy(sql`state = 'queued'`)
    .orderBy('id')
    .execute()
  return rows.map(({ id }) => id)
}

/** Whether a device has something with these sources waiting or in hand. */
export async function isWorkUnfinished(em: EntityManager, agentId: AgentId, sourceKey: string): Promise<boolean> {
  const unfinished = tables(em).selectFrom('run').select('id').where('agent_id', '=', agentId).where('source_key', '=', sourceKey)
  return (await unfinished.where('finished_at', 'is', null).limit(1).executeTakeFirst()) !== undefined
}

export const findWaitingOfPlan = (em: EntityManager, planId: PlanId): Promise<RunRow | null> =>
  em.findOne(RunEntity, { planId, state: 'queued' }, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true })

/** Those of `candidates` that there is a row of, and whether each is of this plan, or of the same work where there is no plan. */
export async function listLike(
  em: EntityManager,
  { planId, sourceKey }: { readonly planId: PlanId | null; readonly sourceKey: string },
  candidates: readonly RunId[],
): Promise<{ readonly id: RunId; readonly isLike: boolean }[]> {
  const isLike = planId === null ? sql<boolean>`source_key = ${sourceKey}` : sql<boolean>`coalesce(plan_id = ${planId}, false)`
  return tables(em)
    .selectFrom('run')
    .select(['id', isLike.as('isLike')])
    .where(sql<boolean>`id = any(${[...candidates]}::uuid[])`)
    .execute()
}

/** A plan that is removed leaves its runs behind, with its name. */
export const forgetPlanId = (em: EntityManager, planId: PlanId): Promise<number> => em.nativeUpdate(RunEntity, { planId }, { planId: null })

/** A plan's newest ended backups that may be a measure of size, newest first: not those that were found too small. */
export async function listMeasures(em: EntityManager, planId: PlanId, since: Date | null): Promise<RunId[]> {
  let ended = tables(em)
    .selectFrom('run')
    .select('id')
    .where('plan_id', '=', planId)
    .where('kind', '=', 'backup')
    .where('state', 'in', ['succeeded', 'warning'])
  if (since !== null) ended = ended.where('created_at', '>=', since).where(sql<boolean>`error->>'code' is distinct from 'run.shrunk'`)
  const rows = await ended.orderBy('created_at', 'desc').limit(20).execute()
  return rows.map(({ id }) => id)
}

export interface RunFilter {
  readonly agentId?: AgentId | undefined
  readonly kind?: Run['kind'] | undefined
  readonly planId?: PlanId | undefined
  readonly isActive?: boolean | undefined
  /** Any of these; none = no run. */
  readonly states?: readonly RunState[] | undefined
  /** Asked for at this moment or later, and before that one. */
  readonly createdFrom?: Date | undefined
  readonly createdUntil?: Date | undefined
  /** Only runs older than this one. */
  readonly before?: RunId | undefined
}

export interface Page<T> {
  readonly items: readonly T[]
  /** Others follow that did not fit. */
  readonly hasMore: boolean
}

/** Requests, results and log lines of one answer: a run may be asked for with 1 MiB of paths, a line may have 36 KB. */
const pageBytes = 4 * 1024 * 1024

/** Runs that fit, in no order. */
function fittingRuns(em: EntityManager, filter: RunFilter) {
  const active = [...activeRunStates]
  let fitting = tables(em).selectFrom('run').select(['id', 'created_at'])
  if (filter.agentId !== undefined) fitting = fitting.where('agent_id', '=', filter.agentId)
  if (filter.kind !== undefined) fitting = fitting.where('kind', '=', filter.kind)
  if (filter.planId !== undefined) fitting = fitting.where('plan_id', '=', filter.planId)
  if (filter.isActive !== undefined) fitting = fitting.where('state', filter.isActive ? 'in' : 'not in', active)
  if (filter.states !== undefined) fitting = fitting.where('state', 'in', [...filter.states])
  if (filter.createdFrom !== undefined) fitting = fitting.where('created_at', '>=', filter.createdFrom)
  if (filter.createdUntil !== undefined) fitting = fitting.where('created_at', '<', filter.createdUntil)
  if (filter.before !== undefined)
    fitting = fitting.where(sql<boolean>`(created_at, id) < (select created_at, id from run where id = ${filter.before}::uuid)`)
  return fitting
}

/** Newest first; as many as fit into one answer, at least one. Their warnings are not read. */
export async function listRunRows(em: EntityManager, filter: RunFilter, limit: number): Promise<Page<RunRow>> {
  const newest = fittingRuns(em, filter)
    .select(
      sql<number>`octet_length(request::text) + coalesce(octet_length(result::text), 0) + coalesce(octet_length(error::text), 0)`.as(
        'bytes',
      ),
    )
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
  const weighed = tables(em)
    .selectFrom(newest.as('newest'))
    .select(['id', 'created_at'])
    .select(sql<string>`sum(bytes) over (order by created_at desc, id desc) - bytes`.as('before'))
    .select(sql<string>`count(*) over ()`.as('found'))
  const chosen = await tables(em)
    .selectFrom(weighed.as('weighed'))
    .select(['id', 'found'])
    .where('before', '<', String(pageBytes))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  const ids = chosen.map(({ id }) => id)
  const items = await em.find(RunEntity, { id: { $in: ids } }, { orderBy: { createdAt: 'desc', id: 'desc' }, exclude: ['warnings'] })
  // `exclude` leaves the type without what is always there: lists show no warnings (presentRun).
  return { items: items as unknown as RunRow[], hasMore: ids.length < Number(chosen[0]?.found ?? 0) }
}

/** Neither declined a moment ago nor a retry whose time has not come. */
const isDue = (now: Date) =>
  sql<boolean>`(offer_not_before is null or offer_not_before <= ${now}) and (start_not_before is null or start_not_before <= ${now})`

/** Ids of queued runs of an agent that may be offered now, oldest first. Those whose sources are being worked on wait. */
export async function listOfferable(em: EntityManager, agentId: AgentId, now: Date): Promise<RunId[]> {
  const rows = await tables(em)
    .selectFrom('run')
    .select('id')
    .where('agent_id', '=', agentId)
    .where('state', '=', 'queued')
    .where(isDue(now))
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('run as other')
            .select('other.id')
            .where('other.state', 'in', [...heldStates])
            .where(sql<boolean>`(other.agent_id = run.agent_id and other.source_key = run.source_key or other.plan_id = run.plan_id)`),
        ),
      ),
    )
    .orderBy('created_at')
    .execute()
  return rows.map((row) => row.id)
}

/** Agents with queued runs whose time to be offered has come. */
export async function listAgentsWithQueue(em: EntityManager, now: Date): Promise<AgentId[]> {
  const rows = await tables(em).selectFrom('run').select('agent_id').distinct().where('state', '=', 'queued').where(isDue(now)).execute()
  return rows.map((row) => row.agent_id)
}

/** A run of this agent has ended: what it declined before may fit now. */
export const forgetDeclines = (em: EntityManager, agentId: AgentId): Promise<number> =>
  em.nativeUpdate(RunEntity, { agentId, state: 'queued' }, { offerNotBefore: null })

export async function listLeaseElapsed(em: EntityManager, now: Date): Promise<RunId[]> {
  const rows = await em.find(RunEntity, { state: { $in: [...heldStates] }, leaseExpiresAt: { $lte: now } }, { fields: ['id'] })
  return rows.map((row) => row.id)
}

/** Runs whose plan gives them no more time, and that were not told so yet. */
export async function listOverdue(em: EntityManager, now: Date): Promise<RunId[]> {
  const rows = await em.find(
    RunEntity,
    { state: 'running', deadlineAt: { $lte: now }, pausedAt: null, timedOutAt: null, cancelRequestedAt: null },
    { fields: ['id'] },
  )
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

/**
 * The clock jumped by so much: a queued run must not wait for a time that lies hours ahead now, and what a run may still take counts from
 * the new time. A retry comes at once then: too early does no harm.
 */
export async function followClock(em: EntityManager, jumpedMs: number): Promise<void> {
  await em.nativeUpdate(RunEntity, { state: 'queued' }, { offerNotBefore: null, startNotBefore: null })
  await tables(em)
    .updateTable('run')
    .set({
      deadline_at: sql<Date>`deadline_at + ${jumpedMs} * interval '1 millisecond'`,
      paused_at: sql<Date>`paused_at + ${jumpedMs} * interval '1 millisecond'`,
    })
    .where('state', 'in', [...heldStates])
    .execute()
}

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

/** Lines after one, in order; as many as fit into one answer, at least one. */
export async function readLog(em: EntityManager, runId: RunId, after: number, limit: number): Promise<Page<RunLogRow>> {
  const next = tables(em)
    .selectFrom('run_log')
    .select('seq')
    .select(sql<number>`octet_length(message) + octet_length(event) + coalesce(octet_length(path), 0)`.as('bytes'))
    .where('run_id', '=', runId)
    .where('seq', '>', Math.min(after, mostInteger))
    .orderBy('seq')
    .limit(limit + 1)
  const weighed = tables(em)
    .selectFrom(next.as('next'))
    .select('seq')
    .select(sql<string>`sum(bytes) over (order by seq) - bytes`.as('before'))
    .select(sql<string>`count(*) over ()`.as('found'))
  const chosen = await tables(em)
    .selectFrom(weighed.as('weighed'))
    .select(['seq', 'found'])
    .where('before', '<', String(pageBytes))
    .orderBy('seq')
    .limit(limit)
    .execute()
  const last = chosen.at(-1)
  if (last === undefined) return { items: [], hasMore: false }
  const items = await em.find(RunLogEntity, { runId, seq: { $gt: after, $lte: last.seq } }, { orderBy: { seq: 'asc' } })
  return { items, hasMore: chosen.length < Number(last.found) }
}

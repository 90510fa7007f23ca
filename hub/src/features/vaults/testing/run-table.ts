import { randomUUID } from 'node:crypto'
import {
  AppError,
  isEndState,
  RunId,
  type AgentId,
  type DrillSample,
  type RunRequest,
  type RunResult,
  type SnapshotId,
  type VerifyRequest,
  type VerifyResult,
} from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { Database } from '../../../platform/database/database.ts'
import type { LastVerification, OpenAudit, ReadingRun, RunRecord, RunsDoor, RunsLike, ToldAudit } from '../doors/doors.ts'

/** The front door of runs, on the real table and its row locks; rows are made and ended by the tests. */
export class RunTable implements RunsDoor {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async start(agentId: AgentId, request: RunRequest): Promise<RunId> {
    const id = RunId.parse(randomUUID())
    await sql`insert into run (id, agent_id, kind, state, fence, source_key, request, requested_by, created_at, offer_count, warnings, warning_count, last_log_seq, last_event_number)
      values (${id}, ${agentId}, ${request.kind}, 'running', 1, ${id}, ${JSON.stringify(request)}::jsonb, 'test', now(), 1, '[]'::jsonb, 0, 0, 0)`.execute(
      this.#tables(),
    )
    return id
  }

  /** As the hub does when the lease runs out: the old fence is worth nothing any more. */
  async expire(runId: RunId): Promise<void> {
    await sql`update run set state = 'expired', fence = fence + 1 where id = ${runId} and state in ('running', 'committing')`.execute(
      this.#tables(),
    )
  }

  async listReadingRuns(em: EntityManager): Promise<ReadingRun[]> {
    const { rows } =
      await sql<ReadingRun>`select id as "runId", request ->> 'snapshotId' as "snapshotId", state <> 'queued' as "hasBegun" from run
      where kind in ('restore', 'verify') and (kind = 'restore' or state <> 'queued') and state not in ('succeeded', 'warning', 'failed', 'cancelled', 'expired')`.execute(
        em.getKysely(),
      )
    return rows
  }

  async lastVerifications(em: EntityManager): Promise<ReadonlyMap<AgentId, LastVerification>> {
    const { rows } = await sql<{ agent_id: AgentId; at: Date; is_open: boolean }>`
      select distinct on (agent_id) agent_id, created_at as at, state not in ('succeeded', 'warning', 'failed', 'cancelled', 'expired') as is_open
      from run where kind = 'verify' order by agent_id, created_at desc`.execute(em.getKysely())
    return new Map(rows.map((row) => [row.agent_id, { orderedAtMs: new Date(row.at).getTime(), isOpen: row.is_open }]))
  }

  async orderDrill(agentId: AgentId, snapshotId: SnapshotId, sample: DrillSample): Promise<void> {
    await this.start(agentId, { kind: 'verify', snapshotId, sample })
  }

  async orderAudit(agentId: AgentId, snapshotId: SnapshotId, fromAgentId: AgentId | null): Promise<void> {
    await this.start(agentId, { kind: 'verify', snapshotId, audit: true, ...(fromAgentId === null ? {} : { fromAgentId }) })
  }

  async openAudits(em: EntityManager): Promise<OpenAudit[]> {
    const { rows } = await sql<OpenAudit>`select agent_id as "agentId", request ->> 'snapshotId' as "snapshotId" from run
      where request -> 'audit' = 'true'::jsonb and state not in ('succeeded', 'warning', 'failed', 'cancelled', 'expired')`.execute(
      em.getKysely(),
    )
    return rows
  }

  /** What the device that has it found, as its report says. */
  async finishVerify(runId: RunId, result: VerifyResult): Promise<void> {
    await sql`update run set state = 'succeeded', result = ${JSON.stringify(result)}::jsonb where id = ${runId}`.execute(this.#tables())
  }

  /** Those that a device has in its hands, oldest first. */
  async auditsFor(agentId: AgentId): Promise<{ readonly id: RunId; readonly request: VerifyRequest }[]> {
    const { rows } = await sql<{ id: RunId; request: VerifyRequest }>`select id, request from run
      where agent_id = ${agentId} and request -> 'audit' = 'true'::jsonb and state = 'running' order by created_at, id`.execute(
      this.#tables(),
    )
    return rows
  }

  async auditOf(em: EntityManager, runId: RunId): Promise<ToldAudit | null> {
    const { rows } = await sql<{
      request: RunRequest
      result: RunResult | null
    }>`select request, result from run where id = ${runId}`.execute(em.getKysely())
    const [run] = rows
    if (run?.request.kind !== 'verify' || run.result?.kind !== 'verify' || run.result.audit === undefined) return null
    return { snapshotId: run.request.snapshotId, audit: run.result.audit, problems: run.result.problems }
  }

  async raiseFence(runId: RunId): Promise<void> {
    await sql`update run set fence = fence + 1 where id = ${runId}`.execute(this.#tables())
  }

  async getRunForAgent(em: EntityManager, runId: RunId, agentId: AgentId, fence?: number): Promise<RunRecord> {
    const { rows } =
      await sql<RunRecord>`select id, agent_id as "agentId", kind, state, fence, request, plan_name as "planName" from run where id = ${runId}`.execute(
        em.getKysely(),
      )
    return this.#checked(rows[0], agentId, fence)
  }

  async runsLike(em: EntityManager, runId: RunId, candidates: readonly RunId[]): Promise<RunsLike> {
    const { rows } = await sql<{ id: RunId; is_like: boolean }>`
      select other.id, other.source_key = run.source_key as is_like from run, run other
      where run.id = ${runId} and other.id = any(${[...candidates]}::uuid[])`.execute(em.getKysely())
    const like = rows.filter((row) => row.is_like)
    return { runIds: new Set(like.map(({ id }) => id)), knownIds: new Set(rows.map(({ id }) => id)), planName: null }
  }

  async markCommitting(em: EntityManager, runId: RunId, fence: number): Promise<void> {
    const { rows } =
      await sql<RunRecord>`select id, agent_id as "agentId", kind, state, fence, request, plan_name as "planName" from run where id = ${runId} for update`.execute(
        em.getKysely(),
      )
    const run = this.#checked(rows[0], rows[0]?.agentId, fence)
    if (isEndState(run.state)) throw new AppError('run.already-finished')
    await sql`update run set state = 'committing' where id = ${runId}`.execute(em.getKysely())
  }

  #checked(run: RunRecord | undefined, agentId: AgentId | undefined, fence?: number): RunRecord {
    if (run === undefined || run.agentId !== agentId) throw new AppError('run.not-found')
    if (fence !== undefined && run.fence !== fence) throw new AppError('run.fence-stale')
    return run
  }

  #tables() {
    return this.#database.em().getKysely()
  }
}

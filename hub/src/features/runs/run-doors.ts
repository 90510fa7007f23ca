import {
  activeRunStates,
  AppError,
  type AgentId,
  type PlanId,
  type RunId,
  type RunKind,
  type RunRequest,
  type RunState,
  type SnapshotId,
} from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { applyToRun } from './apply-to-run.ts'
import { RunEntity, type RunRow } from './run.entity.ts'
import { findRun, listLike } from './runs.queries.ts'
import type { RunsState } from './runs-state.ts'

/** What other features know of a run. */
export interface RunRecord {
  readonly id: RunId
  readonly agentId: AgentId
  readonly kind: RunKind
  readonly state: RunState
  readonly fence: number
  readonly request: RunRequest
  /** As its plan was called; null = it has none. */
  readonly planName: string | null
}

const toRecord = ({ id, agentId, kind, state, fence, request, planName }: RunRow): RunRecord => ({
  id,
  agentId,
  kind,
  state,
  fence,
  request,
  planName: planName ?? null,
})

/**
 * A run in the hands of this agent.
 *
 * @param fence when given it must be the run's own
 * @throws AppError `run.not-found` (also for another agent's), `run.fence-stale`
 */
export async function getRunForAgent(em: EntityManager, runId: RunId, agentId: AgentId, fence?: number): Promise<RunRecord> {
  const run = await findRun(em, runId)
  if (run === null || run.agentId !== agentId) throw new AppError('run.not-found')
  if (fence !== undefined && run.fence !== fence) throw new AppError('run.fence-stale')
  return toRecord(run)
}

/**
 * Restores that are not over, and verifications that have begun, with the snapshot each reads. Verifications are ordered for devices that may stay switched off for
 * months: one that waits claims nothing.
 */
export async function listReadingRuns(em: EntityManager): Promise<{ runId: RunId; snapshotId: SnapshotId; hasBegun: boolean }[]> {
  const rows = await em.find(
    RunEntity,
    // Named one by one, so that the index finds them: `not in` would read every run that ever was.
    { state: { $in: [...activeRunStates] }, $or: [{ kind: 'restore' }, { kind: 'verify', state: { $ne: 'queued' } }] },
    { fields: ['id', 'request', 'state'] },
  )
  return rows.flatMap(({ id, request, state }) =>
    request.kind === 'backup' ? [] : [{ runId: id, snapshotId: request.snapshotId, hasBegun: state !== 'queued' }],
  )
}

/** The plan of each backup of a device that there is a run of; null: of none, or of one that is gone. */
export async function plansOfRuns(em: EntityManager, agentId: AgentId): Promise<ReadonlyMap<RunId, PlanId | null>> {
  const rows = await em.find(RunEntity, { agentId, kind: 'backup' }, { fields: ['id', 'planId'] })
  return new Map(rows.map(({ id, planId }) => [id, planId ?? null]))
}

/**
 * Those of `candidates` that belong to the same plan as a run does, or have the same sources where it has no plan.
 * @throws AppError `run.not-found`
 */
export async function runsLike(
  em: EntityManager,
  runId: RunId,
  candidates: readonly RunId[],
): Promise<{ readonly runIds: ReadonlySet<RunId>; readonly knownIds: ReadonlySet<RunId>; readonly planName: string | null }> {
  const run = await findRun(em, runId)
  if (run === null) throw new AppError('run.not-found')
  const planId = run.planId ?? null
  const known = await listLike(em, { planId, sourceKey: run.sourceKey }, candidates)
  return {
    runIds: new Set(known.filter(({ isLike }) => isLike).map(({ id }) => id)),
    knownIds: new Set(known.map(({ id }) => id)),
    planName: run.planName ?? null,
  }
}

/**
 * Puts a run with this very fence into `committing`. Its row stays locked until the transaction ends: until then it can neither
 * expire nor be cancelled, so an expired fence can never commit.
 *
 * @throws AppError `run.not-found`, `run.fence-stale`, `run.already-finished`
 */
export async function markCommitting(state: RunsState, em: EntityManager, runId: RunId, fence: number): Promise<RunRecord> {
  const { run } = await applyToRun(state, em, runId, { input: { type: 'commit', fence } })
  return toRecord(run)
}

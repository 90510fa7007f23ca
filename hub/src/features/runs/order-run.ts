import { isDeepStrictEqual } from 'node:util'
import { randomUUID } from 'node:crypto'
import { RunId, type AgentId, type PlanId, type RunRequest } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { afterCommit } from '../../platform/database/unit-of-work.ts'
import { tellRun } from './tell-run.ts'
import { RunEntity, type RunRow } from './run.entity.ts'
import type { RunPolicy } from './run-policy.ts'
import type { RunsState } from './runs-state.ts'
import { addRunEvent, findPending, insertRun } from './runs.queries.ts'
import { sourceKeyOf } from './source-key.ts'

export interface RunToOrder {
  readonly agentId: AgentId
  readonly request: RunRequest
  readonly requestedBy: string
  readonly plan: OrderingPlan | null
}

export interface OrderingPlan {
  readonly id: PlanId
  readonly name: string
  readonly policy: RunPolicy
}

/**
 * Puts a run into its device's queue. One that waits there for its retry and asks for the very same is taken instead, and waits no
 * longer: nobody who asks for a run now wants it in an hour.
 *
 * @throws AppError `run.already-active` when one with the same plan or sources waits already
 */
export async function orderRun(state: RunsState, em: EntityManager, order: RunToOrder): Promise<RunRow> {
  const sourceKey = sourceKeyOf(order.request)
  const pending = await findPending(em, { agentId: order.agentId, sourceKey, planId: order.plan?.id ?? null })
  const isRetry = pending !== null && pending.startNotBefore !== null && pending.startNotBefore !== undefined
  if (isRetry && isSameOrder(pending, order)) return hurry(state, em, pending)
  const run = makeRun(state, em, { ...order, sourceKey, attempt: 1, startNotBefore: null })
  await addToQueue(state, em, run)
  return run
}

/** Inserts a run that was made, with the first line of its history, and has it offered. */
export async function addToQueue(state: RunsState, em: EntityManager, run: RunRow): Promise<void> {
  addRunEvent(em, run, { input: run.attempt > 1 ? 'retried' : 'ordered', fromState: 'queued', reason: null, at: run.createdAt })
  await insertRun(em, run)
  await tellRun(state, em, run)
  afterCommit(em, () => state.offerSoon(run.agentId))
}

export interface RunToMake extends RunToOrder {
  readonly sourceKey: string
  readonly attempt: number
  readonly startNotBefore: Date | null
}

export function makeRun(state: RunsState, em: EntityManager, { plan, request, ...run }: RunToMake): RunRow {
  return em.create(RunEntity, {
    ...run,
    id: RunId.parse(randomUUID()),
    kind: request.kind,
    request,
    planId: plan?.id ?? null,
    planName: plan?.name ?? null,
    policy: plan?.policy ?? null,
    state: 'queued',
    fence: 0,
    createdAt: new Date(state.now()),
    startedAt: null,
    finishedAt: null,
    leaseExpiresAt: null,
    offerCount: 0,
    offerNotBefore: null,
    pausedAt: null,
    deadlineAt: null,
    timedOutAt: null,
    cancelRequestedAt: null,
    progress: null,
    result: null,
    error: null,
    warnings: [],
    warningCount: 0,
    lastLogSeq: 0,
    lastEventNumber: 0,
  })
}

const isSameOrder = (pending: RunRow, { request, plan }: RunToOrder): boolean =>
  (pending.planId ?? null) === (plan?.id ?? null) && isDeepStrictEqual(pending.request, request)

async function hurry(state: RunsState, em: EntityManager, pending: RunRow): Promise<RunRow> {
  pending.startNotBefore = null
  addRunEvent(em, pending, { input: 'hurried', fromState: 'queued', reason: null, at: new Date(state.now()) })
  await em.flush()
  await tellRun(state, em, pending)
  afterCommit(em, () => state.offerSoon(pending.agentId))
  return pending
}

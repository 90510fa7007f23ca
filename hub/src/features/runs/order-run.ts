import { isDeepStrictEqual } from 'node:util'
import { AppError } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { afterCommit } from '../../platform/database/unit-of-work.ts'
import { applyToRun } from './apply-to-run.ts'
import { addToQueue, makeRun, type OrderingPlan, type RunToOrder } from './make-run.ts'
import type { RunRow } from './run.entity.ts'
import type { RunsState } from './runs-state.ts'
import { addRunEvent, findPending } from './runs.queries.ts'
import { sourceKeyOf } from './source-key.ts'
import { tellRun } from './tell-run.ts'

/**
 * Puts a run into its device's queue. A retry that waits there is no obstacle: nobody who asks for a run now wants it in an hour. The one
 * of the same plan becomes what is asked for, with the plan's rules of now; of another plan's, one that asks for the very same is hurried,
 * and any other gives way.
 *
 * @throws AppError `run.already-active` when one with the same plan or sources waits already
 */
export async function orderRun(state: RunsState, em: EntityManager, order: RunToOrder): Promise<RunRow> {
  const sourceKey = sourceKeyOf(order.request)
  const pending = await findPending(em, { agentId: order.agentId, sourceKey, planId: order.plan?.id ?? null })
  if (pending !== null) {
    if (pending.startNotBefore === null || pending.startNotBefore === undefined) throw new AppError('run.already-active')
    if (order.plan !== null && order.plan.id === pending.planId) return renewOrder(state, em, pending, { ...order, plan: order.plan })
    if (isDeepStrictEqual(pending.request, order.request)) return hurry(state, em, pending)
    await applyToRun(state, em, pending.id, { input: { type: 'superseded' } })
  }
  const run = makeRun(state, em, { ...order, sourceKey, attempt: 1, startNotBefore: null })
  await addToQueue(state, em, run)
  return run
}

/** Somebody begins anew: with what the plan says now, and all of its tries. */
async function renewOrder(
  state: RunsState,
  em: EntityManager,
  pending: RunRow,
  { request, requestedBy, trigger, plan }: RunToOrder & { readonly plan: OrderingPlan },
): Promise<RunRow> {
  em.assign(pending, {
    request,
    requestedBy,
    trigger,
    sourceKey: sourceKeyOf(request),
    planName: plan.name,
    policy: plan.policy,
    attempt: 1,
  })
  return hurry(state, em, pending)
}

async function hurry(state: RunsState, em: EntityManager, pending: RunRow): Promise<RunRow> {
  pending.startNotBefore = null
  addRunEvent(em, pending, { input: 'hurried', fromState: 'queued', reason: null, at: new Date(state.now()) })
  await em.flush()
  await tellRun(state, em, pending)
  afterCommit(em, () => state.offerSoon(pending.agentId))
  return pending
}

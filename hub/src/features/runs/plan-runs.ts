import { isEndState, type BackupRequest, type PlanId, type PlanRun, type Run, type RunId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { KnownActor } from '../../platform/http/actor.ts'
import { applyToRun } from './apply-to-run.ts'
import { makersOf, openHeals, orderHealLike } from './heal-runs.ts'
import type { OrderingPlan, RunToOrder } from './make-run.ts'
import { lastGoodOfPlans, newestOfPlans } from './newest-of-plans.queries.ts'
import { orderRun } from './order-run.ts'
import { queueTransaction } from './queue-transaction.ts'
import type { RunRow } from './run.entity.ts'
import { findWaitingOfPlan, forgetPlanId, listMeasures, listUnfinishedOfPlan, lockRun } from './runs.queries.ts'
import type { RunsState } from './runs-state.ts'
import { sourceKeyOf } from './source-key.ts'
import { requireUsableScope } from './start-run.ts'
import { presentFor, tellRun } from './tell-run.ts'

type PlanOrder = RunToOrder & { readonly request: BackupRequest; readonly plan: OrderingPlan }

interface PlanSize {
  readonly files: number
  readonly bytes: number
}

export interface NewestRuns {
  readonly last: PlanRun | null
  readonly active: PlanRun | null
  readonly lastGoodAtMs: number | null
}

/** The door of runs to plans. */
export const planRuns = (state: RunsState) => ({
  requireUsableScope,
  /** For what orders, changes or cancels runs of a plan. */
  transaction: <T>(work: (em: EntityManager) => Promise<T>): Promise<T> => queueTransaction(state, work),

  makersOf,
  openHeals,
  orderHealLike: (runId: RunId) => orderHealLike(state, runId),
  isPlanUnfinished: async (em: EntityManager, planId: PlanId): Promise<boolean> => (await listUnfinishedOfPlan(em, planId)).length > 0,

  async order(em: EntityManager, order: PlanOrder): Promise<Run> {
    return presentFor(state, em, await orderRun(state, em, order), true)
  },

  /** What waits becomes what the plan says now; it has no more tries than it had. */
  async renewWaiting(em: EntityManager, order: PlanOrder): Promise<void> {
    const waiting = await findWaitingOfPlan(em, order.plan.id)
    if (waiting === null || waiting.request.kind !== 'backup') return
    const request = { ...order.request, full: waiting.request.full }
    const { retries } = order.plan.policy
    const count = Math.min(retries.count, waiting.policy?.retries.count ?? 0)
    const policy = { ...order.plan.policy, retries: { ...retries, count } }
    em.assign(waiting, { request, sourceKey: sourceKeyOf(request), planName: order.plan.name, policy })
    await em.flush()
    await tellRun(state, em, waiting)
  },

  /** A plan that is switched off: what waits is cancelled, and what works is the last try. */
  stopPlan: (em: EntityManager, actor: KnownActor, planId: PlanId): Promise<void> => stopPlan(state, em, { actor, planId }),

  async forgetPlan(em: EntityManager, actor: KnownActor, planId: PlanId): Promise<void> {
    await stopPlan(state, em, { actor, planId })
    await forgetPlanId(em, planId)
  },

  async newestOf(em: EntityManager, planIds: readonly PlanId[]) {
    const good = await lastGoodOfPlans(em, planIds)
    const newest = new Map<PlanId, NewestRuns>()
    for (const run of await newestOfPlans(em, planIds)) {
      if (typeof run.planId !== 'string') continue
      const entry = newest.get(run.planId) ?? { last: null, active: null, lastGoodAtMs: good.get(run.planId) ?? null }
      newest.set(run.planId, { ...entry, [isEndState(run.state) ? 'last' : 'active']: toPlanRun(run) })
    }
    return newest
  },

  /** Of the newest backup that was asked for after `since` and is a measure: not too small, and no whole source missing. */
  measureSince: (em: EntityManager, planId: PlanId, since: Date): Promise<PlanSize | null> => sizeOf(state, em, { planId, since }),
  /** Of the newest backup, good or not. */
  lastSize: (em: EntityManager, planId: PlanId): Promise<PlanSize | null> => sizeOf(state, em, { planId, since: null }),
})

/**
 * Held runs first: who ends one makes or looks for a waiting one. What a locking read does not bring proves nothing, for a run that was
 * waiting when it began may have been offered while it waited for another's lock. So the list is read anew, without locks, until all that
 * is on it is locked by us: a run can then only come from an order, and orders take the plan's lock.
 */
async function stopPlan(state: RunsState, em: EntityManager, { actor, planId }: { actor: KnownActor; planId: PlanId }): Promise<void> {
  const locked = new Set<RunId>()
  for (;;) {
    const others = (await listUnfinishedOfPlan(em, planId)).filter((id) => !locked.has(id))
    if (others.length === 0) return
    for (const id of others) {
      const run = await lockRun(em, id)
      locked.add(id)
      if (run.state === 'queued') await applyToRun(state, em, id, { input: { type: 'cancel', isReachable: false }, explain: actor.name })
      else if (!isEndState(run.state) && run.policy) run.policy = { ...run.policy, retries: { ...run.policy.retries, count: 0 } }
    }
    await em.flush()
  }
}

async function sizeOf(
  state: RunsState,
  em: EntityManager,
  { planId, since }: { planId: PlanId; since: Date | null },
): Promise<PlanSize | null> {
  for (const runId of await listMeasures(em, planId, since)) {
    const snapshot = await state.snapshots.committedBy(em, runId)
    if (snapshot === null || snapshot.files === null || snapshot.bytes === null) continue
    if (since === null || snapshot.status !== 'partial') return { files: snapshot.files, bytes: snapshot.bytes }
  }
  return null
}

const toPlanRun = (run: RunRow): PlanRun => ({
  id: run.id,
  state: run.state,
  createdAtMs: run.createdAt.getTime(),
  finishedAtMs: run.finishedAt?.getTime() ?? null,
  error: run.error ?? null,
  warningCount: run.warningCount,
})

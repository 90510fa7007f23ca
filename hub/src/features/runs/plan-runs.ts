import { isEndState, type BackupRequest, type PlanId, type PlanRun, type Run, type RunResult } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { KnownActor } from '../../platform/http/actor.ts'
import { applyToRun } from './apply-to-run.ts'
import { orderRun, type OrderingPlan, type RunToOrder } from './order-run.ts'
import type { RunRow } from './run.entity.ts'
import { forgetPlanId, lastResultRow, listActiveOfPlan, newestOfPlans } from './runs.queries.ts'
import type { RunsState } from './runs-state.ts'
import { requireUsableScope } from './start-run.ts'
import { presentFor } from './tell-run.ts'

/** The door of runs to plans. */
export const planRuns = (state: RunsState) => ({
  requireUsableScope,

  async order(em: EntityManager, order: RunToOrder & { readonly request: BackupRequest; readonly plan: OrderingPlan }): Promise<Run> {
    return presentFor(state, em, await orderRun(state, em, order), true)
  },

  async forgetPlan(em: EntityManager, actor: KnownActor, planId: PlanId): Promise<void> {
    for (const run of await listActiveOfPlan(em, planId)) {
      if (run.state === 'queued')
        await applyToRun(state, em, run.id, { input: { type: 'cancel', isReachable: false }, explain: actor.name })
    }
    await forgetPlanId(em, planId)
  },

  async newestOf(em: EntityManager, planIds: readonly PlanId[]) {
    const newest = new Map<PlanId, { last: PlanRun | null; active: PlanRun | null }>()
    for (const run of await newestOfPlans(em, planIds)) {
      if (typeof run.planId !== 'string') continue
      const entry = newest.get(run.planId) ?? { last: null, active: null }
      newest.set(run.planId, { ...entry, [isEndState(run.state) ? 'last' : 'active']: toPlanRun(run) })
    }
    return newest
  },

  lastGoodResult: (em: EntityManager, planId: PlanId, since: Date): Promise<RunResult | null> =>
    lastResultRow(em, planId, { states: ['succeeded'], since }),
  lastResult: (em: EntityManager, planId: PlanId): Promise<RunResult | null> =>
    lastResultRow(em, planId, { states: ['succeeded', 'warning'], since: null }),
})

const toPlanRun = (run: RunRow): PlanRun => ({
  id: run.id,
  state: run.state,
  createdAtMs: run.createdAt.getTime(),
  finishedAtMs: run.finishedAt?.getTime() ?? null,
})

import { AppError, isErrorCode, type PlanId, type Run } from '@holdfast/shared-types'
import type { KnownActor } from '../../platform/http/actor.ts'
import { findAgent } from '../agents/index.ts'
import { requirePlan } from './plans.access.ts'
import { lastSizeOf, problemOf } from './plans.present.ts'
import { lockPlan } from './plans.queries.ts'
import type { PlansState } from './plans-state.ts'

/**
 * Puts a run of a plan into its device's queue; one that waits for its retry is taken instead, and waits no longer.
 *
 * @throws AppError `plan.not-found`, `run.already-active`; what is wrong with the plan: `plan.disabled`, `agent.revoked`
 */
export function startPlanRun(state: PlansState, actor: KnownActor, planId: PlanId, { full }: { full: boolean }): Promise<Run> {
  return state.database.transaction(async (em) => {
    // Locked: a change that is under way is waited for, so that the run is of one plan as it was or as it is.
    const plan = await requirePlan(em, actor, planId, lockPlan)
    const problem = problemOf(plan, await findAgent(em, plan.agentId))
    if (problem !== null) throw new AppError(isErrorCode(problem.code) ? problem.code : 'plan.disabled')
    const { shrinkLimitPercent, timeoutMs, vaultId, sources, exclusions } = plan
    const size = shrinkLimitPercent === null || shrinkLimitPercent === undefined ? null : await lastSizeOf(state, em, plan)
    return state.runs.order(em, {
      agentId: plan.agentId,
      requestedBy: actor.name,
      request: { kind: 'backup', vaultId, sources, full, ...exclusions },
      plan: {
        id: plan.id,
        name: plan.name,
        policy: {
          retries: plan.retries,
          timeoutMs: timeoutMs ?? null,
          shrink: size === null ? null : { percent: shrinkLimitPercent ?? 0, ...size },
        },
      },
    })
  })
}

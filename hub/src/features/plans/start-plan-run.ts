import { AppError, isErrorCode, type PlanId, type Run } from '@holdfast/shared-types'
import type { KnownActor } from '../../platform/http/actor.ts'
import { findAgentKept } from '../agents/index.ts'
import { requirePlan } from './plans.access.ts'
import { problemOf } from './plans.present.ts'
import { lockPlan } from './plans.queries.ts'
import type { PlansState } from './plans-state.ts'
import { runOf } from './run-of-plan.ts'
import { tellPlan } from './write-plans.ts'

/**
 * Puts a run of a plan into its device's queue; one that waits as a retry becomes this one.
 *
 * @throws AppError `plan.not-found`, `run.already-active`; what is wrong with the plan: `plan.disabled`, `agent.revoked`
 */
export function startPlanRun(state: PlansState, actor: KnownActor, planId: PlanId, { full }: { full: boolean }): Promise<Run> {
  return state.runs.transaction(async (em) => {
    // Locked: a change that is under way is waited for, so that the run is of one plan as it was or as it is.
    const plan = await requirePlan(em, actor, planId, lockPlan)
    tellPlan(plan)
    const problem = problemOf(plan, await findAgentKept(em, plan.agentId))
    if (problem !== null) throw new AppError(isErrorCode(problem.code) ? problem.code : 'plan.disabled')
    return state.runs.order(em, await runOf(state, em, plan, { full, requestedBy: actor.name, trigger: 'order' }))
  })
}

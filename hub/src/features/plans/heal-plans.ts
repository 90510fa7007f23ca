import type { AgentId, PlanId, RunId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { findAgentKept } from '../agents/index.ts'
import type { HealAnswer } from '../runs/index.ts'
import { problemOf } from './plans.present.ts'
import { listPlanRows, lockPlan } from './plans.queries.ts'
import type { PlansState } from './plans-state.ts'
import { runOf } from './run-of-plan.ts'

/** What backs something up: a plan, or a run that was asked for without one and can be asked for again. */
export interface HealWork {
  /** The same for the same work of a device. */
  readonly key: string
  readonly from: { readonly planId: PlanId } | { readonly runId: RunId }
}

export interface MadeBackup {
  /** Null where the hub's database was lost since. */
  readonly runId: RunId | null
  /** As the plan was called then. */
  readonly plan: string | null
}

/** A front door for what has damage healed: devices are asked for backups as if a person asked, by plans and queue. */
export interface HealingOfPlans {
  /** For each backup of a device what made it; null where that is gone. */
  worksOf(em: EntityManager, agentId: AgentId, made: readonly MadeBackup[]): Promise<(HealWork | null)[]>
  /** Devices and works (keys) whose healing waits or is under way. */
  openHeals(em: EntityManager): Promise<{ readonly agentId: AgentId; readonly key: string }[]>
  /** @throws AppError `run.already-active` where a run with the same sources waits */
  order(work: HealWork): Promise<HealAnswer>
}

export const healingOfPlans = (state: PlansState): HealingOfPlans => ({
  worksOf: (em, agentId, made) => worksOf(state, em, agentId, made),
  async openHeals(em) {
    return (await state.runs.openHeals(em)).map(({ agentId, planId, sourceKey }) => ({ agentId, key: planId ?? keyOfSources(sourceKey) }))
  },
  order: ({ from }) => ('planId' in from ? orderHeal(state, from.planId) : state.runs.orderHealLike(from.runId)),
})

const keyOfSources = (sourceKey: string): string => `sources ${sourceKey}`

async function worksOf(
  { runs }: PlansState,
  em: EntityManager,
  agentId: AgentId,
  made: readonly MadeBackup[],
): Promise<(HealWork | null)[]> {
  const plans = await listPlanRows(em, agentId)
  // A name that a plan has now goes before one that another had.
  const byName = new Map([
    ...plans.flatMap(({ id, formerNames }) => formerNames.map((name) => [name, id] as const)),
    ...plans.map(({ id, name }) => [name, id] as const),
  ])
  const makers = await runs.makersOf(
    em,
    made.flatMap(({ runId }) => runId ?? []),
  )
  return made.map(({ runId, plan }) => {
    const maker = runId === null ? undefined : makers.get(runId)
    if (runId !== null && maker !== undefined && maker.planId === null)
      return maker.planName === null ? { key: keyOfSources(maker.sourceKey), from: { runId } } : null
    const planId = maker === undefined ? byName.get(plan ?? '') : maker.planId
    return typeof planId === 'string' ? { key: planId, from: { planId } } : null
  })
}

function orderHeal(state: PlansState, planId: PlanId): Promise<HealAnswer> {
  return state.runs.transaction(async (em): Promise<HealAnswer> => {
    const plan = await lockPlan(em, planId)
    if (plan === null) return { kind: 'never' }
    const problem = problemOf(plan, await findAgentKept(em, plan.agentId))
    if (problem !== null) return { kind: problem.code === 'plan.disabled' ? 'waits' : 'never' }
    if (await state.runs.isPlanUnfinished(em, planId)) return { kind: 'under-way' }
    const run = await state.runs.order(em, await runOf(state, em, plan, { full: false, requestedBy: 'Holdfast', trigger: 'heal' }))
    return { kind: 'ordered', runId: run.id }
  })
}

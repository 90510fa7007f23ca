import type { Feature } from '../../platform/http/define-feature.ts'
import type { HubServices } from '../../platform/services.ts'
import { healingOfPlans, type HealingOfPlans } from './heal-plans.ts'
import { requirePlan } from './plans.access.ts'
import { presentPlan, presentPlans } from './plans.present.ts'
import { listPlanRows } from './plans.queries.ts'
import type { PlanRuns, PlansState, PlanVaults } from './plans-state.ts'
import { startPlanRun } from './start-plan-run.ts'
import { acceptPlanSize, createPlan, deletePlan, updatePlan } from './write-plans.ts'

export interface Plans {
  readonly feature: Feature
  readonly healing: HealingOfPlans
}

export function createPlans(services: HubServices, runs: PlanRuns, vaults: PlanVaults): Plans {
  const state: PlansState = { ...services, runs, vaults }
  return {
    feature: {
      name: 'plans',
      routes: {
        listPlans: async ({ em, actor, query }) => {
          // A device that asks for another one's plans sees none.
          if (actor.kind === 'agent' && query.agentId !== undefined && query.agentId !== actor.agentId) return { items: [] }
          const rows = await listPlanRows(em, actor.kind === 'agent' ? actor.agentId : query.agentId)
          return { items: await presentPlans(state, em, rows) }
        },
        getPlan: async ({ em, actor, params }) => presentPlan(state, em, await requirePlan(em, actor, params.planId)),
        createPlan: ({ actor, body }) => createPlan(state, actor, body),
        updatePlan: ({ actor, params, body }) => updatePlan(state, actor, params.planId, body),
        acceptPlanSize: ({ actor, params }) => acceptPlanSize(state, actor, params.planId),
        deletePlan: async ({ actor, params }) => {
          await deletePlan(state, actor, params.planId)
          return {}
        },
        startPlanRun: ({ actor, params, body }) => startPlanRun(state, actor, params.planId, body),
      },
    },
    healing: healingOfPlans(state),
  }
}

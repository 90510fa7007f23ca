import { PlanEntity } from './plan.entity.ts'

export const planEntities = [PlanEntity] as const
export { PlanEntity, type PlanRow } from './plan.entity.ts'
export { createPlans, type Plans } from './create-plans.ts'
export { findPlan, listPlanRows } from './plans.queries.ts'
export { readRules } from './retention-of-plan.ts'
export type { PlanRuns } from './plans-state.ts'

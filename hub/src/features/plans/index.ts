import { PlanEntity } from './plan.entity.ts'

export const planEntities = [PlanEntity] as const
export { createPlans } from './create-plans.ts'
export type { PlanRuns } from './plans-state.ts'

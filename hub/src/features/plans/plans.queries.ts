import { AppError, type AgentId, type PlanId } from '@holdfast/shared-types'
import { LockMode, type EntityManager } from '@mikro-orm/postgresql'
import { brokenUnique } from '../../platform/database/translate-driver-error.ts'
import { PlanEntity, type PlanRow } from './plan.entity.ts'

export const findPlan = (em: EntityManager, planId: PlanId): Promise<PlanRow | null> => em.findOne(PlanEntity, { id: planId })

/** The row, locked until the end of the transaction. Lock order: plan, then run. */
export const lockPlan = (em: EntityManager, planId: PlanId): Promise<PlanRow | null> =>
  em.findOne(PlanEntity, { id: planId }, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true })

export const listPlanRows = (em: EntityManager, agentId: AgentId | undefined): Promise<PlanRow[]> =>
  em.find(PlanEntity, agentId === undefined ? {} : { agentId }, { orderBy: { name: 'asc', id: 'asc' } })

/** @throws AppError `plan.name-taken` */
export async function writePlan(em: EntityManager, plan: PlanRow): Promise<void> {
  try {
    await em.persist(plan).flush()
  } catch (error) {
    throw brokenUnique(error) === 'plan_name_unique' ? new AppError('plan.name-taken', { cause: error }) : error
  }
}

import { AppError, type PlanId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { KnownActor } from '../../platform/http/actor.ts'
import type { PlanRow } from './plan.entity.ts'
import { findPlan } from './plans.queries.ts'

/** A person sees all plans; a device sees its own. @throws AppError `plan.not-found` */
export async function requirePlan(
  em: EntityManager,
  actor: KnownActor,
  planId: PlanId,
  find: (em: EntityManager, planId: PlanId) => Promise<PlanRow | null> = findPlan,
): Promise<PlanRow> {
  const plan = await find(em, planId)
  if (plan === null || (actor.kind === 'agent' && actor.agentId !== plan.agentId)) throw new AppError('plan.not-found')
  return plan
}

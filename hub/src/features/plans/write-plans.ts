import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { AppError, leanExclusions, PlanId, type Plan, type PlanChange, type PlanOrder } from '@holdfast/shared-types'
import { tellAudit } from '../../platform/audit/audit-scope.ts'
import { afterCommit } from '../../platform/database/unit-of-work.ts'
import { storableJson } from '../../platform/database/storable.ts'
import type { KnownActor } from '../../platform/http/actor.ts'
import { requireAgent, type AgentRecord } from '../agents/index.ts'
import { PlanEntity, type PlanRow } from './plan.entity.ts'
import { requirePlan } from './plans.access.ts'
import { presentPlan } from './plans.present.ts'
import { lockPlan, writePlan } from './plans.queries.ts'
import type { PlansState } from './plans-state.ts'
import { requireAgeAllowed, requireLimitPossible, requireRulesAllowed, rulesAfter, tellRules } from './retention-of-plan.ts'
import { runOf } from './run-of-plan.ts'

/** @throws AppError `agent.not-found`, `request.invalid`, `plan.name-taken` */
export function createPlan(state: PlansState, actor: KnownActor, order: PlanOrder): Promise<Plan> {
  return state.runs.transaction(async (em) => {
    const agent = await requireAgent(em, actor, order.agentId)
    requireOwnVault(agent, order)
    requireLimitPossible(state, agent, { before: null, after: order.retention })
    requireAgeAllowed(actor, order.retention)
    tellRules(null, order.retention)
    const at = new Date(state.now())
    const plan = em.create(PlanEntity, {
      id: PlanId.parse(randomUUID()),
      agentId: agent.id,
      vaultId: agent.vaultId,
      revision: 1,
      createdAt: at,
      updatedAt: at,
      sizeSince: at,
      acceptedSize: null,
      ...fieldsOf(state, agent, order),
    })
    await writePlan(em, plan)
    return told(state, em, plan)
  })
}

/**
 * What waits follows the change; a plan that is switched off runs and tries no more.
 * @throws AppError `plan.not-found`, `plan.changed`, `plan.name-taken`, `agent.not-found`, `request.invalid`
 */
export function updatePlan(state: PlansState, actor: KnownActor, planId: PlanId, change: PlanChange): Promise<Plan> {
  return state.runs.transaction(async (em) => {
    const plan = await requirePlan(em, actor, planId, lockPlan)
    if (plan.revision !== change.revision) throw new AppError('plan.changed')
    const at = new Date(state.now())
    const { compression = plan.compression, deletedFiles = plan.deletedFiles } = change
    const retention = rulesAfter(plan, change.retention)
    const agent = await requireAgent(em, actor, plan.agentId)
    requireLimitPossible(state, agent, { before: plan.retention ?? null, after: retention })
    await requireRulesAllowed(state, em, actor, { plan, after: retention })
    tellRules(plan.retention ?? null, retention)
    const fields = fieldsOf(state, agent, { ...change, compression, deletedFiles, retention })
    const isSameScope = isDeepStrictEqual([plan.sources, plan.exclusions], [fields.sources, fields.exclusions])
    em.assign(plan, {
      ...fields,
      formerNames: fields.name === plan.name ? plan.formerNames : [...plan.formerNames.filter((name) => name !== fields.name), plan.name],
      revision: plan.revision + 1,
      updatedAt: at,
      ...(isSameScope ? {} : { sizeSince: at, acceptedSize: null }),
    })
    await writePlan(em, plan)
    if (plan.isEnabled)
      await state.runs.renewWaiting(em, await runOf(state, em, plan, { full: false, requestedBy: actor.name, trigger: 'order' }))
    else await state.runs.stopPlan(em, actor, planId)
    afterCommit(em, () => state.domainEvents.emit('plan.changed', { planId, agentId: plan.agentId }))
    return told(state, em, plan)
  })
}

/** The newest backup of a plan is as small as it should be. @throws AppError `plan.not-found`, `request.invalid` before there is one */
export function acceptPlanSize(state: PlansState, actor: KnownActor, planId: PlanId): Promise<Plan> {
  return state.runs.transaction(async (em) => {
    const plan = await requirePlan(em, actor, planId, lockPlan)
    const size = await state.runs.lastSize(em, planId)
    if (size === null) throw new AppError('request.invalid', { message: 'The plan has no backup yet.', cure: 'Run it once.' })
    em.assign(plan, { sizeSince: new Date(state.now()), acceptedSize: size })
    await em.flush()
    await state.runs.renewWaiting(em, await runOf(state, em, plan, { full: false, requestedBy: actor.name, trigger: 'order' }))
    return told(state, em, plan)
  })
}

/** @throws AppError `plan.not-found` */
export function deletePlan(state: PlansState, actor: KnownActor, planId: PlanId): Promise<void> {
  return state.runs.transaction(async (em) => {
    const plan = await requirePlan(em, actor, planId, lockPlan)
    tellPlan(plan)
    await state.runs.forgetPlan(em, actor, planId)
    await em.remove(plan).flush()
    state.live.append(em, 'plans', 'plan.removed', { id: planId })
  })
}

type Fields = Pick<
  PlanRow,
  | 'name'
  | 'sources'
  | 'exclusions'
  | 'compression'
  | 'deletedFiles'
  | 'retries'
  | 'timeoutMs'
  | 'shrinkLimitPercent'
  | 'retention'
  | 'isEnabled'
>

function fieldsOf(state: PlansState, agent: AgentRecord, order: Omit<PlanOrder, 'agentId' | 'vaultId'>): Fields {
  state.runs.requireUsableScope(agent, order)
  const { name, sources, compression, deletedFiles, retries, timeoutMs, shrinkLimitPercent, retention, isEnabled } = order
  return storableJson({
    name,
    sources,
    compression,
    deletedFiles,
    retries,
    timeoutMs,
    shrinkLimitPercent,
    retention,
    isEnabled,
    exclusions: leanExclusions(order),
  })
}

/** A device holds the keys of its own vault only. */
function requireOwnVault(agent: AgentRecord, { vaultId }: PlanOrder): void {
  if (vaultId !== undefined && vaultId !== agent.vaultId)
    throw new AppError('request.invalid', {
      message: 'The device has no keys of this vault.',
      cure: 'Leave the vault out: a plan takes its device\u2019s own.',
    })
}

/** The log keeps the name: a plan that is gone cannot be asked for it. */
export const tellPlan = ({ id, name }: Pick<PlanRow, 'id' | 'name'>): void => tellAudit({ object: { kind: 'plan', id, name } })

async function told(state: PlansState, em: Parameters<typeof presentPlan>[1], plan: PlanRow): Promise<Plan> {
  tellPlan(plan)
  const presented = await presentPlan(state, em, plan)
  state.live.append(em, 'plans', 'plan.changed', presented)
  return presented
}

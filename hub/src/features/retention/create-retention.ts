import type { AgentId, KeptFor, PlanId, RetentionWait, SnapshotId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { z } from 'zod'
import { tellAudit } from '../../platform/audit/audit-scope.ts'
import { adminCommand, type Feature } from '../../platform/http/define-feature.ts'
import type { HubServices } from '../../platform/services.ts'
import { deviceNames } from '../agents/index.ts'
import { findPlan, listPlanRows, readRules } from '../plans/index.ts'
import { applyRetention, applyToPlan, type RetentionReport } from './apply-retention.ts'
import { approveRetention, refuseRetention } from './decide-wait.ts'
import { judgeDevice } from './judge-plan.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { listWaits, presentWait } from './present-waits.ts'
import { previewRetention, previewVersions } from './preview-retention.ts'
import type { RetentionDoors, RetentionState } from './retention-state.ts'
import type { RetentionWaitRow } from './retention-wait.entity.ts'

export interface Retention {
  readonly feature: Feature
  /** Applies the rules of all plans: to be called once a day. Never throws for a single plan's sake. @throws AppError `database.unavailable` */
  applyRetention(): Promise<RetentionReport>
}

export function createRetention(
  { database, live, log, now }: Pick<HubServices, 'database' | 'live' | 'log' | 'now'>,
  doors: RetentionDoors,
): Retention {
  const state: RetentionState = { database, live, log, now, ...doors, turn: oneAtATime(), passedOver: new Set() }
  return {
    feature: {
      name: 'retention',
      routes: {
        previewRetention: ({ em, body }) => previewRetention(state, em, body),
        previewVersionLimit: ({ em, body }) => previewVersions(state, em, body),
        listKeptSnapshots: async ({ em, query }) => ({ items: await keptSnapshots(state, em, query.agentId) }),
        applyPlanRetention: ({ em, params }) => applyNow(state, em, params.planId),
        listRetentionWaits: async ({ em }) => ({ items: await listWaits(em) }),
        approveRetention: ({ actor, params }) => approveRetention(state, actor, params.waitId),
        refuseRetention: async ({ params }) => ({ kept: await refuseRetention(state, params.waitId) }),
      },
      adminCommands: { retention: adminCommand(z.strictObject({}), () => applyRetention(state)) },
    },
    applyRetention: () => applyRetention(state),
  }
}

interface KeptSnapshot {
  snapshotId: SnapshotId
  planId: PlanId
  keptFor: KeptFor[]
}

async function keptSnapshots(state: RetentionState, em: EntityManager, agentId: AgentId | undefined): Promise<KeptSnapshot[]> {
  const plans = await listPlanRows(em, agentId)
  const ruled = new Set(plans.filter(({ retention }) => (retention ?? null) !== null).map((plan) => plan.agentId))
  const kept: KeptSnapshot[] = []
  for (const id of ruled)
    for (const { plan, rules, judged } of await judgeDevice(state, em, id))
      if (rules !== null)
        kept.push(...judged.map(({ snapshot, keptFor }) => ({ snapshotId: snapshot.id, planId: plan.id, keptFor: [...keptFor] })))
  return kept
}

async function applyNow(
  state: RetentionState,
  em: EntityManager,
  planId: PlanId,
): Promise<{ deleted: number; rewritten: number; wait: RetentionWait | null }> {
  await tellRules(em, planId)
  const { deleted, rewritten, wait } = await applyToPlan(state, planId, (deleting) => deleting())
  return { deleted, rewritten, wait: wait === null ? null : await waitOf(em, wait) }
}

/** Before anything is written: the first of it takes the row of the audit log along. */
async function tellRules(em: EntityManager, planId: PlanId): Promise<void> {
  const plan = await findPlan(em, planId)
  if (plan === null) return
  const versionsPerFile = readRules(plan)?.versionsPerFile ?? null
  tellAudit({
    object: { kind: 'plan', id: plan.id, name: plan.name },
    ...(versionsPerFile === null ? {} : { details: { versionsPerFile } }),
  })
}

async function waitOf(em: EntityManager, wait: RetentionWaitRow): Promise<RetentionWait | null> {
  const plan = await findPlan(em, wait.planId)
  return plan === null ? null : presentWait(wait, plan, await deviceNames(em))
}

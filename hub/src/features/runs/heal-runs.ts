import type { AgentId, PlanId, RunId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { findAgentKept } from '../agents/index.ts'
import { orderRun } from './order-run.ts'
import { queueTransaction } from './queue-transaction.ts'
import type { RunsState } from './runs-state.ts'
import { findRun, isWorkUnfinished } from './runs.queries.ts'

/** What became of asking a device to back up again what is damaged in the vault. */
export type HealAnswer =
  | { readonly kind: 'ordered'; readonly runId: RunId }
  /** A backup of it waits or works already, whoever asked for it. */
  | { readonly kind: 'under-way' }
  /** Its plan is switched off: not now. */
  | { readonly kind: 'waits' }
  /** The plan or the device is gone. */
  | { readonly kind: 'never' }

/** What made a backup: a plan, or an order of its own with these sources. */
export interface BackupMaker {
  readonly planId: PlanId | null
  /** Not null without an id: its plan is gone. */
  readonly planName: string | null
  readonly sourceKey: string
}

/** Of the runs that are known. */
export async function makersOf(em: EntityManager, runIds: readonly RunId[]): Promise<ReadonlyMap<RunId, BackupMaker>> {
  const rows = await em.execute<{ id: RunId; plan_id: PlanId | null; plan_name: string | null; source_key: string }[]>(
    `select id, plan_id, plan_name, source_key from run where id = any(?::uuid[]) and kind = 'backup'`,
    [`{${runIds.join(',')}}`],
  )
  return new Map(rows.map((row) => [row.id, { planId: row.plan_id, planName: row.plan_name, sourceKey: row.source_key }]))
}

export interface OpenHeal {
  readonly agentId: AgentId
  readonly planId: PlanId | null
  readonly sourceKey: string
}

/** Runs that are to heal and are not over, next tries too. */
export async function openHeals(em: EntityManager): Promise<OpenHeal[]> {
  const rows = await em.execute<{ agent_id: AgentId; plan_id: PlanId | null; source_key: string }[]>(
    `select agent_id, plan_id, source_key from run where finished_at is null and trigger = 'heal'`,
  )
  return rows.map((row) => ({ agentId: row.agent_id, planId: row.plan_id, sourceKey: row.source_key }))
}

/** Asks for the same once more that a run without a plan has backed up, in the hub's name. @throws AppError `run.already-active` */
export function orderHealLike(state: RunsState, runId: RunId): Promise<HealAnswer> {
  return queueTransaction(state, async (em): Promise<HealAnswer> => {
    const like = await findRun(em, runId)
    if (like === null || like.request.kind !== 'backup') return { kind: 'never' }
    const { agentId, sourceKey } = like
    const agent = await findAgentKept(em, agentId)
    if (agent === null || agent.revokedAt !== null || agent.vaultId !== like.request.vaultId) return { kind: 'never' }
    if (await isWorkUnfinished(em, agentId, sourceKey)) return { kind: 'under-way' }
    const request = { ...like.request, full: false }
    const run = await orderRun(state, em, { agentId, request, requestedBy: 'Holdfast', trigger: 'heal', plan: null })
    return { kind: 'ordered', runId: run.id }
  })
}

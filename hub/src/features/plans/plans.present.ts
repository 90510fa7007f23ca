import { AppError, errorFacts, type ErrorCode, type Plan, type RunError } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { findAgent, type AgentRecord } from '../agents/index.ts'
import type { PlanRow, PlanSize } from './plan.entity.ts'
import type { PlansState } from './plans-state.ts'
import { readRules } from './retention-of-plan.ts'

/** Plans as the API shows them, in the order given. */
export async function presentPlans(state: PlansState, em: EntityManager, rows: readonly PlanRow[]): Promise<Plan[]> {
  const newest = await state.runs.newestOf(
    em,
    rows.map(({ id }) => id),
  )
  const plans: Plan[] = []
  for (const row of rows) {
    const agent = await findAgent(em, row.agentId)
    const { last = null, active = null, lastGoodAtMs = null } = newest.get(row.id) ?? {}
    plans.push({
      id: row.id,
      agentId: row.agentId,
      deviceName: agent?.name ?? '',
      vaultId: row.vaultId,
      name: row.name,
      sources: row.sources,
      ...row.exclusions,
      compression: row.compression,
      deletedFiles: row.deletedFiles,
      retries: row.retries,
      timeoutMs: row.timeoutMs ?? null,
      shrinkLimitPercent: row.shrinkLimitPercent ?? null,
      // Of rules that cannot be read it keeps everything, and the log says so.
      retention: readRules(row),
      isEnabled: row.isEnabled,
      revision: row.revision,
      createdAtMs: row.createdAt.getTime(),
      updatedAtMs: row.updatedAt.getTime(),
      problem: problemOf(row, agent),
      lastSize: await lastSizeOf(state, em, row),
      lastRun: last,
      activeRun: active,
      lastGoodAtMs,
      // Where the measure of size was set anew, nothing that had ended before it is too small any more.
      isShrunk: last?.error?.code === 'run.shrunk' && (last.finishedAtMs ?? last.createdAtMs) >= row.sizeSince.getTime(),
    })
  }
  return plans
}

export async function presentPlan(state: PlansState, em: EntityManager, row: PlanRow): Promise<Plan> {
  const [plan] = await presentPlans(state, em, [row])
  if (plan === undefined) throw new AppError('plan.not-found')
  return plan
}

/** What keeps a plan from running at all; what only makes it wait is none. */
export function problemOf(plan: PlanRow, agent: AgentRecord | null): RunError | null {
  if (agent === null || agent.revokedAt !== null) return problem('agent.revoked')
  if (agent.vaultId !== plan.vaultId) return problem('vault.not-found')
  return plan.isEnabled ? null : problem('plan.disabled')
}

const problem = (code: ErrorCode): RunError => ({ code, message: errorFacts(code).title, cure: errorFacts(code).cure })

/** What the next backup of a plan is compared with; null = nothing yet. */
export async function lastSizeOf(state: PlansState, em: EntityManager, plan: PlanRow): Promise<PlanSize | null> {
  return (await state.runs.measureSince(em, plan.id, plan.sizeSince)) ?? plan.acceptedSize ?? null
}

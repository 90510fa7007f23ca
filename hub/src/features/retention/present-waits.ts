import type { AgentId, RetentionWait } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { isDeepStrictEqual } from 'node:util'
import { deviceNames } from '../agents/index.ts'
import { findPlan, type PlanRow } from '../plans/index.ts'
import type { RetentionWaitRow } from './retention-wait.entity.ts'
import { listWaitRows } from './waits.queries.ts'

/** What waits for somebody's word under the rules of now. */
export async function listWaits(em: EntityManager): Promise<RetentionWait[]> {
  const names = await deviceNames(em)
  const waits: RetentionWait[] = []
  for (const row of await listWaitRows(em)) {
    const plan = row.waiting.length === 0 ? null : await findPlan(em, row.planId)
    if (plan !== null && isDeepStrictEqual(row.rules, plan.retention)) waits.push(presentWait(row, plan, names))
  }
  return waits
}

export const presentWait = (row: RetentionWaitRow, plan: PlanRow, names: ReadonlyMap<AgentId, string>): RetentionWait => ({
  id: row.waitId,
  planId: plan.id,
  planName: plan.name,
  agentId: plan.agentId,
  deviceName: names.get(plan.agentId) ?? '',
  foundAtMs: row.foundAt.getTime(),
  snapshotIds: row.waiting,
  total: row.total,
  bytesFreed: row.bytesFreed,
  versions: null,
})

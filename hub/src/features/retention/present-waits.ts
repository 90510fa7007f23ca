import type { AgentId, RetentionWait } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { isDeepStrictEqual } from 'node:util'
import { deviceNames } from '../agents/index.ts'
import { findPlan, readRules, type PlanRow } from '../plans/index.ts'
import type { RetentionWaitRow } from './retention-wait.entity.ts'
import { listWaitRows } from './waits.queries.ts'

/** What waits for somebody's word under the rules of now. */
export async function listWaits(em: EntityManager): Promise<RetentionWait[]> {
  const names = await deviceNames(em)
  const waits: RetentionWait[] = []
  for (const row of await listWaitRows(em)) {
    const plan = waitsForWord(row) ? await findPlan(em, row.planId) : null
    if (plan !== null && isUnderRules(row, plan)) waits.push(presentWait(row, plan, names))
  }
  return waits
}

/** Whether somebody is to say something. */
export const waitsForWord = ({ waiting, versions, versionsWord }: RetentionWaitRow): boolean =>
  waiting.length > 0 || ((versions ?? null) !== null && (versionsWord ?? null) === null)

/** Rules that were stored before there were all of today's say the same without what they do not know. */
function isUnderRules({ rules }: RetentionWaitRow, { retention }: PlanRow): boolean {
  const [then, now] = [readRules({ retention: rules }), readRules({ retention })]
  return then !== null && isDeepStrictEqual(then, now)
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
  versions:
    row.versions === null || row.versions === undefined || row.versionsWord !== null
      ? null
      : { ...row.versions, perFile: row.rules.versionsPerFile ?? 0 },
})

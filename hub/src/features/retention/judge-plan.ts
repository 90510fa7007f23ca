import { isDeepStrictEqual } from 'node:util'
import { AppError, keepsLess, type AgentId, type PlanId, type Retention, type SnapshotId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { findAgent } from '../agents/index.ts'
import { findPlan, listPlanRows, readRules, type PlanRow } from '../plans/index.ts'
import type { SnapshotRecord } from '../vaults/index.ts'
import { judgeSnapshots, knownTimeZone, type JudgedSnapshot } from './judge-snapshots.ts'
import type { RetentionState } from './retention-state.ts'
import type { RetentionWaitRow } from './retention-wait.entity.ts'
import { snapshotsOfPlans } from './snapshots-of-plans.ts'
import { findWaitOfPlan } from './waits.queries.ts'

export interface JudgedPlan {
  readonly plan: PlanRow
  readonly rules: Retention | null
  readonly judged: readonly JudgedSnapshot[]
  /** What was decided under these very rules, and what was refused before they kept more. */
  readonly wait: RetentionWaitRow | null
  /** There is a row of what was decided under others. */
  readonly hasOldWait: boolean
  /** As it was judged. */
  readonly around: Circumstances
}

/** What a device's plans keep. */
export async function judgeDevice(state: RetentionState, em: EntityManager, agentId: AgentId): Promise<JudgedPlan[]> {
  const plans = await listPlanRows(em, agentId)
  return judge(state, em, agentId, { plans, wanted: plans })
}

/** Of one whose rules cannot be read, everything is kept: what is not understood deletes nothing. @param plans all of the device: each has its own snapshots */
async function judge(
  state: RetentionState,
  em: EntityManager,
  agentId: AgentId,
  { plans, wanted }: { readonly plans: readonly PlanRow[]; readonly wanted: readonly PlanRow[] },
): Promise<JudgedPlan[]> {
  const { byPlan } = await snapshotsOfPlans(state, em, agentId, plans)
  const around = await circumstances(state, em, agentId)
  const all: JudgedPlan[] = []
  for (const plan of wanted) {
    const rules = rulesOf(state, plan)
    const stored = await findWaitOfPlan(em, plan.id)
    const wait = stillMeant(stored, rules)
    const refused = new Set<SnapshotId>(wait?.refused)
    const judged = judgeSnapshots(byPlan.get(plan.id) ?? [], rules, { ...around, refused })
    all.push({ plan, rules, judged, wait, hasOldWait: stored !== wait, around })
  }
  return all
}

/** A word is given to what was seen, under the rules of then; what it refused stays until a change of the rules keeps less. */
export function stillMeant(stored: RetentionWaitRow | null, rules: Retention | null): RetentionWaitRow | null {
  const then = stored === null ? null : readRules({ retention: stored.rules })
  if (stored === null || then === null || rules === null) return null
  if (isDeepStrictEqual(then, rules)) return stored
  if (keepsLess(then, rules)) return null
  // A milder limit is another one: it is looked at, and asked about, anew.
  const isRefused = stored.versionsWord === 'refused' && then.versionsPerFile === rules.versionsPerFile
  return { ...stored, rules, waiting: [], versions: isRefused ? stored.versions : null, versionsWord: isRefused ? 'refused' : null }
}

/** What rules go by beside the snapshots, at a moment. */
export interface Circumstances {
  readonly timeZone: string
  readonly nowMs: number
  readonly inUse: ReadonlySet<SnapshotId>
}

export async function circumstances(
  { listReadingRuns, now }: Pick<RetentionState, 'listReadingRuns' | 'now'>,
  em: EntityManager,
  agentId: AgentId,
): Promise<Circumstances> {
  const agent = await findAgent(em, agentId)
  const inUse = new Set((await listReadingRuns(em)).map(({ snapshotId }) => snapshotId))
  return { timeZone: knownTimeZone(agent?.host.timeZone ?? 'UTC'), nowMs: now(), inUse }
}

function rulesOf({ log }: RetentionState, plan: PlanRow): Retention | null {
  const rules = readRules(plan)
  if (rules === null && (plan.retention ?? null) !== null)
    log.warn(
      { event: 'retention.rules-unreadable', planId: plan.id },
      'The rules of a plan cannot be read: it keeps everything. Set them anew; to have it keep everything for good, set some first and take them away then',
    )
  return rules
}

/** @throws AppError `plan.not-found` */
export async function judgePlan(state: RetentionState, planId: PlanId): Promise<JudgedPlan> {
  const em = state.database.em()
  const plan = await findPlan(em, planId)
  if (plan === null) throw new AppError('plan.not-found')
  const plans = await listPlanRows(em, plan.agentId)
  const [judged] = await judge(state, em, plan.agentId, { plans, wanted: [plan] })
  if (judged === undefined) throw new AppError('plan.not-found')
  return judged
}

export const idsOf = (snapshots: readonly SnapshotRecord[]): SnapshotId[] => snapshots.map(({ id }) => id)

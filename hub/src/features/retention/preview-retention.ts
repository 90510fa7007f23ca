import { isDeepStrictEqual } from 'node:util'
import { AppError, type Api, type BodyOfRoute, type PlanId, type RetentionPreview, type SnapshotId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { findAgent } from '../agents/index.ts'
import { listPlanRows } from '../plans/index.ts'
import { circumstances, idsOf } from './judge-plan.ts'
import { goingOf, judgeSnapshots, needsWord } from './judge-snapshots.ts'
import type { RetentionState } from './retention-state.ts'
import { snapshotsOfPlans } from './snapshots-of-plans.ts'
import { findWaitOfPlan } from './waits.queries.ts'

/** Of a plan that is not made yet. */
const newPlan = 'new' as PlanId

/** What rules would keep and let go if they were the plan's. @throws AppError `agent.not-found`, `plan.not-found` */
export async function previewRetention(
  state: RetentionState,
  em: EntityManager,
  { agentId, planId, planName, retention }: BodyOfRoute<Api['previewRetention']>,
): Promise<RetentionPreview> {
  if ((await findAgent(em, agentId)) === null) throw new AppError('agent.not-found')
  const plans = await listPlanRows(em, agentId)
  if (planId !== null && !plans.some(({ id }) => id === planId)) throw new AppError('plan.not-found')
  const drafted = { id: planId ?? newPlan, name: planName, formerNames: plans.find(({ id }) => id === planId)?.formerNames ?? [] }
  // Names of plans that are there come last, and win: the draft takes nothing of theirs.
  const { byPlan, others } = await snapshotsOfPlans(state, em, agentId, [drafted, ...plans.filter(({ id }) => id !== planId)])
  const around = await circumstances(state, em, agentId)
  const refused = await refusedOf(em, planId, retention)
  const judged = judgeSnapshots(byPlan.get(drafted.id) ?? [], retention, { ...around, refused })
  const going = idsOf(goingOf(judged))
  const { freed, ownById, undoDays } = await state.vaults.deletion.weigh(em, going)
  return {
    snapshots: judged.map(({ snapshot, keptFor }) => ({
      snapshotId: snapshot.id,
      createdAtMs: snapshot.receivedAtMs,
      status: snapshot.status,
      bytes: snapshot.bytes,
      keptFor: [...keptFor],
      bytesOwn: keptFor.length > 0 ? null : (ownById.get(snapshot.id) ?? 0),
    })),
    goes: going.length,
    bytesFreed: freed,
    undoDays,
    needsWord: needsWord(going.length, judged.length),
    timeZone: around.timeZone,
    withoutRules: others.length,
  }
}

async function refusedOf(em: EntityManager, planId: PlanId | null, rules: unknown): Promise<ReadonlySet<SnapshotId>> {
  const wait = planId === null ? null : await findWaitOfPlan(em, planId)
  return new Set(wait !== null && isDeepStrictEqual(wait.rules, rules) ? wait.refused : [])
}

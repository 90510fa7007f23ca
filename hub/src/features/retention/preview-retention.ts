import {
  AppError,
  type Api,
  type BodyOfRoute,
  type PlanId,
  type Retention,
  type RetentionPreview,
  type SnapshotId,
  type VaultId,
  type VersionLimitEffect,
} from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { findAgent } from '../agents/index.ts'
import { listPlanRows } from '../plans/index.ts'
import type { SnapshotRecord } from '../vaults/index.ts'
import { circumstances, idsOf, stillMeant, type Circumstances } from './judge-plan.ts'
import { goingOf, judgeSnapshots, needsWord, type JudgedSnapshot } from './judge-snapshots.ts'
import { versionedGroup, versionsNeedWord } from './limit-plan-versions.ts'
import type { RetentionState } from './retention-state.ts'
import { snapshotsOfPlans } from './snapshots-of-plans.ts'
import { findWaitOfPlan } from './waits.queries.ts'

/** Of a plan that is not made yet. */
const newPlan = 'new' as PlanId

type Draft = BodyOfRoute<Api['previewRetention']>

/** What rules would keep and let go if they were the plan's. @throws AppError `agent.not-found`, `plan.not-found` */
export async function previewRetention(state: RetentionState, em: EntityManager, draft: Draft): Promise<RetentionPreview> {
  const { judged, others, around } = await judgeDraft(state, em, draft)
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

async function refusedOf(em: EntityManager, planId: PlanId | null, rules: Retention | null): Promise<ReadonlySet<SnapshotId>> {
  const wait = planId === null ? null : await findWaitOfPlan(em, planId)
  return new Set(stillMeant(wait, rules)?.refused)
}

/** What a limit of versions would take out if the rules were the plan's. @throws AppError `agent.not-found`, `plan.not-found`, `vault.rewriting-impossible` */
export async function previewVersions(
  state: RetentionState,
  em: EntityManager,
  draft: Draft,
): Promise<VersionLimitEffect & { needsWord: boolean }> {
  const { judged, around, vaultId } = await judgeDraft(state, em, draft)
  if ((draft.retention?.versionsPerFile ?? null) !== null && state.vaults.isPrivate(vaultId))
    throw new AppError('vault.rewriting-impossible', {
      message:
        'The vault of this device is private: the hub cannot read its snapshots, and so cannot take older versions of files out of them.',
      cure: 'Leave the limit of versions per file out, and keep fewer or younger snapshots instead.',
      context: { vaultId },
    })
  const group = versionedGroup(judged, draft.retention, around)
  if (group === null) return { snapshots: 0, entries: 0, bytes: 0, ofEntries: 0, needsWord: false }
  const effect = await state.vaults.rewriting.previewVersions({ ...group, signal: new AbortController().signal })
  return { ...effect, needsWord: versionsNeedWord(effect) }
}

async function judgeDraft(
  state: RetentionState,
  em: EntityManager,
  { agentId, planId, planName, retention }: Draft,
): Promise<{
  readonly judged: readonly JudgedSnapshot[]
  readonly others: readonly SnapshotRecord[]
  readonly around: Circumstances
  readonly vaultId: VaultId
}> {
  const agent = await findAgent(em, agentId)
  if (agent === null) throw new AppError('agent.not-found')
  const plans = await listPlanRows(em, agentId)
  if (planId !== null && !plans.some(({ id }) => id === planId)) throw new AppError('plan.not-found')
  const drafted = { id: planId ?? newPlan, name: planName, formerNames: plans.find(({ id }) => id === planId)?.formerNames ?? [] }
  // Names of plans that are there come last, and win: the draft takes nothing of theirs.
  const { byPlan, others } = await snapshotsOfPlans(state, em, agentId, [drafted, ...plans.filter(({ id }) => id !== planId)])
  const around = await circumstances(state, em, agentId)
  const refused = await refusedOf(em, planId, retention)
  return { judged: judgeSnapshots(byPlan.get(drafted.id) ?? [], retention, { ...around, refused }), others, around, vaultId: agent.vaultId }
}

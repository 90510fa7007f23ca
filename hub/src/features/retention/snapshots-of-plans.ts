import type { AgentId, PlanId, SnapshotStatus } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { SnapshotRecord } from '../vaults/index.ts'
import type { RetentionState } from './retention-state.ts'

export interface NamedPlan {
  readonly id: PlanId
  readonly name: string
  /** Names that it had before. */
  readonly formerNames: readonly string[]
}

/** Of which is known whether it is whole. */
export type JudgeableSnapshot = SnapshotRecord & { readonly status: SnapshotStatus; readonly bytes: number }
const isJudgeable = (snapshot: SnapshotRecord): snapshot is JudgeableSnapshot => snapshot.status !== null && snapshot.bytes !== null

export interface SnapshotsOfPlans {
  readonly byPlan: ReadonlyMap<PlanId, readonly JudgeableSnapshot[]>
  /** Made by hand, by plans that are gone, or of which nobody knows whether they are whole: no rule lets them go. */
  readonly others: readonly SnapshotRecord[]
}

/** The kept snapshots of a device by the plan they are of. @param plans all of the device */
export async function snapshotsOfPlans(
  { vaults, plansOfRuns }: Pick<RetentionState, 'vaults' | 'plansOfRuns'>,
  em: EntityManager,
  agentId: AgentId,
  plans: readonly NamedPlan[],
): Promise<SnapshotsOfPlans> {
  const snapshots = await vaults.snapshots.list(em, { visibleTo: null, agentId })
  const planOf = planFinder(plans, await plansOfRuns(em, agentId))
  const byPlan = new Map<PlanId, JudgeableSnapshot[]>(plans.map(({ id }) => [id, []]))
  const others: SnapshotRecord[] = []
  for (const snapshot of snapshots) {
    const planId = planOf(snapshot)
    const judged = planId === null ? undefined : byPlan.get(planId)
    if (judged !== undefined && isJudgeable(snapshot)) judged.push(snapshot)
    else others.push(snapshot)
  }
  return { byPlan, others }
}

/**
 * By its run, which knows the plan under whatever name it goes now. Only where the hub's database was lost there is no run: then by the name that the plan had, which
 * is in the snapshot itself; of two plans the one that has the name now.
 */
function planFinder(plans: readonly NamedPlan[], planOfRun: Awaited<ReturnType<RetentionState['plansOfRuns']>>) {
  const byName = new Map([
    ...plans.flatMap(({ id, formerNames }) => formerNames.map((name) => [name, id] as const)),
    ...plans.map(({ id, name }) => [name, id] as const),
  ])
  return ({ runId, plan }: SnapshotRecord): PlanId | null => {
    const ofRun = runId === null ? undefined : planOfRun.get(runId)
    return ofRun === undefined ? ((plan === null ? undefined : byName.get(plan)) ?? null) : ofRun
  }
}

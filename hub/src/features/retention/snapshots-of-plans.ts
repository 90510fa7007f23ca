import type { AgentId, PlanId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { SnapshotRecord } from '../vaults/index.ts'
import type { RetentionState } from './retention-state.ts'

export interface NamedPlan {
  readonly id: PlanId
  readonly name: string
  /** Names that it had before. */
  readonly formerNames: readonly string[]
}

export interface SnapshotsOfPlans {
  readonly byPlan: ReadonlyMap<PlanId, readonly SnapshotRecord[]>
  /** Made by hand, or by plans that are gone. */
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
  const byPlan = new Map<PlanId, SnapshotRecord[]>(plans.map(({ id }) => [id, []]))
  const others: SnapshotRecord[] = []
  for (const snapshot of snapshots) {
    const planId = planOf(snapshot)
    ;((planId === null ? undefined : byPlan.get(planId)) ?? others).push(snapshot)
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

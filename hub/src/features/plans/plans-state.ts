import type { BackupRequest, PlanId, PlanRun, Run, RunResult } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { KnownActor } from '../../platform/http/actor.ts'
import type { HubServices } from '../../platform/services.ts'
import type { AgentRecord } from '../agents/index.ts'
import type { RunPolicy } from '../runs/index.ts'

export interface RunOfPlan {
  readonly agentId: AgentRecord['id']
  readonly requestedBy: string
  readonly request: BackupRequest
  readonly plan: { readonly id: PlanId; readonly name: string; readonly policy: RunPolicy }
}

/** What plans ask of runs. */
export interface PlanRuns {
  /** @throws AppError `run.already-active` */
  order(em: EntityManager, order: RunOfPlan): Promise<Run>
  /** Its waiting run is cancelled, the others forget it. */
  forgetPlan(em: EntityManager, actor: KnownActor, planId: PlanId): Promise<void>
  newestOf(
    em: EntityManager,
    planIds: readonly PlanId[],
  ): Promise<ReadonlyMap<PlanId, { readonly last: PlanRun | null; readonly active: PlanRun | null }>>
  /** Of the newest wholly good backup that was asked for after `since`. */
  lastGoodResult(em: EntityManager, planId: PlanId, since: Date): Promise<RunResult | null>
  /** Of the newest backup with a snapshot, good or not. */
  lastResult(em: EntityManager, planId: PlanId): Promise<RunResult | null>
  /** @throws AppError `request.invalid` where the scope does not fit the device */
  requireUsableScope(agent: AgentRecord, scope: Pick<BackupRequest, 'sources' | 'presets'>): void
}

export interface PlansState extends Pick<HubServices, 'database' | 'live' | 'now'> {
  readonly runs: PlanRuns
}

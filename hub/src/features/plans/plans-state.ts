import type { BackupRequest, PlanId, Run, RunId, RunTrigger, VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { KnownActor } from '../../platform/http/actor.ts'
import type { HubServices } from '../../platform/services.ts'
import type { AgentRecord } from '../agents/index.ts'
import type { BackupMaker, HealAnswer, NewestRuns, OpenHeal, RunPolicy } from '../runs/index.ts'
import type { PlanSize } from './plan.entity.ts'

export interface RunOfPlan {
  readonly agentId: AgentRecord['id']
  readonly requestedBy: string
  readonly trigger: RunTrigger
  readonly request: BackupRequest
  readonly plan: { readonly id: PlanId; readonly name: string; readonly policy: RunPolicy }
}

/** What plans ask of runs. */
export interface PlanRuns {
  /** @throws AppError `run.already-active` */
  order(em: EntityManager, order: RunOfPlan): Promise<Run>
  /** For what orders, changes or cancels runs of a plan: who loses a race for a place in the queue looks again. */
  transaction<T>(work: (em: EntityManager) => Promise<T>): Promise<T>
  /** What waits becomes what the plan says now. */
  renewWaiting(em: EntityManager, order: RunOfPlan): Promise<void>
  /** What waits is cancelled, and what works is not tried again. */
  stopPlan(em: EntityManager, actor: KnownActor, planId: PlanId): Promise<void>
  /** The same, and all its runs forget it. */
  forgetPlan(em: EntityManager, actor: KnownActor, planId: PlanId): Promise<void>
  newestOf(em: EntityManager, planIds: readonly PlanId[]): Promise<ReadonlyMap<PlanId, NewestRuns>>
  /** Of the newest backup that was asked for after `since` and is a measure of size. */
  measureSince(em: EntityManager, planId: PlanId, since: Date): Promise<PlanSize | null>
  /** Of the newest backup, good or not. */
  lastSize(em: EntityManager, planId: PlanId): Promise<PlanSize | null>
  /** Something of it waits or is in its device's hands. */
  isPlanUnfinished(em: EntityManager, planId: PlanId): Promise<boolean>
  /** Of the runs that are known. */
  makersOf(em: EntityManager, runIds: readonly RunId[]): Promise<ReadonlyMap<RunId, BackupMaker>>
  openHeals(em: EntityManager): Promise<OpenHeal[]>
  /** Asks for the same once more that a run without a plan has backed up. @throws AppError `run.already-active` */
  orderHealLike(runId: RunId): Promise<HealAnswer>
  /** @throws AppError `request.invalid` where the scope does not fit the device */
  requireUsableScope(agent: AgentRecord, scope: Pick<BackupRequest, 'sources' | 'presets'>): void
}

/** What plans ask of vaults. */
export interface PlanVaults {
  /** The hub holds no key of it. */
  isPrivate(vaultId: VaultId): boolean
}

export interface PlansState extends Pick<HubServices, 'domainEvents' | 'live' | 'now'> {
  readonly runs: PlanRuns
  readonly vaults: PlanVaults
}

import type { AgentId, PlanId, RunId, SnapshotId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { AuditTrail } from '../../platform/audit/audit-trail.ts'
import type { HubServices } from '../../platform/services.ts'
import type { Vaults } from '../vaults/index.ts'
import type { OneAtATime } from './one-at-a-time.ts'

/** What rules ask of others; passed in by the wiring. */
export interface RetentionDoors {
  readonly vaults: Pick<Vaults, 'snapshots' | 'deletion' | 'rewriting' | 'isPrivate'>
  readonly audit: Pick<AuditTrail, 'around'>
  /** Of runs that there are; null: of no plan, or of one that is gone. */
  plansOfRuns(em: EntityManager, agentId: AgentId): Promise<ReadonlyMap<RunId, PlanId | null>>
  /** Restores and checks that are not over. */
  listReadingRuns(em: EntityManager): Promise<readonly { readonly snapshotId: SnapshotId }[]>
}

export interface RetentionState extends Pick<HubServices, 'database' | 'live' | 'log' | 'now'>, RetentionDoors {
  /** Rules are applied, agreed to and refused one after the other. */
  readonly turn: OneAtATime
  /** Plans of which the log says already that their limit of versions is passed over. */
  readonly passedOver: Set<PlanId>
}

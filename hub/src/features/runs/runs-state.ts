import type { AgentId, DomainId, HostFacts, RunId, SnapshotId, SnapshotStatus, VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { HubServices } from '../../platform/services.ts'
import type { RunEnds } from './run-ends.ts'
import type { NewestProgress } from './newest-progress.ts'

/** By the hub's own books. */
export interface CommittedSnapshot {
  readonly id: SnapshotId
  readonly status: SnapshotStatus
  readonly files: number
  readonly bytes: number
}

/** What decides where a snapshot may be restored to. */
export interface RestorableSnapshot {
  readonly agentId: AgentId
  readonly vaultId: VaultId
  readonly domainId: DomainId
  /** Of the host that it was made on. */
  readonly system: HostFacts['os']
}

/** What runs asks of snapshots; passed in by the wiring, for snapshots stand above runs. */
export interface RunSnapshots {
  /** The snapshot that a run committed, if it did. */
  committedBy(em: EntityManager, runId: RunId): Promise<CommittedSnapshot | null>
  /** A committed snapshot, or null. */
  find(em: EntityManager, snapshotId: SnapshotId): Promise<RestorableSnapshot | null>
}

/** Everything the use cases of this feature share. */
export interface RunsState extends Pick<HubServices, 'database' | 'live' | 'feeds' | 'domainEvents' | 'agentLinks' | 'log' | 'now'> {
  readonly leaseMs: number
  readonly snapshots: RunSnapshots
  readonly progress: NewestProgress
  readonly ends: RunEnds
  /** Offers what waits for this agent, soon and once; never throws. */
  readonly offerSoon: (agentId: AgentId) => void
}

import type { AgentId, DomainId, HostFacts, RunId, SnapshotId, SnapshotStatus, VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { HubServices } from '../../platform/services.ts'
import type { RunEnds } from './run-ends.ts'
import type { NewestProgress } from './newest-progress.ts'

/** By the hub's own books. */
export interface CommittedSnapshot {
  readonly id: SnapshotId
  /** Of one that the hub cannot open and of which nobody told: with errors, for nobody knows that there are none. */
  readonly status: SnapshotStatus
  /** Null = not known. */
  readonly files: number | null
  readonly bytes: number | null
}

/** What decides where a snapshot may be restored to. */
export interface RestorableSnapshot {
  readonly agentId: AgentId
  readonly vaultId: VaultId
  readonly domainId: DomainId
  /** In a private vault: the hub knows no names of it. */
  readonly isSealed: boolean
  /** Of the host that it was made on; null = not known. */
  readonly system: HostFacts['os'] | null
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

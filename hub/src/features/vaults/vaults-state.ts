import type { VaultId } from '@holdfast/shared-types'
import type { HubServices } from '../../platform/services.ts'
import type { VaultChecks } from './checking/vault-checks.ts'
import type { ManagedVaults } from './contents/managed-vault.ts'
import type { SnapshotRefsets } from './contents/snapshot-refsets.ts'
import type { AgentsDoor, PeopleDoor, RunsDoor } from './doors/doors.ts'
import type { ReadableRuns } from './reading/readable-runs.ts'
import type { SegmentReader } from './reading/segment-reader.ts'
import type { CommitSessionDeps } from './sessions/commit-session.ts'
import type { SessionGrants } from './sessions/session-grants.ts'
import type { PacksInDoubt } from './uploads/packs-in-doubt.ts'
import type { VaultUsages } from './usage/vault-usage.ts'

export type VaultsServices = Pick<HubServices, 'config' | 'database' | 'domainEvents' | 'log' | 'now' | 'secret'>

/** Front doors of others, passed in by the wiring. */
export interface VaultsDoors {
  readonly runs: RunsDoor
  readonly agents: AgentsDoor
  readonly people: PeopleDoor
}

/** Everything the parts of this feature share. */
export interface VaultsState extends VaultsServices, VaultsDoors {
  readonly vaults: ManagedVaults
  readonly grants: SessionGrants
  readonly packsInDoubt: PacksInDoubt
  readonly refsets: SnapshotRefsets
  readonly readableRuns: ReadableRuns
  readonly segments: SegmentReader
  readonly commitBodies: CommitSessionDeps['commitBodies']
  /** What the disk of the vaults has left. */
  readonly freeBytes: () => Promise<number>
  readonly placeOf: (vaultId: VaultId) => string
  readonly checks: VaultChecks
  readonly usages: VaultUsages
}

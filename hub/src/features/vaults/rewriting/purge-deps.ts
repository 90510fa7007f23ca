import type { LoadDeps } from '../opening/load-packs.ts'
import type { ReadRangeDeps } from '../reading/read-pack-range.ts'
import type { VaultTurns } from '../contents/vault-turns.ts'
import type { SnapshotRefsets } from '../contents/snapshot-refsets.ts'
import type { Collections } from '../collecting/collections.ts'
import type { RunsDoor } from '../doors/doors.ts'
import type { AddedPacksDeps } from './added-packs.ts'
import type { ReplaceDeps } from './replace-snapshot.ts'

/** What rewriting snapshots works with. */
export interface PurgeDeps extends LoadDeps, ReplaceDeps, AddedPacksDeps, ReadRangeDeps {
  readonly refsets: SnapshotRefsets
  readonly runs: RunsDoor
  /** A rewriting meets no check and no removal of the same vault. */
  readonly turns: VaultTurns
  readonly collections: Pick<Collections, 'run'>
}

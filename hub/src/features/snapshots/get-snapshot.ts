import type { Snapshot } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { KnownActor } from '../../platform/http/actor.ts'
import { findSnapshot, type SnapshotQuery } from './find-snapshot.ts'
import type { SnapshotsDeps } from './snapshots.deps.ts'
import { presentSnapshot } from './snapshots.present.ts'

/** @throws AppError as `findSnapshot` */
export async function getSnapshot(deps: SnapshotsDeps, em: EntityManager, actor: KnownActor, query: SnapshotQuery): Promise<Snapshot> {
  return presentSnapshot(await findSnapshot(deps, em, actor, query), await deps.devices.deviceNames(em), deps.vaults)
}

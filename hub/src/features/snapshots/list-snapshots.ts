import type { AgentId, Snapshot } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { KnownActor } from '../../platform/http/actor.ts'
import { devicesNamed, type SnapshotsDeps } from './snapshots.deps.ts'
import { visibleTo } from './snapshots.access.ts'
import { presentSnapshot } from './snapshots.present.ts'

interface ListQuery {
  readonly agentId?: AgentId | undefined
  /** Name of a device, or what a host calls itself. */
  readonly host?: string | undefined
  /** Deleted ones that are still there, instead. */
  readonly kept?: 'kept' | 'deleted' | undefined
}

/** Committed snapshots in sight, oldest first by the hub's clock. */
export async function listSnapshots(
  { vaults, devices }: SnapshotsDeps,
  em: EntityManager,
  actor: KnownActor,
  { agentId, host, kept }: ListQuery,
): Promise<Snapshot[]> {
  const names = await devices.deviceNames(em)
  const named = host === undefined ? undefined : { host, agentIds: devicesNamed(names, host) }
  const snapshots = await vaults.snapshots.list(em, { visibleTo: visibleTo(actor), agentId, named, isDeleted: kept === 'deleted' })
  return snapshots.map((snapshot) => presentSnapshot(snapshot, names, vaults))
}

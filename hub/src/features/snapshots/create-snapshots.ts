import type { AgentId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { KnownActor } from '../../platform/http/actor.ts'
import type { Feature } from '../../platform/http/define-feature.ts'
import type { SnapshotRecord } from '../vaults/index.ts'
import { findSnapshot, type SnapshotQuery } from './find-snapshot.ts'
import { visibleTo } from './snapshots.access.ts'
import type { SnapshotsDeps } from './snapshots.deps.ts'
import { snapshotRoutes } from './snapshots.routes.ts'
import { createZipSlots } from './zip/zip-slots.ts'
import { createZipTickets } from './zip/zip-tickets.ts'

/** What other features ask of snapshots. */
export interface Snapshots {
  readonly feature: Feature
  /** The one snapshot that an actor means and may see. @throws AppError `snapshot.not-found`, `snapshot.ambiguous` */
  findSnapshot(em: EntityManager, actor: KnownActor, query: SnapshotQuery): Promise<SnapshotRecord>
  /** When each device's newest snapshot was committed, by the hub's clock. */
  newestSnapshotByAgent(em: EntityManager, actor: KnownActor): Promise<ReadonlyMap<AgentId, number>>
}

export function createSnapshots(deps: SnapshotsDeps): Snapshots {
  const zips = { ...deps, slots: createZipSlots(), tickets: createZipTickets(() => Date.now()) }
  return {
    feature: { name: 'snapshots', routes: snapshotRoutes(zips) },
    findSnapshot: (em, actor, query) => findSnapshot(deps, em, actor, query),
    async newestSnapshotByAgent(em, actor) {
      const newest = await deps.vaults.snapshots.newest(em, { visibleTo: visibleTo(actor) })
      return new Map(newest.map(({ agentId, receivedAtMs }) => [agentId, receivedAtMs]))
    },
  }
}

import { AppError, type SnapshotEntry, type SnapshotId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { KnownActor } from '../../platform/http/actor.ts'
import { componentsOf, type PathQuery } from './entry-path.ts'
import { openVisibleTree } from './open-visible-tree.ts'
import { presentEntry } from './present-entry.ts'
import type { SnapshotsDeps } from './snapshots.deps.ts'

export interface EntriesQuery extends PathQuery {
  readonly snapshotId: SnapshotId
  /** Entries to leave out at the start. */
  readonly after: number
  readonly limit: number
}

interface Entries {
  /** The folder listed; null for the top. */
  folder: SnapshotEntry | null
  items: SnapshotEntry[]
  /** Entries in the folder. */
  total: number
}

/**
 * One folder, sorted by name bytes. Only the tree pages that the asked range touches are read.
 * @throws AppError `snapshot.not-found`, `snapshot.path-not-found` also where the path is no folder
 */
export async function listEntries(
  deps: SnapshotsDeps,
  em: EntityManager,
  actor: KnownActor,
  { snapshotId, after, limit, ...query }: EntriesQuery,
): Promise<Entries> {
  const { snapshot, tree } = await openVisibleTree(deps, em, actor, snapshotId)
  const path = componentsOf(query, snapshot.system)
  const page = await tree.list(path, { after, limit })
  if (page === null) throw new AppError('snapshot.path-not-found', { message: 'The snapshot holds no folder at this path.' })
  return {
    folder: page.folder === null ? null : presentEntry(page.folder, path, snapshot.system),
    items: page.entries.map((entry) => presentEntry(entry, [...path, entry.name], snapshot.system)),
    total: page.total,
  }
}

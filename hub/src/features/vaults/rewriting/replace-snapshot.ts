import { AppError, type SnapshotId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Database } from '../../../platform/database/database.ts'
import type { LiveLog } from '../../../platform/events/live-log.ts'
import type { Logger } from '../../../platform/logging/logger.ts'
import type { ManagedVault } from '../contents/managed-vault.ts'
import { rescueSegments } from '../contents/rescue-segments.ts'
import { storeKeyOf } from '../contents/snapshot-record.ts'
import { lockCollection } from '../tables/collecting.queries.ts'
import { lockSnapshots, setDeleted } from '../tables/keeping.queries.ts'
import { insertSnapshot, type SnapshotRecord } from '../tables/snapshots.queries.ts'
import type { WrittenAnew } from './rewrite-snapshot.ts'

export interface ReplaceDeps {
  readonly database: Database
  readonly live: Pick<LiveLog, 'append'>
  readonly log: Logger
  readonly now: () => number
}

export interface Replacement {
  /** As it was read. */
  readonly old: SnapshotRecord
  readonly by: string
  /** How long the old one can be had back from now on, ms; 0 = not at all. */
  readonly undoMs: number
}

/**
 * Puts what was written anew in the place of the old snapshot: from the moment this is committed the new one is kept, or deleted where the old one was, and the old one is deleted and
 * hidden. A crash before leaves an object that the next start takes on.
 *
 * @returns false when the old one changed meanwhile: it is to be looked at again
 * @throws AppError `snapshot.held`; EngineError `store.*`
 */
export function replaceSnapshot(
  deps: ReplaceDeps,
  vault: ManagedVault,
  { record, object, refset }: WrittenAnew,
  { old, by, undoMs }: Replacement,
): Promise<boolean> {
  const key = storeKeyOf(record)
  return vault.arriving.while(key, () =>
    deps.database.transaction(async (em) => {
      // It names what was needed before, and what nobody could know of: nothing it names may be on its way out.
      await lockCollection(em, vault.id, 'shared')
      const { missing } = await rescueSegments(em, vault.contents, refset, true)
      if (missing > 0 || !(await isStill(em, old))) return false
      await vault.vault.keepRewritingKey()
      // Rows first, though not visible yet: after the object is written only the commit itself can fail.
      await insertSnapshot(em, record)
      const { deleted } = old.keeping
      if (deleted !== null) await setDeleted(em, [record.id], { at: deleted.at, by: deleted.by, undoUntil: deleted.undoUntil })
      const at = new Date(deps.now())
      await setDeleted(em, [old.id], { at, by, undoUntil: new Date(at.getTime() + undoMs), replacedBy: record.id })
      await vault.store.put(key, object)
      deps.live.append(em, 'snapshots', 'snapshots.changed', { agentIds: [old.agentId] })
      return true
    }),
  )
}

/** What people and rules decided since it was read; whoever decides later waits for this transaction. */
async function isStill(em: EntityManager, old: SnapshotRecord): Promise<boolean> {
  const [now] = await lockSnapshots(em, [old.id])
  if (now === undefined || now.state === 'lost') return false
  requireNotHeld(now)
  const [before, after] = [old.keeping.deleted, now.keeping.deleted]
  return (before === null) === (after === null) && (after?.condemnedIn ?? null) === null && before?.replacedBy === after?.replacedBy
}

export function requireNotHeld({ id, keeping }: Pick<SnapshotRecord, 'id' | 'keeping'>): void {
  if (keeping.held === null) return
  throw new AppError('snapshot.held', {
    message: `Snapshot ${id} is held, and has some of what shall leave: somebody said that it stays as it is.`,
    context: { snapshotId: id satisfies SnapshotId },
  })
}

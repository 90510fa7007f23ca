import { AppError, type SnapshotId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Database } from '../../../platform/database/database.ts'
import type { LiveLog } from '../../../platform/events/live-log.ts'
import type { RunsDoor } from '../doors/doors.ts'
import { lockCollection } from '../tables/collecting.queries.ts'
import { lockSnapshots, lockVersionsOf, readSnapshots, setDeleted, setHold, setUndeleted } from '../tables/keeping.queries.ts'
import type { SnapshotRecord } from '../tables/snapshots.queries.ts'
import { findVaultRecord } from '../tables/vaults.queries.ts'
import { concernsAbout, type Concern } from './deletion-concerns.ts'

const dayMs = 24 * 60 * 60 * 1000

export interface DeletionDeps {
  readonly database: Database
  readonly runs: RunsDoor
  readonly live: Pick<LiveLog, 'append'>
  readonly now: () => number
}

export interface DeletionOrder {
  readonly snapshotIds: readonly SnapshotId[]
  /** Name of a person or a rule, for people. */
  readonly by: string
  /** Also those of the last week, and a device's last whole one. */
  readonly isConfirmed: boolean
  /** Also those of the last week, and never a device's last whole one: as far as a rule's word goes. */
  readonly isAgeConfirmed?: boolean
  /** No undo time: the next collection removes them. */
  readonly isFinal: boolean
}

/**
 * Deletes snapshots: nothing of them is touched, and they can be had back until their undo time is over and a collection has begun to remove them. Ones that are
 * deleted already keep their time, unless this is final. All or none.
 *
 * @throws AppError `snapshot.not-found`, `snapshot.held`, `snapshot.in-use`, `snapshot.deletion-unconfirmed`
 */
export function deleteSnapshots(deps: DeletionDeps, order: DeletionOrder): Promise<SnapshotRecord[]> {
  return deps.database.transaction(async (em) => {
    const snapshots = await lockAll(em, order.snapshotIds)
    const nowMs = deps.now()
    requireNone(await concernsAbout(em, deps.runs, snapshots, nowMs), order)
    const news = snapshots.filter(({ keeping: { deleted } }) => deleted === null || (order.isFinal && deleted.condemnedIn === null))
    for (const [vaultId, ids] of byVault(news)) {
      const undoDays = order.isFinal ? 0 : ((await findVaultRecord(em, vaultId))?.undoDays ?? 0)
      await setDeleted(em, ids, { at: new Date(nowMs), by: order.by, undoUntil: new Date(nowMs + undoDays * dayMs) })
    }
    return told(deps, em, order.snapshotIds)
  })
}

/**
 * What was written anew in their place goes then.
 * @throws AppError `snapshot.not-found`; `snapshot.gone` once a collection condemned one of them; `snapshot.held` for what stands for one of them
 */
export function undeleteSnapshots(deps: DeletionDeps, snapshotIds: readonly SnapshotId[]): Promise<SnapshotRecord[]> {
  return deps.database.transaction(async (em) => {
    const [vaultId] = byVault(await readAll(em, snapshotIds)).keys()
    // A collection that condemns at this moment is through, or sees them back.
    if (vaultId !== undefined) await lockCollection(em, vaultId, 'shared')
    const snapshots = await lockAll(em, snapshotIds)
    const gone = snapshots.find(({ keeping: { deleted } }) => (deleted?.condemnedIn ?? null) !== null)
    if (gone !== undefined) throw new AppError('snapshot.gone', { context: { snapshotId: gone.id } })
    const at = new Date(deps.now())
    // Of one backup one version is kept: whatever stands for these goes at once.
    for (const { id, replacement } of await replacementsOf(em, snapshots))
      await setDeleted(em, replacement, { at, by: 'Holdfast', undoUntil: at, replacedBy: id })
    await setUndeleted(em, snapshotIds)
    return told(deps, em, snapshotIds)
  })
}

/** Kept versions of the same backups. @throws AppError `snapshot.held` */
async function replacementsOf(
  em: EntityManager,
  snapshots: readonly SnapshotRecord[],
): Promise<{ readonly id: SnapshotId; readonly replacement: SnapshotId[] }[]> {
  const found: { id: SnapshotId; replacement: SnapshotId[] }[] = []
  for (const snapshot of snapshots) {
    if ((snapshot.keeping.deleted?.replacedBy ?? null) === null && snapshot.rewritten === null) continue
    const kept = (await lockVersionsOf(em, snapshot)).filter(({ id, keeping }) => id !== snapshot.id && keeping.deleted === null)
    const held = kept.find(({ keeping }) => keeping.held !== null)
    if (held !== undefined) throw new AppError('snapshot.held', { context: { snapshotId: held.id } })
    if (kept.length > 0) found.push({ id: snapshot.id, replacement: kept.map(({ id }) => id) })
  }
  return found
}

/** @param hold null releases it. @throws AppError `snapshot.not-found`, also for one that is deleted */
export function holdSnapshot(
  deps: DeletionDeps,
  snapshotId: SnapshotId,
  hold: { readonly by: string; readonly reason: string } | null,
): Promise<SnapshotRecord> {
  return deps.database.transaction(async (em) => {
    const [snapshot] = await lockAll(em, [snapshotId])
    if (snapshot === undefined || snapshot.keeping.deleted !== null) throw notFound(snapshotId)
    await setHold(em, snapshotId, hold === null ? null : { ...hold, at: new Date(deps.now()) })
    const [changed] = await told(deps, em, [snapshotId])
    if (changed === undefined) throw notFound(snapshotId)
    return changed
  })
}

/** As they are now; whoever looks at snapshots learns with the commit that they changed. */
async function told({ live }: DeletionDeps, em: EntityManager, ids: readonly SnapshotId[]): Promise<SnapshotRecord[]> {
  const snapshots = await readSnapshots(em, ids)
  live.append(em, 'snapshots', 'snapshots.changed', { agentIds: [...new Set(snapshots.map(({ agentId }) => agentId))] })
  return snapshots
}

async function lockAll(em: EntityManager, ids: readonly SnapshotId[]): Promise<SnapshotRecord[]> {
  return requireAll(ids, await lockSnapshots(em, ids))
}

async function readAll(em: EntityManager, ids: readonly SnapshotId[]): Promise<SnapshotRecord[]> {
  return requireAll(ids, await readSnapshots(em, ids))
}

function requireAll(ids: readonly SnapshotId[], found: SnapshotRecord[]): SnapshotRecord[] {
  const known = new Set(found.map(({ id }) => id))
  const missing = ids.find((id) => !known.has(id))
  if (missing !== undefined) throw notFound(missing)
  return found
}

function requireNone(concerns: readonly Concern[], { isConfirmed, isAgeConfirmed = false }: DeletionOrder): void {
  const first = (kind: Concern['kind']): SnapshotId | undefined => concerns.find((concern) => concern.kind === kind)?.snapshotIds[0]
  const [held, inUse, last] = [first('held'), first('in-use'), first('last-of-device')]
  const recent = isAgeConfirmed ? undefined : first('recent')
  if (held !== undefined) throw new AppError('snapshot.held', { context: { snapshotId: held } })
  if (inUse !== undefined) throw new AppError('snapshot.in-use', { context: { snapshotId: inUse } })
  if (isConfirmed || (recent ?? last) === undefined) return
  throw new AppError('snapshot.deletion-unconfirmed', {
    message: last === undefined ? 'Some of these snapshots are less than a week old.' : 'A device would have no whole snapshot left.',
    context: { snapshotId: last ?? recent ?? null },
  })
}

function byVault(snapshots: readonly SnapshotRecord[]): Map<SnapshotRecord['vaultId'], SnapshotId[]> {
  const ids = new Map<SnapshotRecord['vaultId'], SnapshotId[]>()
  for (const { vaultId, id } of snapshots) ids.set(vaultId, [...(ids.get(vaultId) ?? []), id])
  return ids
}

const notFound = (snapshotId: SnapshotId): AppError => new AppError('snapshot.not-found', { context: { snapshotId } })

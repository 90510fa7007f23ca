import { AppError } from '@holdfast/shared-types'
import { Refset, sumOfBytes } from '@holdfast/engine/format'
import type { ManagedVault } from '../contents/managed-vault.ts'
import { addAll } from '../contents/segment-sets.ts'
import { listStanding, lockCollection, type StandingSnapshot } from '../tables/collecting.queries.ts'
import { lockSnapshots, setDeleted } from '../tables/keeping.queries.ts'
import type { PurgeRecord } from '../tables/purges.queries.ts'
import type { SnapshotRecord } from '../tables/snapshots.queries.ts'
import { findVaultRecord } from '../tables/vaults.queries.ts'
import { findAffected } from './find-affected.ts'
import { isSelected, lookOrNull } from './preview-purge.ts'
import type { PurgeDeps } from './purge-deps.ts'
import { keepsAll, purgeFilter } from './purge-filter.ts'
import { replaceSnapshot, requireNotHeld } from './replace-snapshot.ts'
import { namesAny, rewriteSnapshot } from './rewrite-snapshot.ts'
import type { ReadingDeps } from './snapshot-reading.ts'

const dayMs = 24 * 60 * 60 * 1000
/** Somebody decided over a snapshot while it was written anew, so often in a row. */
const mostTries = 5

/** Tells how far it is; durable when it resolves. */
export type TellPurge = (news: Partial<PurgeRecord>) => Promise<PurgeRecord>

export interface PurgeWork {
  readonly deps: PurgeDeps
  readonly reading: ReadingDeps
  readonly vault: ManagedVault
  readonly tell: TellPurge
}

/**
 * Looks through all snapshots and notes which segments hold some of what leaves: from then on these are offered to nobody. Changes nothing else.
 * @returns snapshots that have something of it
 * @throws AppError `snapshot.held`, `snapshot.rewriting-unsafe`
 */
export async function lookForPurge(
  { deps, reading, vault, tell }: PurgeWork,
  purge: PurgeRecord,
): Promise<ReadonlySet<SnapshotRecord['id']>> {
  const standing = await standingFor(deps, vault, purge)
  const segments = purge.segments === null ? new Refset() : Refset.decode(purge.segments)
  const found = new Set<SnapshotRecord['id']>()
  await tell({ snapshotsDone: 0, snapshotsTotal: standing.length })
  for (const [index, { snapshot }] of standing.entries()) {
    const affected = await lookOrNull(() => findAffected(reading, vault, snapshot, { filterFor: (body) => purgeFilter(purge, body) }))
    if (affected === 'unreadable') throw unreadable(snapshot)
    if (affected !== null) {
      requireNotHeld(snapshot)
      found.add(snapshot.id)
      addAll(segments, affected.segments)
    }
    await tell({ snapshotsDone: index + 1 })
  }
  await tell({ segments: segments.encode() })
  return found
}

/** What it speaks of: what was received until it was asked for. */
async function standingFor({ database }: PurgeDeps, vault: ManagedVault, purge: PurgeRecord): Promise<StandingSnapshot[]> {
  const standing = await listStanding(database.em(), vault.id)
  return standing.filter((one) => isSelected(one, purge) && one.snapshot.receivedAtMs <= purge.startedAt.getTime())
}

/** Segments with other blobs besides: what is needed of them is sealed anew. One with a single blob is needed as it is, or not at all. */
export function bundlesOf({ contents }: ManagedVault, segments: Refset): Refset {
  const bundles = new Refset()
  for (const { packIdHex, ordinal } of segments.segments())
    if (contents.countBlobs(packIdHex, ordinal) !== 1) bundles.add(packIdHex, ordinal)
  return bundles
}

/**
 * Writes every snapshot anew that has some of it, and those that share a bundle with it; where nothing shall be had back, also those that are deleted, and ends the undo time of
 * what is left of earlier ones. Until there is none.
 * @param affected null = none has any of it: only what shares bundles
 * @throws AppError `snapshot.held`, `snapshot.in-use`; EngineError `store.*`, `cancelled`
 */
export async function rewriteForPurge(
  work: PurgeWork,
  purge: PurgeRecord,
  affected: ReadonlySet<SnapshotRecord['id']>,
): Promise<PurgeRecord> {
  const { deps, vault } = work
  const avoid = bundlesOf(vault, purge.segments === null ? new Refset() : Refset.decode(purge.segments))
  const undoDays = (await findVaultRecord(deps.database.em(), vault.id))?.undoDays ?? 0
  let current = purge
  for (const { snapshot, isLost } of await listStanding(deps.database.em(), vault.id)) {
    const { deleted } = snapshot.keeping
    if (isLost || (deleted !== null && purge.keepsUndo)) continue
    const isReplaced = deleted !== null && deleted.replacedBy !== null
    if (isReplaced && affected.has(snapshot.id)) current = await endUndo(work, current, snapshot)
    else if (!isReplaced) {
      const undoMs = purge.keepsUndo ? undoDays * dayMs : 0
      current = await rewriteOne(work, current, { snapshot, avoid, undoMs, isAffected: affected.has(snapshot.id) })
    }
  }
  return current
}

interface OneToRewrite {
  readonly snapshot: SnapshotRecord
  readonly avoid: Refset
  readonly undoMs: number
  readonly isAffected: boolean
}

async function rewriteOne(work: PurgeWork, purge: PurgeRecord, one: OneToRewrite): Promise<PurgeRecord> {
  const { deps, reading, vault, tell } = work
  let { snapshot } = one
  // Most snapshots have nothing of it, and need not be opened to know that.
  if (!one.isAffected && !(await namesAny(deps, snapshot, one.avoid))) return purge
  for (let tries = 0; tries < mostTries; tries++) {
    const written = await rewriteSnapshot({ ...deps, ...reading }, vault, snapshot, {
      why: 'purge',
      filterFor: (body) => (one.isAffected ? purgeFilter(purge, body) : keepsAll),
      avoid: one.avoid,
    })
    if (written === null) return purge
    if (await replaceSnapshot(deps, vault, written, { old: snapshot, by: purge.startedBy, undoMs: one.undoMs }))
      return tell({
        replaced: [...new Set([...purge.replaced, snapshot.id])],
        snapshotsRewritten: purge.snapshotsRewritten + 1,
        entries: purge.entries + written.dropped.entriesDropped,
        bytes: sumOfBytes(purge.bytes, written.dropped.bytesDropped),
      })
    const again = (await listStanding(deps.database.em(), vault.id)).find((other) => other.snapshot.id === snapshot.id)
    if (again === undefined) return purge
    ;({ snapshot } = again)
  }
  throw new AppError('snapshot.rewriting-unsafe', {
    message: `Snapshot ${snapshot.id} changed again and again while it was written anew.`,
    cure: 'Ask for it again.',
    context: { snapshotId: snapshot.id },
  })
}

/** What was written anew before, and can still be had back with what shall leave in it. */
async function endUndo({ deps, vault, tell }: PurgeWork, purge: PurgeRecord, { id }: SnapshotRecord): Promise<PurgeRecord> {
  await deps.database.transaction(async (em) => {
    await lockCollection(em, vault.id, 'shared')
    const [now] = await lockSnapshots(em, [id])
    const deleted = now?.keeping.deleted ?? null
    if (deleted === null || deleted.condemnedIn !== null) return
    requireNotHeld(now!)
    await setDeleted(em, [id], { at: deleted.at, by: purge.startedBy, undoUntil: new Date(deps.now()) })
  })
  return tell({ replaced: [...new Set([...purge.replaced, id])] })
}

const unreadable = ({ id }: SnapshotRecord): AppError =>
  new AppError('snapshot.rewriting-unsafe', {
    message: `Snapshot ${id} cannot be read, so that nobody knows whether it has what shall leave. Nothing was changed.`,
    cure: 'Check the vault and mend what is damaged, or delete the snapshot; then ask again.',
    context: { snapshotId: id },
  })

import type { SnapshotId } from '@holdfast/shared-types'
import { Refset } from '@holdfast/engine/format'
import type { EntityManager } from '@mikro-orm/postgresql'
import { afterCommit } from '../../../platform/database/unit-of-work.ts'
import { lockUnnamed, setUnnamed } from '../tables/collecting.queries.ts'
import type { OpenVault } from './open-vault.ts'
import { rescueSegments } from './rescue-segments.ts'
import { addAll } from './segment-sets.ts'
import type { SnapshotRefsets } from './snapshot-refsets.ts'

/*
 * What a snapshot needs beyond its refset, where a device finds it and not the hub (private vaults): it grows while the device looks, and loses what is not there any more
 * before the next one does. Call both in a transaction that holds the collection's lock, shared.
 */

/** What is known of a snapshot, and `found` besides. The snapshot's row is locked until the end of the transaction. */
export async function unnamedWith(em: EntityManager, id: SnapshotId, found: Refset): Promise<Refset> {
  const stored = await lockUnnamed(em, id)
  const all = stored === null ? new Refset() : Refset.decode(stored)
  addAll(all, found)
  return all
}

/**
 * Counts as named from the commit on, and lives again if it was condemned.
 * @returns false where some of it is not there any more: then nothing is noted, and what is there is rescued all the same
 */
export async function noteUnnamed(
  { refsets }: { readonly refsets: SnapshotRefsets },
  em: EntityManager,
  { contents }: OpenVault,
  { id, found }: { readonly id: SnapshotId; readonly found: Refset },
): Promise<boolean> {
  // The snapshot's row before those of packs, as whoever takes a report has them.
  const all = await unnamedWith(em, id, found)
  if ((await rescueSegments(em, contents, found, true)).missing > 0) return false
  await setUnnamed(em, id, all.encode())
  // Of two at once the later commit has both, and may be told of first.
  afterCommit(em, () => refsets.addBeyond(id, all))
  return true
}

/** Forgets what is not there any more: an audit that counts on it would never come to an end. */
export async function forgetGoneUnnamed(
  { refsets }: { readonly refsets: SnapshotRefsets },
  em: EntityManager,
  { contents }: OpenVault,
  id: SnapshotId,
): Promise<void> {
  const all = await unnamedWith(em, id, new Refset())
  const left = new Refset()
  for (const { packIdHex, ordinal } of all.segments()) if (contents.findSegment(packIdHex, ordinal) !== null) left.add(packIdHex, ordinal)
  await setUnnamed(em, id, left.packCount === 0 ? null : left.encode())
  afterCommit(em, () => refsets.setBeyond(id, left.packCount === 0 ? null : left))
}

import { AppError, type DeletionPreview, type SnapshotId } from '@holdfast/shared-types'
import { Refset } from '@holdfast/engine/format'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { OpenVault } from '../contents/open-vault.ts'
import type { OpenVaults } from '../contents/open-vaults.ts'
import { addAll } from '../contents/segment-sets.ts'
import { segmentsPerTurn, type SnapshotRefsets } from '../contents/snapshot-refsets.ts'
import { isDamage } from '../errors/translate-engine-error.ts'
import { listStanding, type StandingSnapshot } from '../tables/collecting.queries.ts'
import { readSnapshots } from '../tables/keeping.queries.ts'
import { findVaultRecord } from '../tables/vaults.queries.ts'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { concernsAbout } from './deletion-concerns.ts'
import type { DeletionDeps } from './delete-snapshots.ts'

const dayMs = 24 * 60 * 60 * 1000

export interface PreviewDeps extends DeletionDeps {
  readonly vaults: OpenVaults
  readonly refsets: SnapshotRefsets
}

/** @throws AppError `snapshot.not-found` */
export async function previewDeletion(deps: PreviewDeps, em: EntityManager, snapshotIds: readonly SnapshotId[]): Promise<DeletionPreview> {
  const snapshots = await readSnapshots(em, snapshotIds)
  if (snapshots.length < new Set(snapshotIds).size) throw new AppError('snapshot.not-found')
  let [bytesFreed, bytesShared, undoDays] = [0, 0, 0]
  for (const vaultId of new Set(snapshots.map((snapshot) => snapshot.vaultId))) {
    const freed = await bytesOnlyOf(deps, em, deps.vaults.get(vaultId), new Set(snapshotIds))
    bytesFreed += freed.freed
    bytesShared += freed.shared
    undoDays = Math.max(undoDays, (await findVaultRecord(em, vaultId))?.undoDays ?? 0)
  }
  return {
    snapshots: snapshots.length,
    bytesFreed,
    bytesShared,
    undoUntilMs: deps.now() + undoDays * dayMs,
    concerns: await concernsAbout(em, deps.runs, snapshots, deps.now()),
  }
}

/**
 * Bytes of segments that only these snapshots name, and of those they share with others that are kept. Deleted ones that can still be had back count as going: with their time
 * over, what they share with these is freed.
 */
async function bytesOnlyOf(
  { refsets }: Pick<PreviewDeps, 'refsets'>,
  em: EntityManager,
  vault: OpenVault,
  going: ReadonlySet<SnapshotId>,
): Promise<{ readonly freed: number; readonly shared: number }> {
  const standing = await listStanding(em, vault.id)
  const isGoing = ({ snapshot }: StandingSnapshot): boolean => going.has(snapshot.id)
  const isKept = ({ snapshot }: StandingSnapshot): boolean => !going.has(snapshot.id) && snapshot.keeping.deleted === null
  const stays = await unionOf(refsets, standing.filter(isKept))
  const goes = await unionOf(refsets, standing.filter(isGoing))
  let [freed, shared, looked] = [0, 0, 0]
  for (const { packIdHex, ordinal } of goes.segments()) {
    if (++looked % segmentsPerTurn === 0) await nextTurn()
    const length = vault.contents.findSegment(packIdHex, ordinal)?.length ?? 0
    if (stays.has(packIdHex, ordinal)) shared += length
    else freed += length
  }
  return { freed, shared }
}

async function unionOf(refsets: SnapshotRefsets, standing: readonly StandingSnapshot[]): Promise<Refset> {
  const union = new Refset()
  for (const one of standing) addAll(union, await readNamed(refsets, one))
  return union
}

/** All that a snapshot needs. One that cannot be read names nothing: a preview is an estimate, and a collection refuses where it must. */
export async function readNamed(refsets: SnapshotRefsets, { snapshot, unnamedRefset }: StandingSnapshot): Promise<Refset> {
  try {
    const named = await refsets.aside(snapshot)
    if (unnamedRefset !== null) addAll(named, Refset.decode(unnamedRefset))
    return named
  } catch (error) {
    if (!isDamage(error)) throw error
    return new Refset()
  }
}

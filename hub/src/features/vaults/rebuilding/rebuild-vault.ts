import type { VaultId } from '@holdfast/shared-types'
import { packKey, snapshotPrefix } from '@holdfast/engine/format'
import type { ListedObject } from '@holdfast/engine/store'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Logger } from '../../../platform/logging/logger.ts'
import { storeKeyOf } from '../contents/snapshot-record.ts'
import { deleteNamed, readJournals } from '../removing/remove-decided.ts'
import type { StoredVault } from '../contents/open-vault.ts'
import { requireStore, withoutBadSectors } from '../contents/without-bad-sectors.ts'
import { isDamage } from '../errors/translate-engine-error.ts'
import { packsAtOnce, objectsOf, readWholePack, type PackEnd } from '../opening/load-packs.ts'
import { openVerified } from '../opening/load-snapshots.ts'
import { mapAhead } from '../opening/map-ahead.ts'
import { settleVersions } from '../opening/settle-versions.ts'
import { lengthenUndo, lockCollection, setRemovedEpoch, vaultEpoch } from '../tables/collecting.queries.ts'
import { insertPack } from '../tables/packs.queries.ts'
import { giveBack, prepareSettingAside, setAsideAndForget, type GivenBack } from '../tables/rebuilding.queries.ts'
import { endAllSessions } from '../tables/sessions.queries.ts'
import { insertSnapshot, type SnapshotRecord } from '../tables/snapshots.queries.ts'
import { epochsSkipped, setVaultEpoch } from '../tables/vaults.queries.ts'
import { DurableNames } from './durable-names.ts'

/** How far a rebuild is. */
export interface RebuildProgress {
  readonly vaultId: VaultId
  readonly reading: 'packs' | 'snapshots'
  readonly done: number
}

export interface RebuildDeps {
  readonly log: Logger
  readonly now: () => number
  readonly onProgress: (progress: RebuildProgress) => void
}

/** What came of it. */
export interface RebuiltVault extends GivenBack {
  readonly vaultId: VaultId
  readonly packs: number
  readonly bytesStored: number
  readonly snapshots: number
  /** Objects among packs and snapshots that are not whole: they lie where they lay, and count for nothing. */
  readonly damagedPacks: number
  readonly damagedSnapshots: number
}

/** Small objects, and each costs a signature as well. */
const snapshotsAtOnce = 8

/**
 * Makes all rows of packs and snapshots again from the store, in the transaction of `em`: all of it or nothing. What people decided over snapshots stays, with the whole time for undoing a deletion from now on; sessions end,
 * nothing is condemned, and every snapshot has to be looked through again. No hub may run meanwhile. The vault has a row.
 *
 * In the store, only what a collection had already decided to remove goes.
 */
export async function rebuildVault(deps: RebuildDeps, em: EntityManager, vault: StoredVault): Promise<RebuiltVault> {
  const journalled = await carryOutJournals(deps, vault)
  await lockCollection(em, vault.id, 'alone')
  await prepareSettingAside(em)
  await setAsideAndForget(em, vault.id)
  const names = new DurableNames(vault.store)
  const packs = await readPacks(deps, em, vault, names)
  const snapshots = await readSnapshots(deps, em, vault, names)
  await names.flush()
  await requireStore(vault)
  const highest = Math.max(await vaultEpoch(em, vault.id), snapshots.highestEpoch, journalled)
  await setVaultEpoch(em, vault.id, highest + epochsSkipped)
  await setRemovedEpoch(em, vault.id, journalled)
  await endAllSessions(em, vault.id)
  const givenBack = await giveBack(em, vault.id)
  // What gives it back may be older than the store.
  await lengthenUndo(em, vault.id, new Date(deps.now()))
  await settleVersions(deps, em, vault)
  return {
    vaultId: vault.id,
    packs: packs.count,
    bytesStored: packs.bytes,
    snapshots: snapshots.count,
    damagedPacks: packs.damaged,
    damagedSnapshots: snapshots.damaged,
    ...givenBack,
  }
}

/** What a hub that was cut off, or one whose database is lost, had decided for good. @returns the highest epoch that a journal names */
async function carryOutJournals(deps: RebuildDeps, vault: StoredVault): Promise<number> {
  let highest = 0
  for await (const journal of readJournals(deps, vault)) {
    await deleteNamed(vault, journal)
    highest = Math.max(highest, journal.epoch)
  }
  return highest
}

async function readPacks(
  deps: RebuildDeps,
  em: EntityManager,
  vault: StoredVault,
  names: DurableNames,
): Promise<{ readonly count: number; readonly bytes: number; readonly damaged: number }> {
  const sums = { count: 0, bytes: 0, damaged: 0 }
  const storedAt = new Date(deps.now())
  const ends = mapAhead(objectsOf(vault, deps.log), packsAtOnce, ({ id, value }) => readPack(deps, vault, id, value))
  for await (const end of ends) {
    const isNew = end !== null && (await insertPack(em, { ...end.record, state: 'live', storedAt })) !== undefined
    if (isNew) {
      await names.add(packKey(end.record.packId))
      sums.count++
      sums.bytes += end.record.sizeBytes
    } else sums.damaged++
    deps.onProgress({ vaultId: vault.id, reading: 'packs', done: sums.count + sums.damaged })
  }
  return sums
}

async function readPack(deps: RebuildDeps, vault: StoredVault, id: string, object: ListedObject): Promise<PackEnd | null> {
  try {
    return await withoutBadSectors(vault, () => readWholePack(deps, vault, id, object))
  } catch (error) {
    if (!isDamage(error)) throw error
    deps.log.error({ event: 'pack.damaged', vaultId: vault.id, packId: id, err: error }, 'A pack cannot be read; it is left as it is')
    return null
  }
}

async function readSnapshots(
  deps: RebuildDeps,
  em: EntityManager,
  vault: StoredVault,
  names: DurableNames,
): Promise<{ readonly count: number; readonly damaged: number; readonly highestEpoch: number }> {
  const sums = { count: 0, damaged: 0, highestEpoch: 0 }
  for await (const snapshot of mapAhead(vault.store.list(snapshotPrefix), snapshotsAtOnce, ({ key }) => readSnapshot(deps, vault, key))) {
    if (snapshot === null) sums.damaged++
    else if (await insertSnapshot(em, snapshot)) {
      await names.add(storeKeyOf(snapshot))
      sums.count++
    }
    sums.highestEpoch = Math.max(sums.highestEpoch, snapshot?.epoch ?? 0)
    deps.onProgress({ vaultId: vault.id, reading: 'snapshots', done: sums.count + sums.damaged })
  }
  return sums
}

async function readSnapshot(deps: RebuildDeps, vault: StoredVault, key: string): Promise<SnapshotRecord | null> {
  try {
    return (await withoutBadSectors(vault, () => openVerified(vault, key))).snapshot
  } catch (error) {
    if (!isDamage(error)) throw error
    deps.log.error(
      { event: 'snapshot.damaged', vaultId: vault.id, err: error },
      'An object among the snapshots does not verify; it is left as it is',
    )
    return null
  }
}

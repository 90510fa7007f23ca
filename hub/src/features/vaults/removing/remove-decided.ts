import { toHex } from '@holdfast/engine/bytes'
import { isEngineError } from '@holdfast/engine/errors'
import { journalKey, packKey, snapshotPrefix, type CollectionJournal } from '@holdfast/engine/format'
import { listJournals, readJournal, writeJournal } from '@holdfast/engine/vault'
import type { Database } from '../../../platform/database/database.ts'
import type { Logger } from '../../../platform/logging/logger.ts'
import type { OpenVault, StoredVault } from '../contents/open-vault.ts'
import { snapshotNameOf } from '../contents/snapshot-key.ts'
import { storeKeyOf } from '../contents/snapshot-record.ts'
import { untakenObject, type UntakenObject } from '../contents/untaken-object.ts'
import { withoutBadSectors } from '../contents/without-bad-sectors.ts'
import { isDamage } from '../errors/translate-engine-error.ts'
import {
  areOnTheirWay,
  deleteSnapshotRows,
  listRemoving,
  removedEpoch,
  setPacksGone,
  setRemovedEpoch,
  vaultEpoch,
} from '../tables/collecting.queries.ts'
import { tellOfSnapshots, type TellDeps } from './tell-of-snapshots.ts'

export interface RemoveDeps extends TellDeps {
  readonly database: Database
  readonly log: Logger
  readonly now: () => number
}

export interface FinishedRemovals {
  /** Of all that journals name. */
  readonly highestEpoch: number
  /** Of snapshots that are removed for good, though a store that takes nothing away may still have them. */
  readonly removedKeys: ReadonlySet<string>
  /** Journals that cannot be read. */
  readonly untaken: readonly UntakenObject[]
}

export interface Removed {
  readonly snapshots: number
  readonly packs: number
  readonly bytes: number
}

/**
 * Writes down what was decided, and removes it: snapshots first, so that whoever has nothing but the store finds no snapshot whose content is gone. Safe to repeat from
 * any point.
 */
export async function removeDecided(deps: RemoveDeps, vault: OpenVault, epoch: number): Promise<Removed> {
  const { packIds, snapshots, bytes } = await listRemoving(deps.database.em(), vault.id)
  if (packIds.length === 0 && snapshots.length === 0) return { snapshots: 0, packs: 0, bytes: 0 }
  const journal = await writeJournal(vault.vault, {
    vaultId: vault.idBytes,
    epoch,
    decidedAtMs: deps.now(),
    snapshotKeys: snapshots.map(storeKeyOf),
    packIds,
  })
  await carryOut(deps, vault, journal)
  return { snapshots: snapshots.length, packs: packIds.length, bytes }
}

/** Objects first and rows afterwards: what is left of a crash in between is found by its rows, or by the journal, and goes then. */
export async function carryOut(deps: RemoveDeps, vault: OpenVault, journal: CollectionJournal): Promise<void> {
  const { database, log } = deps
  const { epoch, snapshotKeys, packIds } = journal
  for (const packId of packIds) vault.contents.markGone(toHex(packId))
  await deleteNamed(vault, journal)
  const names = snapshotKeys.map(snapshotNameOf).filter((name) => name !== null)
  await database.transaction(async (em) => {
    tellOfSnapshots(deps, em, await deleteSnapshotRows(em, names))
    await setPacksGone(em, packIds)
    await setRemovedEpoch(em, vault.id, Math.max(epoch, await removedEpoch(em, vault.id)))
  })
  log.info(
    { event: 'collection.removed', vaultId: vault.id, epoch, snapshots: snapshotKeys.length, packs: packIds.length },
    'A collection removed what nobody needs any more',
  )
}

/** Of older collections, as many stay: who puts an older database back learns from them what is gone, and that nothing is lost. */
const keptJournals = 200

/**
 * At the start of a hub: carries out what was written down when the last one ended, or before the database was lost or put back from an older copy. Before packs and snapshots are
 * compared with the store, so that what was removed is not taken for lost.
 */
export async function finishRemovals(deps: RemoveDeps, vault: OpenVault): Promise<FinishedRemovals> {
  const em = deps.database.em()
  const done = await removedEpoch(em, vault.id)
  const named = new Map<string, readonly string[]>()
  const untaken: UntakenObject[] = []
  let highest = 0
  for await (const journal of readJournals(deps, vault, { onUntaken: (object) => untaken.push(object) })) {
    highest = Math.max(highest, journal.epoch)
    named.set(journalKey(journal.epoch), journal.snapshotKeys)
    if (journal.epoch <= done) continue
    // Rows that say so keep it from being offered; without them it would be taken on again, and be gone one day.
    const isKnown = await areOnTheirWay(em, vault.id, journal.packIds)
    if (isKnown) await tryRemoving(deps, vault, () => carryOut(deps, vault, journal))
    else await carryOut(deps, vault, journal)
  }
  vault.journalled = named
  const removedKeys = keysIn(named)
  await tryRemoving(deps, vault, () => removeReturned(deps, vault, removedKeys))
  return { highestEpoch: highest, removedKeys, untaken }
}

/**
 * At the start of a hub, when all that lies in the store was looked at: what was decided, and not even written down. As long as anything cannot be read it stays as it is, and
 * goes with the next collection.
 */
export async function finishUnwritten(deps: RemoveDeps, vault: OpenVault): Promise<void> {
  if (vault.untaken.length > 0) return
  await tryRemoving(deps, vault, async () => removeDecided(deps, vault, await vaultEpoch(deps.database.em(), vault.id)))
}

/** Snapshots that a disk had not forgotten when its power failed, although their journal was carried out. Before packs that are back with them: nothing is to need those. */
async function removeReturned({ log }: RemoveDeps, vault: OpenVault, removedKeys: ReadonlySet<string>): Promise<void> {
  if (removedKeys.size === 0) return
  const back: string[] = []
  for await (const { key } of vault.store.list(snapshotPrefix)) if (removedKeys.has(key)) back.push(key)
  if (back.length === 0) return
  await deleteNamed(vault, { snapshotKeys: back, packIds: [] })
  log.warn(
    { event: 'snapshots.removed-again', vaultId: vault.id, count: back.length },
    'Snapshots that a collection had removed were back, as after a power failure; they were removed again',
  )
}

export interface JournalsToRead {
  /** By their keys; they are not read again. */
  readonly except?: ReadonlyMap<string, unknown>
  /** Learns of those that cannot be read. */
  readonly onUntaken?: (object: UntakenObject) => void
}

/** Oldest first, without those that cannot be read. */
export async function* readJournals(
  deps: Pick<RemoveDeps, 'log'>,
  vault: StoredVault,
  { except, onUntaken }: JournalsToRead = {},
): AsyncGenerator<CollectionJournal> {
  for (const key of await listJournals(vault.store)) {
    if (except?.has(key) === true) continue
    const journal = await readOrTell(deps, vault, key)
    if (journal === null) continue
    if ('cure' in journal) onUntaken?.(journal)
    else yield journal
  }
}

/** What journals name, and those that cannot be read. They never change: one that was read is read again only where `isAnew`. */
export async function readJournalled(
  deps: Pick<RemoveDeps, 'log'>,
  vault: OpenVault,
  { isAnew }: { readonly isAnew: boolean },
): Promise<Pick<FinishedRemovals, 'removedKeys' | 'untaken'>> {
  const named = new Map(isAnew ? [] : vault.journalled)
  const untaken: UntakenObject[] = []
  for await (const { epoch, snapshotKeys } of readJournals(deps, vault, { except: named, onUntaken: (object) => untaken.push(object) }))
    named.set(journalKey(epoch), snapshotKeys)
  vault.journalled = named
  return { removedKeys: keysIn(named), untaken }
}

const keysIn = (journalled: OpenVault['journalled']): ReadonlySet<string> => new Set([...journalled.values()].flat())

/** Snapshots first, and durably: whoever has nothing but the store finds none whose content is gone, and neither does a start after a power failure. */
export async function deleteNamed(
  { store }: StoredVault,
  { snapshotKeys, packIds }: Pick<CollectionJournal, 'snapshotKeys' | 'packIds'>,
): Promise<void> {
  for (const key of snapshotKeys) await store.delete(key)
  if (snapshotKeys.length > 0) await store.makeDurable(snapshotKeys)
  for (const packId of packIds) await store.delete(packKey(packId))
}

/** A store that takes nothing away now is served all the same: the next collection, or the next start, tries again. */
async function tryRemoving({ log }: RemoveDeps, vault: OpenVault, removing: () => Promise<unknown>): Promise<void> {
  try {
    await removing()
  } catch (error) {
    if (!isEngineError(error)) throw error
    log.error(
      { event: 'collection.not-removed', vaultId: vault.id, err: error },
      'What a collection decided to remove could not be removed; it is tried again with the next one',
    )
  }
}

/** A damaged one must not keep the hub from its start: what it named and is not there counts as lost. Null: it was forgotten since it was listed. */
async function readOrTell(
  { log }: Pick<RemoveDeps, 'log'>,
  vault: StoredVault,
  key: string,
): Promise<CollectionJournal | UntakenObject | null> {
  try {
    return await withoutBadSectors(vault, () => readJournal(vault.vault, key))
  } catch (error) {
    if (!isDamage(error)) throw error
    if (isEngineError(error, 'store.not-found') && (await vault.store.head(key)) === null) return null
    log.error(
      { event: 'journal.damaged', vaultId: vault.id, object: key, err: error },
      'A journal of a collection cannot be read; it is left as it is, and nothing is removed as long as it lies there',
    )
    return untakenObject(key, error)
  }
}

export async function forgetOldJournals(vault: OpenVault): Promise<void> {
  for (const key of (await listJournals(vault.store)).slice(0, -keptJournals)) await vault.store.delete(key)
}

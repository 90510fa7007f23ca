import { AppError } from '@holdfast/shared-types'
import { writeJournal } from '@holdfast/engine/vault'
import type { OpenVault } from '../contents/open-vault.ts'
import { snapshotNameOf } from '../contents/snapshot-key.ts'
import { firstUntaken, isOnlyWaiting, untakenCure, type UntakenObject } from '../contents/untaken-object.ts'
import { lookForUntaken } from '../opening/look-for-untaken.ts'
import type { LoadDeps } from '../opening/load-packs.ts'
import { carryOut, type RemoveDeps } from '../removing/remove-decided.ts'
import { lockCollection, nextVaultEpoch } from '../tables/collecting.queries.ts'

export interface GiveUpDeps extends LoadDeps, RemoveDeps {}

/**
 * Removes objects that this hub cannot read, for good, because a person says so: from then on nothing waits for them. Snapshots by a journal of their own, so that one that is put
 * back later is removed again, and its content may go in the same night.
 *
 * @param wanted their keys, as the refusal of a collection names them; one that ends with `/` stands for all below it
 * @throws AppError `request.invalid` for a key of none of them, where others cannot be read either, and while any of them is whole and only waits: then nothing is removed;
 * EngineError `store.*`
 */
export async function giveUp(deps: GiveUpDeps, vault: OpenVault, wanted: readonly string[]): Promise<void> {
  await lookForUntaken(deps, vault)
  const keys = keysToGiveUp(vault, wanted)
  const { snapshots: snapshotKeys = [], others = [] } = Object.groupBy(keys, (key) =>
    snapshotNameOf(key) === null ? 'others' : 'snapshots',
  )
  if (snapshotKeys.length > 0) await decide(deps, vault, snapshotKeys)
  // A journal that nobody can read tells nobody anything, and neither does what has no snapshot's name.
  for (const key of others) await vault.store.delete(key)
  if (others.length > 0) await vault.store.makeDurable(others)
  deps.log.warn(
    { event: 'vault.given-up', vaultId: vault.id, objects: keys },
    'Objects that this hub cannot read were given up by a person, and removed',
  )
}

function keysToGiveUp(vault: OpenVault, wanted: readonly string[]): string[] {
  const isMeant = (name: string, { key }: UntakenObject): boolean => (name.endsWith('/') ? key.startsWith(name) : key === name)
  const unknown = wanted.find((name) => !vault.untaken.some((object) => isMeant(name, object)))
  if (unknown !== undefined)
    throw new AppError('request.invalid', {
      message: `${unknown} is no object that this hub cannot read: it is not there, or nothing is wrong with it. Nothing was removed.`,
      cure: 'Name objects as the refusal of `holdfast-hub gc` does. What can be read is deleted as a snapshot.',
      context: { vaultId: vault.id },
    })
  const waiting = firstUntaken(vault.untaken.filter(isOnlyWaiting))
  if (waiting !== undefined)
    throw new AppError('request.invalid', {
      message: `${waiting.key} is not lost: ${waiting.message} Nothing was removed.`,
      cure: untakenCure(vault.id, waiting),
      context: { vaultId: vault.id, object: waiting.key },
    })
  const { meant = [], left = [] } = Object.groupBy(vault.untaken, (object) =>
    wanted.some((name) => isMeant(name, object)) ? 'meant' : 'left',
  )
  // It would be gone, and the collection would still have nothing to do.
  if (left[0] !== undefined)
    throw new AppError('request.invalid', {
      message: `${left.length === 1 ? 'One more object of the vault cannot be read' : `${left.length} more objects of the vault cannot be read`}: ${left[0].key}. Nothing was removed.`,
      cure: 'Bring it back first, or name it as well: `--give-up` may be said more than once.',
      context: { vaultId: vault.id, object: left[0].key },
    })
  return meant.map(({ key }) => key)
}

async function decide(deps: GiveUpDeps, vault: OpenVault, snapshotKeys: readonly string[]): Promise<void> {
  const epoch = await deps.database.transaction(async (em) => {
    await lockCollection(em, vault.id, 'alone')
    return nextVaultEpoch(em, vault.id)
  })
  const journal = await writeJournal(vault.vault, {
    vaultId: vault.idBytes,
    epoch,
    decidedAtMs: deps.now(),
    snapshotKeys,
    packIds: [],
  })
  await carryOut(deps, vault, journal)
}

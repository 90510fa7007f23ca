import { snapshotPrefix } from '@holdfast/engine/format'
import { storeKeyOf } from '../contents/snapshot-record.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import { requireAllTaken, type UntakenObject } from '../contents/untaken-object.ts'
import { readJournalled } from '../removing/remove-decided.ts'
import { vaultEpoch } from '../tables/collecting.queries.ts'
import { listSnapshotPlaces } from '../tables/snapshots.queries.ts'
import type { LoadDeps } from './load-packs.ts'
import { adopt } from './load-snapshots.ts'
import { settleVersions } from './settle-versions.ts'

/**
 * Looks at every journal that was not read yet, or at all where `isAnew`, and at every snapshot that has no row: one that can be read is adopted, as after a repair or a commit whose
 * end the database never saw. What cannot be is in `vault.untaken` from now on.
 *
 * @throws EngineError `store.*`; AppError `store.unavailable`
 */
export async function lookForUntaken(
  deps: LoadDeps,
  vault: OpenVault,
  options: { readonly isAnew: boolean } = { isAnew: false },
): Promise<void> {
  const { database } = deps
  const { removedKeys, untaken: journals } = await readJournalled(deps, vault, options)
  const untaken: UntakenObject[] = [...journals]
  const keys: string[] = []
  for await (const { key } of vault.store.list(snapshotPrefix)) if (!removedKeys.has(key)) keys.push(key)
  // Asked before the rows: what has arrived since has one.
  const settled = keys.filter((key) => !vault.arriving.has(key))
  const known = new Set((await listSnapshotPlaces(database.em(), vault.id)).map(storeKeyOf))
  const epoch = await vaultEpoch(database.em(), vault.id)
  let adopted = 0
  for (const key of settled) {
    // A backup whose commit failed in its last moment asks again.
    if (known.has(key) || vault.arriving.has(key)) continue
    const taken = await adopt(deps, vault, key, epoch)
    if (!('cure' in taken)) adopted++
    // A collection may have removed it, and its row, since it was listed.
    else if ((await vault.store.head(key)) !== null) untaken.push(taken)
  }
  if (adopted > 0) await database.transaction((em) => settleVersions(deps, em, vault))
  vault.untaken = untaken
}

/** Looks, and refuses: of what nobody can read, nobody knows what it needs. @throws AppError `vault.collection-unsafe`, `store.unavailable`; EngineError `store.*` */
export async function requireNoneUntaken(deps: LoadDeps, vault: OpenVault): Promise<void> {
  await lookForUntaken(deps, vault)
  requireAllTaken(vault)
}

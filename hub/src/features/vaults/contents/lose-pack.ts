import { fromHex, toHex } from '@holdfast/engine/bytes'
import { Refset } from '@holdfast/engine/format'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Database } from '../../../platform/database/database.ts'
import type { Logger } from '../../../platform/logging/logger.ts'
import { lockCollection, lockCondemned, tryLockCollection } from '../tables/collecting.queries.ts'
import { setPackState } from '../tables/packs.queries.ts'
import type { OpenVault } from './open-vault.ts'
import { rescueSegments } from './rescue-segments.ts'

export interface LosePackDeps {
  readonly database: Database
  readonly log: Logger
}

/**
 * What lies in other packs too is offered and kept there from this moment, unless a step of a collection is at work: then that looks for what was lost when it is through. So it can be
 * called by who reads for such a step.
 * @returns whether this is news
 */
export async function notePackLost({ database, log }: LosePackDeps, vault: OpenVault, packId: Uint8Array): Promise<boolean> {
  const packIdHex = toHex(packId)
  if (!vault.contents.markLost(packIdHex)) return false
  const { packIdsHex } = vault.contents.copiesOf(packIdHex, null)
  await database.transaction(async (em) => {
    const isUndisturbed = await tryLockCollection(em, vault.id)
    if (isUndisturbed) await lockRows(em, packId, packIdsHex)
    await setPackState(em, [packId], 'lost')
    if (isUndisturbed) await rescueSegments(em, vault.contents, vault.contents.copiesOf(packIdHex, null).births, true)
  })
  log.error({ event: 'pack.lost', vaultId: vault.id, packId: packIdHex }, 'A pack is missing from the store')
  return true
}

/**
 * Of what is lost where it counted, a copy that is whole is offered and kept again, if all of them were condemned for being copies. For whatever changes otherwise: a start, a
 * pack or segment that is back, a loss that was noted while a collection was at work.
 */
export async function rescueLost({ database }: Pick<LosePackDeps, 'database'>, { id, contents }: OpenVault): Promise<void> {
  if (!contents.hasLost) return
  const lost = new Refset()
  for (const { packIdHex, ordinal } of contents.lostBirths('uncondemned')) lost.add(packIdHex, ordinal)
  await database.transaction(async (em) => {
    await lockCollection(em, id, 'shared')
    await rescueSegments(em, contents, lost, true)
  })
}

/** Whoever condemns or rescues segments of these waits. All rows at once, in the order that everybody takes them in. */
export const lockRows = (em: EntityManager, packId: Uint8Array, othersHex: ReadonlySet<string>): Promise<unknown> =>
  lockCondemned(em, [packId, ...[...othersHex].map((hex) => fromHex(hex))])

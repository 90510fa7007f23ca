import { setImmediate as nextTurn } from 'node:timers/promises'
import { fromHex, toHex } from '@holdfast/engine/bytes'
import type { Refset } from '@holdfast/engine/format'
import type { EntityManager } from '@mikro-orm/postgresql'
import { afterCommit } from '../../../platform/database/unit-of-work.ts'
import { segmentsPerTurn } from './snapshot-refsets.ts'
import type { VaultContents } from './vault-contents.ts'
import { lockCondemned, setCondemned } from '../tables/collecting.queries.ts'
import { bitOf, withoutBits } from './position-bits.ts'

export interface Rescued {
  /** Segments that are not there any more. */
  readonly missing: number
  /** Condemned ones; without `isAllowed` they stay so. */
  readonly condemned: number
}

/**
 * Gives back what a collection condemned of these segments, in the transaction of whoever names them: it lives again in the very moment that they are named
 * (docs/adr/0016). Where something is missing, what is there is given back all the same: who must have all of it ends the transaction, and then nothing was. What memory says
 * of a pack is never less than what its row says, and the row decides. Call it under the collection's shared lock.
 *
 * @param isAllowed false = only tells
 */
export async function rescueSegments(em: EntityManager, contents: VaultContents, refset: Refset, isAllowed: boolean): Promise<Rescued> {
  const wanted = new Map<string, number[]>()
  let missing = 0
  let looked = 0
  for (const { packIdHex, ordinal } of refset.segments()) {
    if (++looked % segmentsPerTurn === 0) await nextTurn()
    const place = contents.findPlace(packIdHex, ordinal)
    if (place === null) missing++
    else if (place.isCondemned) {
      const positions = wanted.get(place.packIdHex)
      if (positions === undefined) wanted.set(place.packIdHex, [place.position])
      else positions.push(place.position)
    }
  }
  if (wanted.size === 0) return { missing, condemned: 0 }
  const rows = await lockCondemned(
    em,
    [...wanted.keys()].toSorted().map((hex) => fromHex(hex)),
  )
  const found = rows.map(({ packId, positions }) => {
    const packIdHex = toHex(packId)
    const named = wanted.get(packIdHex) ?? []
    wanted.delete(packIdHex)
    return { packId, packIdHex, named, positions, condemned: named.filter((position) => bitOf(positions, position)).length }
  })
  // Whose pack has no row that is live is on its way out.
  for (const named of wanted.values()) missing += named.length
  const condemned = found.reduce((sum, pack) => sum + pack.condemned, 0)
  if (!isAllowed) return { missing, condemned }
  await setCondemned(
    em,
    found
      .filter((pack) => pack.condemned > 0)
      .map(({ packId, positions, named }) => ({ packId, positions: withoutBits(positions, named) })),
  )
  afterCommit(em, () => {
    for (const { packIdHex, named } of found) contents.setCondemned(packIdHex, withoutBits(contents.condemnedOf(packIdHex), named))
  })
  return { missing, condemned }
}

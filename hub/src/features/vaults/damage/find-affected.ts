import { setImmediate as nextTurn } from 'node:timers/promises'
import { Refset } from '@holdfast/engine/format'
import type { SnapshotId } from '@holdfast/shared-types'
import type { Database } from '../../../platform/database/database.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import type { SnapshotRefsets } from '../contents/snapshot-refsets.ts'
import { isDamage } from '../errors/translate-engine-error.ts'
import { lockCollection } from '../tables/collecting.queries.ts'
import { listDamaged, pageStanding, setAffected } from '../tables/damage.queries.ts'
import type { SnapshotRecord } from '../tables/snapshots.queries.ts'
import type { Brake } from '../usage/brake.ts'

const snapshotsPerPage = 200

export interface FindAffectedDeps {
  readonly database: Database
  readonly refsets: SnapshotRefsets
}

/**
 * Has every snapshot looked through and named anew that needs a segment that is lost wherever it was, and every one that did. Reads the refsets of all snapshots, and no
 * folder lists.
 *
 * @returns how many snapshots were looked at. @throws EngineError `cancelled`, `store.*`
 */
export async function markAffected({ database, refsets }: FindAffectedDeps, vault: OpenVault, brake: Brake): Promise<number> {
  const lost = new Refset()
  for (const { packIdHex, ordinal } of vault.contents.lostBirths())
    if (vault.contents.findSegment(packIdHex, ordinal) === null) lost.add(packIdHex, ordinal)
  const affected = new Set(await listDamaged(database.em(), vault.id))
  let looked = 0
  for (let last: SnapshotId | null = null, isThrough = lost.packCount === 0; !isThrough;) {
    const page: SnapshotRecord[] = await pageStanding(database.em(), vault.id, last, snapshotsPerPage)
    for (const snapshot of page) {
      await brake.pass()
      looked++
      if (await needsAny(refsets, snapshot, lost)) affected.add(snapshot.id)
    }
    last = page.at(-1)?.id ?? null
    isThrough = page.length < snapshotsPerPage
  }
  await database.transaction(async (em) => {
    // No step of a collection between its looking and its doing.
    await lockCollection(em, vault.id, 'shared')
    await setAffected(em, [...affected])
  })
  return looked
}

/** One whose refset cannot be read is a finding of checks. */
async function needsAny(refsets: SnapshotRefsets, snapshot: SnapshotRecord, lost: Refset): Promise<boolean> {
  try {
    const named = await refsets.aside(snapshot)
    const beyond = refsets.beyondOf(snapshot.id)
    let looked = 0
    for (const { packIdHex, ordinal } of lost.segments()) {
      if (named.has(packIdHex, ordinal) || beyond?.has(packIdHex, ordinal) === true) return true
      if (++looked % 10_000 === 0) await nextTurn()
    }
    return false
  } catch (error) {
    if (!isDamage(error)) throw error
    return false
  }
}

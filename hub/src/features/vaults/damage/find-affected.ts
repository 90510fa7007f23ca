import { setImmediate as nextTurn } from 'node:timers/promises'
import { Refset } from '@holdfast/engine/format'
import type { SnapshotId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Database } from '../../../platform/database/database.ts'
import { rescueLost } from '../contents/lose-pack.ts'
import type { ManagedVault } from '../contents/managed-vault.ts'
import type { SnapshotRefsets } from '../contents/snapshot-refsets.ts'
import { isDamage } from '../errors/translate-engine-error.ts'
import { lockCollection } from '../tables/collecting.queries.ts'
import { listDamaged, pageStanding, reopenWhole, setAffected } from '../tables/damage.queries.ts'
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
export async function markAffected(deps: FindAffectedDeps, vault: ManagedVault, brake: Brake): Promise<number> {
  return look(deps, vault, brake, async (em, affected) => {
    await setAffected(em, [...affected, ...(await listDamaged(em, vault.id))])
  })
}

/**
 * Has every snapshot looked through again that needs something that is lost wherever it was, and lacked nothing when it was looked through last. What is named of others stays: for who
 * must know in a hurry which snapshots are whole. @throws EngineError `cancelled`, `store.*`
 */
export async function reopenAffected(deps: FindAffectedDeps, vault: ManagedVault, brake: Brake): Promise<void> {
  await look(deps, vault, brake, reopenWhole)
}

async function look(
  { database, refsets }: FindAffectedDeps,
  vault: ManagedVault,
  brake: Brake,
  note: (em: EntityManager, affected: readonly SnapshotId[]) => Promise<void>,
): Promise<number> {
  const { losses } = vault.contents
  await rescueLost({ database }, vault)
  const lost = new Refset()
  for (const { packIdHex, ordinal } of vault.contents.lostBirths())
    if (vault.contents.findSegment(packIdHex, ordinal) === null) lost.add(packIdHex, ordinal)
  const affected = new Set<SnapshotId>()
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
    await note(em, [...affected])
  })
  vault.contents.noteLossesLookedAt(losses)
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

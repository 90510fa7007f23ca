import { setImmediate as nextTurn } from 'node:timers/promises'
import { Refset } from '@holdfast/engine/format'
import type { SnapshotId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Database } from '../../../platform/database/database.ts'
import { rescueLost } from '../contents/lose-pack.ts'
import type { OpenVault } from '../contents/open-vault.ts'
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

/** How many snapshots were looked at, and the packs, in hex, whose loss they were asked about. */
export interface Asked {
  readonly snapshots: number
  readonly lostPacks: readonly string[]
}

/**
 * Has every snapshot looked through and named anew that needs a segment that is lost wherever it was, and every one that did. Reads the refsets of all snapshots, and no
 * folder lists.
 *
 * @throws EngineError `cancelled`, `store.*`
 */
export async function markAffected(deps: FindAffectedDeps, vault: OpenVault, brake: Brake): Promise<Asked> {
  return look(deps, vault, brake, async (em, affected) => {
    await setAffected(em, [...affected, ...(await listDamaged(em, vault.id))])
  })
}

/**
 * Has every snapshot looked through again that needs something that is lost wherever it was, and lacked nothing when it was looked through last. What is named of others stays: for who
 * must know in a hurry which snapshots are whole. @throws EngineError `cancelled`, `store.*`
 */
export async function reopenAffected(deps: FindAffectedDeps, vault: OpenVault, brake: Brake): Promise<void> {
  await look(deps, vault, brake, reopenWhole)
}

async function look(
  { database, refsets }: FindAffectedDeps,
  vault: OpenVault,
  brake: Brake,
  note: (em: EntityManager, affected: readonly SnapshotId[]) => Promise<void>,
): Promise<Asked> {
  const { losses } = vault.contents
  await rescueLost({ database }, vault)
  const lostPacks = vault.contents.lostPacks()
  const lost = lostNowhere(vault)
  const affected = new Set<SnapshotId>()
  let looked = 0
  for (let last: SnapshotId | null = null, isThrough = lost.packCount === 0; !isThrough;) {
    const page: SnapshotRecord[] = await pageStanding(database.em(), vault.id, last, snapshotsPerPage)
    for (const snapshot of page) {
      await brake.pass()
      looked++
      if ((await namedAmong(refsets, snapshot, lost)).packCount > 0) affected.add(snapshot.id)
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
  return { snapshots: looked, lostPacks }
}

/** What is damaged, or was in a pack that is gone, and lies nowhere a second time. */
export function lostNowhere({ contents }: OpenVault): Refset {
  const lost = new Refset()
  for (const { packIdHex, ordinal } of contents.lostBirths())
    if (contents.findSegment(packIdHex, ordinal) === null) lost.add(packIdHex, ordinal)
  return lost
}

/** What of some segments a snapshot needs: by its refset, or by where an audit found things. One whose refset cannot be read is a finding of checks. */
export async function namedAmong(refsets: SnapshotRefsets, snapshot: SnapshotRecord, segments: Refset): Promise<Refset> {
  const found = new Refset()
  try {
    const named = await refsets.aside(snapshot)
    const beyond = refsets.beyondOf(snapshot.id)
    let looked = 0
    for (const { packIdHex, ordinal } of segments.segments()) {
      if (named.has(packIdHex, ordinal) || beyond?.has(packIdHex, ordinal) === true) found.add(packIdHex, ordinal)
      if (++looked % 10_000 === 0) await nextTurn()
    }
  } catch (error) {
    if (!isDamage(error)) throw error
  }
  return found
}

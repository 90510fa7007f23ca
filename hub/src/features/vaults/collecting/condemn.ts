import { setImmediate as nextTurn } from 'node:timers/promises'
import type { RunId } from '@holdfast/shared-types'
import { fromHex, toHex } from '@holdfast/engine/bytes'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Database } from '../../../platform/database/database.ts'
import { afterCommit, afterRollback } from '../../../platform/database/unit-of-work.ts'
import type { LiveLog } from '../../../platform/events/live-log.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import { bitOf, bitsFrom, hasNewBits, unionOfBits, withoutBits, type PositionBits } from '../contents/position-bits.ts'
import { segmentsPerTurn } from '../contents/snapshot-refsets.ts'
import type { RunsDoor } from '../doors/doors.ts'
import {
  condemnSnapshots,
  listSparedPacks,
  lockAllCondemned,
  lockCollection,
  nextVaultEpoch,
  setCondemned,
} from '../tables/collecting.queries.ts'
import { tellOfSnapshots } from '../removing/tell-of-snapshots.ts'
import { choosePacks, type Chosen, type ChosenPack } from './choose-packs.ts'
import { splitStanding, type NeededSegments } from './needed-segments.ts'

/** What an interrupted backup brought is kept for its next try: a first backup of weeks, and its device away over a holiday. */
const unnamedKeptMs = 14 * 24 * 60 * 60 * 1000

export interface ChooseDeps {
  readonly database: Database
  readonly runs: RunsDoor
  readonly now: () => number
}

export interface CondemnDeps extends ChooseDeps {
  readonly live: Pick<LiveLog, 'append'>
}

/** Which packs would go or be emptied, as far as is marked now. */
export async function chooseGarbage({ database, now }: ChooseDeps, vault: OpenVault, needed: NeededSegments): Promise<Chosen> {
  const spared = await sparedPacks(database.em(), vault, now())
  return choosePacks(
    vault.contents.packs(),
    (packIdHex, ordinal) => needed.has(packIdHex, ordinal),
    (packIdHex) => spared.has(packIdHex),
    (packIdHex, ordinal) => vault.contents.isWithheld(packIdHex, ordinal),
  )
}

export async function sparedPacks(em: EntityManager, vault: OpenVault, nowMs: number): Promise<ReadonlySet<string>> {
  const spared = await listSparedPacks(em, vault.id, new Date(nowMs - unnamedKeptMs))
  const leaving = vault.contents.withheldPacks()
  return new Set(spared.map(toHex).filter((packIdHex) => !leaving.has(packIdHex)))
}

export interface Condemned {
  readonly epoch: number
  /** Runs that were reading then: whatever they found of a pack's place, they are waited for. */
  readonly readers: ReadonlySet<RunId>
  /** What was needed then; who waits adds to it. */
  readonly needed: NeededSegments
}

/**
 * Condemns what was chosen, and the snapshots whose time is over, as a new epoch: from the moment this is committed nobody is told of it. Whatever was committed, had back
 * or looked through since the marking is marked first.
 *
 * @returns null when a snapshot that came meanwhile was not looked through yet, or nobody has looked yet whose it is that something was lost
 * @throws AppError `vault.collection-unsafe`; nothing is condemned then
 */
export function condemn(
  deps: CondemnDeps,
  vault: OpenVault,
  needed: NeededSegments,
  chosen: readonly ChosenPack[],
): Promise<Condemned | null> {
  return deps.database.transaction(async (em) => {
    await lockCollection(em, vault.id, 'alone')
    // Whose it is comes first: of a snapshot that looks whole, what is lost counts as sent again.
    if (vault.contents.hasNewLosses) return null
    const { kept, leaving, readers } = await splitStanding(em, vault, deps.runs, deps.now())
    if (kept.some(({ isAudited, isLost }) => !isAudited && !isLost)) return null
    await needed.mark(kept)
    const epoch = await nextVaultEpoch(em, vault.id)
    tellOfSnapshots(deps, em, await condemnSnapshots(em, leaving, epoch))
    const spared = await sparedPacks(em, vault, deps.now())
    const still = chosen.filter(({ packIdHex }) => !spared.has(packIdHex))
    await settleCondemned(em, vault, needed, still)
    return { epoch, readers, needed }
  })
}

/** A pack as far as it is condemned. */
export interface SettledPack {
  readonly packId: Uint8Array
  readonly positions: PositionBits
  readonly segments: number
}

/**
 * The one place where it is decided what is condemned and what stays so, for all packs of a vault: what a step of a collection chose, and what earlier ones condemned. A place is
 * condemned only while nobody needs its segment, or another place has it whole that is not condemned. Of what is needed, the place where it is read is therefore never condemned when
 * this is through, whatever was damaged, moved or met in another order since. Call it under the collection's lock, alone.
 *
 * @returns all packs of which something is condemned
 */
export async function settleCondemned(
  em: EntityManager,
  { id, contents }: OpenVault,
  needed: NeededSegments,
  chosen: readonly ChosenPack[],
): Promise<SettledPack[]> {
  const wanted = new Map(chosen.map(({ packIdHex, dead }) => [packIdHex, dead]))
  const rows = await lockAllCondemned(
    em,
    id,
    [...wanted.keys()].map((hex) => fromHex(hex)),
  )
  const settled: (SettledPack & { readonly packIdHex: string; readonly before: PositionBits; readonly back: readonly number[] })[] = []
  let looked = 0
  for (const { packId, positions: before, segments } of rows) {
    const packIdHex = toHex(packId)
    const asked = unionOfBits(before, bitsFrom(wanted.get(packIdHex) ?? [], segments))
    const back: number[] = []
    for (let position = 0; position < segments; position++)
      if (bitOf(asked, position) && !isDead(contents, needed, packIdHex, position)) back.push(position)
    settled.push({ packId, packIdHex, segments, before, back, positions: withoutBits(asked, back) })
    looked += segments
    if (looked < segmentsPerTurn) continue
    looked = 0
    await nextTurn()
  }
  await setCondemned(
    em,
    settled.filter(({ before, positions }) => hasNewBits(before, positions) || hasNewBits(positions, before)),
  )
  // Memory first: who asks while this is committed is told of nothing that may be condemned.
  for (const { packIdHex, before, positions } of settled) contents.setCondemned(packIdHex, unionOfBits(before, positions))
  afterCommit(em, () => {
    for (const { packIdHex, back } of settled) contents.setCondemned(packIdHex, withoutBits(contents.condemnedOf(packIdHex), back))
  })
  afterRollback(em, () => {
    for (const { packIdHex, before } of settled) contents.setCondemned(packIdHex, before)
  })
  return settled.filter(({ positions }) => positions !== null)
}

function isDead(contents: OpenVault['contents'], needed: NeededSegments, packIdHex: string, position: number): boolean {
  const segment = contents.segmentOf(packIdHex, position)
  return segment !== null && (segment.isMoved || !needed.has(segment.birthPackIdHex, segment.ordinal))
}

import type { RunId } from '@holdfast/shared-types'
import { fromHex, toHex } from '@holdfast/engine/bytes'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Database } from '../../../platform/database/database.ts'
import { afterRollback } from '../../../platform/database/unit-of-work.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import { bitsFrom, type PositionBits } from '../contents/position-bits.ts'
import type { RunsDoor } from '../doors/doors.ts'
import {
  condemnSnapshots,
  listSparedPacks,
  lockCollection,
  lockCondemned,
  nextVaultEpoch,
  setCondemned,
} from '../tables/collecting.queries.ts'
import { choosePacks, type Chosen, type ChosenPack } from './choose-packs.ts'
import { splitStanding, type NeededSegments } from './needed-segments.ts'

/** What an interrupted backup brought is kept for its next try: a first backup of weeks, and its device away over a holiday. */
const unnamedKeptMs = 14 * 24 * 60 * 60 * 1000

export interface CondemnDeps {
  readonly database: Database
  readonly runs: RunsDoor
  readonly now: () => number
}

/** Which packs would go or be emptied, as far as is marked now. */
export async function chooseGarbage({ database, now }: CondemnDeps, vault: OpenVault, needed: NeededSegments): Promise<Chosen> {
  const spared = await sparedPacks(database.em(), vault, now())
  return choosePacks(
    vault.contents.packs(),
    (packIdHex, ordinal) => needed.has(packIdHex, ordinal),
    (packIdHex) => spared.has(packIdHex),
  )
}

export async function sparedPacks(em: EntityManager, vault: OpenVault, nowMs: number): Promise<ReadonlySet<string>> {
  const spared = await listSparedPacks(em, vault.id, new Date(nowMs - unnamedKeptMs))
  return new Set(spared.map(toHex))
}

export interface Condemned {
  readonly epoch: number
  /** Runs that were reading then: whatever they found of a pack's place, they are waited for. */
  readonly readers: ReadonlySet<RunId>
}

/**
 * Condemns what was chosen, and the snapshots whose time is over, as a new epoch: from the moment this is committed nobody is told of it. Whatever was committed, had back
 * or looked through since the marking is marked first.
 *
 * @returns null when a snapshot that came meanwhile was not looked through yet
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
    const { kept, leaving, readers } = await splitStanding(em, vault, deps.runs, deps.now())
    if (kept.some(({ isAudited, isLost }) => !isAudited && !isLost)) return null
    await needed.mark(kept)
    const epoch = await nextVaultEpoch(em, vault.id)
    await condemnSnapshots(em, leaving, epoch)
    const spared = await sparedPacks(em, vault, deps.now())
    const still = chosen.filter(({ packIdHex }) => !spared.has(packIdHex))
    await condemnPacks(em, vault, needed, still)
    return { epoch, readers }
  })
}

async function condemnPacks(
  em: EntityManager,
  { contents }: OpenVault,
  needed: NeededSegments,
  chosen: readonly ChosenPack[],
): Promise<void> {
  const wanted = new Map<string, PositionBits>()
  for (const { packIdHex, segmentCount, dead } of chosen) {
    const still = dead.filter((position) => isStillDead(contents, needed, packIdHex, position))
    wanted.set(packIdHex, bitsFrom(still, segmentCount))
  }
  const rows = await lockCondemned(
    em,
    [...wanted.keys()].toSorted().map((hex) => fromHex(hex)),
  )
  const news = rows.map(({ packId, positions }) => ({
    packId,
    before: positions,
    positions: union(positions, wanted.get(toHex(packId)) ?? null),
  }))
  await setCondemned(em, news)
  // Memory first: who asks while this is committed is told of nothing that may be condemned.
  for (const { packId, positions } of news) contents.setCondemned(toHex(packId), positions)
  afterRollback(em, () => {
    for (const { packId, before } of news) contents.setCondemned(toHex(packId), before)
  })
}

function isStillDead(contents: OpenVault['contents'], needed: NeededSegments, packIdHex: string, position: number): boolean {
  const segment = contents.segmentOf(packIdHex, position)
  return segment !== null && (segment.isMoved || !needed.has(segment.birthPackIdHex, segment.ordinal))
}

function union(left: PositionBits, right: PositionBits): PositionBits {
  if (left === null || right === null) return left ?? right
  const both = new Uint8Array(Math.max(left.length, right.length))
  for (let index = 0; index < both.length; index++) both[index] = (left[index] ?? 0) | (right[index] ?? 0)
  return both
}

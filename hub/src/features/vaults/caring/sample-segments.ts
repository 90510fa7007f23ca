import { randomInt } from 'node:crypto'
import { fromHex } from '@holdfast/engine/bytes'
import type { Database } from '../../../platform/database/database.ts'
import type { Logger } from '../../../platform/logging/logger.ts'
import type { ManagedVault } from '../contents/managed-vault.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import { noteLostSegments } from '../damage/note-lost.ts'
import { opensWhole } from '../damage/open-stored-segment.ts'
import { segmentsOfRow } from '../tables/pack-footer.ts'
import { findPack, type PackRecord } from '../tables/packs.queries.ts'
import { restAfter, type CareTask } from './care-task.ts'

/** All are met within half a year, most of them: damage that came before the checksums were made is found nowhere else. */
const share = 0.01
const fewest = 300

export interface SampleDeps {
  readonly database: Database
  readonly log: Logger
}

/** Opens random segments with the vault's keys and computes the id of every piece in them again. */
export async function sampleSegments(deps: SampleDeps, task: CareTask & { readonly vault: ManagedVault }, least = fewest): Promise<void> {
  for (const [packIdHex, positions] of choose(task.vault, least)) {
    const startedMs = performance.now()
    const row = await findPack(deps.database.em(), fromHex(packIdHex))
    if (row?.state !== 'live') continue
    await openChosen(deps, task, row, positions)
    await restAfter(performance.now() - startedMs, false, task.signal)
  }
}

/** Positions by pack, so that each footer is read once. Those that are known to be lost are left out. */
function choose({ contents }: OpenVault, least: number): Map<string, number[]> {
  const packs = [...contents.packs()].map(({ packIdHex, segmentCount }) => ({ packIdHex, segmentCount }))
  const starts: number[] = []
  let total = 0
  for (const { segmentCount } of packs) {
    starts.push(total)
    total += segmentCount
  }
  const chosen = new Map<string, number[]>()
  const wanted = Math.min(total, Math.max(least, Math.ceil(total * share)))
  const picked = new Set<number>()
  while (picked.size < wanted) picked.add(wanted === total ? picked.size : randomInt(total))
  let at = 0
  for (const number of [...picked].toSorted((left, right) => left - right)) {
    while ((starts[at + 1] ?? Infinity) <= number) at++
    const { packIdHex } = packs[at]!
    const position = number - starts[at]!
    if (contents.segmentOf(packIdHex, position)?.isLost === false) chosen.set(packIdHex, [...(chosen.get(packIdHex) ?? []), position])
  }
  return chosen
}

async function openChosen(deps: SampleDeps, task: CareTask, row: PackRecord, positions: readonly number[]): Promise<void> {
  const { vault } = task
  const segments = segmentsOfRow(row)
  const bad: number[] = []
  for (const position of positions) {
    const segment = segments[position]
    if (segment === undefined) continue
    const isWhole = await opensWhole(vault, row, segment)
    task.count({ segments: 1, blobs: segment.blobIds.length, bytes: segment.length, problems: Number(!isWhole) })
    if (!isWhole) bad.push(position)
  }
  if (bad.length > 0) await noteLostSegments(deps, vault, row.packId, { positions: bad, how: 'also' })
  task.count({ packs: 1 })
}

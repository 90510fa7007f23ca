import type { Database } from '../../../platform/database/database.ts'
import type { DiskSpace } from '../../../platform/disk-space/disk-space.ts'
import type { Logger } from '../../../platform/logging/logger.ts'
import { PackCompaction } from '../collecting/compact-packs.ts'
import { toHex } from '@holdfast/engine/bytes'
import { bitOf } from '../contents/position-bits.ts'
import { opensWhole } from '../damage/open-stored-segment.ts'
import { segmentsOfRow } from '../tables/pack-footer.ts'
import { notePackLost } from '../contents/lose-pack.ts'
import { noteLostSegments } from '../damage/note-lost.ts'
import { readStoredPack } from '../damage/read-stored-pack.ts'
import { countOpenBefore } from '../tables/collecting.queries.ts'
import { findPack, type PackRecord } from '../tables/packs.queries.ts'
import { forgetFutureChecks, nextToScrub, scrubFigures, setChecked } from '../tables/scrubbing.queries.ts'
import { Brake } from '../usage/brake.ts'
import { requireCaring, restAfter, type CareTask } from './care-task.ts'

/** Every byte is read at least so often. borg's and ZFS's usual advice is a month. */
export const scrubCycleDays = 30
/** Small vaults are through in a night, and then left alone for some. */
const leastBytes = 10 * 1024 * 1024 * 1024
const restDays = 7
const dayMs = 24 * 60 * 60 * 1000
const packsPerPage = 20

export interface ScrubDeps {
  readonly database: Database
  readonly log: Logger
  readonly now: () => number
  readonly diskSpace: Pick<DiskSpace, 'requireRoom'>
}

/**
 * Reads packs whole and compares them with their checksums: those that nobody read for longest, as many as bring it round in {@link scrubCycleDays} days. Each that was read is noted, so
 * that whatever ends this, the next time goes on there.
 */
export async function scrubPacks(deps: ScrubDeps, task: CareTask, budgetBytes = leastBytes): Promise<void> {
  const { database, now } = deps
  const { vault, signal } = task
  const em = () => database.em()
  const begunAt = now()
  await forgetFutureChecks(em(), vault.id, new Date(begunAt))
  const { bytesTotal } = await scrubFigures(em(), vault.id, new Date(begunAt))
  const budget = Math.max(budgetBytes, bytesTotal / scrubCycleDays)
  // By hand also what was read yesterday, but nothing twice.
  const before = new Date(task.isByHand ? begunAt : begunAt - restDays * dayMs)
  let bytes = 0
  while (bytes < budget) {
    const isBusy = (await countOpenBefore(em(), vault.id, Number.MAX_SAFE_INTEGER)) > 0
    const page = await nextToScrub(em(), vault.id, before, packsPerPage)
    for (const packId of page) {
      if (bytes >= budget) return
      bytes += await scrubOne(deps, task, packId, isBusy)
    }
    if (page.length < packsPerPage) return
    // What could not be noted as read would come again and again.
    requireCaring(signal)
  }
}

async function scrubOne(deps: ScrubDeps, task: CareTask, packId: Uint8Array, isBusy: boolean): Promise<number> {
  const { database, now } = deps
  const row = await findPack(database.em(), packId)
  if (row?.state !== 'live') return 0
  const startedMs = performance.now()
  const { bytesRead, problems } = await lookAtPack(deps, task, row)
  await setChecked(database.em(), packId, new Date(now()))
  task.count({ packs: 1, segments: row.segments, bytes: bytesRead, problems })
  await restAfter(performance.now() - startedMs, isBusy, task.signal)
  return row.sizeBytes
}

/** Reads one, and writes down what is lost of it. */
export async function lookAtPack(
  deps: ScrubDeps,
  { vault, signal }: Pick<CareTask, 'vault' | 'signal'>,
  row: PackRecord,
): Promise<{ readonly bytesRead: number; readonly problems: number }> {
  const { isMissing, lost, isFrameDamaged, bytesRead } = await readStoredPack(vault, row)
  if (isMissing) {
    // A collection may have removed it meanwhile.
    const isStillLive = (await findPack(deps.database.em(), row.packId))?.state === 'live'
    if (isStillLive) await notePackLost(deps, vault, row.packId)
    return { bytesRead, problems: Number(isStillLive) }
  }
  const positions = [...lost, ...(await stillLost(vault, row, new Set(lost)))]
  await noteLostSegments(deps, vault, row.packId, { positions, how: 'exactly' })
  if (isFrameDamaged) await saveWhatIsWhole(deps, vault, signal, row)
  return { bytesRead, problems: positions.length + Number(isFrameDamaged) }
}

/** What counts as lost and has the right checksum again: whole only if it opens, for some damage is older than the checksum. */
async function stillLost(vault: CareTask['vault'], row: PackRecord, lost: ReadonlySet<number>): Promise<number[]> {
  const still: number[] = []
  if (row.lostSegments === null) return still
  for (const [position, segment] of segmentsOfRow(row).entries())
    if (bitOf(row.lostSegments, position) && !lost.has(position) && !(await opensWhole(vault, row, segment))) still.push(position)
  return still
}

/** A pack whose footer is damaged is read by the hub's rows alone: what is whole in it is copied to where its footer is whole too. */
async function saveWhatIsWhole(deps: ScrubDeps, vault: CareTask['vault'], signal: AbortSignal, row: PackRecord): Promise<void> {
  const packId = toHex(row.packId)
  const compaction = new PackCompaction(deps, vault, new Brake(signal))
  try {
    await compaction.empty(packId)
    await compaction.finish()
  } catch (error) {
    await compaction.discard()
    throw error
  }
  deps.log.error(
    { event: 'pack.frame-damaged', vaultId: vault.id, packId, sizeBytes: compaction.bytesMoved },
    'The header or footer of a pack is damaged. What is whole in it was copied to a new pack',
  )
}

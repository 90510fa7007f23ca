import type { PurgePreview, PurgeSelection, SnapshotId, WirePath } from '@holdfast/shared-types'
import { sumOfBytes, type SnapshotBody } from '@holdfast/engine/format'
import type { ManagedVault } from '../contents/managed-vault.ts'
import { wirePathOf } from '../contents/snapshot-facts.ts'
import { isDamage } from '../errors/translate-engine-error.ts'
import { listStanding, type StandingSnapshot } from '../tables/collecting.queries.ts'
import { findVaultRecord } from '../tables/vaults.queries.ts'
import { findAffected, type Affected } from './find-affected.ts'
import { pathOf, purgeFilter } from './purge-filter.ts'
import type { PurgeDeps } from './purge-deps.ts'
import type { ReadingDeps } from './snapshot-reading.ts'

const mostSamples = 100

/** Reads the folder lists of all snapshots that could have something of it. @throws EngineError `store.*`, `cancelled` */
export async function previewPurge(
  deps: PurgeDeps,
  reading: ReadingDeps,
  vault: ManagedVault,
  selection: PurgeSelection,
): Promise<PurgePreview> {
  const em = deps.database.em()
  const standing = (await listStanding(em, vault.id)).filter((one) => isSelected(one, selection))
  const read = new Set((await deps.runs.listReadingRuns(em)).map(({ snapshotId }) => snapshotId))
  const sums = { snapshotsAffected: 0, deletedAffected: 0, entries: 0, bytes: 0 }
  const [held, inUse, unreadable]: [SnapshotId[], SnapshotId[], SnapshotId[]] = [[], [], []]
  const samples = new Map<string, WirePath>()
  for (const { snapshot } of standing) {
    const affected = await lookOrNull(() =>
      findAffected(reading, vault, snapshot, {
        filterFor: (body) => purgeFilter(selection, body),
        onDrop: (_, path, body) => take(samples, path, body),
      }),
    )
    if (affected === 'unreadable') unreadable.push(snapshot.id)
    if (affected === null || affected === 'unreadable') continue
    if (snapshot.keeping.deleted === null) sums.snapshotsAffected++
    else sums.deletedAffected++
    sums.entries += affected.entriesDropped
    sums.bytes = sumOfBytes(sums.bytes, affected.bytesDropped)
    if (snapshot.keeping.held !== null) held.push(snapshot.id)
    if (read.has(snapshot.id)) inUse.push(snapshot.id)
  }
  const undoDays = (await findVaultRecord(em, vault.id))?.undoDays ?? 0
  return { snapshots: standing.length, ...sums, samples: [...samples.values()], held, inUse, unreadable, undoDays }
}

export const isSelected = ({ snapshot, isLost }: StandingSnapshot, { agentIds }: Pick<PurgeSelection, 'agentIds'>): boolean =>
  !isLost && (agentIds === null || agentIds.includes(snapshot.agentId))

/** What cannot be read is told, and is the end of nothing else. */
export async function lookOrNull(look: () => Promise<Affected | null>): Promise<Affected | null | 'unreadable'> {
  try {
    return await look()
  } catch (error) {
    if (!isDamage(error) && !isGone(error)) throw error
    return 'unreadable'
  }
}

/** `vault.corrupt` of the segment reader: the pack is gone. */
const isGone = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'vault.corrupt'

function take(samples: Map<string, WirePath>, path: readonly Uint8Array[], { system }: Pick<SnapshotBody, 'system'>): void {
  if (samples.size >= mostSamples) return
  const bytes = pathOf(path, system)
  samples.set(Buffer.from(bytes).toString('latin1'), wirePathOf(bytes))
}

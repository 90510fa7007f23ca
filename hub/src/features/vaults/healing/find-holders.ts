import { Refset } from '@holdfast/engine/format'
import type { AgentId, SnapshotId } from '@holdfast/shared-types'
import type { Database } from '../../../platform/database/database.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import type { SnapshotRefsets } from '../contents/snapshot-refsets.ts'
import { lostNowhere, namedAmong } from '../damage/find-affected.ts'
import type { HealersDoor, HealWork } from '../doors/doors.ts'
import { listBackupsOfDamaged, listLacking, type StandingBackup } from '../tables/healing.queries.ts'
import type { Brake } from '../usage/brake.ts'
import { addAll } from '../contents/segment-sets.ts'

export interface FindHoldersDeps {
  readonly database: Database
  readonly refsets: SnapshotRefsets
}

/** What a device backs up, of which something is lost. */
export interface Holder {
  readonly agentId: AgentId
  readonly work: HealWork
  /** Lost segments that its newest backup names: what is in them was there then, and most likely still is. */
  readonly wanted: Refset
}

/** A kept snapshot that lacks something, and the lost segments that it names. */
export interface Lacking {
  readonly id: SnapshotId
  readonly lost: Refset
}

export interface Damage {
  readonly lacking: readonly Lacking[]
  readonly holders: readonly Holder[]
}

/**
 * What kept snapshots lack, and who may have it still. A file that is not in a device's newest backup, or is there with other content, is gone: its device is no holder. Of a backup that
 * lacks a whole source, or may, that cannot be said; then the one before counts as well.
 *
 * @throws EngineError `cancelled`, `store.*`
 */
export async function findDamage(
  { database, refsets }: FindHoldersDeps,
  healers: Pick<HealersDoor, 'worksOf'>,
  vault: OpenVault,
  brake: Brake,
): Promise<Damage> {
  const em = database.em()
  const lost = lostNowhere(vault)
  const all = await listLacking(em, vault.id)
  if (!all.some(({ isKept }) => isKept)) return { lacking: [], holders: [] }
  const lostBy = new Map<SnapshotId, Refset>()
  const needed = new Refset()
  for (const snapshot of all) {
    await brake.pass()
    const named = await namedAmong(refsets, snapshot, lost)
    lostBy.set(snapshot.id, named)
    if (snapshot.isKept) addAll(needed, named)
  }
  const holders: Holder[] = []
  for (const backups of byDevice(await listBackupsOfDamaged(em, vault.id))) {
    const works = await healers.worksOf(em, backups[0]!.agentId, backups)
    for (const { work, current } of currentBackups(backups, works)) {
      const wanted = new Refset()
      for (const { id } of current) {
        for (const { packIdHex, ordinal } of lostBy.get(id)?.segments() ?? [])
          if (needed.has(packIdHex, ordinal)) wanted.add(packIdHex, ordinal)
      }
      if (wanted.packCount > 0) holders.push({ agentId: backups[0]!.agentId, work, wanted })
    }
  }
  const lacking = all.filter(({ isKept }) => isKept).map(({ id }) => ({ id, lost: lostBy.get(id) ?? new Refset() }))
  return { lacking, holders }
}

/** Devices' backups come together, each device's newest first. */
function byDevice(backups: readonly StandingBackup[]): StandingBackup[][] {
  return [...Map.groupBy(backups, ({ agentId }) => agentId).values()]
}

interface CurrentBackups {
  /** As the newest of them was made. */
  readonly work: HealWork
  /** From the newest one on to the newest that is not partial. */
  readonly current: StandingBackup[]
}

function currentBackups(backups: readonly StandingBackup[], works: readonly (HealWork | null)[]): CurrentBackups[] {
  const found = new Map<string, CurrentBackups & { isOver: boolean }>()
  for (const [index, backup] of backups.entries()) {
    const work = works[index] ?? null
    if (work === null) continue
    const entry = found.get(work.key) ?? { work, current: [], isOver: false }
    found.set(work.key, entry)
    if (entry.isOver) continue
    entry.current.push(backup)
    entry.isOver = backup.status !== null && backup.status !== 'partial'
  }
  return [...found.values()]
}

import { fromHex, toHex } from '@holdfast/engine/bytes'
import { packKey, snapshotPrefix } from '@holdfast/engine/format'
import type { ListedObject } from '@holdfast/engine/store'
import { notePackLost, rescueLost } from '../contents/lose-pack.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import { storeKeyOf } from '../contents/snapshot-record.ts'
import { requireStore } from '../contents/without-bad-sectors.ts'
import { adoptPack, objectsOf, type LoadDeps } from '../opening/load-packs.ts'
import { lookForUntaken } from '../opening/look-for-untaken.ts'
import { pairById } from '../opening/pair-by-id.ts'
import { findPack, setPackState } from '../tables/packs.queries.ts'
import { pagePackLines, type PackLine } from '../tables/scrubbing.queries.ts'
import { findSnapshot, listSnapshotPlaces, setSnapshotState } from '../tables/snapshots.queries.ts'
import { restAfter, type CareTask } from './care-task.ts'

const linesPerPage = 1000

/**
 * Compares what the store lists with what should lie there, and makes rows agree: a pack that is missing or has another size is lost, one that is back is there again, a pack or snapshot
 * without a row is adopted. Opens nothing but what it adopts.
 */
export async function compareLists(deps: LoadDeps, task: CareTask): Promise<void> {
  await comparePackLists(deps, task)
  await compareSnapshotLists(deps, task)
  await lookForUntaken(deps, task.vault, { isAnew: true })
  task.count({ problems: task.vault.untaken.length })
}

async function comparePackLists(deps: LoadDeps, task: CareTask): Promise<void> {
  const { vault, signal } = task
  let since = performance.now()
  let looked = 0
  for await (const { id, row, object } of pairById(linesOf(deps, vault), objectsOf(vault, deps.log))) {
    if (++looked % linesPerPage === 0) {
      await restAfter(performance.now() - since, false, signal)
      since = performance.now()
    }
    task.count({ packs: 1 })
    if (isAsItShould(row, object)) continue
    const key = packKey(fromHex(id))
    // Asked before the row: what has arrived since has one.
    if (vault.arriving.has(key)) continue
    task.count({ problems: await settle(deps, vault, id) })
  }
}

const isAsItShould = (row: PackLine | null, object: ListedObject | null): boolean =>
  row === null
    ? object === null
    : row.state === 'gone' || row.state === 'removing' || (row.state === 'live') === (object !== null && object.sizeBytes === row.sizeBytes)

/** A second look at one that the lists disagree on: what arrived or left meanwhile is no finding. @returns whether something was wrong */
async function settle(deps: LoadDeps, vault: OpenVault, id: string): Promise<number> {
  const { database, log } = deps
  const packId = fromHex(id)
  const head = await vault.store.head(packKey(packId))
  const row = await findPack(database.em(), packId)
  const object = head === null ? null : { key: packKey(packId), sizeBytes: head.sizeBytes }
  if (isAsItShould(row, object)) return 0
  if (row === null && object !== null) {
    if (await adoptPack(deps, vault, id, object))
      log.warn({ event: 'packs.adopted', vaultId: vault.id, count: 1 }, 'Packs without a row were adopted')
    return 1
  }
  if (row === null) return 0
  if (object !== null && object.sizeBytes === row.sizeBytes) {
    await setPackState(database.em(), [packId], 'live')
    await vault.contents.addPack({ ...row, segments: [] })
    await rescueLost(deps, vault)
    log.warn({ event: 'pack.back', vaultId: vault.id, packId: id }, 'A pack that was missing is back')
    return 1
  }
  await requireStore(vault)
  await notePackLost(deps, vault, packId)
  return 1
}

/** Sorted by id, a thousand at a time. */
async function* linesOf({ database }: Pick<LoadDeps, 'database'>, vault: OpenVault): AsyncGenerator<{ id: string; value: PackLine }> {
  for (let last: Uint8Array | null = null; ;) {
    const page: PackLine[] = await pagePackLines(database.em(), vault.id, last, linesPerPage)
    for (const line of page) yield { id: toHex(line.packId), value: line }
    last = page.at(-1)?.packId ?? null
    if (page.length < linesPerPage) return
  }
}

async function compareSnapshotLists({ database, log }: LoadDeps, task: CareTask): Promise<void> {
  const { vault } = task
  const placeByKey = new Map((await listSnapshotPlaces(database.em(), vault.id)).map((place) => [storeKeyOf(place), place]))
  for await (const { key } of vault.store.list(snapshotPrefix)) {
    task.count({ snapshots: 1 })
    const place = placeByKey.get(key)
    placeByKey.delete(key)
    if (place?.state === 'lost') {
      await setSnapshotState(database.em(), place.id, 'committed')
      log.warn({ event: 'snapshot.back', vaultId: vault.id, snapshotId: place.id }, 'A snapshot that was missing is back')
      task.count({ problems: 1 })
    }
  }
  for (const [key, { id, state }] of placeByKey) {
    if (state !== 'committed') continue
    task.count({ snapshots: 1 })
    if ((await vault.store.head(key)) !== null || (await findSnapshot(database.em(), id)) === null) continue
    await requireStore(vault)
    await setSnapshotState(database.em(), id, 'lost')
    log.error({ event: 'snapshot.lost', vaultId: vault.id, snapshotId: id }, 'A snapshot is missing from the store')
    task.count({ problems: 1 })
  }
}

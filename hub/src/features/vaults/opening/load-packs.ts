import { createHash } from 'node:crypto'
import { DomainId } from '@holdfast/shared-types'
import { equalBytes, fromHex, toHex } from '@holdfast/engine/bytes'
import { EngineError, isEngineError } from '@holdfast/engine/errors'
import {
  decodePackFooter,
  decodePackHeader,
  decodePackTrailer,
  packHeaderBytes,
  packIdOfKey,
  packKey,
  packPrefix,
  packTrailerBytes,
  uuidFromBytes,
  type PackSegment,
} from '@holdfast/engine/format'
import type { ListedObject } from '@holdfast/engine/store'
import type { Database } from '../../../platform/database/database.ts'
import type { DomainEventBus } from '../../../platform/events/domain-events.ts'
import type { Logger } from '../../../platform/logging/logger.ts'
import type { OpenVault, StoredVault } from '../contents/open-vault.ts'
import type { IndexedPack } from '../contents/vault-contents.ts'
import { rescueLost } from '../contents/lose-pack.ts'
import { isDamage } from '../errors/translate-engine-error.ts'
import { insertPack, pagePacks, setPackState, type PackRecord } from '../tables/packs.queries.ts'
import { segmentsOfRow } from '../tables/pack-footer.ts'
import { mapAhead } from './map-ahead.ts'
import { pairById } from './pair-by-id.ts'

/** Footers come with the rows: 50 packs of 16 MiB with small files are some 15 MB. */
const rowsPerPage = 50

/** Three small reads each: a folder on a spinning disk or over a network answers many of them in the time of one. */
export const packsAtOnce = 16

export interface LoadDeps {
  readonly database: Database
  readonly domainEvents: DomainEventBus
  readonly log: Logger
  readonly now: () => number
}

/**
 * Fills the vault's contents from its rows, and makes rows and store agree: a pack without a row is adopted, a row without its pack is
 * lost, one whose pack is back is live again. Nothing in the store is changed.
 */
export async function loadPacks(deps: LoadDeps, vault: OpenVault): Promise<void> {
  const { log } = deps
  const counts = { adopted: 0, lost: 0 }
  const pairs = mapAhead(pairById(rowsOf(deps, vault), objectsOf(vault, log)), packsAtOnce, async (pair) => ({
    ...pair,
    end: pair.row === null && pair.object !== null ? await readWholePack(deps, vault, pair.id, pair.object) : null,
  }))
  for await (const { id, row, object, end } of pairs) {
    // What is being removed is there for nobody.
    if (row?.state === 'removing') continue
    if (row?.state === 'gone') await removeAgain(deps, vault, object)
    else if (object !== null && row !== null) await loadKnown(deps, vault, row, object)
    else if (end !== null) counts.adopted += (await giveRow(deps, vault, end)) ? 1 : 0
    else if (row !== null) counts.lost += (await noteLost(deps, vault, id, row)) ? 1 : 0
  }
  await rescueLost(deps, vault)
  if (counts.adopted > 0) log.warn({ event: 'packs.adopted', vaultId: vault.id, count: counts.adopted }, 'Packs without a row were adopted')
  if (counts.lost > 0)
    log.error(
      { event: 'packs.lost', vaultId: vault.id, count: counts.lost },
      'Packs are missing from the store; snapshots that need them cannot be restored whole',
    )
}

/** Sorted by id, a few at a time. */
export async function* rowsOf(
  { database }: Pick<LoadDeps, 'database'>,
  vault: OpenVault,
): AsyncGenerator<{ id: string; value: PackRecord }> {
  for (let last: Uint8Array | null = null; ;) {
    const page: PackRecord[] = await pagePacks(database.em(), vault.id, last, rowsPerPage)
    for (const row of page) yield { id: toHex(row.packId), value: row }
    last = page.at(-1)?.packId ?? null
    if (page.length < rowsPerPage) return
  }
}

/** Sorted by id; what is no pack is told in the log and left out. */
export async function* objectsOf(vault: StoredVault, log: Logger): AsyncGenerator<{ id: string; value: ListedObject }> {
  for await (const object of vault.store.list(packPrefix)) {
    try {
      yield { id: packIdOfKey(object.key), value: object }
    } catch (error) {
      if (!isEngineError(error, 'format.invalid')) throw error
      log.warn({ event: 'object.unknown', vaultId: vault.id }, 'An object that is no pack lies among the packs')
    }
  }
}

/** A collection removed it, and the power failed before the disk had forgotten it. */
async function removeAgain({ log }: LoadDeps, vault: OpenVault, object: ListedObject | null): Promise<void> {
  if (object === null) return
  await vault.store.delete(object.key).catch((error: unknown) => {
    // The next start tries again.
    log.warn({ event: 'pack.not-removed', vaultId: vault.id, err: error }, 'A pack that nobody needs could not be removed')
  })
}

/** A row whose object is there. */
async function loadKnown(deps: LoadDeps, vault: OpenVault, row: PackRecord, object: ListedObject): Promise<void> {
  if (object.sizeBytes !== row.sizeBytes) {
    await noteLost(deps, vault, toHex(row.packId), row)
    return
  }
  if (row.state === 'lost') await setPackState(deps.database.em(), [row.packId], 'live')
  await vault.contents.addPack(indexed(row))
}

/** Also one that is lost keeps what its row says of its segments: it may come back. */
const indexed = (row: PackRecord): IndexedPack => ({
  packId: row.packId,
  domainId: row.domainId,
  sessionId: row.sessionId,
  segments: segmentsOfRow(row),
  condemned: row.condemned,
  lost: row.lostSegments,
})

/** @returns whether this is news. */
async function noteLost({ database, log }: LoadDeps, vault: OpenVault, id: string, row: PackRecord): Promise<boolean> {
  await vault.contents.addPack(indexed(row))
  vault.contents.markLost(id)
  if (row.state === 'lost') return false
  await setPackState(database.em(), [row.packId], 'lost')
  log.error({ event: 'pack.lost', vaultId: vault.id, packId: id }, 'A pack is missing from the store')
  return true
}

/** Gives a stored pack its row, and offers it. @returns false for what is no whole pack: it is left as it is. One that has a row already keeps it. */
export async function adoptPack(deps: LoadDeps, vault: OpenVault, id: string, object: ListedObject): Promise<boolean> {
  const pack = await readWholePack(deps, vault, id, object)
  return pack !== null && giveRow(deps, vault, pack)
}

/** As `readPackEnd`; null for what is no whole pack, which is told in the log. */
export async function readWholePack(
  { log }: Pick<LoadDeps, 'log'>,
  vault: StoredVault,
  id: string,
  object: ListedObject,
): Promise<PackEnd | null> {
  try {
    return await readPackEnd(vault, fromHex(id), object)
  } catch (error) {
    if (!isDamage(error)) throw error
    log.error(
      { event: 'pack.damaged', vaultId: vault.id, packId: id, err: error },
      'An object among the packs is not a whole pack; it is left as it is',
    )
    return null
  }
}

async function giveRow({ database, now }: LoadDeps, vault: OpenVault, pack: PackEnd): Promise<boolean> {
  // The hub may have been killed before its name was on the disk.
  await vault.store.makeDurable([packKey(pack.record.packId)])
  const sessionId = await insertPack(database.em(), { ...pack.record, state: 'live', storedAt: new Date(now()) })
  if (sessionId === undefined) return false
  await vault.contents.addPack({ ...pack.record, sessionId, segments: pack.segments })
  return true
}

export interface PackEnd {
  readonly record: Omit<PackRecord, 'state' | 'storedAt' | 'condemned' | 'lostSegments'>
  readonly segments: readonly PackSegment[]
}

/** A pack's row from its object: header, footer and trailer are read and checked, not the segments. @throws EngineError `pack.*`, `store.*` */
export async function readPackEnd(vault: StoredVault, packId: Uint8Array, { key, sizeBytes }: ListedObject): Promise<PackEnd> {
  const { store } = vault
  if (sizeBytes < packHeaderBytes + packTrailerBytes) throw new EngineError('pack.invalid', 'A pack is cut short.')
  const header = decodePackHeader(await store.get(key, { offset: 0, length: packHeaderBytes }))
  const domain = vault.vault.file.domains.find(({ id }) => id === uuidFromBytes(header.domainId))
  const isOfVault = equalBytes(header.packId, packId) && equalBytes(header.vaultId, vault.idBytes) && domain !== undefined
  if (!isOfVault) throw new EngineError('pack.invalid', 'A pack lies under the name of another, or in another vault.')
  const trailer = decodePackTrailer(await store.get(key, { offset: sizeBytes - packTrailerBytes, length: packTrailerBytes }), sizeBytes)
  const footer = await store.get(key, { offset: trailer.footerOffset, length: trailer.footerBytes })
  if (!equalBytes(createHash('sha256').update(footer).digest(), trailer.footerSha256))
    throw new EngineError('pack.checksum-mismatch', 'The footer of a pack is damaged.')
  const record = {
    packId,
    vaultId: vault.id,
    domainId: DomainId.parse(domain.id),
    kind: header.kind,
    keyEpoch: header.keyEpoch,
    sessionId: null,
    sizeBytes,
    segments: trailer.segmentCount,
    blobs: trailer.blobCount,
    footer,
  }
  return { record, segments: decodePackFooter(footer, trailer) }
}

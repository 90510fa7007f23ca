import type { VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { tablesOf } from './database-tables.ts'

/** What of a pack a list of the store can say. */
export interface PackLine {
  /** 16 bytes. */
  readonly packId: Uint8Array
  readonly sizeBytes: number
  readonly state: 'live' | 'lost' | 'removing' | 'gone'
}

/** In the order of their ids, without their footers. */
export async function pagePackLines(em: EntityManager, vaultId: VaultId, after: Uint8Array | null, limit: number): Promise<PackLine[]> {
  let query = tablesOf(em)
    .selectFrom('pack')
    .select(['pack_id', 'size_bytes', 'state'])
    .where('vault_id', '=', vaultId)
    .orderBy('pack_id')
    .limit(limit)
  if (after !== null) query = query.where('pack_id', '>', Buffer.from(after))
  return (await query.execute()).map((row) => ({ packId: row.pack_id, sizeBytes: row.size_bytes, state: row.state }))
}

/** A clock that was ahead must not keep packs from being read until it has caught up. */
export async function forgetFutureChecks(em: EntityManager, vaultId: VaultId, now: Date): Promise<void> {
  await tablesOf(em).updateTable('pack').set({ checked_at: null }).where('vault_id', '=', vaultId).where('checked_at', '>', now).execute()
}

/** Those first that nobody has read for longest. @param before leaves out what was read since */
export async function nextToScrub(em: EntityManager, vaultId: VaultId, before: Date, limit: number): Promise<Uint8Array[]> {
  const rows = await tablesOf(em)
    .selectFrom('pack')
    .select('pack_id')
    .where('vault_id', '=', vaultId)
    .where('state', '=', 'live')
    .where((eb) => eb.or([eb('checked_at', 'is', null), eb('checked_at', '<', before)]))
    .orderBy('checked_at', (order) => order.asc().nullsFirst())
    .orderBy('seq')
    .limit(limit)
    .execute()
  return rows.map((row) => row.pack_id)
}

export async function setChecked(em: EntityManager, packId: Uint8Array, at: Date): Promise<void> {
  await tablesOf(em).updateTable('pack').set({ checked_at: at }).where('pack_id', '=', Buffer.from(packId)).execute()
}

export interface ScrubFigures {
  readonly packs: number
  readonly packsTotal: number
  readonly bytes: number
  readonly bytesTotal: number
  /** Of the pack that nobody has read for longest; null where one was never read, or there is none. */
  readonly allSinceMs: number | null
}

/** How much of a vault was read whole since a moment. One pass over its rows. */
export async function scrubFigures(em: EntityManager, vaultId: VaultId, since: Date): Promise<ScrubFigures> {
  const { rows } = await sql<Record<'packs' | 'total' | 'bytes' | 'bytes_total' | 'unread', string> & { oldest: Date | string | null }>`
    select count(*) filter (where checked_at >= ${since}) as packs, count(*) as total,
      coalesce(sum(size_bytes) filter (where checked_at >= ${since}), 0) as bytes, coalesce(sum(size_bytes), 0) as bytes_total,
      count(*) filter (where checked_at is null) as unread, min(checked_at) as oldest
    from pack where vault_id = ${vaultId} and state = 'live'`.execute(tablesOf(em))
  const [row] = rows
  const oldest = row?.oldest ?? null
  return {
    packs: Number(row?.packs ?? 0),
    packsTotal: Number(row?.total ?? 0),
    bytes: Number(row?.bytes ?? 0),
    bytesTotal: Number(row?.bytes_total ?? 0),
    allSinceMs: oldest === null || Number(row?.unread ?? 0) > 0 ? null : new Date(oldest).getTime(),
  }
}

import type { VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { damageToName } from './damage.queries.ts'
import { tablesOf } from './database-tables.ts'

/*
 * Rows of packs and snapshots say nothing that the store does not say, but for a few things: what was decided over a snapshot, which run and session brought what, and what
 * was found damaged, which only reading every byte would find again. These are set aside in tables of the transaction, and given back to the rows that are read anew.
 */

/** Makes the tables in which decisions are set aside; they go with the transaction. Once is enough, again does nothing. */
export async function prepareSettingAside(em: EntityManager): Promise<void> {
  const tables = tablesOf(em)
  await sql`create temporary table if not exists kept_snapshot on commit drop as
    select id, vault_id, run_id, held_at, held_by, hold_reason, deleted_at, deleted_by, undo_until, replaced_by, damage from snapshot limit 0`.execute(
    tables,
  )
  await sql`create temporary table if not exists kept_pack on commit drop as
    select pack_id, vault_id, session_id, stored_at, lost_segments from pack limit 0`.execute(tables)
}

/** How many rows the database had of what is there. */
export interface ForgottenRows {
  readonly packs: number
  readonly snapshots: number
}

/** Sets aside what only the database knows, and forgets all packs and snapshots of a vault. Call `prepareSettingAside` first. */
export async function setAsideAndForget(em: EntityManager, vaultId: VaultId): Promise<ForgottenRows> {
  const tables = tablesOf(em)
  await sql`insert into kept_snapshot
    select id, vault_id, run_id, held_at, held_by, hold_reason, deleted_at, deleted_by, undo_until, replaced_by, damage from snapshot where vault_id = ${vaultId}`.execute(
    tables,
  )
  await sql`insert into kept_pack
    select pack_id, vault_id, session_id, stored_at, lost_segments from pack where vault_id = ${vaultId} and state in ('live', 'lost')`.execute(
    tables,
  )
  const { rows } = await sql<{ packs: string; snapshots: string }>`
    select (select count(*) from kept_pack where vault_id = ${vaultId}) as packs,
      (select count(*) from kept_snapshot where vault_id = ${vaultId}) as snapshots`.execute(tables)
  await tables.deleteFrom('snapshot').where('vault_id', '=', vaultId).execute()
  await tables.deleteFrom('pack').where('vault_id', '=', vaultId).execute()
  return { packs: Number(rows[0]?.packs ?? 0), snapshots: Number(rows[0]?.snapshots ?? 0) }
}

export interface GivenBack {
  readonly held: number
  readonly deleted: number
  /** Rows that were forgotten, and whose objects the store does not have. */
  readonly packsGone: number
  readonly snapshotsGone: number
  /** Of these: snapshots that somebody had said should stay. */
  readonly heldGone: number
}

/** Gives what was set aside to the rows that are there now. */
export async function giveBack(em: EntityManager, vaultId: VaultId): Promise<GivenBack> {
  const tables = tablesOf(em)
  await sql`analyze kept_snapshot, kept_pack`.execute(tables)
  await sql`update snapshot s
    set run_id = k.run_id, held_at = k.held_at, held_by = k.held_by, hold_reason = k.hold_reason,
      deleted_at = k.deleted_at, deleted_by = k.deleted_by, undo_until = k.undo_until, replaced_by = k.replaced_by,
      damage = case when k.damage is null then null else ${JSON.stringify(damageToName)}::jsonb end
    from kept_snapshot k where s.id = k.id and s.vault_id = ${vaultId} and k.vault_id = ${vaultId}`.execute(tables)
  await sql`update pack p set session_id = k.session_id, stored_at = k.stored_at, lost_segments = k.lost_segments
    from kept_pack k where p.pack_id = k.pack_id and p.vault_id = ${vaultId} and k.vault_id = ${vaultId}`.execute(tables)
  const { rows } = await sql<{ [F in keyof GivenBack as string]: string }>`
    select
      (select count(*) from snapshot where vault_id = ${vaultId} and held_at is not null) as held,
      (select count(*) from snapshot where vault_id = ${vaultId} and deleted_at is not null) as deleted,
      (select count(*) from kept_pack k where vault_id = ${vaultId} and not exists (select from pack p where p.pack_id = k.pack_id)) as "packsGone",
      count(*) as "snapshotsGone", count(held_at) as "heldGone"
    from kept_snapshot k where vault_id = ${vaultId} and not exists (select from snapshot s where s.id = k.id)`.execute(tables)
  const [row] = rows
  const numberOf = (name: keyof GivenBack): number => Number(row?.[name] ?? 0)
  return {
    held: numberOf('held'),
    deleted: numberOf('deleted'),
    packsGone: numberOf('packsGone'),
    snapshotsGone: numberOf('snapshotsGone'),
    heldGone: numberOf('heldGone'),
  }
}

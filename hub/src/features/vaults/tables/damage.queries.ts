import type { AgentId, SnapshotId, VaultCare, VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { tablesOf } from './database-tables.ts'
import type { SnapshotDamage } from './snapshot.entity.ts'
import { idBytes, toId, toSnapshotRecord, type SnapshotRecord } from './snapshots.queries.ts'

/** Those positions and no others are damaged. @param positions a bit each; null = the pack is whole */
export async function setLostSegments(em: EntityManager, packId: Uint8Array, positions: Uint8Array | null): Promise<void> {
  await tablesOf(em)
    .updateTable('pack')
    .set({ lost_segments: positions === null ? null : Buffer.from(positions) })
    .where('pack_id', '=', Buffer.from(packId))
    .execute()
}

/** Committed, and not condemned: what a collection keeps, and what can still be had back. */
export const standing = (em: EntityManager, vaultId: VaultId) =>
  tablesOf(em)
    .selectFrom('snapshot')
    .selectAll()
    .where('vault_id', '=', vaultId)
    .where('state', '=', 'committed')
    .where('condemned_in', 'is', null)

/** In the order of their ids. */
export async function pageStanding(
  em: EntityManager,
  vaultId: VaultId,
  after: SnapshotId | null,
  limit: number,
): Promise<SnapshotRecord[]> {
  let query = standing(em, vaultId).orderBy('id').limit(limit)
  if (after !== null) query = query.where('id', '>', idBytes(after))
  return (await query.execute()).map(toSnapshotRecord)
}

/** It has to be looked through again, and what is damaged of it is to be named anew. */
export async function setAffected(em: EntityManager, ids: readonly SnapshotId[]): Promise<void> {
  if (ids.length === 0) return
  const oneOf = sql<boolean>`snapshot_id = any(${ids.map(idBytes)}::bytea[])`
  await tablesOf(em).deleteFrom('damaged_path').where(oneOf).execute()
  await tablesOf(em)
    .updateTable('snapshot')
    .set({ audited_at: null, damage: sql<SnapshotDamage>`${JSON.stringify(damageToName)}::jsonb` })
    .where(sql<boolean>`id = any(${ids.map(idBytes)}::bytea[])`)
    .execute()
}

/** Those of them that lacked nothing have to be looked through again. */
export async function reopenWhole(em: EntityManager, ids: readonly SnapshotId[]): Promise<void> {
  if (ids.length === 0) return
  await tablesOf(em)
    .updateTable('snapshot')
    .set({ audited_at: null })
    .where(sql<boolean>`id = any(${ids.map(idBytes)}::bytea[])`)
    .where('lacking_blobs', '=', 0)
    .execute()
}

/** It was found to be affected; what is damaged of it is named next. */
export const damageToName: SnapshotDamage = { files: 0, folders: 0, isAllNamed: false, isPending: true }

/** Also of what does not look so any more: it may be whole again. */
export async function listDamaged(em: EntityManager, vaultId: VaultId): Promise<SnapshotId[]> {
  const rows = await standing(em, vaultId)
    .where((eb) => eb.or([eb('damage', 'is not', null), eb('lacking_blobs', '>', 0)]))
    .clearSelect()
    .select('id')
    .execute()
  return rows.map((row) => toId(row.id))
}

/**
 * Snapshots that lacked something when they were looked through are looked through again where others were committed since: it may have come back. An hour more is taken
 * for those that were committed while it was looked. @param now hub's clock
 */
export async function reopenLacking(em: EntityManager, vaultId: VaultId, now: Date): Promise<void> {
  await sql`
    update snapshot set audited_at = null
    where vault_id = ${vaultId} and state = 'committed' and condemned_in is null and lacking_blobs > 0 and (audited_at > ${now}
      or exists (select 1 from snapshot other where other.vault_id = ${vaultId} and other.domain_id = snapshot.domain_id
        and other.id <> snapshot.id and other.received_at > snapshot.audited_at - interval '1 hour'))`.execute(tablesOf(em))
}

export async function hasLacking(em: EntityManager, vaultId: VaultId): Promise<boolean> {
  const row = await standing(em, vaultId).where('lacking_blobs', '>', 0).clearSelect().select('id').limit(1).executeTakeFirst()
  return row !== undefined
}

/** Whose damage is to be named, the newest first. */
export async function nextToName(em: EntityManager, vaultId: VaultId): Promise<SnapshotRecord | null> {
  const row = await standing(em, vaultId)
    .where(sql<boolean>`damage -> 'isPending' = 'true'::jsonb`)
    .orderBy('received_at', 'desc')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  return row === undefined ? null : toSnapshotRecord(row)
}

export interface NamedPath {
  /** Raw bytes, absolute. */
  readonly path: Uint8Array
  readonly isFolder: boolean
  /** Something of it lies nowhere; false = it only lies elsewhere than the refset says. */
  readonly isLost: boolean
}

/** Call it in a transaction. */
export async function setNamed(
  em: EntityManager,
  id: SnapshotId,
  damage: SnapshotDamage | null,
  paths: readonly NamedPath[],
): Promise<void> {
  const tables = tablesOf(em)
  await tables.deleteFrom('damaged_path').where('snapshot_id', '=', idBytes(id)).execute()
  for (let start = 0; start < paths.length; start += 1000) {
    const rows = paths
      .slice(start, start + 1000)
      .map(({ path, isFolder, isLost }) => ({ snapshot_id: idBytes(id), path: Buffer.from(path), is_folder: isFolder, is_lost: isLost }))
    await tables.insertInto('damaged_path').values(rows).execute()
  }
  await tables
    .updateTable('snapshot')
    .set({ damage: damage === null ? null : sql<SnapshotDamage>`${JSON.stringify(damage)}::jsonb` })
    .where('id', '=', idBytes(id))
    .execute()
}

export async function countNamed(em: EntityManager, vaultId: VaultId): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    select count(*) as count from damaged_path d join snapshot s on s.id = d.snapshot_id where s.vault_id = ${vaultId}`.execute(
    tablesOf(em),
  )
  return Number(rows[0]?.count ?? 0)
}

/** Of one snapshot, files and what is no folder list; null where not all could be named, or a folder list is lost. */
export async function readableAgainPaths(em: EntityManager, id: SnapshotId, limit: number): Promise<Uint8Array[] | null> {
  const row = await tablesOf(em).selectFrom('snapshot').select('damage').where('id', '=', idBytes(id)).executeTakeFirst()
  const damage = row?.damage ?? null
  if (damage === null || !damage.isAllNamed || damage.folders > 0 || damage.files > limit) return null
  const rows = await tablesOf(em).selectFrom('damaged_path').select('path').where('snapshot_id', '=', idBytes(id)).orderBy('id').execute()
  return rows.map(({ path }) => path)
}

export interface DamagedPathLine extends NamedPath {
  readonly id: number
  readonly snapshotId: SnapshotId
  readonly agentId: AgentId
  readonly host: string
  readonly receivedAtMs: number
  /** Of its snapshot; null = nobody has looked yet. */
  readonly outlook: SnapshotDamage['healing'] | null
}

/** Of snapshots that still lack something and are kept. */
export async function pageDamagedPaths(em: EntityManager, vaultId: VaultId, after: number, limit: number): Promise<DamagedPathLine[]> {
  const { rows } = await sql<{
    id: string
    snapshot_id: Buffer
    path: Buffer
    is_folder: boolean
    is_lost: boolean
    outlook: SnapshotDamage['healing'] | null
    agent_id: AgentId
    host: string
    received: string
  }>`
    select d.id, d.snapshot_id, d.path, d.is_folder, d.is_lost, s.damage ->> 'healing' as outlook, s.agent_id, s.host, floor(extract(epoch from s.received_at) * 1000) as received
    from damaged_path d join snapshot s on s.id = d.snapshot_id
    where s.vault_id = ${vaultId} and s.state = 'committed' and s.deleted_at is null and s.lacking_blobs > 0 and d.id > ${after}
    order by d.id limit ${limit}`.execute(tablesOf(em))
  return rows.map((row) => ({
    id: Number(row.id),
    snapshotId: toId(row.snapshot_id),
    path: row.path,
    isFolder: row.is_folder,
    isLost: row.is_lost,
    outlook: row.outlook,
    agentId: row.agent_id,
    host: row.host,
    receivedAtMs: Number(row.received),
  }))
}

type Figures = Pick<VaultCare['damage'], 'packsLost' | 'snapshots' | 'named' | 'hasMore' | 'snapshotsHealed'>

export async function damageFigures(em: EntityManager, vaultId: VaultId): Promise<Figures> {
  const { rows } = await sql<Record<'lost' | 'lacking' | 'healed' | 'named' | 'open', string>>`
    select p.*, s.* from
      (select count(*) as lost from pack where vault_id = ${vaultId} and state = 'lost') p,
      (select count(*) filter (where lacking_blobs > 0) as lacking,
        count(*) filter (where damage is not null and lacking_blobs = 0 and audited_at is not null) as healed,
        coalesce(sum((damage ->> 'files')::int + (damage ->> 'folders')::int) filter (where lacking_blobs > 0), 0) as named,
        count(*) filter (where lacking_blobs > 0 and damage is not null and damage -> 'isAllNamed' = 'false'::jsonb) as open
      from snapshot where vault_id = ${vaultId} and state = 'committed' and deleted_at is null) s`.execute(tablesOf(em))
  const [row] = rows
  return {
    packsLost: Number(row?.lost ?? 0),
    snapshots: Number(row?.lacking ?? 0),
    named: Number(row?.named ?? 0),
    hasMore: Number(row?.open ?? 0) > 0,
    snapshotsHealed: Number(row?.healed ?? 0),
  }
}

/** Those of the packs that are lost, as long as no standing snapshot lacks anything or is still to be looked through: then nobody needs them. */
export async function listLostUnneeded(em: EntityManager, vaultId: VaultId, packIds: readonly Uint8Array[]): Promise<Uint8Array[]> {
  const { rows } = await sql<{ pack_id: Buffer }>`
    select pack_id from pack where vault_id = ${vaultId} and state = 'lost' and pack_id = any(${packIds.map((id) => Buffer.from(id))}::bytea[]) and not exists (
      select 1 from snapshot s where s.vault_id = ${vaultId} and s.condemned_in is null and s.state in ('committed', 'lost')
        and (s.state = 'lost' or s.audited_at is null or s.lacking_blobs > 0))`.execute(tablesOf(em))
  return rows.map((row) => row.pack_id)
}

/** Every snapshot that needs something beyond its refset. */
export async function listUnnamedRefsets(
  em: EntityManager,
  vaultId: VaultId,
): Promise<{ readonly id: SnapshotId; readonly refset: Uint8Array }[]> {
  const rows = await standing(em, vaultId).where('unnamed_refset', 'is not', null).clearSelect().select(['id', 'unnamed_refset']).execute()
  return rows.map((row) => ({ id: toId(row.id), refset: row.unnamed_refset as Uint8Array }))
}

import type { AgentId, SnapshotId, VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { tablesOf } from './database-tables.ts'
import { asBuffer } from './packs.queries.ts'
import type { SnapshotDamage } from './snapshot.entity.ts'
import { idBytes, toSnapshotRecord, type SnapshotRecord } from './snapshots.queries.ts'

/*
 * What a collection reads and writes beside backups (docs/adr/0016). Whoever takes part of what is kept (a session that opens or commits, an audit, a snapshot that is
 * had back) holds `shared` until its transaction ends; a step of a collection holds `alone`: it sees all of them or none.
 * What a fleet may do all at once has its transaction from `contents/beside-collections.ts`.
 */

/** Waits for the others; until the end of the transaction. Take it before rows. */
export async function lockCollection(em: EntityManager, vaultId: VaultId, how: 'shared' | 'alone'): Promise<void> {
  const key = sql`hashtextextended(${`collection ${vaultId}`}, 0)`
  await (how === 'shared' ? sql`select pg_advisory_xact_lock_shared(${key})` : sql`select pg_advisory_xact_lock(${key})`).execute(
    tablesOf(em),
  )
}

/** Takes it shared, as `lockCollection`, unless somebody holds it alone. @returns whether it has it */
export async function tryLockCollection(em: EntityManager, vaultId: VaultId): Promise<boolean> {
  const { rows } = await sql<{ isTaken: boolean }>`
    select pg_try_advisory_xact_lock_shared(hashtextextended(${`collection ${vaultId}`}, 0)) as "isTaken"`.execute(tablesOf(em))
  return rows[0]?.isTaken === true
}

/** Ask it under the lock. */
export async function vaultEpoch(em: EntityManager, vaultId: VaultId): Promise<number> {
  const row = await tablesOf(em).selectFrom('vault').select('epoch').where('id', '=', vaultId).executeTakeFirstOrThrow()
  return row.epoch
}

export async function nextVaultEpoch(em: EntityManager, vaultId: VaultId): Promise<number> {
  const row = await tablesOf(em)
    .updateTable('vault')
    .set({ epoch: sql<number>`epoch + 1` })
    .where('id', '=', vaultId)
    .returning('epoch')
    .executeTakeFirstOrThrow()
  return row.epoch
}

/** A snapshot as a collection looks at it. */
export interface StandingSnapshot {
  readonly snapshot: SnapshotRecord
  /** The store does not have its object. */
  readonly isLost: boolean
  readonly isAudited: boolean
  /** When it was looked through, nothing of it was lacking. */
  readonly isWhole: boolean
  /** Encoded; what its trees need beyond its refset. */
  readonly unnamedRefset: Uint8Array | null
}

/** All of a vault that no collection condemned, deleted and lost ones included. */
export async function listStanding(em: EntityManager, vaultId: VaultId): Promise<StandingSnapshot[]> {
  const rows = await tablesOf(em)
    .selectFrom('snapshot')
    .selectAll()
    .where('vault_id', '=', vaultId)
    .where('condemned_in', 'is', null)
    .orderBy('received_at')
    .orderBy('id')
    .execute()
  return rows.map((row) => ({
    snapshot: toSnapshotRecord(row),
    isLost: row.state === 'lost',
    isAudited: row.audited_at !== null,
    isWhole: row.audited_at !== null && row.lacking_blobs === 0,
    unnamedRefset: row.unnamed_refset,
  }))
}

/** Not looked through yet. */
const unaudited = (em: EntityManager, vaultId: VaultId) =>
  tablesOf(em)
    .selectFrom('snapshot')
    .where('vault_id', '=', vaultId)
    .where('condemned_in', 'is', null)
    .where('audited_at', 'is', null)
    .where('state', '=', 'committed')

/** The newest first, so many at most: their devices are the likeliest to go on from them. */
export async function listUnaudited(em: EntityManager, vaultId: VaultId, limit: number): Promise<SnapshotRecord[]> {
  const rows = await unaudited(em, vaultId).selectAll().orderBy('received_at', 'desc').orderBy('id').limit(limit).execute()
  return rows.map(toSnapshotRecord)
}

export async function nextUnaudited(em: EntityManager, vaultId: VaultId): Promise<SnapshotRecord | null> {
  const [next] = await listUnaudited(em, vaultId, 1)
  return next ?? null
}

export async function countUnaudited(em: EntityManager, vaultId: VaultId): Promise<number> {
  const row = await unaudited(em, vaultId)
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

export interface AuditFindings {
  readonly at: Date
  readonly unnamedRefset: Uint8Array | null
  readonly lackingBlobs: number
}

export async function setAudited(em: EntityManager, id: SnapshotId, { at, unnamedRefset, lackingBlobs }: AuditFindings): Promise<void> {
  await tablesOf(em)
    .updateTable('snapshot')
    .set({
      audited_at: at,
      unnamed_refset: unnamedRefset === null ? null : Buffer.from(unnamedRefset),
      lacking_blobs: lackingBlobs,
      // Some of what it lacked has come back, or more is lost: its list is made anew, and holds until then.
      damage: sql<SnapshotDamage>`case when ${lackingBlobs} > 0 and lacking_blobs <> ${lackingBlobs} then damage || '{"isPending":true}'::jsonb else damage end`,
    })
    .where('id', '=', idBytes(id))
    .execute()
}

/** Where a snapshot's row says that it needs something beyond its refset, encoded; its row is locked until the end of the transaction. */
export async function lockUnnamed(em: EntityManager, id: SnapshotId): Promise<Uint8Array | null> {
  const row = await tablesOf(em)
    .selectFrom('snapshot')
    .select('unnamed_refset')
    .where('id', '=', idBytes(id))
    .forUpdate()
    .executeTakeFirst()
  return row?.unnamed_refset ?? null
}

/** The same, whatever an audit came to. Null = nothing beyond its refset. */
export async function setUnnamed(em: EntityManager, id: SnapshotId, refset: Uint8Array | null): Promise<void> {
  await tablesOf(em)
    .updateTable('snapshot')
    .set({ unnamed_refset: refset === null ? null : Buffer.from(refset) })
    .where('id', '=', idBytes(id))
    .execute()
}

/** After a database was lost, or put back from an older copy: nothing is condemned, and every snapshot has to be looked through again. */
export async function keepEverything(em: EntityManager, vaultId: VaultId): Promise<void> {
  const tables = tablesOf(em)
  await tables.updateTable('pack').set({ condemned: null }).where('vault_id', '=', vaultId).where('condemned', 'is not', null).execute()
  await tables
    .updateTable('snapshot')
    .set({ condemned_in: null, audited_at: null })
    .where('vault_id', '=', vaultId)
    .where('state', '<>', 'removing')
    .execute()
}

/** A deletion of which a copy of the database tells may have been taken back since: nothing is removed before somebody could look. */
export async function lengthenUndo(em: EntityManager, vaultId: VaultId, now: Date): Promise<void> {
  await sql`update snapshot s set undo_until = greatest(s.undo_until, ${now}::timestamptz + make_interval(days => v.undo_days))
    from vault v where v.id = s.vault_id and s.vault_id = ${vaultId} and s.deleted_at is not null`.execute(tablesOf(em))
}

/** @returns whose they are, of each */
export async function condemnSnapshots(em: EntityManager, ids: readonly SnapshotId[], epoch: number): Promise<AgentId[]> {
  if (ids.length === 0) return []
  const rows = await tablesOf(em)
    .updateTable('snapshot')
    .set({ condemned_in: epoch })
    .where(sql<boolean>`id = any(${ids.map(idBytes)}::bytea[])`)
    .returning('agent_id')
    .execute()
  return rows.map((row) => row.agent_id)
}

/** Sessions that are open and were opened before an epoch. */
export async function countOpenBefore(em: EntityManager, vaultId: VaultId, epoch: number): Promise<number> {
  const row = await tablesOf(em)
    .selectFrom('backup_session')
    .where('vault_id', '=', vaultId)
    .where('state', '=', 'open')
    .where('epoch', '<', epoch)
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

/** What a pack's row says of its condemned segments. */
export interface CondemnedPack {
  readonly packId: Uint8Array
  /** A bit for each position; null = none. */
  readonly positions: Uint8Array | null
}

/** Those of the packs that are there, with their rows locked. @param packIds 16 bytes each */
export async function lockCondemned(em: EntityManager, packIds: readonly Uint8Array[]): Promise<CondemnedPack[]> {
  const rows = await tablesOf(em)
    .selectFrom('pack')
    .select(['pack_id', 'condemned'])
    .where(sql<boolean>`pack_id = any(${packIds.map(asBuffer)}::bytea[])`)
    .where('state', '=', 'live')
    .orderBy('pack_id')
    .forUpdate()
    .execute()
  return rows.map((row) => ({ packId: row.pack_id, positions: row.condemned }))
}

export async function listCondemnedPacks(em: EntityManager, vaultId: VaultId): Promise<CondemnedPack[]> {
  const rows = await tablesOf(em)
    .selectFrom('pack')
    .select(['pack_id', 'condemned'])
    .where('vault_id', '=', vaultId)
    .where('state', '=', 'live')
    .where('condemned', 'is not', null)
    .orderBy('pack_id')
    .execute()
  return rows.map((row) => ({ packId: row.pack_id, positions: row.condemned }))
}

export async function setCondemned(em: EntityManager, packs: readonly CondemnedPack[]): Promise<void> {
  if (packs.length === 0) return
  const ids = packs.map(({ packId }) => asBuffer(packId))
  const bits = packs.map(({ positions }) => (positions === null ? null : asBuffer(positions)))
  await sql`
    update pack set condemned = news.positions
    from unnest(${ids}::bytea[], ${bits}::bytea[]) as news (pack_id, positions)
    where pack.pack_id = news.pack_id and pack.state = 'live'`.execute(tablesOf(em))
}

/** Locks the rows of all packs with something condemned, and of some others; those that are there. @param packIds 16 bytes each */
export async function lockAllCondemned(
  em: EntityManager,
  vaultId: VaultId,
  packIds: readonly Uint8Array[],
): Promise<(CondemnedPack & { readonly segments: number })[]> {
  const rows = await tablesOf(em)
    .selectFrom('pack')
    .select(['pack_id', 'condemned', 'segments'])
    .where('vault_id', '=', vaultId)
    .where('state', '=', 'live')
    .where(sql<boolean>`(condemned is not null or pack_id = any(${packIds.map(asBuffer)}::bytea[]))`)
    .orderBy('pack_id')
    .forUpdate()
    .execute()
  return rows.map((row) => ({ packId: row.pack_id, positions: row.condemned, segments: row.segments }))
}

/** From the moment this is committed nothing has them back. */
export async function setRemoving(em: EntityManager, vaultId: VaultId, packIds: readonly Uint8Array[]): Promise<void> {
  await tablesOf(em)
    .updateTable('pack')
    .set({ state: 'removing', condemned: null })
    .where(sql<boolean>`pack_id = any(${packIds.map(asBuffer)}::bytea[])`)
    .execute()
  await tablesOf(em)
    .updateTable('snapshot')
    .set({ state: 'removing' })
    .where('vault_id', '=', vaultId)
    .where('condemned_in', 'is not', null)
    .execute()
}

/** What was decided and may not be written down yet. */
export async function listRemoving(
  em: EntityManager,
  vaultId: VaultId,
): Promise<{ readonly packIds: Uint8Array[]; readonly snapshots: SnapshotRecord[]; readonly bytes: number }> {
  const packs = await tablesOf(em)
    .selectFrom('pack')
    .select(['pack_id', 'size_bytes'])
    .where('vault_id', '=', vaultId)
    .where('state', '=', 'removing')
    .orderBy('pack_id')
    .execute()
  const snapshots = await tablesOf(em)
    .selectFrom('snapshot')
    .selectAll()
    .where('vault_id', '=', vaultId)
    .where('state', '=', 'removing')
    .orderBy('id')
    .execute()
  return {
    packIds: packs.map((row) => row.pack_id),
    snapshots: snapshots.map(toSnapshotRecord),
    bytes: packs.reduce((sum, row) => sum + row.size_bytes, 0),
  }
}

/** Whether every one of these packs has a row that says that it is being removed, or was. */
export async function areOnTheirWay(em: EntityManager, vaultId: VaultId, packIds: readonly Uint8Array[]): Promise<boolean> {
  const row = await tablesOf(em)
    .selectFrom('pack')
    .where('vault_id', '=', vaultId)
    .where('state', 'in', ['removing', 'gone'])
    .where(sql<boolean>`pack_id = any(${packIds.map(asBuffer)}::bytea[])`)
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(row.count) === packIds.length
}

/** Their ids stay, so that no pack ever has one of them again. Unknown ones are left out. */
export async function setPacksGone(em: EntityManager, packIds: readonly Uint8Array[]): Promise<void> {
  if (packIds.length === 0) return
  await tablesOf(em)
    .updateTable('pack')
    .set({ state: 'gone', condemned: null, footer: Buffer.alloc(0) })
    .where(sql<boolean>`pack_id = any(${packIds.map(asBuffer)}::bytea[])`)
    .execute()
}

/** Those of just these objects: another version of a number, or a copy under another name, keeps its row. @returns whose they were, of each that was still there */
export async function deleteSnapshotRows(
  em: EntityManager,
  names: readonly Pick<SnapshotRecord, 'agentId' | 'seq' | 'id'>[],
): Promise<AgentId[]> {
  if (names.length === 0) return []
  const ids = names.map(({ id }) => idBytes(id))
  const { rows } = await sql<{ agent_id: AgentId }>`
    delete from snapshot s using unnest(${ids}::bytea[], ${names.map(({ agentId }) => agentId)}::uuid[], ${names.map(({ seq }) => seq)}::bigint[]) as named (id, agent_id, seq)
    where s.id = named.id and s.agent_id = named.agent_id and s.seq = named.seq
    returning s.agent_id`.execute(tablesOf(em))
  return rows.map((row) => row.agent_id)
}

/** Epoch of the newest collection whose journal was carried out to its end. */
export async function removedEpoch(em: EntityManager, vaultId: VaultId): Promise<number> {
  const row = await tablesOf(em).selectFrom('vault').select('removed_epoch').where('id', '=', vaultId).executeTakeFirstOrThrow()
  return row.removed_epoch
}

export async function setRemovedEpoch(em: EntityManager, vaultId: VaultId, epoch: number): Promise<void> {
  await tablesOf(em).updateTable('vault').set({ removed_epoch: epoch }).where('id', '=', vaultId).execute()
}

/**
 * Packs that a collection leaves alone although no snapshot names them: those of open sessions, and what an interrupted backup brought lately, which the next
 * one goes on from. No matter of safety: sessions rescue what they name.
 * @param since hub's clock
 */
export async function listSparedPacks(em: EntityManager, vaultId: VaultId, since: Date): Promise<Uint8Array[]> {
  const { rows } = await sql<{ pack_id: Buffer }>`
    select p.pack_id
    from pack p left join backup_session s on s.id = p.session_id
    where p.vault_id = ${vaultId} and p.state = 'live'
      and (s.state = 'open' or (p.stored_at > ${since} and coalesce(s.state, 'closed') <> 'committed'))`.execute(tablesOf(em))
  return rows.map((row) => row.pack_id)
}

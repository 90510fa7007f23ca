import type { AgentId, SnapshotId, VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { tablesOf } from './database-tables.ts'
import { idBytes, originOf, toSnapshotRecord, type SnapshotRecord } from './snapshots.queries.ts'

/*
 * What people and rules decide over snapshots. Nothing here touches the store: a deleted snapshot is whole until a collection condemned it.
 */

const oneOf = (ids: readonly SnapshotId[]) => sql<boolean>`id = any(${ids.map(idBytes)}::bytea[])`

/** Those that exist, oldest first, with their rows locked until the end of the transaction. */
export async function lockSnapshots(em: EntityManager, ids: readonly SnapshotId[]): Promise<SnapshotRecord[]> {
  const rows = await tablesOf(em)
    .selectFrom('snapshot')
    .selectAll()
    .where(oneOf(ids))
    .orderBy('received_at')
    .orderBy('id')
    .forUpdate()
    .execute()
  return rows.map(toSnapshotRecord)
}

export async function readSnapshots(em: EntityManager, ids: readonly SnapshotId[]): Promise<SnapshotRecord[]> {
  const rows = await tablesOf(em).selectFrom('snapshot').selectAll().where(oneOf(ids)).orderBy('received_at').orderBy('id').execute()
  return rows.map(toSnapshotRecord)
}

export interface Deletion {
  readonly at: Date
  readonly by: string
  readonly undoUntil: Date
  /** What stands for them from now on; nothing does unless said. */
  readonly replacedBy?: SnapshotId
}

export async function setDeleted(
  em: EntityManager,
  ids: readonly SnapshotId[],
  { at, by, undoUntil, replacedBy }: Deletion,
): Promise<void> {
  const replaced = replacedBy === undefined ? {} : { replaced_by: idBytes(replacedBy) }
  await tablesOf(em)
    .updateTable('snapshot')
    .set({ deleted_at: at, deleted_by: by, undo_until: undoUntil, ...replaced })
    .where(oneOf(ids))
    .execute()
}

/** All versions of one backup that the database knows: what the device made, and what was written anew of it, with the same number. In no order. */
export async function lockVersionsOf(
  em: EntityManager,
  snapshot: Pick<SnapshotRecord, 'id' | 'rewritten' | 'vaultId' | 'agentId' | 'seq'>,
): Promise<SnapshotRecord[]> {
  const of = originOf(snapshot)
  const rows = await tablesOf(em)
    .selectFrom('snapshot')
    .selectAll()
    .where('vault_id', '=', snapshot.vaultId)
    // Whatever another snapshot says of itself: of another device, or another backup, it is no version.
    .where('agent_id', '=', snapshot.agentId)
    .where('seq', '=', snapshot.seq)
    .where(sql<boolean>`(id = ${idBytes(of)} or rewritten->>'of' = ${of})`)
    .orderBy('id')
    .forUpdate()
    .execute()
  return rows.map(toSnapshotRecord)
}

/** When a version of this backup was written anew last, ms by the clock of who did; 0 = never. Deleted versions count: a lost database finds them in the store. */
export async function lastRewritingMs(
  em: EntityManager,
  { id, rewritten, vaultId, agentId, seq }: Pick<SnapshotRecord, 'id' | 'rewritten' | 'vaultId' | 'agentId' | 'seq'>,
): Promise<number> {
  const row = await tablesOf(em)
    .selectFrom('snapshot')
    .where('vault_id', '=', vaultId)
    .where('agent_id', '=', agentId)
    .where('seq', '=', seq)
    .where(sql<boolean>`rewritten->>'of' = ${originOf({ id, rewritten })}`)
    .select(sql<string | null>`max((rewritten->>'atMs')::bigint)`.as('last'))
    .executeTakeFirstOrThrow()
  return Number(row.last ?? 0)
}

/** Those of which a rewritten one is known: what the start of a hub puts in order. */
export async function listRewritten(em: EntityManager, vaultId: VaultId): Promise<SnapshotRecord[]> {
  const rows = await tablesOf(em)
    .selectFrom('snapshot')
    .selectAll()
    .where('vault_id', '=', vaultId)
    .where('rewritten', 'is not', null)
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .execute()
  return rows.map(toSnapshotRecord)
}

export async function setUndeleted(em: EntityManager, ids: readonly SnapshotId[]): Promise<void> {
  await tablesOf(em)
    .updateTable('snapshot')
    .set({ deleted_at: null, deleted_by: null, undo_until: null, replaced_by: null })
    .where(oneOf(ids))
    .execute()
}

export interface Hold {
  readonly at: Date
  readonly by: string
  readonly reason: string
}

export async function setHold(em: EntityManager, id: SnapshotId, hold: Hold | null): Promise<void> {
  await tablesOf(em)
    .updateTable('snapshot')
    .set({ held_at: hold?.at ?? null, held_by: hold?.by ?? null, hold_reason: hold?.reason ?? null })
    .where('id', '=', idBytes(id))
    .execute()
}

/** Of these agents: whole snapshots that lack nothing, are kept and are not among `without`. Agents without any are left out. */
export async function countWholeKept(
  em: EntityManager,
  agentIds: readonly AgentId[],
  without: readonly SnapshotId[],
): Promise<ReadonlyMap<AgentId, number>> {
  const { rows } = await sql<{ agent_id: AgentId; count: string }>`
    select agent_id, count(*) as count from snapshot
    where agent_id = any(${[...agentIds]}::uuid[]) and state = 'committed' and status <> 'partial' and coalesce(lacking_blobs, 0) = 0 and deleted_at is null
      and not id = any(${without.map(idBytes)}::bytea[])
    group by agent_id`.execute(tablesOf(em))
  return new Map(rows.map((row) => [row.agent_id, Number(row.count)]))
}

/** Deleted ones that can still be had back. */
export async function countDeleted(em: EntityManager, vaultId: VaultId): Promise<number> {
  const row = await tablesOf(em)
    .selectFrom('snapshot')
    .where('vault_id', '=', vaultId)
    .where('deleted_at', 'is not', null)
    .where('condemned_in', 'is', null)
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

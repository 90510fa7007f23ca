import type { CareStory, VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { sql, type Selectable } from 'kysely'
import { tablesOf, type VaultTables } from './database-tables.ts'

const json = <T>(value: T) => sql<T>`${JSON.stringify(value)}::jsonb`

/** @returns the row's id */
export async function insertCare(em: EntityManager, vaultId: VaultId, story: CareStory): Promise<number> {
  const row = await tablesOf(em)
    .insertInto('care')
    .values({
      vault_id: vaultId,
      kind: story.kind,
      state: story.state,
      started_by: story.startedBy,
      started_at: new Date(story.startedAtMs),
      ended_at: null,
      counts: json(story.counts),
      error: null,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return row.id
}

export async function updateCare(em: EntityManager, id: number, { state, endedAtMs, counts, error }: CareStory): Promise<void> {
  await tablesOf(em)
    .updateTable('care')
    .set({
      state,
      ended_at: endedAtMs === null ? null : new Date(endedAtMs),
      counts: json(counts),
      error: error === null ? null : json(error),
    })
    .where('id', '=', id)
    .execute()
}

/** Of each kind. */
export async function newestCare(em: EntityManager, vaultId: VaultId): Promise<CareStory[]> {
  const rows = await tablesOf(em)
    .selectFrom('care')
    .selectAll()
    .where('vault_id', '=', vaultId)
    .distinctOn('kind')
    .orderBy('kind')
    .orderBy('id', 'desc')
    .execute()
  return rows.map(toStory)
}

/** All but so many of a kind. */
export async function forgetOldCare(em: EntityManager, vaultId: VaultId, kind: CareStory['kind'], kept: number): Promise<void> {
  await sql`
    delete from care where vault_id = ${vaultId} and kind = ${kind} and id not in
      (select id from care where vault_id = ${vaultId} and kind = ${kind} order by id desc limit ${kept})`.execute(tablesOf(em))
}

const toStory = (row: Selectable<VaultTables['care']>): CareStory => ({
  kind: row.kind,
  state: row.state,
  startedBy: row.started_by,
  startedAtMs: row.started_at.getTime(),
  endedAtMs: row.ended_at?.getTime() ?? null,
  counts: row.counts,
  error: row.error,
})

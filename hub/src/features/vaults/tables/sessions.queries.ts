import type { AgentId, DomainId, RunId, SessionId, VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { sql, type Selectable } from 'kysely'
import { tablesOf, type VaultTables } from './database-tables.ts'

export interface SessionRecord {
  readonly id: SessionId
  readonly runId: RunId
  readonly agentId: AgentId
  readonly vaultId: VaultId
  readonly domainId: DomainId
  readonly keyEpoch: number
  readonly fence: number
  readonly state: 'open' | 'committed' | 'closed'
  readonly epoch: number
  readonly snapshotSeq: number
}

export interface SessionToOpen {
  readonly id: SessionId
  readonly runId: RunId
  readonly agentId: AgentId
  readonly vaultId: VaultId
  readonly domainId: DomainId
  readonly keyEpoch: number
  readonly fence: number
  readonly epoch: number
  readonly openedAt: Date
}

/**
 * The one session of a run: the existing one, with its fence raised where it is open, else a new one with the agent's next snapshot
 * number. Call it in a transaction: sessions of one agent are opened one after the other, so that no number is promised twice.
 */
export async function openSessionRow(em: EntityManager, session: SessionToOpen): Promise<SessionRecord> {
  const tables = tablesOf(em)
  await sql`select pg_advisory_xact_lock(hashtextextended(${`session ${session.vaultId} ${session.agentId}`}, 0))`.execute(tables)
  const raised = await tables
    .updateTable('backup_session')
    .set({ fence: sql<number>`greatest(fence, ${session.fence})` })
    .where('run_id', '=', session.runId)
    .where('state', '=', 'open')
    .returningAll()
    .executeTakeFirst()
  const existing = raised ?? (await tables.selectFrom('backup_session').selectAll().where('run_id', '=', session.runId).executeTakeFirst())
  if (existing !== undefined) return toRecord(existing)
  const highest = await sql<{ seq: string }>`
    select greatest(
      (select coalesce(max(seq), 0) from snapshot where vault_id = ${session.vaultId} and agent_id = ${session.agentId}),
      (select coalesce(max(snapshot_seq), 0) from backup_session where vault_id = ${session.vaultId} and agent_id = ${session.agentId})) as seq`.execute(
    tables,
  )
  const inserted = await tables
    .insertInto('backup_session')
    .values({
      id: session.id,
      run_id: session.runId,
      agent_id: session.agentId,
      vault_id: session.vaultId,
      domain_id: session.domainId,
      key_epoch: session.keyEpoch,
      fence: session.fence,
      state: 'open',
      epoch: session.epoch,
      snapshot_seq: Number(highest.rows[0]?.seq ?? 0) + 1,
      opened_at: session.openedAt,
      closed_at: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return toRecord(inserted)
}

export async function findSession(em: EntityManager, sessionId: SessionId): Promise<SessionRecord | null> {
  const row = await tablesOf(em).selectFrom('backup_session').selectAll().where('id', '=', sessionId).executeTakeFirst()
  return row === undefined ? null : toRecord(row)
}

/** Waits for whoever else changes the session; until the end of the transaction nobody does. */
export async function lockSession(em: EntityManager, sessionId: SessionId): Promise<SessionRecord | null> {
  const row = await tablesOf(em).selectFrom('backup_session').selectAll().where('id', '=', sessionId).forUpdate().executeTakeFirst()
  return row === undefined ? null : toRecord(row)
}

/** The session that was promised this snapshot number. */
export async function findSessionBySeq(
  em: EntityManager,
  vaultId: VaultId,
  agentId: AgentId,
  snapshotSeq: number,
): Promise<SessionRecord | null> {
  const row = await tablesOf(em)
    .selectFrom('backup_session')
    .selectAll()
    .where('vault_id', '=', vaultId)
    .where('agent_id', '=', agentId)
    .where('snapshot_seq', '=', snapshotSeq)
    .executeTakeFirst()
  return row === undefined ? null : toRecord(row)
}

export async function listOpenSessions(em: EntityManager, vaultId: VaultId): Promise<SessionRecord[]> {
  const rows = await tablesOf(em)
    .selectFrom('backup_session')
    .selectAll()
    .where('vault_id', '=', vaultId)
    .where('state', '=', 'open')
    .execute()
  return rows.map(toRecord)
}

/** Ends an open session and forgets what it was granted. @returns whether it was open. */
export async function endSession(em: EntityManager, runId: RunId, state: 'committed' | 'closed', at: Date): Promise<SessionId | null> {
  const tables = tablesOf(em)
  const ended = await tables
    .updateTable('backup_session')
    .set({ state, closed_at: at })
    .where('run_id', '=', runId)
    .where('state', '=', 'open')
    .returning('id')
    .executeTakeFirst()
  if (ended === undefined) return null
  await tables.deleteFrom('session_grant').where('session_id', '=', ended.id).execute()
  return ended.id
}

/** Of a vault, whatever their runs are: none may commit any more. */
export async function endAllSessions(em: EntityManager, vaultId: VaultId): Promise<void> {
  await tablesOf(em)
    .updateTable('backup_session')
    .set({ state: 'closed', closed_at: new Date() })
    .where('vault_id', '=', vaultId)
    .where('state', '=', 'open')
    .execute()
}

export async function insertGrant(em: EntityManager, sessionId: SessionId, places: Uint8Array): Promise<void> {
  const bytes = Buffer.from(places.buffer, places.byteOffset, places.byteLength)
  await tablesOf(em).insertInto('session_grant').values({ session_id: sessionId, places: bytes }).execute()
}

export async function listGrants(em: EntityManager, sessionId: SessionId): Promise<Uint8Array[]> {
  const rows = await tablesOf(em).selectFrom('session_grant').select('places').where('session_id', '=', sessionId).orderBy('id').execute()
  return rows.map(({ places }) => places)
}

const toRecord = (row: Selectable<VaultTables['backup_session']>): SessionRecord => ({
  id: row.id,
  runId: row.run_id,
  agentId: row.agent_id,
  vaultId: row.vault_id,
  domainId: row.domain_id,
  keyEpoch: row.key_epoch,
  fence: row.fence,
  state: row.state,
  epoch: row.epoch,
  snapshotSeq: row.snapshot_seq,
})

import {
  SnapshotId,
  type AgentId,
  type DomainId,
  type RunId,
  type SnapshotStatus,
  type Statistics,
  type VaultId,
  type WirePath,
} from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { sql, type Selectable } from 'kysely'
import { tablesOf, type VaultTables } from './database-tables.ts'

/** What the hub knows of a snapshot without opening it. */
export interface SnapshotRecord {
  readonly id: SnapshotId
  readonly vaultId: VaultId
  readonly domainId: DomainId
  readonly agentId: AgentId
  readonly runId: RunId | null
  readonly seq: number
  readonly keyEpoch: number
  readonly receivedAtMs: number
  readonly epoch: number
  readonly state: 'committed' | 'lost'
  readonly status: SnapshotStatus
  readonly system: 'linux' | 'windows' | 'macos'
  /** As the host called itself. */
  readonly host: string
  readonly plan: string | null
  readonly parentId: SnapshotId | null
  /** Blob id of the top folder's root page. */
  readonly root: Uint8Array
  readonly startedAtMs: number
  readonly finishedAtMs: number
  readonly files: number
  readonly folders: number
  readonly bytes: number
  readonly errors: number
  readonly roots: readonly WirePath[]
  readonly packs: number
  readonly segments: number
}

/** Which snapshots; every field narrows. */
export interface SnapshotFilter {
  /** Sees only this agent's; null sees all. */
  readonly visibleTo: AgentId | null
  readonly agentId?: AgentId | undefined
  /** Of a host that calls itself so, or of one of these devices (whose name is so). */
  readonly named?: { readonly host: string; readonly agentIds: readonly AgentId[] } | undefined
}

const idBytes = (id: SnapshotId): Buffer => Buffer.from(id, 'hex')

/** @returns false when there is a row of that id, which stays as it is. */
export async function insertSnapshot(em: EntityManager, snapshot: SnapshotRecord): Promise<boolean> {
  const inserted = await tablesOf(em)
    .insertInto('snapshot')
    .values({
      id: idBytes(snapshot.id),
      vault_id: snapshot.vaultId,
      domain_id: snapshot.domainId,
      agent_id: snapshot.agentId,
      run_id: snapshot.runId,
      seq: snapshot.seq,
      key_epoch: snapshot.keyEpoch,
      received_at: new Date(snapshot.receivedAtMs),
      epoch: snapshot.epoch,
      state: snapshot.state,
      status: snapshot.status,
      system: snapshot.system,
      host: snapshot.host,
      plan: snapshot.plan,
      parent_id: snapshot.parentId === null ? null : idBytes(snapshot.parentId),
      root: Buffer.from(snapshot.root),
      started_at: new Date(snapshot.startedAtMs),
      finished_at: new Date(snapshot.finishedAtMs),
      files: snapshot.files,
      folders: snapshot.folders,
      bytes: snapshot.bytes,
      errors: snapshot.errors,
      roots: sql`${JSON.stringify(snapshot.roots)}::jsonb`,
      packs: snapshot.packs,
      segments: snapshot.segments,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 1n
}

/** Committed or lost. */
export async function findSnapshot(em: EntityManager, id: SnapshotId): Promise<SnapshotRecord | null> {
  const row = await tablesOf(em).selectFrom('snapshot').selectAll().where('id', '=', idBytes(id)).executeTakeFirst()
  return row === undefined ? null : toRecord(row)
}

/** The one that a run committed, or null. */
export async function findSnapshotOfRun(em: EntityManager, runId: RunId): Promise<SnapshotRecord | null> {
  const row = await tablesOf(em)
    .selectFrom('snapshot')
    .selectAll()
    .where('run_id', '=', runId)
    .where('state', '=', 'committed')
    .executeTakeFirst()
  return row === undefined ? null : toRecord(row)
}

/** Committed ones, oldest first by the hub's clock. */
export async function listSnapshots(em: EntityManager, filter: SnapshotFilter): Promise<SnapshotRecord[]> {
  const rows = await visible(em, filter).orderBy('received_at').orderBy('seq').orderBy('id').execute()
  return rows.map(toRecord)
}

/** The newest committed one of each agent in sight. */
export async function newestSnapshots(em: EntityManager, filter: SnapshotFilter): Promise<SnapshotRecord[]> {
  const rows = await visible(em, filter)
    .distinctOn('agent_id')
    .orderBy('agent_id')
    // By number and not by time: a hub whose clock was ahead for a while has snapshots of tomorrow.
    .orderBy('seq', 'desc')
    .orderBy('received_at', 'desc')
    .execute()
  return rows.map(toRecord)
}

/** Committed ones whose id starts so. @param prefix lower-case hex, at most 32 digits. */
export async function findSnapshotsByPrefix(
  em: EntityManager,
  prefix: string,
  filter: SnapshotFilter,
  limit: number,
): Promise<SnapshotRecord[]> {
  const from = Buffer.from(prefix.padEnd(32, '0'), 'hex')
  const to = Buffer.from(prefix.padEnd(32, 'f'), 'hex')
  const rows = await visible(em, filter).where('id', '>=', from).where('id', '<=', to).orderBy('id').limit(limit).execute()
  return rows.map(toRecord)
}

/** Committed ones of one agent, newest first. */
export async function listSnapshotsOfAgent(
  em: EntityManager,
  vaultId: VaultId,
  agentId: AgentId,
  limit: number,
): Promise<SnapshotRecord[]> {
  const rows = await tablesOf(em)
    .selectFrom('snapshot')
    .selectAll()
    .where('vault_id', '=', vaultId)
    .where('agent_id', '=', agentId)
    .where('state', '=', 'committed')
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toRecord)
}

/** Which runs made an agent's snapshots, lost ones included; newest first. */
export async function listSnapshotMakers(
  em: EntityManager,
  vaultId: VaultId,
  agentId: AgentId,
): Promise<Pick<SnapshotRecord, 'id' | 'domainId' | 'runId' | 'plan' | 'state'>[]> {
  const rows = await tablesOf(em)
    .selectFrom('snapshot')
    .select(['id', 'domain_id', 'run_id', 'plan', 'state'])
    .where('vault_id', '=', vaultId)
    .where('agent_id', '=', agentId)
    .orderBy('seq', 'desc')
    .execute()
  return rows.map((row) => ({ id: toId(row.id), domainId: row.domain_id, runId: row.run_id, plan: row.plan, state: row.state }))
}

/** Ids and keys' parts of all of a vault, lost ones included: to compare with the store. */
export async function listSnapshotPlaces(
  em: EntityManager,
  vaultId: VaultId,
): Promise<Pick<SnapshotRecord, 'id' | 'agentId' | 'seq' | 'state'>[]> {
  const rows = await tablesOf(em)
    .selectFrom('snapshot')
    .select(['id', 'agent_id', 'seq', 'state'])
    .where('vault_id', '=', vaultId)
    .execute()
  return rows.map((row) => ({ id: toId(row.id), agentId: row.agent_id, seq: row.seq, state: row.state }))
}

/** How many committed ones a vault has. */
export async function countCommitted(em: EntityManager, vaultId: VaultId): Promise<number> {
  const row = await tablesOf(em)
    .selectFrom('snapshot')
    .where('vault_id', '=', vaultId)
    .where('state', '=', 'committed')
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

/** Committed ones of a vault in the order of their ids. Rows are converted one by one: ask for few at once. */
export async function pageSnapshots(
  em: EntityManager,
  vaultId: VaultId,
  after: SnapshotId | null,
  limit: number,
): Promise<SnapshotRecord[]> {
  let query = tablesOf(em).selectFrom('snapshot').selectAll().where('vault_id', '=', vaultId).where('state', '=', 'committed')
  if (after !== null) query = query.where('id', '>', idBytes(after))
  return (await query.orderBy('id').limit(limit).execute()).map(toRecord)
}

export async function setSnapshotState(em: EntityManager, id: SnapshotId, state: SnapshotRecord['state']): Promise<void> {
  await tablesOf(em).updateTable('snapshot').set({ state }).where('id', '=', idBytes(id)).execute()
}

const visible = (em: EntityManager, { visibleTo, agentId, named }: SnapshotFilter) => {
  let query = tablesOf(em).selectFrom('snapshot').selectAll().where('state', '=', 'committed')
  if (visibleTo !== null) query = query.where('agent_id', '=', visibleTo)
  if (agentId !== undefined) query = query.where('agent_id', '=', agentId)
  if (named === undefined) return query
  return query.where(sql<boolean>`(agent_id = any(${[...named.agentIds]}::uuid[]) or lower(host) = lower(${named.host}))`)
}

const toId = (bytes: Uint8Array): SnapshotId => SnapshotId.parse(Buffer.from(bytes).toString('hex'))

const toRecord = (row: Selectable<VaultTables['snapshot']>): SnapshotRecord => ({
  id: toId(row.id),
  vaultId: row.vault_id,
  domainId: row.domain_id,
  agentId: row.agent_id,
  runId: row.run_id,
  seq: row.seq,
  keyEpoch: row.key_epoch,
  receivedAtMs: row.received_at.getTime(),
  epoch: row.epoch,
  state: row.state,
  status: row.status,
  system: row.system,
  host: row.host,
  plan: row.plan,
  parentId: row.parent_id === null ? null : toId(row.parent_id),
  root: row.root,
  startedAtMs: row.started_at.getTime(),
  finishedAtMs: row.finished_at.getTime(),
  files: row.files,
  folders: row.folders,
  bytes: row.bytes,
  errors: row.errors,
  roots: row.roots,
  packs: row.packs,
  segments: row.segments,
})

/** How many committed snapshots there are of a device, or of all, and from when to when. */
export async function snapshotFigures(em: EntityManager, agentId: AgentId | null): Promise<Statistics['snapshots']> {
  const [row] = await em.execute<{ count: string; oldest: Date | string | null; newest: Date | string | null }[]>(
    `select count(*) as count, min(received_at) as oldest, max(received_at) as newest
     from snapshot where state = 'committed' ${agentId === null ? '' : 'and agent_id = ?'}`,
    agentId === null ? [] : [agentId],
  )
  return { count: Number(row?.count ?? 0), oldestAtMs: timeOf(row?.oldest), newestAtMs: timeOf(row?.newest) }
}

const timeOf = (at: Date | string | null | undefined): number | null => (at === null || at === undefined ? null : new Date(at).getTime())

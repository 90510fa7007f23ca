import {
  SnapshotId,
  type AgentId,
  type DomainId,
  type RunId,
  type SnapshotStatus,
  type SnapshotSummary,
  type Statistics,
  type VaultId,
  type WirePath,
} from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { sql, type Selectable } from 'kysely'
import { tablesOf, type VaultTables } from './database-tables.ts'
import type { SnapshotRewriting } from './snapshot.entity.ts'

/** Whether the store has it. */
export type StoredState = 'committed' | 'lost' | 'removing'

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
  /** `lost`: the store does not have the object (any more). `deleted`: no longer kept; see `keeping`. */
  readonly state: 'committed' | 'lost' | 'deleted'
  /** What follows is null where the hub cannot open the snapshot: for ever, or until a device has said it (figures and status). */
  readonly status: SnapshotStatus | null
  readonly system: 'linux' | 'windows' | 'macos' | null
  /** As the host called itself; where that is sealed, the device's name, or its id. */
  readonly host: string
  readonly plan: string | null
  readonly parentId: SnapshotId | null
  /** Blob id of the top folder's root page. */
  readonly root: Uint8Array | null
  readonly startedAtMs: number
  readonly finishedAtMs: number
  readonly files: number | null
  readonly folders: number | null
  readonly bytes: number | null
  readonly errors: number | null
  readonly roots: readonly WirePath[]
  readonly packs: number
  readonly segments: number
  /** Null: it is as the device made it. */
  readonly rewritten: SnapshotRewriting | null
  readonly keeping: SnapshotKeeping
  readonly looked: SnapshotLook
}

/** What a snapshot was before it was written anew: what was said of it holds for it still. */
export const originOf = ({ id, rewritten }: Pick<SnapshotRecord, 'id' | 'rewritten'>): SnapshotId => rewritten?.of ?? id

/** What came of looking through all of its folder lists; the database's alone. */
export interface SnapshotLook {
  /** Null: nobody has yet, or it is to be done again. */
  readonly auditedAt: Date | null
  /** Pieces that were in no place then; 0 also where nobody has looked. */
  readonly lackingBlobs: number
}

/** What was decided over a snapshot; the database's alone. */
export interface SnapshotKeeping {
  readonly held: { readonly at: Date; readonly by: string; readonly reason: string } | null
  /** `condemnedIn`: epoch of the collection that is about to remove it; null = it can still be had back. */
  readonly deleted: {
    readonly at: Date
    readonly by: string
    readonly undoUntil: Date
    readonly condemnedIn: number | null
    /** It was written anew, and this one stands for it. */
    readonly replacedBy: SnapshotId | null
  } | null
}
export const simplyKept: SnapshotKeeping = { held: null, deleted: null }
export const notLookedAt: SnapshotLook = { auditedAt: null, lackingBlobs: 0 }

/** Which snapshots; every field narrows. */
export interface SnapshotFilter {
  /** Sees only this agent's; null sees all. */
  readonly visibleTo: AgentId | null
  readonly agentId?: AgentId | undefined
  /** Deleted ones that are still there, instead of those that are kept. */
  readonly isDeleted?: boolean | undefined
  /** Of a host that calls itself so, or of one of these devices (whose name is so). */
  readonly named?: { readonly host: string; readonly agentIds: readonly AgentId[] } | undefined
}

export const idBytes = (id: SnapshotId): Buffer => Buffer.from(id, 'hex')

const notDecidedOver = {
  held_at: null,
  held_by: null,
  hold_reason: null,
  deleted_at: null,
  deleted_by: null,
  undo_until: null,
  condemned_in: null,
  audited_at: null,
  unnamed_refset: null,
  lacking_blobs: null,
  damage: null,
  replaced_by: null,
}

/** @returns false when there is a row of that id, which stays as it is. */
export async function insertSnapshot(em: EntityManager, snapshot: Omit<SnapshotRecord, 'state' | 'keeping' | 'looked'>): Promise<boolean> {
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
      state: 'committed',
      status: snapshot.status,
      system: snapshot.system,
      host: snapshot.host,
      plan: snapshot.plan,
      parent_id: snapshot.parentId === null ? null : idBytes(snapshot.parentId),
      root: snapshot.root === null ? null : Buffer.from(snapshot.root),
      started_at: new Date(snapshot.startedAtMs),
      finished_at: new Date(snapshot.finishedAtMs),
      files: snapshot.files,
      folders: snapshot.folders,
      bytes: snapshot.bytes,
      errors: snapshot.errors,
      roots: sql`${JSON.stringify(snapshot.roots)}::jsonb`,
      packs: snapshot.packs,
      segments: snapshot.segments,
      rewritten: snapshot.rewritten === null ? null : sql`${JSON.stringify(snapshot.rewritten)}::jsonb`,
      ...notDecidedOver,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 1n
}

/** Fills in what only a device can say, where nothing is known. */
export async function setStated(
  em: EntityManager,
  id: SnapshotId,
  { status, files, folders, bytes, errors }: SnapshotSummary,
): Promise<void> {
  await tablesOf(em)
    .updateTable('snapshot')
    .set({ status, files, folders, bytes, errors })
    .where('id', '=', idBytes(id))
    .where('status', 'is', null)
    .execute()
}

/** Committed, lost or deleted. */
export async function findSnapshot(em: EntityManager, id: SnapshotId): Promise<SnapshotRecord | null> {
  const row = await tablesOf(em).selectFrom('snapshot').selectAll().where('id', '=', idBytes(id)).executeTakeFirst()
  return row === undefined ? null : toSnapshotRecord(row)
}

/** The one that a run committed, or null. */
export async function findSnapshotOfRun(em: EntityManager, runId: RunId): Promise<SnapshotRecord | null> {
  const row = await tablesOf(em)
    .selectFrom('snapshot')
    .selectAll()
    .where('run_id', '=', runId)
    .where('state', '=', 'committed')
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  return row === undefined ? null : toSnapshotRecord(row)
}

/** Committed ones, oldest first by the hub's clock. */
export async function listSnapshots(em: EntityManager, filter: SnapshotFilter): Promise<SnapshotRecord[]> {
  const rows = await visible(em, filter).orderBy('received_at').orderBy('seq').orderBy('id').execute()
  return rows.map(toSnapshotRecord)
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
  return rows.map(toSnapshotRecord)
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
  return rows.map(toSnapshotRecord)
}

/**
 * Those of one agent that a session may build on, newest first: also deleted ones, but none that was condemned when the session was opened.
 * @param epoch of the session
 */
export async function listSnapshotsOfAgent(
  em: EntityManager,
  vaultId: VaultId,
  agentId: AgentId,
  { epoch, limit }: { readonly epoch: number; readonly limit: number },
): Promise<SnapshotRecord[]> {
  const rows = await tablesOf(em)
    .selectFrom('snapshot')
    .selectAll()
    .where('vault_id', '=', vaultId)
    .where('agent_id', '=', agentId)
    .where('state', '=', 'committed')
    .where((eb) => eb.or([eb('condemned_in', 'is', null), eb('condemned_in', '>', epoch)]))
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toSnapshotRecord)
}

/** Which runs made an agent's snapshots, lost and deleted ones included, but none that a collection condemned; newest first. `isOriginal`: nothing of it was taken out. */
export async function listSnapshotMakers(
  em: EntityManager,
  vaultId: VaultId,
  agentId: AgentId,
): Promise<(Pick<SnapshotRecord, 'id' | 'domainId' | 'runId' | 'plan'> & { readonly state: StoredState; readonly isOriginal: boolean })[]> {
  const rows = await tablesOf(em)
    .selectFrom('snapshot')
    .select(['id', 'domain_id', 'run_id', 'plan', 'state', 'rewritten', 'replaced_by'])
    .where('vault_id', '=', vaultId)
    .where('agent_id', '=', agentId)
    .where('condemned_in', 'is', null)
    .orderBy('seq', 'desc')
    .execute()
  return rows.map((row) => ({
    id: toId(row.id),
    domainId: row.domain_id,
    runId: row.run_id,
    plan: row.plan,
    state: row.state,
    isOriginal: row.rewritten === null && row.replaced_by === null,
  }))
}

export type SnapshotPlace = Pick<SnapshotRecord, 'id' | 'agentId' | 'seq'> & { readonly state: StoredState }

/** Ids and keys' parts of all of a vault, lost and deleted ones included: to compare with the store. */
export async function listSnapshotPlaces(em: EntityManager, vaultId: VaultId): Promise<SnapshotPlace[]> {
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
    .where('deleted_at', 'is', null)
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
  let query = tablesOf(em)
    .selectFrom('snapshot')
    .selectAll()
    .where('vault_id', '=', vaultId)
    .where('state', '=', 'committed')
    .where('deleted_at', 'is', null)
  if (after !== null) query = query.where('id', '>', idBytes(after))
  return (await query.orderBy('id').limit(limit).execute()).map(toSnapshotRecord)
}

export async function setSnapshotState(em: EntityManager, id: SnapshotId, state: StoredState): Promise<void> {
  await tablesOf(em).updateTable('snapshot').set({ state }).where('id', '=', idBytes(id)).execute()
}

const visible = (em: EntityManager, { visibleTo, agentId, named, isDeleted = false }: SnapshotFilter) => {
  let query = tablesOf(em).selectFrom('snapshot').selectAll().where('state', '=', 'committed')
  query = query.where('deleted_at', isDeleted ? 'is not' : 'is', null)
  if (visibleTo !== null) query = query.where('agent_id', '=', visibleTo)
  if (agentId !== undefined) query = query.where('agent_id', '=', agentId)
  if (named === undefined) return query
  return query.where(sql<boolean>`(agent_id = any(${[...named.agentIds]}::uuid[]) or lower(host) = lower(${named.host}))`)
}

export const toId = (bytes: Uint8Array): SnapshotId => SnapshotId.parse(Buffer.from(bytes).toString('hex'))

export const toSnapshotRecord = (row: Selectable<VaultTables['snapshot']>): SnapshotRecord => ({
  id: toId(row.id),
  vaultId: row.vault_id,
  domainId: row.domain_id,
  agentId: row.agent_id,
  runId: row.run_id,
  seq: row.seq,
  keyEpoch: row.key_epoch,
  receivedAtMs: row.received_at.getTime(),
  epoch: row.epoch,
  state: row.state === 'lost' && row.deleted_at === null ? 'lost' : row.deleted_at === null ? 'committed' : 'deleted',
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
  looked: { auditedAt: row.audited_at, lackingBlobs: row.lacking_blobs ?? 0 },
  rewritten: row.rewritten,
  keeping: {
    held: row.held_at === null ? null : { at: row.held_at, by: row.held_by ?? '', reason: row.hold_reason ?? '' },
    deleted:
      row.deleted_at === null
        ? null
        : {
            at: row.deleted_at,
            by: row.deleted_by ?? '',
            undoUntil: row.undo_until ?? row.deleted_at,
            condemnedIn: row.condemned_in,
            replacedBy: row.replaced_by === null ? null : toId(row.replaced_by),
          },
  },
})

/** How many committed snapshots there are of a device, or of all, and from when to when. */
export async function snapshotFigures(em: EntityManager, agentId: AgentId | null): Promise<Statistics['snapshots']> {
  const [row] = await em.execute<{ count: string; oldest: Date | string | null; newest: Date | string | null }[]>(
    `select count(*) as count, min(received_at) as oldest, max(received_at) as newest
     from snapshot where state = 'committed' and deleted_at is null ${agentId === null ? '' : 'and agent_id = ?'}`,
    agentId === null ? [] : [agentId],
  )
  return { count: Number(row?.count ?? 0), oldestAtMs: timeOf(row?.oldest), newestAtMs: timeOf(row?.newest) }
}

const timeOf = (at: Date | string | null | undefined): number | null => (at === null || at === undefined ? null : new Date(at).getTime())

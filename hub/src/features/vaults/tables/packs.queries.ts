import type { DomainId, SessionId, VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { sql, type Selectable } from 'kysely'
import { tablesOf, type VaultTables } from './database-tables.ts'

export interface PackRecord {
  /** 16 bytes. */
  readonly packId: Uint8Array
  readonly vaultId: VaultId
  readonly domainId: DomainId
  readonly kind: number
  readonly keyEpoch: number
  readonly sessionId: SessionId | null
  readonly sizeBytes: number
  readonly segments: number
  readonly blobs: number
  readonly footer: Uint8Array
  readonly state: 'live' | 'lost' | 'removing' | 'gone'
  readonly storedAt: Date
  /** Positions of segments that a collection condemned, a bit each; null = none. */
  readonly condemned: Uint8Array | null
  /** Positions of segments whose bytes are damaged, as `condemned`. */
  readonly lostSegments: Uint8Array | null
}

/**
 * Inserts a pack whose object is durable. The row of the very same pack is kept, and is live again if it was lost.
 * @returns the session that brought the pack first (null = unknown), or undefined when another pack has this id, or this one is being removed.
 */
export async function insertPack(
  em: EntityManager,
  pack: Omit<PackRecord, 'condemned' | 'lostSegments'>,
): Promise<SessionId | null | undefined> {
  const row = await tablesOf(em)
    .insertInto('pack')
    .values({
      pack_id: asBuffer(pack.packId),
      vault_id: pack.vaultId,
      domain_id: pack.domainId,
      kind: pack.kind,
      key_epoch: pack.keyEpoch,
      session_id: pack.sessionId,
      size_bytes: pack.sizeBytes,
      segments: pack.segments,
      blobs: pack.blobs,
      footer: asBuffer(pack.footer),
      state: pack.state,
      stored_at: pack.storedAt,
      condemned: null,
      lost_segments: null,
      checked_at: null,
    })
    .onConflict((conflict) =>
      conflict
        .column('pack_id')
        .doUpdateSet({ state: pack.state })
        .whereRef('pack.vault_id', '=', 'excluded.vault_id')
        .whereRef('pack.footer', '=', 'excluded.footer')
        .whereRef('pack.size_bytes', '=', 'excluded.size_bytes')
        // What was decided stays so: its object goes.
        .where('pack.state', '<>', 'removing'),
    )
    .returning('session_id')
    .executeTakeFirst()
  return row?.session_id
}

/** In the order of their ids, which is the order of their keys in the store. Footers come along: ask for few at once. */
export async function pagePacks(em: EntityManager, vaultId: VaultId, after: Uint8Array | null, limit: number): Promise<PackRecord[]> {
  let query = tablesOf(em).selectFrom('pack').selectAll().where('vault_id', '=', vaultId).orderBy('pack_id').limit(limit)
  if (after !== null) query = query.where('pack_id', '>', asBuffer(after))
  return (await query.execute()).map(toRecord)
}

export async function findPack(em: EntityManager, packId: Uint8Array): Promise<PackRecord | null> {
  const row = await tablesOf(em).selectFrom('pack').selectAll().where('pack_id', '=', asBuffer(packId)).executeTakeFirst()
  return row === undefined ? null : toRecord(row)
}

/** What segments of different packs must not be mixed by, for each pack that is there. */
export async function packGroups(em: EntityManager, vaultId: VaultId): Promise<ReadonlyMap<string, string>> {
  const rows = await tablesOf(em)
    .selectFrom('pack')
    .select(['pack_id', 'domain_id', 'kind', 'key_epoch'])
    .where('vault_id', '=', vaultId)
    .where('state', '=', 'live')
    .execute()
  return new Map(rows.map((row) => [Buffer.from(row.pack_id).toString('hex'), `${row.domain_id} ${row.kind} ${row.key_epoch}`]))
}

/** @param packIds 16 bytes each. */
export async function setPackState(em: EntityManager, packIds: readonly Uint8Array[], state: 'live' | 'lost'): Promise<void> {
  await tablesOf(em)
    .updateTable('pack')
    .set({ state })
    .where(sql<boolean>`pack_id = any(${packIds.map(asBuffer)}::bytea[])`)
    .execute()
}

const toRecord = (row: Selectable<VaultTables['pack']>): PackRecord => ({
  packId: row.pack_id,
  vaultId: row.vault_id,
  domainId: row.domain_id,
  kind: row.kind,
  keyEpoch: row.key_epoch,
  sessionId: row.session_id,
  sizeBytes: row.size_bytes,
  segments: row.segments,
  blobs: row.blobs,
  footer: row.footer,
  state: row.state,
  storedAt: row.stored_at,
  condemned: row.condemned,
  lostSegments: row.lost_segments,
})

/** The driver binds Buffers only; no copy is made. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

import type { DomainId, Vault, VaultCheck, VaultCollection, VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { sql, type Selectable } from 'kysely'
import { tablesOf, type VaultTables } from './database-tables.ts'

export interface VaultRecord {
  readonly id: VaultId
  readonly name: string
  readonly kind: 'managed' | 'private'
  readonly storeKind: 'directory' | 's3'
  readonly defaultDomainId: DomainId
  readonly keyEpoch: number
  readonly epoch: number
  readonly recoveryKeyExportedAt: Date | null
  readonly recoveryKeyExportedBy: string | null
  readonly damage: Vault['damage']
  /** How long deleted snapshots can be had back. */
  readonly undoDays: number
  readonly createdAt: Date
}

/** Somebody can open it without the hub; a private vault has words from its start. */
export const hasRecoveryKey = ({ kind, recoveryKeyExportedAt }: Pick<VaultRecord, 'kind' | 'recoveryKeyExportedAt'>): boolean =>
  kind === 'private' || recoveryKeyExportedAt !== null

/** What is there and usable, and what was missing from the store at the last start. */
export type VaultTotals = Pick<Vault, 'packs' | 'bytesStored' | 'snapshots' | 'packsLost' | 'snapshotsLost' | 'snapshotsDamaged'>

/** Oldest first: the first one is the default. */
export async function listVaultRecords(em: EntityManager): Promise<VaultRecord[]> {
  const rows = await tablesOf(em).selectFrom('vault').selectAll().orderBy('created_at').orderBy('id').execute()
  return rows.map(toRecord)
}

export async function findVaultRecord(em: EntityManager, vaultId: VaultId): Promise<VaultRecord | null> {
  const row = await tablesOf(em).selectFrom('vault').selectAll().where('id', '=', vaultId).executeTakeFirst()
  return row === undefined ? null : toRecord(row)
}

const toRecord = (row: Selectable<VaultTables['vault']>): VaultRecord => ({
  id: row.id,
  name: row.name,
  kind: row.kind,
  storeKind: row.store_kind,
  defaultDomainId: row.default_domain_id,
  keyEpoch: row.key_epoch,
  epoch: row.epoch,
  recoveryKeyExportedAt: row.recovery_key_exported_at,
  recoveryKeyExportedBy: row.recovery_key_exported_by,
  damage: row.damage,
  undoDays: row.undo_days,
  createdAt: row.created_at,
})

export async function insertVault(
  em: EntityManager,
  vault: Omit<VaultRecord, 'recoveryKeyExportedAt' | 'recoveryKeyExportedBy' | 'damage'>,
): Promise<void> {
  await tablesOf(em)
    .insertInto('vault')
    .values({
      id: vault.id,
      name: vault.name,
      kind: vault.kind,
      store_kind: vault.storeKind,
      default_domain_id: vault.defaultDomainId,
      key_epoch: vault.keyEpoch,
      epoch: vault.epoch,
      recovery_key_exported_at: null,
      recovery_key_exported_by: null,
      last_check: null,
      damage: null,
      collection: null,
      removed_epoch: 0,
      undo_days: vault.undoDays,
      created_at: vault.createdAt,
    })
    .execute()
}

/** After a database was lost, epochs go on well above any that it may have given out. */
export const epochsSkipped = 1_000_000

export async function setVaultEpoch(em: EntityManager, vaultId: VaultId, epoch: number): Promise<void> {
  await tablesOf(em).updateTable('vault').set({ epoch }).where('id', '=', vaultId).execute()
}

/** As they are until the transaction ends. */
export async function lockUndoDays(em: EntityManager, vaultId: VaultId): Promise<number | null> {
  const row = await tablesOf(em).selectFrom('vault').select('undo_days').where('id', '=', vaultId).forUpdate().executeTakeFirst()
  return row?.undo_days ?? null
}

export async function setUndoDays(em: EntityManager, vaultId: VaultId, days: number): Promise<void> {
  await tablesOf(em).updateTable('vault').set({ undo_days: days }).where('id', '=', vaultId).execute()
}

export async function setCollection(em: EntityManager, vaultId: VaultId, collection: VaultCollection): Promise<void> {
  await tablesOf(em)
    .updateTable('vault')
    .set({ collection: sql<VaultCollection>`${JSON.stringify(collection)}::jsonb` })
    .where('id', '=', vaultId)
    .execute()
}

export async function findCollection(em: EntityManager, vaultId: VaultId): Promise<VaultCollection | null> {
  const row = await tablesOf(em).selectFrom('vault').select('collection').where('id', '=', vaultId).executeTakeFirst()
  return row?.collection ?? null
}

/** Somebody says that they keep a recovery key. */
export async function setRecoveryKeyExported(em: EntityManager, vaultId: VaultId, at: Date, by: string): Promise<void> {
  await tablesOf(em)
    .updateTable('vault')
    .set({ recovery_key_exported_at: at, recovery_key_exported_by: by })
    .where('id', '=', vaultId)
    .execute()
}

/**
 * Notes a check, and what it says of damage if it came to its end.
 * @param isFoundByReading some of what it found no check of lists can find, nor see mended
 */
export async function setLastCheck(em: EntityManager, vaultId: VaultId, check: VaultCheck, isFoundByReading = false): Promise<void> {
  const noted = { last_check: sql<VaultCheck>`${JSON.stringify(check)}::jsonb` }
  const damage = damageAfter(check, isFoundByReading)
  await tablesOf(em)
    .updateTable('vault')
    .set(damage === null ? noted : { ...noted, damage })
    .where('id', '=', vaultId)
    .execute()
}

/** Null: the check says nothing of it. */
function damageAfter({ state, isDeep, startedAtMs, endedAtMs, problemCount }: VaultCheck, isFoundByReading: boolean) {
  if (state !== 'damaged' && state !== 'sound') return null
  const found = state === 'sound' ? null : { foundAtMs: endedAtMs ?? startedAtMs, isDeep: isFoundByReading, problemCount }
  const now = sql<VaultRecord['damage']>`${found === null ? null : JSON.stringify(found)}::jsonb`
  if (isDeep) return now
  // Lists can be whole where bytes are not: what only reading finds stays.
  const most = sql`greatest((damage ->> 'problemCount')::int, ${problemCount}::int)`
  return sql<VaultRecord['damage']>`case when damage -> 'isDeep' = 'true'::jsonb
    then jsonb_set(damage, '{problemCount}', to_jsonb(${most})) else ${now} end`
}

export async function findLastCheck(em: EntityManager, vaultId: VaultId): Promise<VaultCheck | null> {
  const row = await tablesOf(em).selectFrom('vault').select('last_check').where('id', '=', vaultId).executeTakeFirst()
  return row?.last_check ?? null
}

/** Places of blobs in packs that are there. */
export async function blobsOfVault(em: EntityManager, vaultId: VaultId): Promise<number> {
  const row = await tablesOf(em)
    .selectFrom('pack')
    .where('vault_id', '=', vaultId)
    .where('state', '=', 'live')
    .select((eb) => eb.fn.sum<string | null>('blobs').as('blobs'))
    .executeTakeFirst()
  return Number(row?.blobs ?? 0)
}

interface TotalsRow {
  readonly packs: string
  readonly bytes: string
  readonly packs_lost: string
  readonly snapshots: string
  readonly snapshots_lost: string
  readonly snapshots_damaged: string
}

/** Reads each row of the vault's packs and snapshots once: a second for a million. */
export async function totalsOfVault(em: EntityManager, vaultId: VaultId): Promise<VaultTotals> {
  const { rows } = await sql<TotalsRow>`
    select p.*, s.* from
      (select count(*) filter (where state = 'live') as packs, coalesce(sum(size_bytes) filter (where state = 'live'), 0) as bytes,
        count(*) filter (where state = 'lost') as packs_lost from pack where vault_id = ${vaultId}) p,
      (select count(*) filter (where state = 'committed' and deleted_at is null) as snapshots,
        count(*) filter (where state = 'lost' and deleted_at is null) as snapshots_lost,
        count(*) filter (where state = 'committed' and deleted_at is null and lacking_blobs > 0) as snapshots_damaged from snapshot where vault_id = ${vaultId}) s`.execute(
    tablesOf(em),
  )
  const [row] = rows
  return {
    packs: Number(row?.packs ?? 0),
    bytesStored: Number(row?.bytes ?? 0),
    snapshots: Number(row?.snapshots ?? 0),
    packsLost: Number(row?.packs_lost ?? 0),
    snapshotsLost: Number(row?.snapshots_lost ?? 0),
    snapshotsDamaged: Number(row?.snapshots_damaged ?? 0),
  }
}

import type { DomainId, VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { tablesOf } from './database-tables.ts'

export interface VaultRecord {
  readonly id: VaultId
  readonly name: string
  readonly kind: 'managed' | 'private'
  readonly storeKind: 'directory' | 's3'
  readonly defaultDomainId: DomainId
  readonly keyEpoch: number
  readonly epoch: number
  readonly recoveryKeyExportedAt: Date | null
  readonly createdAt: Date
}

export interface VaultTotals {
  readonly packs: number
  readonly bytesStored: number
  readonly snapshots: number
}

/** Oldest first: the first one is the default. */
export async function listVaultRecords(em: EntityManager): Promise<VaultRecord[]> {
  const rows = await tablesOf(em).selectFrom('vault').selectAll().orderBy('created_at').orderBy('id').execute()
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    kind: row.kind,
    storeKind: row.store_kind,
    defaultDomainId: row.default_domain_id,
    keyEpoch: row.key_epoch,
    epoch: row.epoch,
    recoveryKeyExportedAt: row.recovery_key_exported_at,
    createdAt: row.created_at,
  }))
}

export async function insertVault(em: EntityManager, vault: Omit<VaultRecord, 'recoveryKeyExportedAt'>): Promise<void> {
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
      created_at: vault.createdAt,
    })
    .execute()
}

export async function setVaultEpoch(em: EntityManager, vaultId: VaultId, epoch: number): Promise<void> {
  await tablesOf(em).updateTable('vault').set({ epoch }).where('id', '=', vaultId).execute()
}

/** What is there and usable: lost packs and snapshots do not count. */
export async function totalsOfVault(em: EntityManager, vaultId: VaultId): Promise<VaultTotals> {
  const tables = tablesOf(em)
  const packs = await tables
    .selectFrom('pack')
    .where('vault_id', '=', vaultId)
    .where('state', '=', 'live')
    .select((eb) => [eb.fn.countAll<string>().as('packs'), eb.fn.sum<string | null>('size_bytes').as('bytes')])
    .executeTakeFirstOrThrow()
  const snapshots = await tables
    .selectFrom('snapshot')
    .where('vault_id', '=', vaultId)
    .where('state', '=', 'committed')
    .select((eb) => eb.fn.countAll<string>().as('snapshots'))
    .executeTakeFirstOrThrow()
  return { packs: Number(packs.packs), bytesStored: Number(packs.bytes ?? 0), snapshots: Number(snapshots.snapshots) }
}

import type { Vault } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { listVaultRecords, totalsOfVault } from './tables/vaults.queries.ts'

export async function listVaults(em: EntityManager): Promise<Vault[]> {
  const vaults: Vault[] = []
  for (const { id, name, kind, createdAt, storeKind, recoveryKeyExportedAt } of await listVaultRecords(em)) {
    const totals = await totalsOfVault(em, id)
    vaults.push({
      id,
      name,
      kind,
      createdAtMs: createdAt.getTime(),
      storeKind,
      ...totals,
      recoveryKeyExported: recoveryKeyExportedAt !== null,
    })
  }
  return vaults
}

import type { Vault } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { hasRecoveryKey, listVaultRecords, type VaultRecord, type VaultTotals } from './tables/vaults.queries.ts'
import type { VaultUsages } from './usage/vault-usage.ts'

/** Every open console asks for the list once a minute. */
const freshMs = 5000

/** Names, keys and damage are as they are now, figures at most some seconds old. */
export async function listVaults(em: EntityManager, usages: Pick<VaultUsages, 'totalsOf'>): Promise<Vault[]> {
  const vaults: Vault[] = []
  for (const record of await listVaultRecords(em)) vaults.push(presentVault(record, await usages.totalsOf(em, record.id, freshMs)))
  return vaults
}

export function presentVault(record: VaultRecord, totals: VaultTotals): Vault {
  const { id, name, kind, createdAt, storeKind, damage } = record
  return {
    id,
    name,
    kind,
    createdAtMs: createdAt.getTime(),
    storeKind,
    ...totals,
    recoveryKeyExported: hasRecoveryKey(record),
    damage,
  }
}

import { AppError } from '@holdfast/shared-types'
import { vaultFileKey } from '@holdfast/engine/format'
import type { ManagedVaults } from '../contents/managed-vault.ts'
import { withContractErrors } from '../errors/translate-engine-error.ts'

/** @throws AppError `store.*` for the first vault that cannot be read */
export async function requireStores(vaults: ManagedVaults): Promise<void> {
  for (const { id, store } of vaults.all()) {
    const head = await withContractErrors(() => store.head(vaultFileKey))
    if (head === null) throw new AppError('store.unavailable', { context: { vaultId: id } })
  }
}

/** Lets go of every store; nothing may be read or written any more. */
export async function closeStores(vaults: ManagedVaults): Promise<void> {
  for (const { store } of vaults.all()) if ('close' in store && typeof store.close === 'function') await store.close()
}

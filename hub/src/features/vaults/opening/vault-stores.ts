import { vaultFileKey } from '@holdfast/engine/format'
import { AppError } from '@holdfast/shared-types'
import type { ManagedVault, ManagedVaults } from '../contents/managed-vault.ts'
import type { VaultFolders } from './vault-folders.ts'

/** @throws AppError `store.unavailable` with the folder of the first vault that is not there */
export async function requireStores(vaults: ManagedVaults, folders: VaultFolders): Promise<void> {
  for (const { id } of vaults.all()) await folders.require(id)
}

/** The vault's own file is where it was: a disk that went away looks like a vault without its packs. @throws AppError `store.unavailable` */
export async function requireStore({ id, store }: ManagedVault): Promise<void> {
  if ((await store.head(vaultFileKey)) === null) throw new AppError('store.unavailable', { context: { vaultId: id } })
}

/** Lets go of every store; nothing may be read or written any more. */
export async function closeStores(vaults: ManagedVaults): Promise<void> {
  for (const { store } of vaults.all()) if ('close' in store && typeof store.close === 'function') await store.close()
}

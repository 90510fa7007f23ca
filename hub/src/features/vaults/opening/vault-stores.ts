import type { OpenVaults } from '../contents/open-vaults.ts'
import type { VaultFolders } from './vault-folders.ts'

/** @throws AppError `store.unavailable` with the folder of the first vault that is not there */
export async function requireStores(vaults: OpenVaults, folders: VaultFolders): Promise<void> {
  for (const { id } of vaults.all()) await folders.require(id)
}

/** Lets go of every store; nothing may be read or written any more. */
export async function closeStores(vaults: OpenVaults): Promise<void> {
  for (const { store } of vaults.all()) if ('close' in store && typeof store.close === 'function') await store.close()
}

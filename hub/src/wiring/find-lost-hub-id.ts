import type { HubId } from '@holdfast/shared-types'
import { findKeptHubId } from '../features/self-backups/index.ts'
import { openOfflineVaults, VaultFolders } from '../features/vaults/index.ts'
import type { HubOptions } from '../hub.ts'

/** For a database that is new: who the hub was whose vaults lie in the store; null = there are none, or they do not say. @throws AppError `vault.wrong-key`, `store.*` */
export async function findLostHubId({ config, log, secret }: Pick<HubOptions, 'config' | 'log' | 'secret'>): Promise<HubId | null> {
  const folders = new VaultFolders(config.storeUrl)
  const vaults = await openOfflineVaults({ folders, log, secret, now: Date.now, onProgress: () => undefined }, await folders.findVaults(), {
    passesLocked: true,
  })
  try {
    return await findKeptHubId(vaults, log)
  } finally {
    await vaults.close()
  }
}

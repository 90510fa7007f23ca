import { AppError, type VaultId } from '@holdfast/shared-types'
import { uuidToBytes } from '@holdfast/engine/format'
import type { Vault } from '@holdfast/engine/vault'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Database } from '../../../platform/database/database.ts'
import type { StoredVault } from '../contents/managed-vault.ts'
import { withContractErrors } from '../errors/translate-engine-error.ts'
import { recordOf, unlockVault } from '../opening/unlock-vault.ts'
import type { VaultFolders } from '../opening/vault-folders.ts'
import { insertVault, listVaultRecords } from '../tables/vaults.queries.ts'
import { rebuildVault, type RebuildDeps, type RebuiltVault } from './rebuild-vault.ts'

export interface RebuildVaultsDeps extends RebuildDeps {
  readonly database: Database
  readonly folders: VaultFolders
  /** 32 bytes that open the vaults' key slots. */
  readonly secret: Uint8Array
}

/**
 * Makes the rows of vaults again from their store, each vault in one transaction. No hub may run meanwhile.
 *
 * @param vaultId null = those of the database, or, where it has none, all of the store. A vault of the store that the database does not know is taken on when it is named.
 * @throws AppError `vault.not-found`, `vault.wrong-key`, `store.*`; the database is as it was then, but for vaults before
 */
export function rebuildVaults(deps: RebuildVaultsDeps, vaultId: VaultId | null): Promise<RebuiltVault[]> {
  return withContractErrors(async () => {
    const rebuilt: RebuiltVault[] = []
    const opened = await openVaultsToRebuild(deps, vaultId)
    try {
      for (const vault of opened) rebuilt.push(await deps.database.transaction((em) => rebuildInto(deps, em, vault)))
    } finally {
      await closeOpened(opened)
    }
    return rebuilt
  })
}

/** The engine's vaults, with their keys. */
export async function openVaultsToRebuild(deps: RebuildVaultsDeps, vaultId: VaultId | null): Promise<Vault[]> {
  const known = (await listVaultRecords(deps.database.em())).map(({ id }) => id)
  const found = await deps.folders.findVaults()
  const wanted = vaultId === null ? (known.length > 0 ? known : found) : [vaultId]
  if (wanted.length === 0 || (vaultId !== null && !known.includes(vaultId) && !found.includes(vaultId))) throw noVault(vaultId)
  const opened: Vault[] = []
  for (const id of wanted) opened.push(await unlockVault(deps, id))
  return opened
}

export async function closeOpened(opened: readonly Vault[]): Promise<void> {
  for (const { store } of opened) if ('close' in store && typeof store.close === 'function') await store.close()
}

/** In a transaction of the caller; a vault without a row gets one. */
export async function rebuildInto(deps: RebuildDeps, em: EntityManager, vault: Vault): Promise<RebuiltVault> {
  const record = recordOf(vault, 1)
  const isKnown = (await listVaultRecords(em)).some(({ id }) => id === record.id)
  if (!isKnown) await insertVault(em, record)
  const stored: StoredVault = { id: record.id, idBytes: uuidToBytes(record.id), store: vault.store, vault }
  return rebuildVault(deps, em, stored)
}

const noVault = (vaultId: VaultId | null): AppError =>
  new AppError('vault.not-found', {
    message: vaultId === null ? 'There is no vault in HOLDFAST_STORE.' : `There is no vault ${vaultId} in HOLDFAST_STORE.`,
    cure: 'Set HOLDFAST_STORE to the folder that holds the vault\u2019s folder: file:///path. The vault\u2019s folder has its id as its name and a vault.json in it.',
  })

import { AppError, type VaultId } from '@holdfast/shared-types'
import { uuidToBytes } from '@holdfast/engine/format'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { StoredVault } from '../contents/open-vault.ts'
import { withContractErrors } from '../errors/translate-engine-error.ts'
import { listRegisteredAgents, type RegisteredAgent } from '../keys/registered-agents.ts'
import { recordOf, unlockVault, type UnlockedVault } from '../opening/unlock-vault.ts'
import type { VaultFolders } from '../opening/vault-folders.ts'
import { selfBackupShelf, type SelfBackupShelf } from '../self-backups/self-backup-shelf.ts'
import { prepareSettingAside } from '../tables/rebuilding.queries.ts'
import { insertVault, listVaultRecords } from '../tables/vaults.queries.ts'
import { rebuildVault, type RebuildDeps, type RebuiltVault } from './rebuild-vault.ts'

export interface OfflineVaultsDeps extends RebuildDeps {
  readonly folders: VaultFolders
  /** 32 bytes that open the vaults' key slots. */
  readonly secret: Uint8Array
}

/** Vaults that are open beside a database on which no hub runs. */
export interface OfflineVaults {
  readonly ids: readonly VaultId[]
  shelfOf(vaultId: VaultId): SelfBackupShelf
  /** Of all of them. */
  registeredAgents(which: 'all' | 'revoked'): Promise<RegisteredAgent[]>
  /** Makes the temporary table `kept_snapshot`, whose decisions the rebuild gives to the snapshots it finds; gone with the transaction. */
  prepareDecisions(em: EntityManager): Promise<void>
  /** All rows of a vault again from its store, in the transaction of `em`; a vault without a row gets one. @throws AppError `store.*` */
  rebuild(em: EntityManager, vaultId: VaultId): Promise<RebuiltVault>
  close(): Promise<void>
}

/**
 * @param passesLocked vaults that the secret does not open are left out, as long as it opens one
 * @throws AppError `vault.wrong-key`, `store.*`
 */
export async function openOfflineVaults(
  deps: OfflineVaultsDeps,
  wanted: readonly VaultId[],
  { passesLocked }: { readonly passesLocked: boolean } = { passesLocked: false },
): Promise<OfflineVaults> {
  const opened = new Map<VaultId, UnlockedVault>()
  const close = async (): Promise<void> => {
    for (const { store } of opened.values()) if ('close' in store && typeof store.close === 'function') await store.close()
  }
  try {
    const locked: AppError[] = []
    for (const id of wanted) {
      const vault = await withContractErrors(() => unlockVault(deps, id)).catch((error: unknown) => {
        if (!passesLocked || !(error instanceof AppError) || error.code !== 'vault.wrong-key') throw error
        locked.push(error)
        return null
      })
      if (vault !== null) opened.set(id, vault)
    }
    if (opened.size === 0 && locked[0] !== undefined) throw locked[0]
  } catch (error) {
    await close()
    throw error
  }
  const get = (id: VaultId): UnlockedVault => {
    const vault = opened.get(id)
    if (vault === undefined) throw new AppError('vault.not-found', { context: { vaultId: id } })
    return vault
  }
  return {
    ids: [...opened.keys()],
    shelfOf: (vaultId) => selfBackupShelf(() => get(vaultId)),
    registeredAgents: (which) =>
      withContractErrors(async () => {
        const agents: RegisteredAgent[] = []
        for (const [id, vault] of opened) agents.push(...(await listRegisteredAgents(deps, { id, vault }, which)))
        return agents
      }),
    prepareDecisions: prepareSettingAside,
    rebuild: (em, vaultId) => withContractErrors(() => rebuildInto(deps, em, get(vaultId))),
    close,
  }
}

async function rebuildInto(deps: RebuildDeps, em: EntityManager, vault: UnlockedVault): Promise<RebuiltVault> {
  const record = recordOf(vault, 1)
  const isKnown = (await listVaultRecords(em)).some(({ id }) => id === record.id)
  if (!isKnown) await insertVault(em, record)
  const stored: StoredVault = { id: record.id, idBytes: uuidToBytes(record.id), store: vault.store, vault }
  return rebuildVault(deps, em, stored)
}

/**
 * Which vaults a rebuild is about: the one that is named, those that the database knows, or, where it knows none, all of the store.
 * @throws AppError `vault.not-found`, `store.*`
 */
export async function vaultsToRebuild(em: EntityManager, folders: VaultFolders, vaultId: VaultId | null): Promise<VaultId[]> {
  const known = (await listVaultRecords(em)).map(({ id }) => id)
  const found = await folders.findVaults()
  const wanted = vaultId === null ? (known.length > 0 ? known : found) : [vaultId]
  const isThere = vaultId === null ? wanted.length > 0 : known.includes(vaultId) || found.includes(vaultId)
  if (isThere) return wanted
  throw new AppError('vault.not-found', {
    message: vaultId === null ? 'There is no vault in HOLDFAST_STORE.' : `There is no vault ${vaultId} in HOLDFAST_STORE.`,
    cure: 'Set HOLDFAST_STORE to the folder that holds the vault\u2019s folder: file:///path. The vault\u2019s folder has its id as its name and a vault.json in it.',
  })
}

import type { AgentId, VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Database } from '../../platform/database/database.ts'
import { countAgents, takeOnAgents, type LastSeenHost, type TakenOn } from '../agents/index.ts'
import { readHubId } from '../system/index.ts'
import {
  newestSnapshots,
  openOfflineVaults,
  vaultsToRebuild,
  type OfflineVaults,
  type OfflineVaultsDeps,
  type RebuiltVault,
} from '../vaults/index.ts'
import { findKeptHubId } from './find-kept-hub-id.ts'

export interface RebuildHubDeps extends OfflineVaultsDeps {
  readonly database: Database
}

export interface RebuiltHub {
  readonly vaults: readonly RebuiltVault[]
  readonly devices: TakenOn
}

/**
 * Makes all rows again that are derived from the store, each vault in one transaction. In a database that knows no devices, those with snapshots come back as well, and
 * the hub is who it was. No hub may run meanwhile.
 *
 * @param vaultId null = those of the database, or, where it has none, all of the store. A vault that the database does not know is taken on when it is named.
 * @throws AppError `vault.not-found`, `vault.wrong-key`, `store.*`; the database is as it was then, but for vaults before
 */
export async function rebuildHub(deps: RebuildHubDeps, vaultId: VaultId | null): Promise<RebuiltHub> {
  const { database, log, now } = deps
  const vaults = await openOfflineVaults(deps, await vaultsToRebuild(database.em(), deps.folders, vaultId))
  try {
    await readHubId(database, now, () => findKeptHubId(vaults, log))
    const rebuilt: RebuiltVault[] = []
    for (const id of vaults.ids) rebuilt.push(await database.transaction((em) => vaults.rebuild(em, id)))
    return { vaults: rebuilt, devices: await database.transaction((em) => bringDevicesBack(em, vaults)) }
  } finally {
    await vaults.close()
  }
}

/** A database that knows devices knows all of them: then only revocations are looked at. */
async function bringDevicesBack(em: EntityManager, vaults: OfflineVaults): Promise<TakenOn> {
  const isNew = (await countAgents(em)) === 0
  const registered = await vaults.registeredAgents(isNew ? 'all' : 'revoked')
  return takeOnAgents(em, registered, isNew ? await hostsOf(em) : new Map())
}

/** Of devices with snapshots: what the newest says. */
export async function hostsOf(em: EntityManager): Promise<ReadonlyMap<AgentId, LastSeenHost>> {
  const newest = await newestSnapshots(em, { visibleTo: null })
  return new Map(newest.map(({ agentId, host, system }) => [agentId, { host, system }]))
}

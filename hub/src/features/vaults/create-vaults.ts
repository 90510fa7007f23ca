import type { CareKind, CareStory, DomainId, SnapshotId, VaultCollection, VaultId, VaultKind } from '@holdfast/shared-types'
import type { FsckReport } from '@holdfast/engine/maintenance'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Feature } from '../../platform/http/define-feature.ts'
import type { CheckOptions } from './checking/check-vault.ts'
import type { CollectionOrder } from './collecting/collections.ts'
import type { OpenVault } from './contents/open-vault.ts'
import { discreetAgentsOnly } from './keys/discreet-agents.ts'
import { deletionOf, type SnapshotDeletion } from './deleting/snapshot-deletion.ts'
import { withContractErrors } from './errors/translate-engine-error.ts'
import { findVault } from './keys/keep-recovery-key.ts'
import { registerAgentKeys, type AgentKeys } from './keys/register-agent-keys.ts'
import { listRegisteredAgents, type RegisteredAgent } from './keys/registered-agents.ts'
import { VaultFolders } from './opening/vault-folders.ts'
import { requireStores } from './opening/vault-stores.ts'
import { openSnapshotTree, type SnapshotTree } from './reading/snapshot-tree.ts'
import { selfBackupShelf, type SelfBackupShelf } from './self-backups/self-backup-shelf.ts'
import {
  findSnapshot,
  findSnapshotOfRun,
  findSnapshotsByPrefix,
  listSnapshots,
  newestSnapshots,
  snapshotFigures,
} from './tables/snapshots.queries.ts'
import { hasRecoveryKey, listVaultRecords } from './tables/vaults.queries.ts'
import { startVaults, stopVaults } from './start-vaults.ts'
import { vaultAdminCommands } from './vaults.admin.ts'
import { vaultRoutes } from './vaults.routes.ts'
import { vaultMessages } from './vaults.socket.ts'
import { createVaultsState, type VaultsDoors, type VaultsServices, type VaultsState } from './vaults-state.ts'

export type { AgentKeys, SnapshotDeletion }

export interface SnapshotReads {
  readonly find: typeof findSnapshot
  readonly ofRun: typeof findSnapshotOfRun
  readonly findByPrefix: typeof findSnapshotsByPrefix
  readonly list: typeof listSnapshots
  readonly newest: typeof newestSnapshots
  readonly figures: typeof snapshotFigures
}

/** What other features ask of vaults. Everything waits for `feature.start`. */
export interface Vaults {
  readonly feature: Feature
  /** Where a new agent keeps its backups; null = in the default vault. @throws AppError `vault.not-found` */
  placeFor(vaultId: VaultId | null): Promise<{ readonly vaultId: VaultId; readonly domainId: DomainId; readonly vaultKind: VaultKind }>
  /** The vault of an id or name. @throws AppError `vault.not-found` */
  idOf(vault: string): VaultId
  /** The hub holds no key of it. False also for one that is not there. */
  isPrivate(vaultId: VaultId): boolean
  /**
   * Puts an agent's keys into the vault that it joins, durably: call it before the agent's row is committed. The same keys again are accepted.
   * @returns false where a person has to let it in first
   * @throws AppError `agent.identity-invalid` when the X25519 key is not signed by the Ed25519 key, `store.*`
   */
  registerAgentKeys(vaultId: VaultId, keys: AgentKeys): Promise<boolean>
  /** Agents as the vaults vouch for them, whatever the database says: all, or those that were cut off. @throws AppError `store.*` */
  registeredAgents(which: 'all' | 'revoked'): Promise<RegisteredAgent[]>
  /** What the hub keeps of itself, in the default vault. */
  readonly selfBackups: SelfBackupShelf
  /** Names of vaults with objects that this hub cannot read, and how many: nothing is removed from these. */
  untaken(): { readonly vault: string; readonly objects: number }[]
  /** Vaults that only the hub's secret opens. */
  vaultsWithoutRecoveryKey(em: EntityManager): Promise<VaultId[]>
  /** Rows of snapshots. Who may see which is the caller's to say in the filter. */
  readonly snapshots: SnapshotReads
  /** @throws AppError `snapshot.not-found`. Who may see the snapshot is the caller's to check. */
  openSnapshotTree(em: EntityManager, snapshotId: SnapshotId): Promise<SnapshotTree>
  readonly deletion: SnapshotDeletion
  /** Removes what no snapshot needs any more; null = the default vault. @throws AppError `vault.not-found`, `vault.collection-unsafe`, `store.*` */
  collect(vaultId: VaultId | null, order: CollectionOrder): Promise<VaultCollection>
  /** Does one kind of care now, as the queue of jobs would; null = the default vault. @throws AppError `vault.not-found` */
  care(vaultId: VaultId | null, kind: CareKind, startedBy: string | null): Promise<CareStory>
  readonly rewriting: VaultsState['rewriting']
  /** Checks a vault and its rows; null = the default vault. @throws AppError `vault.not-found`, `store.unavailable` */
  runFsck(vaultId: VaultId | null, options: CheckOptions): Promise<FsckReport>
}

/** @param folders where the vaults are; the folder of HOLDFAST_STORE unless a test says otherwise. */
export function createVaults(services: VaultsServices, doors: VaultsDoors, folders = new VaultFolders(services.config.storeUrl)): Vaults {
  const state = createVaultsState(services, doors, folders)
  const { vaults, checks, collections } = state
  const chosen = (vaultId: VaultId | null): OpenVault => (vaultId === null ? vaults.default : vaults.get(vaultId))
  const runFsck = (vaultId: VaultId | null, options: CheckOptions): Promise<FsckReport> =>
    withContractErrors(async () => checks.run(chosen(vaultId), { ...options, startedBy: 'holdfast-hub fsck' }))
  const collect = (vaultId: VaultId | null, order: CollectionOrder): Promise<VaultCollection> =>
    withContractErrors(() => collections.run(chosen(vaultId), order))
  return {
    feature: {
      name: 'vaults',
      routes: vaultRoutes(state),
      agentReports: vaultMessages(state),
      agentLink: discreetAgentsOnly(state),
      adminCommands: vaultAdminCommands(state, { runFsck, collect }),
      healthChecks: { store: () => requireStores(vaults, folders) },
      start: () => withContractErrors(() => startVaults(state, folders)),
      schedules: () => state.cares.schedules(),
      stop: () => stopVaults(state),
    },
    async placeFor(vaultId) {
      const { id, kind, record } = chosen(vaultId)
      return { vaultId: id, domainId: record.defaultDomainId, vaultKind: kind }
    },
    idOf: (name) => findVault(vaults, name).id,
    isPrivate: (vaultId) => vaults.has(vaultId) && vaults.get(vaultId).kind === 'private',
    registerAgentKeys: (vaultId, keys) => withContractErrors(() => registerAgentKeys(state, vaultId, keys)),
    registeredAgents: (which) =>
      withContractErrors(async () => {
        const agents: RegisteredAgent[] = []
        for (const vault of vaults.all()) agents.push(...(await listRegisteredAgents(state, vault, which)))
        return agents
      }),
    selfBackups: selfBackupShelf(() => vaults.default.vault),
    untaken: () =>
      vaults.all().flatMap(({ record, untaken }) => (untaken.length === 0 ? [] : [{ vault: record.name, objects: untaken.length }])),
    async vaultsWithoutRecoveryKey(em) {
      return (await listVaultRecords(em)).filter((record) => !hasRecoveryKey(record)).map(({ id }) => id)
    },
    snapshots: {
      find: findSnapshot,
      ofRun: findSnapshotOfRun,
      findByPrefix: findSnapshotsByPrefix,
      list: listSnapshots,
      newest: newestSnapshots,
      figures: snapshotFigures,
    },
    openSnapshotTree: (em, snapshotId) => openSnapshotTree(state, em, snapshotId),
    deletion: deletionOf(state),
    collect,
    care: (vaultId, kind, startedBy) => state.cares.carryOut(kind, chosen(vaultId), startedBy, new AbortController().signal),
    rewriting: state.rewriting,
    runFsck,
  }
}

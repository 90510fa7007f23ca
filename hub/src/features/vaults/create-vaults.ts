import { join } from 'node:path'
import { Refset } from '@holdfast/engine/format'
import type { CareKind, CareStory, DomainId, SnapshotId, VaultCollection, VaultId } from '@holdfast/shared-types'
import type { FsckReport } from '@holdfast/engine/maintenance'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Feature } from '../../platform/http/define-feature.ts'
import type { CheckOptions } from './checking/check-vault.ts'
import type { CollectionOrder } from './collecting/collections.ts'
import { deletionOf, type SnapshotDeletion } from './deleting/snapshot-deletion.ts'
import { withContractErrors } from './errors/translate-engine-error.ts'
import { registerAgentKeys, type AgentKeys } from './keys/register-agent-keys.ts'
import { listRegisteredAgents, type RegisteredAgent } from './keys/registered-agents.ts'
import { openVaults } from './opening/open-vaults.ts'
import { StoreMark } from './opening/store-mark.ts'
import { VaultFolders } from './opening/vault-folders.ts'
import { closeStores, requireStores } from './opening/vault-stores.ts'
import { openSnapshotTree, type SnapshotTree } from './reading/snapshot-tree.ts'
import { selfBackupShelf, type SelfBackupShelf } from './self-backups/self-backup-shelf.ts'
import { closeEndedSessions, closeSessionOfRun } from './sessions/close-session.ts'
import {
  findSnapshot,
  findSnapshotOfRun,
  findSnapshotsByPrefix,
  listSnapshots,
  newestSnapshots,
  snapshotFigures,
} from './tables/snapshots.queries.ts'
import { listUnnamedRefsets } from './tables/damage.queries.ts'
import { listVaultRecords } from './tables/vaults.queries.ts'
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
  /** Where a new agent keeps its backups. */
  defaultVault(): Promise<{ readonly vaultId: VaultId; readonly domainId: DomainId }>
  /**
   * Puts an agent's keys into the default vault, durably: call it before the agent's row is committed. The same keys again are accepted.
   * @throws AppError `agent.identity-invalid` when the X25519 key is not signed by the Ed25519 key, `store.*`
   */
  registerAgentKeys(keys: AgentKeys): Promise<void>
  /** Agents as the vaults vouch for them, whatever the database says: all, or those that were cut off. @throws AppError `store.*` */
  registeredAgents(which: 'all' | 'revoked'): Promise<RegisteredAgent[]>
  /** What the hub keeps of itself, in the default vault. */
  readonly selfBackups: SelfBackupShelf
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
  const { vaults, checks, collections, packsInDoubt, revocations, usages } = state
  const runFsck = (vaultId: VaultId | null, options: CheckOptions): Promise<FsckReport> =>
    withContractErrors(async () =>
      checks.run(vaultId === null ? vaults.default : vaults.get(vaultId), { ...options, startedBy: 'holdfast-hub fsck' }),
    )
  const collect = (vaultId: VaultId | null, order: CollectionOrder): Promise<VaultCollection> =>
    withContractErrors(() => collections.run(vaultId === null ? vaults.default : vaults.get(vaultId), order))
  return {
    feature: {
      name: 'vaults',
      routes: vaultRoutes(state),
      agentReports: vaultMessages(state),
      adminCommands: vaultAdminCommands(state, { runFsck, collect }),
      healthChecks: { store: () => requireStores(vaults, folders) },
      start: () => withContractErrors(() => start(state, folders)),
      schedules: () => state.cares.schedules(),
      async stop() {
        usages.stop()
        await Promise.all([
          revocations.stop(),
          packsInDoubt.stop(),
          checks.stop(),
          collections.stop(),
          state.purges.stop(),
          state.suspicions.stop(),
        ])
        await Promise.all([closeStores(vaults), state.blobIndex.close()])
      },
    },
    defaultVault: () => Promise.resolve({ vaultId: vaults.default.id, domainId: vaults.default.record.defaultDomainId }),
    registerAgentKeys: (keys) => withContractErrors(() => registerAgentKeys(state, keys)),
    registeredAgents: (which) =>
      withContractErrors(async () => {
        const agents: RegisteredAgent[] = []
        for (const vault of vaults.all()) agents.push(...(await listRegisteredAgents(state, vault, which)))
        return agents
      }),
    selfBackups: selfBackupShelf(() => vaults.default.vault),
    async vaultsWithoutRecoveryKey(em) {
      return (await listVaultRecords(em)).filter(({ recoveryKeyExportedAt }) => recoveryKeyExportedAt === null).map(({ id }) => id)
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
    care: (vaultId, kind, startedBy) =>
      state.cares.carryOut(kind, vaultId === null ? vaults.default : vaults.get(vaultId), startedBy, new AbortController().signal),
    rewriting: state.rewriting,
    runFsck,
  }
}

async function start(state: VaultsState, folders: VaultFolders): Promise<void> {
  const { config, database, live, log, now, secret, domainEvents, blobIndex: index } = state
  const mark = new StoreMark(config.storeUrl, config.dataDir)
  await index.clear()
  const opened = await openVaults({ database, live, domainEvents, index, log, now, secret, folders, mark }).catch(
    async (error: unknown) => {
      // Who failed to start is not stopped, and a thread would stay.
      await index.close()
      throw error
    },
  )
  for (const vault of opened) {
    state.vaults.add(vault)
    await closeEndedSessions(state, vault.id)
    for (const { id, refset } of await listUnnamedRefsets(database.em(), vault.id)) state.refsets.setBeyond(id, Refset.decode(refset))
  }
  await watchDisk(state, folders)
  state.packsInDoubt.start()
  await state.revocations.keep()
  domainEvents.on('agent.revoked', () => state.revocations.keep())
  for (const vault of opened) await state.purges.resume(vault)
  await state.cares.begin()
  domainEvents.on('snapshot.committed', ({ snapshotId }) => healWith(state, snapshotId))
  domainEvents.on('run.finished', ({ runId }) => closeSessionOfRun(state, runId))
  watchHealers(state)
}

/** A store that cannot be measured is one that cannot be read either: its health says so. */
const watchDisk = ({ diskSpace, vaults, log }: VaultsState, folders: VaultFolders): Promise<void> =>
  diskSpace
    .watch({
      use: 'store',
      folder: folders.parentPath,
      reserveFile: join(folders.parentPath, 'holdfast-reserve'),
      requireThere: () => requireStores(vaults, folders),
    })
    .catch((error: unknown) => log.warn({ event: 'disk.unmeasured', err: error }, 'The disk of the store could not be measured'))

/** What comes to its end with a snapshot is looked at with its audit; here is what did not, and what was switched on. */
function watchHealers({ domainEvents, cares }: VaultsState): void {
  domainEvents.on('run.finished', async ({ state }) => {
    if (state !== 'succeeded' && state !== 'warning') await cares.healersChanged()
  })
  domainEvents.on('plan.changed', () => cares.healersChanged())
}

/** What was sent may be what older snapshots lack. */
async function healWith({ database, cares }: VaultsState, snapshotId: SnapshotId): Promise<void> {
  const snapshot = await findSnapshot(database.em(), snapshotId)
  if (snapshot !== null) await cares.snapshotCame(snapshot.vaultId)
}

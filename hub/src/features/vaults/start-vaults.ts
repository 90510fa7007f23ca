import { join } from 'node:path'
import type { SnapshotId, VaultId } from '@holdfast/shared-types'
import { Refset } from '@holdfast/engine/format'
import { takeDeviceAudit } from './collecting/device-audits.ts'
import { settleWaiting } from './keys/give-device-keys.ts'
import { openVaults } from './opening/open-vaults.ts'
import { StoreMark } from './opening/store-mark.ts'
import type { VaultFolders } from './opening/vault-folders.ts'
import { closeStores, requireStores } from './opening/vault-stores.ts'
import { closeEndedSessions, closeSessionOfRun } from './sessions/close-session.ts'
import { listUnnamedRefsets } from './tables/damage.queries.ts'
import { findSnapshot } from './tables/snapshots.queries.ts'
import type { VaultsState } from './vaults-state.ts'

/** Opens what there is, settles what a crash left, and listens. @throws AppError `store.unavailable`, `vault.wrong-key` */
export async function startVaults(state: VaultsState, folders: VaultFolders): Promise<void> {
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
  await settleWaiting(state)
  await state.revocations.keep()
  domainEvents.on('agent.revoked', () => state.revocations.keep())
  for (const vault of opened) await state.purges.resume(vault)
  await state.cares.begin()
  domainEvents.on('snapshot.committed', ({ snapshotId }) => healWith(state, snapshotId))
  domainEvents.on('run.finished', ({ runId }) => closeSessionOfRun(state, runId))
  const healSoon = (vaultId: VaultId): Promise<void> => state.cares.healSoon(vaultId)
  domainEvents.on('run.finished', ({ runId }) => takeDeviceAudit({ ...state, healSoon }, runId))
  watchHealers(state)
}

/** Ends what works, and closes the stores. What was under way goes on with the next start. */
export async function stopVaults(state: VaultsState): Promise<void> {
  const { vaults, usages, revocations, packsInDoubt, checks, collections, purges, suspicions } = state
  usages.stop()
  await Promise.all([revocations, packsInDoubt, checks, collections, purges, suspicions].map((part) => part.stop()))
  await Promise.all([closeStores(vaults), state.blobIndex.close()])
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

import { pathToFileURL } from 'node:url'
import type { SnapshotId } from '@holdfast/shared-types'
import { expect } from 'vitest'
import { silentLogger } from '../../../platform/logging/logger.ts'
import { openOfflineVaults, vaultsToRebuild } from '../rebuilding/offline-vaults.ts'
import type { RebuildProgress, RebuiltVault } from '../rebuilding/rebuild-vault.ts'
import { collect, deleteFinally, expectRestored, expectSound, piece, treeOf, type Files } from './collection-world.ts'
import { FoldersWithHooks, type StoreWithHooks } from './store-with-hooks.ts'
import type { TestAgent } from './test-agent.ts'
import { VaultsUnderTest } from './vaults-under-test.ts'

/** As `holdfast-hub rebuild` does it, while no hub runs. */
export async function rebuildVaults(
  world: VaultsUnderTest,
  {
    vaultId = null,
    onProgress = () => undefined,
    onStore = () => undefined,
  }: {
    vaultId?: RebuiltVault['vaultId'] | null
    onProgress?: (step: RebuildProgress) => void
    onStore?: (store: StoreWithHooks) => void
  } = {},
): Promise<RebuiltVault> {
  await world.stop()
  const { database, secret } = world
  const folders = new FoldersWithHooks(pathToFileURL(world.storeDir).href, onStore)
  const deps = { folders, secret, log: silentLogger, now: () => world.nowMs++, onProgress }
  const vaults = await openOfflineVaults(deps, await vaultsToRebuild(database.em(), folders, vaultId))
  try {
    return await database.transaction((em) => vaults.rebuild(em, vaults.ids[0]!))
  } finally {
    await vaults.close()
  }
}

/** Everything that the database knows of vaults is gone. */
export async function loseVaultRows(world: VaultsUnderTest): Promise<void> {
  for (const table of ['session_grant', 'backup_session', 'snapshot', 'pack', 'vault'])
    await world.database.em().execute(`delete from ${table}`)
}

interface Made {
  readonly id: SnapshotId
  readonly files: Files
}

const manyFiles = (name: string, count: number): Files =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${name}-${index}.bin`, piece()]))

/**
 * A collection that removes a snapshot and moves what others need out of its packs, killed at one of its steps; then the database is lost and made again. Nothing that is
 * listed is broken, what was kept is kept, and whoever backs up again what went, has all of it.
 *
 * @returns whether it was killed: false where it has fewer steps
 */
export async function loseDatabaseAt(step: number, recovery: 'start' | 'rebuild'): Promise<boolean> {
  const world = await VaultsUnderTest.open()
  try {
    const agent = await world.enrol()
    const stays = manyFiles('stays', 4)
    const goes = { ...stays, ...manyFiles('goes', 12) }
    const gone = { id: await agent.backUp(treeOf(goes)), files: goes }
    const kept = { id: await agent.backUp(treeOf(stays)), files: stays }
    await deleteFinally(world, gone.id)
    world.dieAfter(step)
    await collect(world).catch(() => undefined)
    const wasKilled = world.mortality.isDead
    const where = `killed at ${world.mortality.diedAt ?? 'no step'}`
    try {
      await world.stop()
      await loseVaultRows(world)
      if (recovery === 'rebuild') await rebuildVaults(world)
      await world.start()
      await expectAllGood(world, agent, { kept, gone })
    } catch (cause) {
      throw new Error(`${where}, then ${recovery}`, { cause })
    }
    return wasKilled
  } finally {
    await world.close()
  }
}

async function expectAllGood(world: VaultsUnderTest, agent: TestAgent, { kept, gone }: { kept: Made; gone: Made }): Promise<void> {
  await expectSound(world)
  const listed = await world.vaults.snapshots.list(world.database.em(), { visibleTo: null })
  expect(listed.map(({ id }) => id)).toContain(kept.id)
  for (const { id } of listed) await expectRestored(agent, id, id === kept.id ? kept.files : gone.files)
  const again = await agent.backUp(treeOf(gone.files))
  await expectRestored(agent, again, gone.files)
  for (let round = 0; round < 2; round++) await collect(world)
  await expectRestored(agent, kept.id, kept.files)
  await expectRestored(agent, again, gone.files)
  await expectSound(world)
}

import type { PurgePreview, SnapshotId } from '@holdfast/shared-types'
import type { Page } from 'playwright'
import { aPurgePreview, somePurges } from '../../src/testing/purge-world.ts'
import type { StandInHub } from '../../src/testing/stand-in-hub.ts'
import { go, snapshot, type Scene } from './scene.ts'

const vaultOf = (hub: StandInHub) => hub.world.vaultDetails[0]?.id ?? ('' as never)

async function openVault(page: Page, hub: StandInHub, title = 'Removed from all backups'): Promise<void> {
  await go(`/vaults/${vaultOf(hub)}`, title)(page)
}

async function openForm(page: Page, hub: StandInHub): Promise<void> {
  await openVault(page, hub)
  await page.getByRole('button', { name: 'Remove something' }).click()
  await page.getByLabel('Paths').waitFor()
}

/** Of a file in a snapshot, as far as what would go. */
async function look(page: Page, hub: StandInHub, given: Partial<PurgePreview>): Promise<void> {
  hub.world.purgePreview = aPurgePreview(given)
  await go(`/snapshots/${snapshot(hub, 0)}/home/ada`, 'budget')(page)
  await page.getByRole('button', { name: /Details of budget/ }).click()
  await page.getByRole('button', { name: 'Remove from all backups' }).click()
  await page.getByRole('button', { name: 'Look what would go' }).click()
}

const ids = (hub: StandInHub): SnapshotId[] => hub.world.snapshots.slice(0, 2).map(({ id }) => id)

export const purgesScenes: readonly Scene[] = [
  {
    name: 'purges',
    isWhole: true,
    show: async (page, hub) => {
      hub.world.purges = somePurges(vaultOf(hub))
      await openVault(page, hub, 'nothing of it is left in the vault')
    },
  },
  {
    name: 'purges-german',
    isWhole: true,
    locale: 'de-DE',
    show: async (page, hub) => {
      hub.world.purges = somePurges(vaultOf(hub))
      await openVault(page, hub, 'Im Tresor ist nichts mehr davon')
    },
  },
  {
    name: 'purge-what',
    show: async (page, hub) => {
      await openForm(page, hub)
      await page.getByLabel('Paths').fill('/home/ada/passwords.kdbx\nkeys.txt')
      await page.getByLabel('Patterns').fill('*.pem\n../x')
      await page.getByRole('button', { name: 'Look what would go' }).click()
      await page.getByText('write the whole path').waitFor()
    },
  },
  {
    name: 'purge-of-file',
    show: async (page, hub) => {
      await go(`/snapshots/${snapshot(hub, 0)}/home/ada`, 'budget')(page)
      await page.getByRole('button', { name: /Details of budget/ }).click()
      await page.getByRole('button', { name: 'Remove from all backups' }).click()
      await page.getByText('Still on the device?').waitFor()
    },
  },
  {
    name: 'purge-effect',
    show: async (page, hub) => {
      await look(page, hub, { deletedAffected: 2, inUse: ids(hub).slice(0, 1) })
      await page.getByText('Can it be taken back?').waitFor()
    },
  },
  {
    name: 'purge-effect-german',
    locale: 'de-DE',
    show: async (page, hub) => {
      hub.world.purgePreview = aPurgePreview({ deletedAffected: 2 })
      await go(`/snapshots/${snapshot(hub, 0)}/home/ada`, 'budget')(page)
      await page.getByRole('button', { name: /zu budget|von budget|budget.*Details/ }).click()
      await page.getByRole('button', { name: 'Aus allen Backups entfernen' }).click()
      await page.getByRole('button', { name: 'Nachsehen, was ginge' }).click()
      await page.getByText('Lässt es sich zurücknehmen?').waitFor()
    },
  },
  {
    name: 'purge-held',
    show: async (page, hub) => {
      await look(page, hub, { held: ids(hub) })
      await page.getByText('2 held snapshots have it').waitFor()
    },
  },
  {
    name: 'purge-unreadable',
    show: async (page, hub) => {
      await look(page, hub, { unreadable: ids(hub).slice(0, 1), snapshotsAffected: 0, entries: 0, bytes: 0, samples: [] })
      await page.getByText('1 snapshot cannot be read').waitFor()
    },
  },
  {
    name: 'purge-nothing',
    show: async (page, hub) => {
      await look(page, hub, { snapshotsAffected: 0, entries: 0, bytes: 0, samples: [] })
      await page.getByText('Nothing was found').waitFor()
    },
  },
  {
    name: 'purge-begun',
    show: async (page, hub) => {
      await look(page, hub, { undoDays: 0 })
      await page.getByLabel('Type “remove” to agree').fill('remove')
      await page.getByRole('button', { name: 'Remove from all backups' }).last().click()
      await page.getByText('It has begun').waitFor()
    },
  },
  {
    name: 'purge-chosen',
    show: async (page, hub) => {
      await go(`/snapshots/${snapshot(hub, 0)}/home/ada`, 'budget')(page)
      await page.getByRole('checkbox').nth(2).click()
      await page.getByRole('checkbox').nth(3).click()
      await page.getByRole('button', { name: 'Remove from all backups' }).waitFor()
    },
  },
]

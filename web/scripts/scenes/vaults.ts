import type { Page } from 'playwright'
import type { StandInHub } from '../../src/testing/stand-in-hub.ts'
import { aCollection } from '../../src/testing/care-world.ts'
import { go, type Scene } from './scene.ts'

const openVault = (index: number, text: string) => async (page: Page, hub: StandInHub) =>
  go(`/vaults/${hub.world.vaultDetails[index]?.id ?? ''}`, text)(page)

const nothingRemoved = { snapshotsRemoved: 0, packsRemoved: 0, bytesRemoved: 0 }

async function showWords(page: Page, hub: StandInHub): Promise<void> {
  await openVault(1, 'Not exported yet')(page, hub)
  await page.getByRole('button', { name: 'Export the recovery key' }).click()
  await page.getByLabel('Your password').fill('correct horse battery')
  await page.getByRole('button', { name: 'Show the words' }).click()
  await page.getByText('velvet').first().waitFor()
}

export const vaultsScenes: readonly Scene[] = [
  { name: 'vaults', isWhole: true, show: go('/vaults', 'Default vault') },
  { name: 'vaults-empty', isEmpty: true, show: go('/vaults', 'No vault yet') },
  {
    name: 'vault',
    isWhole: true,
    show: async (page, hub) => {
      await openVault(0, 'Without repetitions')(page, hub)
      await page.locator('canvas').waitFor()
    },
  },
  { name: 'vault-german', isWhole: true, locale: 'de-DE', show: openVault(0, 'Ohne Wiederholungen') },
  { name: 'vault-first-day', isWhole: true, show: openVault(1, 'Nothing is stored yet') },
  { name: 'vault-damaged', isWhole: true, show: openVault(2, 'damage found') },
  {
    name: 'vault-damage-kept',
    show: async (page, hub) => {
      const vault = hub.world.vaultDetails[3]
      if (vault !== undefined) vault.damage = { foundAtMs: Date.now() - 50 * 3_600_000, isDeep: true, problemCount: 2 }
      await openVault(3, 'Damage was found')(page, hub)
    },
  },
  {
    name: 'vault-disk-low',
    show: async (page, hub) => {
      const vault = hub.world.vaultDetails[0]
      if (vault !== undefined) vault.store = { ...vault.store, freeBytes: 200 * 1024 * 1024, isLow: true }
      await openVault(0, 'The disk is nearly full')(page, hub)
    },
  },
  {
    name: 'vault-files-damaged',
    isWhole: true,
    show: async (page, hub) => {
      const vault = hub.world.vaultDetails[0]
      if (vault !== undefined) vault.snapshotsDamaged = 3
      await openVault(0, 'cannot be restored whole')(page, hub)
      await page.getByText('archive.mbox').waitFor()
    },
  },
  {
    name: 'vault-tidying',
    isWhole: true,
    show: async (page, hub) => {
      const vault = hub.world.vaultDetails[0]
      const waitingFor = { backups: 2, restores: 0, audits: 1, checks: 1 }
      if (vault !== undefined) vault.collection = aCollection({ state: 'waiting', endedAtMs: null, waitingFor })
      await openVault(0, 'Waiting until nobody uses what goes')(page, hub)
    },
  },
  {
    name: 'vault-tidying-stopped',
    show: async (page, hub) => {
      const vault = hub.world.vaultDetails[0]
      if (vault !== undefined)
        vault.collection = aCollection({ state: 'approval-needed', percentFound: 34.2, bytesFound: 48_912_331_120, ...nothingRemoved })
      await openVault(0, 'somebody has to decide')(page, hub)
      await page.getByRole('button', { name: 'Look and decide' }).scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'vault-tidy-up',
    show: async (page, hub) => {
      hub.world.collectionPreview = { snapshots: 4, packsFound: 212, bytesFound: 3_812_331_120, percentFound: 2.6, mostPercent: 20 }
      await openVault(0, 'Tidying up')(page, hub)
      await page.getByRole('button', { name: 'Tidy up now' }).click()
      await page.getByText('goes for good').or(page.getByText('go for good')).waitFor()
    },
  },
  {
    name: 'vault-tidy-up-much',
    show: async (page, hub) => {
      hub.world.collectionPreview = { snapshots: 61, packsFound: 3_212, bytesFound: 48_912_331_120, percentFound: 34.2, mostPercent: 20 }
      await openVault(0, 'Tidying up')(page, hub)
      await page.getByRole('button', { name: 'Tidy up now' }).click()
      await page.getByText('This is much').waitFor()
    },
  },
  { name: 'vault-checking', show: openVault(3, 'Being checked') },
  { name: 'vault-missing', allowErrors: true, show: go('/vaults/00000000-0000-4000-8000-ffffffffffff', 'There is no such vault') },
  {
    name: 'vault-export-password',
    show: async (page, hub) => {
      await openVault(1, 'Not exported yet')(page, hub)
      await page.getByRole('button', { name: 'Export the recovery key' }).click()
      await page.getByLabel('Your password').waitFor()
    },
  },
  { name: 'vault-export-words', show: showWords },
  {
    name: 'vault-export-confirm',
    show: async (page, hub) => {
      await showWords(page, hub)
      await page.getByRole('button', { name: 'I have kept them' }).click()
      await page.getByText('Do you have them?').waitFor()
      await page.getByRole('dialog').getByRole('textbox').first().fill('zebra')
      await page.getByText('This is another word').waitFor()
    },
  },
  {
    name: 'vault-kit-printed',
    isWhole: true,
    show: async (page, hub) => {
      await showWords(page, hub)
      await page.emulateMedia({ media: 'print' })
      // The open dialog hides all but itself from screen readers; paper has none.
      await page.locator('.recovery-kit').evaluate((sheet) => sheet.removeAttribute('aria-hidden'))
    },
  },
  {
    name: 'vault-test-key',
    show: async (page, hub) => {
      await openVault(0, 'Kept by a person')(page, hub)
      await page.getByRole('button', { name: 'Test a kept key' }).click()
      await page.getByLabel('The 24 words').fill('orbit glance velvet')
      await page.getByRole('button', { name: 'Test', exact: true }).click()
      await page.getByText('These words do not open the vault').waitFor()
    },
  },
]

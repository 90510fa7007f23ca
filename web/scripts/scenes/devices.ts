import { fleetOf } from '../../src/testing/gallery-world.ts'
import { device, go, type Scene } from './scene.ts'

export const devicesScenes: readonly Scene[] = [
  { name: 'devices', show: go('/devices', 'fileserver') },
  { name: 'devices-empty', isEmpty: true, show: go('/devices', 'Add your first device') },
  {
    name: 'device-add',
    show: async (page) => {
      await go('/devices', 'fileserver')(page)
      await page.getByRole('button', { name: 'Add device' }).click()
      await page.getByLabel('Name of the device').fill('nas-01')
      await page.waitForTimeout(300)
    },
  },
  {
    name: 'device-add-command',
    show: async (page) => {
      await go('/devices', 'fileserver')(page)
      await page.getByRole('button', { name: 'Add device' }).click()
      await page.getByRole('button', { name: 'Make the command' }).click()
      await page.getByText('Waiting for the device').waitFor()
    },
  },
  {
    name: 'devices-fleet',
    show: async (page, hub) => {
      hub.world.devices = fleetOf(2000)
      await go('/devices', 'build-0001')(page)
      await page.mouse.wheel(0, 40_000)
      await page.waitForTimeout(500)
    },
  },
  {
    name: 'devices-filtered',
    show: async (page, hub) => {
      hub.world.devices = fleetOf(2000)
      await go('/devices?state=attention&tags=production&q=web&sort=backup', 'shown')(page)
    },
  },
  { name: 'devices-none-fits', show: go('/devices?q=nothing', 'No device fits') },
  {
    name: 'device-rename',
    show: async (page, hub) => {
      await go(`/devices/${device(hub, 0)}`, 'Newest snapshot')(page)
      await page.getByRole('button', { name: 'More actions' }).click()
      await page.getByRole('menuitem', { name: 'Rename' }).click()
      await page.getByText('Rename this device').waitFor()
    },
  },
  {
    name: 'device-revoke',
    show: async (page, hub) => {
      await go(`/devices/${device(hub, 0)}`, 'Newest snapshot')(page)
      await page.getByRole('button', { name: 'More actions' }).click()
      await page.getByRole('menuitem', { name: 'Revoke' }).click()
      await page.getByText('What ends').waitFor()
      await page.waitForTimeout(300)
    },
  },
  {
    name: 'device-revoked',
    show: async (page, hub) => {
      Object.assign(hub.world.devices[5] ?? {}, { revokedAtMs: Date.now() - 7_200_000 })
      await go(`/devices/${device(hub, 5)}`, 'The hub refuses this device')(page)
    },
  },
  {
    name: 'device-remove',
    show: async (page, hub) => {
      Object.assign(hub.world.devices[5] ?? {}, { revokedAtMs: Date.now() - 7_200_000 })
      await go(`/devices/${device(hub, 5)}`, 'The hub refuses this device')(page)
      await page.getByRole('button', { name: 'More actions' }).click()
      await page.getByRole('menuitem', { name: 'Remove' }).click()
      await page.getByText('This cannot be undone').waitFor()
    },
  },
  {
    name: 'device-tag',
    show: async (page, hub) => {
      await go(`/devices/${device(hub, 2)}`, 'Newest snapshot')(page)
      await page.getByRole('button', { name: 'Add a tag' }).click()
      await page.getByLabel('Add a tag').fill('Production')
      await page.getByRole('button', { name: 'Add', exact: true }).click()
      await page.getByText('This device has that tag').waitFor()
    },
  },
  {
    name: 'device-limits',
    show: async (page, hub) => {
      await go(`/devices/${device(hub, 2)}`, 'Newest snapshot')(page)
      await page.getByRole('button', { name: 'Change limits' }).click()
      await page.getByLabel('At most').fill('12')
      await page.getByRole('combobox', { name: 'Unit' }).click()
      await page.getByRole('option', { name: 'KiB/s' }).click()
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('At least 16 KiB/s.').waitFor()
    },
  },
  {
    name: 'device-viewer',
    show: async (page, hub) => {
      hub.world.user.role = 'viewer'
      await go(`/devices/${device(hub, 4)}`, 'Nothing on this device')(page)
    },
  },
  { name: 'device-german', locale: 'de-DE', isWhole: true, show: async (page, hub) => go(`/devices/${device(hub, 1)}`, 'Neuester')(page) },
  { name: 'device', isWhole: true, show: async (page, hub) => go(`/devices/${device(hub, 0)}`, 'Newest snapshot')(page) },
  {
    name: 'device-chart-pointed',
    async show(page, hub) {
      await go(`/devices/${device(hub, 0)}`, 'Newest snap')(page)
      const chart = page.locator('div[role=img]').first()
      await chart.scrollIntoViewIfNeeded()
      await chart.locator('.u-over').hover({ position: { x: 200, y: 60 } })
      await chart.locator('.figures').first().waitFor()
    },
  },
  { name: 'device-new', show: async (page, hub) => go(`/devices/${device(hub, 5)}`, 'Nothing has run yet')(page) },
  {
    name: 'backup-dialog',
    show: async (page, hub) => {
      await go(`/devices/${device(hub, 0)}`, 'Newest snapshot')(page)
      await page.getByRole('button', { name: 'Back up now' }).click()
      await page.getByText('Read everything again').waitFor()
    },
  },
  {
    name: 'backup-dialog-mistake',
    show: async (page, hub) => {
      await go(`/devices/${device(hub, 3)}`, 'Newest snapshot')(page)
      await page.getByRole('button', { name: 'Back up now' }).click()
      await page.getByLabel('Folders').fill('Documents')
      await page.getByRole('button', { name: 'Start backup' }).click()
      await page.getByText('not an absolute path').waitFor()
    },
  },
  { name: 'devices-german', locale: 'de-DE', show: go('/devices', 'fileserver') },
]

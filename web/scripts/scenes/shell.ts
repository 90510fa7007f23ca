import { go, type Scene } from './scene.ts'

export const shellScenes: readonly Scene[] = [
  { name: 'not-found', show: go('/nowhere', 'There is nothing here') },
  { name: 'design', isWhole: true, show: go('/design', 'Messages') },
  {
    name: 'design-dialog',
    show: async (page) => {
      await go('/design', 'Messages')(page)
      await page.getByRole('button', { name: 'Open a dialog' }).click()
      await page.getByRole('dialog').waitFor()
    },
  },
  { name: 'design-german', locale: 'de-DE', isWhole: true, show: go('/design', 'Meldungen') },
  {
    name: 'palette',
    show: async (page) => {
      await go('/', 'fileserver')(page)
      await page.keyboard.press('Control+K')
      await page.getByRole('option', { name: 'Runs' }).waitFor()
    },
  },
  {
    name: 'palette-search',
    show: async (page) => {
      await go('/', 'fileserver')(page)
      await page.keyboard.press('Control+K')
      await page.getByRole('dialog').getByRole('combobox').or(page.getByRole('dialog').getByRole('textbox')).first().fill('fra')
      await page.getByRole('option', { name: /^web-frankfurt/ }).waitFor()
    },
  },
  {
    name: 'account-menu',
    show: async (page) => {
      await go('/devices', 'fileserver')(page)
      await page.getByRole('button', { name: /account and settings/ }).click()
      await page.getByRole('menuitem', { name: 'Appearance' }).waitFor()
    },
  },
  {
    name: 'offline',
    allowErrors: true,
    show: async (page, hub) => {
      await go('/devices', 'fileserver')(page)
      await page.waitForTimeout(300)
      await hub.close()
      await page.getByRole('status').getByText('Offline').waitFor({ timeout: 20_000 })
    },
  },
]

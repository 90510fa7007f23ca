import type { Page } from 'playwright'
import { go, type Scene } from './scene.ts'

const openMenu = async (page: Page, name: string, item: string) => {
  await go('/people', 'Grace')(page)
  await page.getByRole('button', { name: `Actions for ${name}` }).click()
  await page.getByRole('menuitem', { name: item, exact: true }).click()
  await page.getByRole('dialog').waitFor()
}

export const peopleScenes: readonly Scene[] = [
  { name: 'people', show: go('/people', 'Grace') },
  { name: 'people-alone', isEmpty: true, show: go('/people', 'You are the only one') },
  { name: 'people-narrow', phoneWidthPx: 360, locale: 'de-DE', show: go('/people', 'Grace') },
  { name: 'people-contrast', isHighContrast: true, show: go('/people', 'Grace') },
  {
    name: 'people-viewer',
    show: async (page, hub) => {
      hub.world.user = { ...hub.world.user, role: 'viewer' }
      await go('/people', 'For administrators')(page)
    },
  },
  {
    name: 'people-menu',
    show: async (page) => {
      await go('/people', 'Grace')(page)
      await page.getByRole('button', { name: 'Actions for Grace Hopper' }).click()
      await page.getByRole('menuitem', { name: 'Remove' }).waitFor()
    },
  },
  {
    name: 'people-invite',
    show: async (page) => {
      await go('/people', 'Grace')(page)
      await page.getByRole('button', { name: 'Invite' }).click()
      await page.getByLabel('Name', { exact: true }).fill('Katherine Johnson')
    },
  },
  {
    name: 'people-invite-taken',
    allowErrors: true,
    show: async (page) => {
      await go('/people', 'Grace')(page)
      await page.getByRole('button', { name: 'Invite' }).click()
      await page.getByLabel('Name', { exact: true }).fill('Grace again')
      await page.getByLabel('E-mail address').fill('grace@example.org')
      await page.getByRole('button', { name: 'Make the account' }).click()
      await page.getByText('Another account has this').waitFor()
    },
  },
  {
    name: 'people-invited',
    show: async (page) => {
      await go('/people', 'Grace')(page)
      await page.getByRole('button', { name: 'Invite' }).click()
      await page.getByLabel('Name', { exact: true }).fill('Katherine Johnson')
      await page.getByLabel('E-mail address').fill('katherine@example.org')
      await page.getByRole('button', { name: 'Make the account' }).click()
      await page.getByText('Works once').waitFor()
    },
  },
  {
    name: 'people-edit-self',
    show: async (page) => {
      await openMenu(page, 'Ada', 'Edit')
      await page.getByRole('radio', { name: 'Viewer' }).click()
      await page.getByText('You lose administration').waitFor()
    },
  },
  {
    name: 'people-edit-raise',
    show: async (page) => {
      await openMenu(page, 'Grace Hopper', 'Edit')
      await page.getByRole('radio', { name: 'Administrator' }).click()
      await page.getByText('Confirm with your own password').waitFor()
    },
  },
  { name: 'people-link-self', show: (page) => openMenu(page, 'Ada', 'New sign-in link') },
  { name: 'people-link', show: (page) => openMenu(page, 'Grace Hopper', 'New sign-in link') },
  { name: 'people-disable', show: (page) => openMenu(page, 'Grace Hopper', 'Disable') },
  { name: 'people-remove', show: (page) => openMenu(page, 'Grace Hopper', 'Remove') },
  {
    name: 'people-last-admin',
    allowErrors: true,
    show: async (page, hub) => {
      hub.world.otherPeople = hub.world.otherPeople.filter(({ role }) => role !== 'admin')
      await openMenu(page, 'Ada', 'Remove')
      await page.getByRole('button', { name: 'Remove account' }).click()
      await page.getByText('This is the last administrator').waitFor()
    },
  },
  { name: 'people-german', locale: 'de-DE', show: go('/people', 'Grace') },
]

export const tokensScenes: readonly Scene[] = [
  {
    name: 'tokens',
    isWhole: true,
    show: async (page) => {
      await go('/tokens', 'monitoring')(page)
      await page.getByRole('button', { name: 'ended tokens' }).click()
    },
  },
  { name: 'tokens-all', show: go('/tokens?of=everybody', 'Grace’s dashboard') },
  { name: 'tokens-empty', isEmpty: true, show: go('/tokens', 'No API token yet') },
  { name: 'tokens-contrast', isHighContrast: true, show: go('/tokens', 'monitoring') },
  { name: 'tokens-german', locale: 'de-DE', phoneWidthPx: 360, show: go('/tokens', 'monitoring') },
  {
    name: 'token-make',
    show: async (page) => {
      await go('/tokens', 'monitoring')(page)
      await page.getByRole('button', { name: 'Make a token' }).click()
      await page.getByLabel('Name', { exact: true }).fill('grafana')
    },
  },
  {
    name: 'token-made',
    show: async (page) => {
      await go('/tokens', 'monitoring')(page)
      await page.getByRole('button', { name: 'Make a token' }).click()
      await page.getByLabel('Name', { exact: true }).fill('grafana')
      await page.getByRole('button', { name: 'Make the token' }).click()
      await page.getByText('Copy it now').waitFor()
    },
  },
  {
    name: 'token-revoke',
    show: async (page) => {
      await go('/tokens', 'monitoring')(page)
      await page.getByRole('button', { name: 'Revoke monitoring', exact: true }).click()
      await page.getByText('refused from now on').waitFor()
    },
  },
]

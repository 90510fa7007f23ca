import type { Locator, Page } from '@playwright/test'
import type { Facts } from './furnish.ts'

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).first().click()
const menu = async (page: Page, button: string, item: string) => {
  await press(page, button)
  await page.getByRole('menuitem', { name: item }).click()
}

/** A page, and what opens over it. */
export interface View {
  readonly name: string
  readonly path: (facts: Facts) => string
  /** Text that is there when the page is. */
  readonly text: string
  /** What opens over it; a dialog unless something else shows. */
  readonly dialogs?: readonly {
    readonly name: string
    readonly open: (page: Page) => Promise<void>
    readonly shows?: (page: Page) => Locator
  }[]
}

export const views: readonly View[] = [
  { name: 'overview', path: () => '/', text: 'need' },
  {
    name: 'devices',
    path: () => '/devices',
    text: 'journey',
    dialogs: [{ name: 'device-add', open: (page) => press(page, 'Add device') }],
  },
  {
    name: 'device',
    path: ({ deviceId }) => `/devices/${deviceId}`,
    text: 'Newest snapshot',
    dialogs: [
      { name: 'backup', open: (page) => press(page, 'Back up now') },
      { name: 'device-rename', open: (page) => menu(page, 'More actions', 'Rename') },
      { name: 'device-revoke', open: (page) => menu(page, 'More actions', 'Revoke') },
    ],
  },
  { name: 'plans', path: () => '/plans', text: 'Home of Ada' },
  {
    name: 'plan',
    path: ({ planId }) => `/plans/${planId}`,
    text: 'Size of the backups',
    dialogs: [
      {
        name: 'plan-delete',
        async open(page) {
          await page.getByRole('main').getByRole('button', { name: 'More', exact: true }).click()
          await page.getByRole('menuitem', { name: 'Delete' }).click()
        },
      },
    ],
  },
  { name: 'plan-new', path: ({ deviceId }) => `/plans/new?device=${deviceId}`, text: 'usr' },
  { name: 'plan-edit', path: ({ planId }) => `/plans/${planId}/edit`, text: 'Edit “Home of Ada”' },
  { name: 'runs', path: () => '/runs', text: 'journey' },
  { name: 'run', path: ({ goodRunId }) => `/runs/${goodRunId}`, text: 'Open the snapshot' },
  { name: 'run-failed', path: ({ failedRunId }) => `/runs/${failedRunId}`, text: 'Failed' },
  { name: 'snapshots', path: () => '/snapshots', text: 'journey' },
  {
    name: 'folder',
    path: ({ snapshotId, home }) => `/snapshots/${snapshotId}${home}/Documents/`,
    text: '40 entries',
    dialogs: [
      { name: 'restore', open: (page) => press(page, 'Restore this folder') },
      {
        name: 'entry',
        open: (page) => page.getByRole('button', { name: 'item 1.txt', exact: true }).click(),
        shows: (page) => page.getByRole('link', { name: 'Download', exact: true }),
      },
    ],
  },
  { name: 'vaults', path: () => '/vaults', text: 'Default' },
  {
    name: 'vault',
    path: ({ vaultId }) => `/vaults/${vaultId}`,
    text: 'Recovery key',
    dialogs: [{ name: 'recovery-key', open: (page) => press(page, 'Export the recovery key') }],
  },
  { name: 'people', path: () => '/people', text: 'Grace Hopper', dialogs: [{ name: 'invite', open: (page) => press(page, 'Invite') }] },
  {
    name: 'tokens',
    path: () => '/tokens',
    text: 'monitoring',
    dialogs: [{ name: 'token-make', open: (page) => press(page, 'Make a token') }],
  },
  { name: 'audit', path: () => '/audit', text: 'Ada' },
  {
    name: 'settings',
    path: () => '/settings',
    text: 'Your name',
    dialogs: [
      {
        name: 'password',
        open: (page) => press(page, 'Change password'),
        shows: (page) => page.getByLabel('Repeat the new password'),
      },
    ],
  },
  { name: 'settings-appearance', path: () => '/settings/appearance', text: 'High contrast' },
  { name: 'settings-system', path: () => '/settings/system', text: 'Test store' },
  { name: 'settings-about', path: () => '/settings/about', text: 'free software' },
  { name: 'design', path: () => '/design', text: 'Messages' },
  { name: 'not-found', path: () => '/nowhere', text: 'There is nothing here' },
]

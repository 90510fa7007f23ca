import { go, type Scene } from './scene.ts'

export const settingsScenes: readonly Scene[] = [
  { name: 'settings', isWhole: true, show: go('/settings', 'Chrome 140') },
  { name: 'settings-german', isWhole: true, locale: 'de-DE', phoneWidthPx: 360, show: go('/settings', 'Chrome 140') },
  { name: 'settings-contrast', isWhole: true, isHighContrast: true, show: go('/settings', 'Chrome 140') },
  {
    name: 'settings-identity',
    show: async (page) => {
      await go('/settings', 'Chrome 140')(page)
      await page.getByLabel('Your name').fill('Ada L.')
      await page.getByLabel('Current password').waitFor()
    },
  },
  {
    name: 'settings-password',
    show: async (page) => {
      await go('/settings', 'Chrome 140')(page)
      await page.getByRole('button', { name: 'Change password' }).click()
      await page.getByLabel('Repeat the new password').waitFor()
    },
  },
  {
    name: 'settings-end-others',
    show: async (page) => {
      await go('/settings', 'Chrome 140')(page)
      await page.getByRole('button', { name: 'End all others' }).click()
      await page.getByText('Every other browser').waitFor()
    },
  },
  { name: 'settings-appearance', show: go('/settings/appearance', 'High contrast') },
  { name: 'settings-appearance-contrast', isHighContrast: true, show: go('/settings/appearance', 'High contrast') },
  {
    name: 'settings-system',
    isWhole: true,
    show: async (page, hub) => {
      hub.world.connectionTests.store = {
        ok: false,
        steps: [
          { name: 'connect', ok: true, durationMs: 0.41, error: null },
          {
            name: 'write',
            ok: false,
            durationMs: 3.12,
            error: { code: 'store.full', message: 'The object store has no space left.', cure: 'Free space or add some, then run again.' },
          },
        ],
        freeBytes: 0,
      }
      await go('/settings/system', 'The certificate expires')(page)
      await page.getByRole('button', { name: 'Test store' }).click()
      await page.getByText('no space left').waitFor()
      await page.getByRole('button', { name: 'Test database' }).click()
      await page.getByText('Everything works').waitFor()
      await page.evaluate(() => globalThis.scrollTo(0, 0))
    },
  },
  {
    name: 'settings-system-down',
    allowErrors: true,
    show: async (page, hub) => {
      hub.world.health = { status: 'failing', checks: { database: 'failing', store: 'ok' } }
      await go('/settings/system', 'Fails')(page)
    },
  },
  { name: 'settings-about', show: go('/settings/about', 'free software') },
]

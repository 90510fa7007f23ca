import { go, type Scene } from './scene.ts'

export const auditScenes: readonly Scene[] = [
  { name: 'audit', show: go('/audit', 'changed the account') },
  {
    name: 'audit-details',
    show: async (page) => {
      await go('/audit', 'changed the account')(page)
      await page
        .getByRole('button', { name: /changed the account of Grace Hopper/ })
        .first()
        .click()
      await page.getByText('Everything about Grace Hopper').waitFor()
    },
  },
  {
    name: 'audit-filtered',
    show: async (page, hub) =>
      go(`/audit?outcome=refused&action=signIn&from=2026-01-01&object=${hub.world.otherPeople[0]?.id ?? ''}`, 'A sign-in as')(page),
  },
  { name: 'audit-none', show: go('/audit?to=2020-01-01', 'No entry fits') },
  { name: 'audit-contrast', isHighContrast: true, show: go('/audit', 'changed the account') },
  { name: 'audit-german', locale: 'de-DE', phoneWidthPx: 360, show: go('/audit', 'hat das Konto von') },
  {
    name: 'audit-export',
    show: async (page) => {
      await go('/audit', 'changed the account')(page)
      await page.getByRole('button', { name: 'Export' }).click()
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('entries saved').waitFor()
    },
  },
]

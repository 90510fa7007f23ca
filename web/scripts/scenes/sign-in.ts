import { go, type Scene } from './scene.ts'

export const signInScenes: readonly Scene[] = [
  { name: 'sign-in', isSignedOut: true, allowErrors: true, show: go('/sign-in', 'Backups you can prove') },
  {
    name: 'sign-in-link-used',
    isSignedOut: true,
    allowErrors: true,
    show: go('/sign-in#token=a-link-that-was-used-before', 'used already'),
  },
  {
    name: 'credentials-offered',
    isSignedOut: true,
    isEmpty: true,
    allowErrors: true,
    show: async (page, hub) => go(`/sign-in#token=${hub.world.linkToken ?? ''}`, 'So you can come back')(page),
  },
  {
    name: 'sign-in-throttled',
    isSignedOut: true,
    allowErrors: true,
    show: async (page, hub) => {
      hub.world.signInWaitSeconds = 117
      await go('/sign-in', 'Backups you can prove')(page)
      await page.getByLabel('E-mail address').fill('ada@example.org')
      await page.getByLabel('Password', { exact: true }).fill('guess')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('timer').waitFor()
    },
  },
  {
    name: 'sign-in-contrast',
    isSignedOut: true,
    allowErrors: true,
    isHighContrast: true,
    show: go('/sign-in#token=a-link-that-was-used-before', 'used already'),
  },
]

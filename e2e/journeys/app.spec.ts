import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, expect, test, type BrowserContext, type Page } from '@playwright/test'
import { startHubFront, type HubFront } from '../stack/hub-front.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'

let stack: Stack
let front: HubFront
let context: BrowserContext
let page: Page

// A profile as people have one: in Playwright's own, which keeps nothing, no page can be installed.
test.beforeAll(async () => {
  const { project } = test.info()
  stack = await startStack()
  front = await startHubFront(stack.origin)
  context = await chromium.launchPersistentContext(join(stack.folder, 'profile'), {
    ...project.use.launchOptions,
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
  })
  await context.addInitScript(() => {
    const badges: (number | undefined)[] = []
    Object.assign(window, { badges })
    navigator.setAppBadge = (count) => Promise.resolve(void badges.push(count))
    navigator.clearAppBadge = () => Promise.resolve(void badges.push(0))
    // Without a screen there is no window of an installed app: this page is told that it is one.
    const media = window.matchMedia.bind(window)
    window.matchMedia = (query) => media(query === '(display-mode: standalone)' ? 'all' : query)
  })
  page = context.pages()[0] ?? (await context.newPage())
})
test.afterAll(async () => {
  await context?.close()
  await front?.close()
  await stack?.stop()
})

const isGone = { state: 'hidden', timeout: 60_000 } as const
const aged = () => page.getByText(/shown as of/)

test('the console is installed, shows problems as a badge, opens without its hub, heals, and takes a new version when told', async () => {
  const source = join(stack.folder, 'photos')
  mkdirSync(source)
  writeFileSync(join(source, 'one.txt'), 'one')
  await page.goto(stack.signInLink.replace(stack.origin, front.origin))
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible()

  await test.step('it can be installed, and every shortcut leads to a page', async () => {
    await page.evaluate(() => navigator.serviceWorker.ready)
    await page.reload()
    const devtools = await context.newCDPSession(page)
    expect((await devtools.send('Page.getInstallabilityErrors')).installabilityErrors).toEqual([])
    const { errors, data } = await devtools.send('Page.getAppManifest')
    expect(errors).toEqual([])
    const { shortcuts } = JSON.parse(data ?? '{}') as { shortcuts: { url: string }[] }
    expect(shortcuts.length).toBeGreaterThanOrEqual(3)
    for (const { url } of shortcuts) {
      await page.goto(front.origin + url)
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      await expect(page.getByText('There is nothing here')).toHaveCount(0)
    }
    await devtools.send('PWA.install' as never, { manifestId: `${front.origin}/`, installUrlOrBundleUrl: `${front.origin}/` } as never)
  })

  await test.step('what needs somebody is on its icon', async () => {
    await page.goto(`${front.origin}/runs`)
    await expect.poll(() => page.evaluate(() => (window as unknown as { badges: number[] }).badges.at(-1))).toBeGreaterThan(0)
  })

  await test.step('without its hub it opens with what was last known, says how old that is, and heals', async () => {
    const { runId } = await stack.holdfast<{ runId: string }>(['backup', source])
    await page.goto(`${front.origin}/runs/${runId}`)
    await expect(page.getByRole('status', { name: 'State' })).toHaveText('Succeeded')
    await page.goto(`${front.origin}/devices`)
    await expect(page.getByRole('link', { name: 'journey' })).toBeVisible()
    await stack.hub().stop()
    await page.goto(`${front.origin}/runs/${runId}`)
    await expect(page.getByRole('status', { name: 'State' })).toHaveText('Succeeded')
    await expect(aged()).toBeVisible()
    await page.goto(`${front.origin}/devices`)
    await expect(page.getByRole('link', { name: 'journey' })).toBeVisible()
    await stack.startHub()
    await aged().waitFor(isGone)
  })

  await test.step('a newer console is offered, and taken when somebody says so', async () => {
    front.upgradeConsole()
    await page.evaluate(async () => (await navigator.serviceWorker.ready).update())
    await expect(page.getByText('A new version is ready.')).toBeVisible()
    const reloaded = page.waitForEvent('load')
    await page.getByRole('button', { name: 'Reload' }).click()
    await reloaded
    await expect(page.getByRole('link', { name: 'journey' })).toBeVisible()
    await expect(page.getByText('A new version is ready.')).toHaveCount(0)
  })
})

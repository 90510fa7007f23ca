/*
 * What makes the built console an app, tried in a normal browser profile against the stand-in hub:
 *   npm run build -w web && node -C @holdfast/source web/scripts/check-app.ts
 * installable · opens and shows the last figures without a hub · offers a new version and takes it · long lists stay smooth ·
 * a folder can be walked by keyboard alone · what is shown once stays. Exits 1 where something does not hold.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium, type BrowserContext, type Locator, type Page } from 'playwright'
import { fleetOf, galleryWorld } from '../src/testing/gallery-world.ts'
import { readPages, startStandInHub, type Pages, type StandInHub } from '../src/testing/stand-in-hub.ts'

const pages = readPages(fileURLToPath(new URL('../dist', import.meta.url)))
const profile = mkdtempSync(join(tmpdir(), 'holdfast-app-'))
const world = galleryWorld()
const failures: string[] = []
// Two frames of a 60 Hz screen, for a scroll as fast as a thumb can flick and without a graphics card.
const mostBusyMs = 33

function check(what: string, holds: boolean, seen: unknown): void {
  process.stdout.write(`${holds ? 'ok  ' : 'FAIL'}  ${what}${holds ? '' : `: ${JSON.stringify(seen)}`}\n`)
  if (!holds) failures.push(what)
}

async function checkInstallable(context: BrowserContext, page: Page): Promise<void> {
  await page.evaluate(() => navigator.serviceWorker.ready)
  await page.reload()
  const devtools = await context.newCDPSession(page)
  const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors')
  check('the console can be installed', installabilityErrors.length === 0, installabilityErrors)
  const { errors } = await devtools.send('Page.getAppManifest')
  check('the manifest has no mistake', errors.length === 0, errors)
}

const snapshotOf = (page: Page): Locator => page.getByRole('main').getByRole('listitem').getByRole('link').first()

async function checkOffline(page: Page, hub: StandInHub): Promise<StandInHub> {
  const port = Number(new URL(hub.url).port)
  await page.goto(`${hub.url}/snapshots`)
  await snapshotOf(page).waitFor()
  await page.goto(`${hub.url}/devices`)
  await page.getByRole('link', { name: 'fileserver' }).waitFor()
  await page.waitForTimeout(500)
  await hub.close()
  await page.goto(`${hub.url}/snapshots`)
  const rows = await snapshotOf(page)
    .waitFor({ timeout: 10_000 })
    .then(
      () => true,
      () => false,
    )
  check('without a hub a page opens with the last figures', rows, page.url())
  const age = page.getByText(/shown as of/)
  check(
    'and says how old they are',
    await age.waitFor({ timeout: 15_000 }).then(
      () => true,
      () => false,
    ),
    await page.locator('body').innerText(),
  )
  const back = await startStandInHub({ world, pages, port })
  check(
    'when the hub is back, the page is live by itself',
    await age.waitFor({ state: 'hidden', timeout: 20_000 }).then(
      () => true,
      () => false,
    ),
    null,
  )
  return back
}

async function checkUpdate(page: Page, hub: StandInHub): Promise<StandInHub> {
  const port = Number(new URL(hub.url).port)
  await page.goto(`${hub.url}/devices`)
  await page.getByRole('link', { name: 'fileserver' }).waitFor()
  await hub.close()
  const worker = pages.get('/service-worker.js') ?? Buffer.alloc(0)
  const newer: Pages = new Map([...pages, ['/service-worker.js', Buffer.concat([worker, Buffer.from('\n// next version')])]])
  const next = await startStandInHub({ world, pages: newer, port })
  await page.evaluate(async () => (await navigator.serviceWorker.ready).update())
  const offer = page.getByText('A new version is ready.')
  check(
    'a new version is offered',
    await offer.waitFor({ timeout: 15_000 }).then(
      () => true,
      () => false,
    ),
    null,
  )
  const reloaded = page.waitForEvent('load', { timeout: 15_000 }).then(
    () => true,
    () => false,
  )
  await page.getByRole('button', { name: 'Reload' }).click()
  check('and taken when the person says so', await reloaded, null)
  return next
}

/**
 * Scrolls 100 frames of 400 px and returns what one cost the page's main thread, in ms of processor time: the time between
 * frames says more about what else the machine does.
 */
async function scrollFrames(page: Page, selector: string | null): Promise<{ busyMs: number; nodes: number }> {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
  const busySeconds = async () =>
    (await devtools.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0
  const before = await busySeconds()
  const nodes = await page.evaluate(async (chosen) => {
    const target = chosen === null ? document.documentElement : document.querySelector(chosen)
    for (let frame = 0; frame < 100; frame += 1) {
      target?.scrollBy(0, 400)
      await new Promise(requestAnimationFrame)
    }
    return document.querySelectorAll('*').length
  }, selector)
  return { busyMs: Math.round(((await busySeconds()) - before) * 100) / 10, nodes }
}

async function checkFleet(page: Page, hub: StandInHub): Promise<void> {
  const few = hub.world.devices
  hub.world.devices = fleetOf(2000)
  await page.goto(`${hub.url}/devices`)
  await page.getByText('1,995 devices').waitFor()
  await page.waitForTimeout(1500)
  const fleet = await scrollFrames(page, null)
  hub.world.devices = few
  check('2,000 devices scroll smoothly', fleet.busyMs <= mostBusyMs && fleet.nodes < 2500, fleet)
  process.stdout.write(`      devices: ${fleet.busyMs} ms a frame, ${fleet.nodes} nodes\n`)
}

async function checkLongLists(page: Page, hub: StandInHub): Promise<void> {
  await page.goto(`${hub.url}/runs/${world.runs[4]?.id ?? ''}`)
  await page.getByText('20,000', { exact: true }).waitFor({ timeout: 30_000 })
  const log = await scrollFrames(page, '[role=log]')
  check('20,000 log lines scroll smoothly', log.busyMs <= mostBusyMs && log.nodes < 2500, log)
  process.stdout.write(`      log: ${log.busyMs} ms a frame, ${log.nodes} nodes\n`)
  await page.goto(`${hub.url}/snapshots/${world.snapshots[0]?.id ?? ''}/home/ada/photos/`)
  await page.getByText('25,000 entries').waitFor()
  await page.waitForTimeout(1500)
  const folder = await scrollFrames(page, null)
  check('a folder of 25,000 entries scrolls smoothly', folder.busyMs <= mostBusyMs && folder.nodes < 2500, folder)
  process.stdout.write(`      folder: ${folder.busyMs} ms a frame, ${folder.nodes} nodes\n`)
  const started = Date.now()
  await page.getByRole('searchbox', { name: 'Filter this folder' }).fill('24999')
  await page.getByText('1 of 25,000').waitFor()
  process.stdout.write(`      filter among 25,000: ${Date.now() - started} ms\n`)
}

async function checkKeyboard(page: Page, hub: StandInHub): Promise<void> {
  await page.goto(`${hub.url}/snapshots/${world.snapshots[0]?.id ?? ''}/home/ada/`)
  await page.getByRole('grid').getByRole('link', { name: /^caf/ }).focus()
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '')
  await page.keyboard.press('ArrowDown')
  check('arrow down goes to the next entry', (await focused()) === 'photos', await focused())
  await page.keyboard.press('End')
  check('End goes to the last', (await focused()) === 'locked.db', await focused())
  await page.keyboard.press('Home')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByText('25,000 entries').waitFor()
  await page.waitForTimeout(1000)
  await page.getByRole('grid').getByRole('button', { name: 'IMG_00000.jpg', exact: true }).focus()
  await page.keyboard.press('End')
  await page.waitForTimeout(300)
  check('End reaches the last of 25,000', (await focused()) === 'IMG_24999.jpg', await focused())
  await page.keyboard.press('4')
  check(
    'a letter starts the filter',
    (await page.getByRole('searchbox', { name: 'Filter this folder' }).inputValue()) === '4',
    await focused(),
  )
}

/** What is shown once is not lost by a slip of the hand. */
async function checkKeptDialogs(page: Page, hub: StandInHub): Promise<void> {
  await page.goto(`${hub.url}/tokens`)
  await page.getByRole('button', { name: 'Make a token' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox').first().waitFor()
  await page.waitForTimeout(300)
  await page.mouse.click(5, 5)
  check('an untouched form closes by a press beside it', await isGone(dialog), null)
  await page.getByRole('button', { name: 'Make a token' }).click()
  await dialog.getByRole('textbox').first().fill('monitoring of the racks')
  await page.mouse.click(5, 5)
  await page.waitForTimeout(500)
  check('one that was typed in stays', await dialog.getByRole('textbox').first().isVisible(), null)
  await dialog.getByRole('button', { name: 'Make the token' }).click()
  await dialog.getByRole('button', { name: 'Done' }).waitFor()
  await page.mouse.click(5, 5)
  await page.keyboard.press('Escape')
  await page.waitForTimeout(500)
  check('a token that is shown once stays through a press beside it and Escape', await dialog.isVisible(), null)
  const focused = await page.evaluate(() => document.activeElement?.textContent?.trim())
  check('and the way out is shown', focused === 'Done', focused)
  await page.keyboard.press('Enter')
  check('which closes it', await isGone(dialog), null)
}

/** A sign-in that ends in the middle of a plan takes nothing of it along. */
async function checkKeptDraft(page: Page, hub: StandInHub): Promise<void> {
  await page.goto(`${hub.url}/plans/new?device=${world.devices[0]?.id ?? ''}`)
  await page.getByLabel('Own patterns').fill('*.iso')
  hub.signIn(false)
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  await page.getByLabel('E-mail address').fill(world.user.email ?? '')
  await page.getByLabel('Password', { exact: true }).fill(world.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('What you had typed is here again').waitFor({ timeout: 10_000 })
  const patterns = await page.getByLabel('Own patterns').inputValue()
  check('what was typed outlives the end of a sign-in', patterns === '*.iso', patterns)
  await page.getByRole('link', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: 'Leave' }).click()
  await page.goto(`${hub.url}/plans/new?device=${world.devices[0]?.id ?? ''}`)
  const left = await page.getByLabel('Own patterns').inputValue()
  check('and what was left on purpose does not come back', left === '', left)
}

const isGone = (locator: Locator): Promise<boolean> =>
  locator.waitFor({ state: 'hidden', timeout: 3_000 }).then(
    () => true,
    () => false,
  )

const context = await chromium.launchPersistentContext(profile, {
  executablePath: '/usr/bin/chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
  viewport: { width: 1440, height: 900 },
  locale: 'en-GB',
})
const page = context.pages()[0] ?? (await context.newPage())
let hub = await startStandInHub({ world, pages })
try {
  await page.goto(`${hub.url}/devices`)
  await page.getByRole('link', { name: 'fileserver' }).waitFor()
  await checkInstallable(context, page)
  hub = await checkOffline(page, hub)
  hub = await checkUpdate(page, hub)
  await checkLongLists(page, hub)
  await checkFleet(page, hub)
  await checkKeyboard(page, hub)
  await checkKeptDialogs(page, hub)
  await checkKeptDraft(page, hub)
} finally {
  await context.close()
  await hub.close()
  rmSync(profile, { recursive: true, force: true })
}
process.exitCode = failures.length === 0 ? 0 : 1

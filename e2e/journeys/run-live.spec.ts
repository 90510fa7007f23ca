import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { devices, expect, test, type Browser, type Page } from '@playwright/test'
import { restSoon, RunPage } from '../pages/run-page.ts'
import { signInByLink } from '../pages/sign-in.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'

const largeBytes = 300 * 2 ** 20

// Two browsers, a hub that comes back and 600 MB: half a minute alone, some minutes beside others.
const patienceMs = 300_000
test.describe.configure({ timeout: patienceMs })

let stack: Stack
test.beforeAll(async () => {
  stack = await startStack()
})
test.afterAll(() => stack.stop())

/** Small files for the figures, and a large one so that there is time to look. */
function prepareFolder(): string {
  const home = join(stack.folder, 'home')
  for (let folder = 0; folder < 20; folder += 1) {
    mkdirSync(join(home, String(folder)), { recursive: true })
    for (let file = 0; file < 100; file += 1) writeFileSync(join(home, String(folder), `${file}.txt`), `${folder}.${file} `.repeat(200))
  }
  writeFileSync(join(home, 'large.bin'), randomBytes(largeBytes))
  return home
}

/** The same person on a phone. */
async function onPhone(browser: Browser, page: Page): Promise<Page> {
  const { defaultBrowserType: _, ...phone } = devices['Pixel 7']
  const context = await browser.newContext({ ...phone, locale: 'en-GB', storageState: await page.context().storageState() })
  return context.newPage()
}

/** How long the hub's events took from the moment they are about (of the agent, for log lines) to the browser, in ms. */
function clockEvents(page: Page): Record<'run.log' | 'run.progress', number[]> {
  const took = { 'run.log': [] as number[], 'run.progress': [] as number[] }
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => {
      const text = payload.toString()
      const at = text.indexOf('["event",')
      if (at === -1) return
      const [, event] = JSON.parse(text.slice(at)) as [string, { type: string; atMs: number; body: { atMs?: number } }]
      if (event.type === 'run.log') took['run.log'].push(Date.now() - (event.body.atMs ?? event.atMs))
      else if (event.type === 'run.progress') took['run.progress'].push(Date.now() - event.atMs)
    }),
  )
  return took
}
const p95 = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.95)] ?? NaN

const expectLive = (page: Page) => expect(page.locator('[title=Live]:visible').first()).toBeVisible({ timeout: 60_000 })
const figure = (page: Page, name: string) =>
  page.getByRole('region', { name: 'Progress' }).locator('dt', { hasText: name }).locator('xpath=following-sibling::dd')

test('a run is watched, resumed, understood and cancelled from two browsers, over a restart of the hub', async ({ page, browser }) => {
  const home = prepareFolder()
  await signInByLink(page, stack.signInLink)
  const phone = await onPhone(browser, page)
  const took = clockEvents(page)
  const { items } = (await (await page.request.get(`${stack.origin}/api/v1/devices`)).json()) as { items: { id: string }[] }
  // What is not there is a warning, also for root, who may read everything.
  const sources = [{ path: home }, { path: join(stack.folder, 'gone-long-ago') }]
  const answer = await page.request.post(`${stack.origin}/api/v1/devices/${items[0]?.id}/runs`, { data: { kind: 'backup', sources } })
  const { id: runId } = (await answer.json()) as { id: string }
  await restSoon(page, runId)
  const both = [page, phone]
  const watched = both.map((one) => new RunPage(one))
  await Promise.all(both.map((one) => one.goto(`${stack.origin}/runs/${runId}`)))

  await Promise.all(watched.map((run) => run.expectState('Paused', 60_000)))
  await expect.poll(async () => (await figure(page, 'Data').innerText()) === (await figure(phone, 'Data').innerText())).toBe(true)

  await stack.hub().kill()
  await Promise.all(both.map((one) => expect(one.locator('[title=Live]:visible')).toHaveCount(0, { timeout: 30_000 })))
  await stack.startHub()
  await Promise.all(both.map(expectLive))
  await Promise.all(watched.map((run) => run.expectState('Paused', 60_000)))

  // The hub takes the order once the device is back, which may be a moment after the browsers.
  await expect(async () => {
    const answered = phone.waitForResponse((response) => response.url().endsWith('/resume'), { timeout: 10_000 })
    await phone.getByRole('button', { name: 'Resume' }).click({ timeout: 10_000 })
    expect((await answered).status()).toBe(200)
  }).toPass({ timeout: 60_000 })
  await expect(page.getByRole('region', { name: 'History' })).toContainText('Resumed', { timeout: 30_000 })
  await Promise.all(watched.map((run) => run.expectState('Finished with warnings', 120_000)))
  const results = await Promise.all(watched.map((run) => Promise.all([run.resultFigure('Files'), run.resultFigure('Stored')])))
  expect(results[0]).toEqual(results[1])
  for (const one of both) {
    await expect(one.getByRole('list', { name: 'Warnings' })).toContainText('gone-long-ago')
    await expect(one.getByRole('region', { name: 'History' })).toContainText('Resumed')
  }

  await readTheLog(page)

  // Something to do again: what has not changed is done at once.
  writeFileSync(join(home, 'large.bin'), randomBytes(largeBytes))
  await page.getByRole('button', { name: 'Run again' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Run again' }).click()
  await expect(page).not.toHaveURL(new RegExp(runId))
  await restSoon(page, new URL(page.url()).pathname.split('/').at(-1) ?? '')
  await phone.goto(page.url())
  await Promise.all(watched.map((run) => run.expectState('Paused', 60_000)))
  await phone.getByRole('button', { name: 'Cancel run' }).click()
  await phone.getByRole('dialog').getByRole('button', { name: 'Cancel run' }).click()
  await Promise.all(watched.map((run) => run.expectState('Cancelled', 60_000)))

  await page.goto(`${stack.origin}/runs?state=attention`)
  await expect(page.getByRole('row')).toHaveCount(2)
  await expect(page.getByRole('row').nth(1)).toContainText('Finished with warnings')
  // Told and not tested: a machine that does other things beside says nothing of ours.
  console.log(
    `From agent to browser, p95: log ${p95(took['run.log'])} ms of ${took['run.log'].length}, from the hub on: progress ${p95(took['run.progress'])} ms of ${took['run.progress'].length}`,
  )
  await phone.context().close()
})

/** Searches, filters and downloads the log that is open. */
async function readTheLog(page: Page): Promise<void> {
  const log = page.getByRole('log')
  await page.getByRole('searchbox', { name: 'Search the log' }).fill('GONE-LONG')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('status').filter({ hasText: /^1 of \d+$/ })).toBeVisible()
  await expect(log.locator('mark').first()).toHaveText(/gone-long/i)
  await page.getByRole('searchbox', { name: 'Search the log' }).fill('')
  const all = Number(await page.getByRole('heading', { name: 'Log' }).locator('xpath=following-sibling::span').innerText())
  await page.getByRole('radio', { name: 'Warnings' }).check()
  await expect(log.getByText('gone-long-ago').first()).toBeVisible()
  const warned = Number(await page.getByRole('heading', { name: 'Log' }).locator('xpath=following-sibling::span').innerText())
  expect(warned).toBeGreaterThan(0)
  expect(warned).toBeLessThan(all)
  const coming = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Download as a text file' }).click()
  const file = readFileSync(await (await coming).path(), 'utf8')
  expect(file.trimEnd().split('\n')).toHaveLength(all)
}

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, type Page } from '@playwright/test'
import { signInByLink } from '../pages/sign-in.ts'
import type { EntryDocument, SnapshotDocument } from '../stack/json-documents.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'

let stack: Stack
let home: string
test.beforeAll(async () => {
  stack = await startStack()
  home = join(stack.folder, 'home')
  mkdirSync(home)
})
test.afterAll(() => stack.stop())

const picture = (page: Page, name: string) => page.screenshot({ path: join('e2e', 'out', `versions-${name}.png`), fullPage: true })

/** Calls the hub as the person who is signed in on the page. */
async function call<T>(page: Page, method: 'GET' | 'POST', path: string, data?: object): Promise<T> {
  const answer = await page.request.fetch(`${stack.origin}/api/v1${path}`, { method, ...(data === undefined ? {} : { data }) })
  expect(answer.ok(), `${method} ${path}: ${await answer.text()}`).toBe(true)
  return (await answer.json()) as T
}

async function runPlan(page: Page, planId: string): Promise<void> {
  const { id } = await call<{ id: string }>(page, 'POST', `/plans/${planId}/runs`, {})
  for (;;) {
    const run = await call<{ state: string; finishedAtMs: number | null }>(page, 'GET', `/runs/${id}`)
    if (run.finishedAtMs !== null) return expect(run.state).toBe('succeeded')
    await sleep(200)
  }
}

test('a plan keeps so many versions of each file, and says before what that takes out', async ({ page }) => {
  await signInByLink(page, stack.signInLink)
  const { items: devices } = await call<{ items: { id: string }[] }>(page, 'GET', '/devices')
  const plan = await call<{ id: string }>(page, 'POST', '/plans', { agentId: devices[0]?.id, name: 'Home', sources: [{ path: home }] })
  // What never changes has one version, in however many snapshots it is.
  for (const name of ['a', 'b', 'c', 'd']) writeFileSync(join(home, `${name}.txt`), `Never changed: ${name}. `.repeat(100))
  for (let day = 0; day < 4; day += 1) {
    writeFileSync(join(home, 'diary.txt'), `Day ${day}. `.repeat(20_000))
    await runPlan(page, plan.id)
  }

  await page.goto(`${stack.origin}/plans/${plan.id}/edit`)
  await page.getByRole('button', { name: 'How long it is kept' }).click()
  await page.getByRole('radio', { name: 'Own rules' }).click()
  await page.getByLabel('Versions of each file, at most').fill('2')
  await page.getByLabel('Whatever is younger stays').fill('0')
  await expect(page.getByText('All snapshots stay.', { exact: true })).toBeVisible()
  await expect(page.getByText('of each file the newest 2 versions at most.')).toBeVisible()
  await page.getByRole('button', { name: 'Look what would go' }).click()
  await expect(page.getByText('2 of 20 stored files')).toBeVisible()
  await picture(page, 'preview')
  await page.getByRole('button', { name: 'Save plan' }).click()
  await expect(page.getByText('all snapshots; of each file the newest 2 versions at most')).toBeVisible()
  await page.getByRole('main').getByRole('button', { name: 'More', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Apply rules now' }).click()

  const filesIn = async (): Promise<number[]> => {
    const snapshots = (await stack.holdfast<SnapshotDocument[]>(['snapshots'])).toSorted((a, b) => a.createdAt.localeCompare(b.createdAt))
    return Promise.all(snapshots.map(async ({ id }) => (await stack.holdfast<EntryDocument[]>(['ls', id, home])).length))
  }
  // Between the list and the look at one of them it may have been written anew.
  await expect(async () => expect(await filesIn()).toEqual([4, 4, 5, 5])).toPass({ timeout: 60_000 })
  const [oldest] = (await call<{ items: { id: string }[] }>(page, 'GET', '/snapshots')).items
  await page.goto(`${stack.origin}/snapshots/${oldest?.id ?? ''}`)
  await expect(page.getByText('Old versions of files were removed from this snapshot')).toBeVisible()
  await picture(page, 'rewritten')
  expect(await stack.holdfastHub(['fsck', '--deep'])).toMatchObject({ ok: true })
})

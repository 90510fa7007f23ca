import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, type Page } from '@playwright/test'
import { signInByLink } from '../pages/sign-in.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'

interface SnapshotFacts {
  readonly id: string
  readonly held: { readonly reason: string } | null
  readonly deleted: { readonly by: string } | null
}

let stack: Stack
test.beforeAll(async () => {
  stack = await startStack()
})
test.afterAll(() => stack.stop())

/** Calls the hub as the person who is signed in on the page. */
async function call<T>(page: Page, method: 'GET' | 'POST', path: string, data?: object): Promise<T> {
  const answer = await page.request.fetch(`${stack.origin}/api/v1${path}`, { method, ...(data === undefined ? {} : { data }) })
  expect(answer.ok(), `${method} ${path}: ${await answer.text()}`).toBe(true)
  return (await answer.json()) as T
}
/** Oldest first. */
const snapshots = async (page: Page, kept: 'kept' | 'deleted' = 'kept'): Promise<SnapshotFacts[]> =>
  (await call<{ items: SnapshotFacts[] }>(page, 'GET', `/snapshots?kept=${kept}`)).items

async function runPlan(page: Page, planId: string): Promise<void> {
  const { id } = await call<{ id: string }>(page, 'POST', `/plans/${planId}/runs`, {})
  for (;;) {
    const run = await call<{ state: string; finishedAtMs: number | null }>(page, 'GET', `/runs/${id}`)
    if (run.finishedAtMs !== null) return expect(run.state).toBe('succeeded')
    await sleep(200)
  }
}

async function openMore(page: Page, id: string): Promise<void> {
  await page.goto(`${stack.origin}/snapshots/${id}`)
  await page.getByRole('main').getByRole('button', { name: 'More', exact: true }).click()
}
const picture = (page: Page, name: string) => page.screenshot({ path: join('e2e', 'out', `retention-${name}.png`), fullPage: true })

test('a snapshot is deleted and had back, one is held, and rules are tried before they let anything go', async ({ page }) => {
  const home = join(stack.folder, 'home')
  mkdirSync(home)
  await signInByLink(page, stack.signInLink)
  const { items: devices } = await call<{ items: { id: string }[] }>(page, 'GET', '/devices')
  const plan = await call<{ id: string }>(page, 'POST', '/plans', { agentId: devices[0]?.id, name: 'Home', sources: [{ path: home }] })
  for (let day = 0; day < 5; day += 1) {
    writeFileSync(join(home, 'diary.txt'), `Day ${day}. `.repeat(20_000))
    await runPlan(page, plan.id)
  }
  const [oldest, second, , , newest] = (await snapshots(page)) as [
    SnapshotFacts,
    SnapshotFacts,
    SnapshotFacts,
    SnapshotFacts,
    SnapshotFacts,
  ]

  // What is young is deleted after a second word only.
  await openMore(page, second.id)
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByText('It can be had back until')).toBeVisible()
  await expect(dialog.getByRole('button', { name: 'Delete' })).toBeDisabled()
  await dialog.getByRole('checkbox', { name: 'less than a week old' }).click()
  await picture(page, 'delete')
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await expect(page.getByRole('status').filter({ hasText: '4 snapshots' })).toBeVisible()
  expect(await snapshots(page, 'deleted')).toMatchObject([{ id: second.id }])

  await page.getByText('Recently deleted').click()
  await expect(page.getByText('Can be had back for')).toBeVisible()
  await picture(page, 'deleted')
  await page.getByRole('button', { name: 'Have it back' }).click()
  await expect(page.getByText('Nothing was deleted lately')).toBeVisible()
  expect(await snapshots(page)).toHaveLength(5)

  await openMore(page, oldest.id)
  await page.getByRole('menuitem', { name: 'Hold' }).click()
  await page.getByLabel('Why').fill('for the tax office')
  await page.getByRole('dialog').getByRole('button', { name: 'Hold' }).click()
  await expect(page.getByText('for the tax office')).toBeVisible()
  // Whoever holds it has to release it first.
  await openMore(page, oldest.id)
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await expect(page.getByRole('dialog').getByText('It has to be released first')).toBeVisible()
  await expect(page.getByRole('dialog').getByRole('button', { name: 'Delete' })).toBeDisabled()

  // Rules are tried on what is there before they are saved.
  await page.goto(`${stack.origin}/plans/${plan.id}/edit`)
  await page.getByRole('button', { name: 'How long it is kept' }).click()
  await page.getByRole('radio', { name: 'Own rules' }).click()
  await expect(page.getByText('These rules keep nothing')).toBeVisible()
  await page.getByLabel('The newest', { exact: true }).fill('1')
  await expect(page.getByText('All 5 snapshots stay.')).toBeVisible()
  await page.getByLabel('Whatever is younger stays').fill('0')
  await expect(page.getByText('3 snapshots go, 2 stay')).toBeVisible()
  const list = page.getByRole('list', { name: 'Snapshots of this plan' })
  await expect(list.getByText('one of the newest, newest')).toBeVisible()
  await expect(list.getByText('held', { exact: true })).toBeVisible()
  await picture(page, 'preview')
  expect(await snapshots(page)).toHaveLength(5)
  await page.getByRole('button', { name: 'Save plan' }).click()
  await expect(page.getByText('the newest snapshot', { exact: true })).toBeVisible()

  // More than half at once waits for a word.
  await page.getByRole('main').getByRole('button', { name: 'More', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Apply rules now' }).click()
  await expect(page.getByText('3 snapshots wait for your word')).toBeVisible()
  expect(await snapshots(page)).toHaveLength(5)
  await page.goto(stack.origin)
  await expect(page.getByText('wait for a word')).toBeVisible()
  await picture(page, 'waiting')
  await page.getByRole('link', { name: /Open plan.*wait for a word/ }).click()
  await page.getByRole('button', { name: 'Delete them' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete them' }).click()
  await expect(page.getByText('3 snapshots wait for your word')).toBeHidden()
  expect((await snapshots(page)).map(({ id }) => id)).toEqual([oldest.id, newest.id])
  expect(await snapshots(page, 'deleted')).toHaveLength(3)

  await page.goto(`${stack.origin}/snapshots`)
  await expect(page.getByText('one of the newest, newest')).toBeVisible()
  await picture(page, 'kept')
  await page.goto(`${stack.origin}/audit`)
  await expect(page.getByText('agreed to what the rules of the plan Home delete')).toBeVisible()

  // A device sees what was deleted of its own, and deletes nothing.
  const seen = await stack.holdfast<{ deleted: { by: string } | null }[]>(['snapshots', '--deleted'])
  expect(seen.map(({ deleted }) => deleted?.by)).toEqual(
    Array.from({ length: 3 }, () => expect.stringMatching(/^retention of plan Home, as .* agreed$/)),
  )
})

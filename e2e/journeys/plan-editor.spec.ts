import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, type Page } from '@playwright/test'
import { PlanEditorPage } from '../pages/plan-editor-page.ts'
import { RunPage } from '../pages/run-page.ts'
import { signInByLink } from '../pages/sign-in.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'

interface Entry {
  readonly name: string
  readonly type: string
  readonly path: string
}

let stack: Stack
test.beforeAll(async () => {
  stack = await startStack()
})
test.afterAll(() => stack.stop())

/** 1,650 bytes in four files to save, one of them with a name that is not UTF-8; the rest is to be left out. */
function makeHome(): string {
  const home = join(stack.folder, 'home', 'ada')
  for (const folder of ['docs', 'node_modules/dep', 'tmp']) mkdirSync(join(home, folder), { recursive: true })
  writeFileSync(join(home, 'docs', 'letter.txt'), 'x'.repeat(1000))
  writeFileSync(join(home, 'docs', 'notes.txt'), 'x'.repeat(500))
  writeFileSync(join(home, '.hidden'), 'x'.repeat(100))
  writeFileSync(Buffer.concat([Buffer.from(`${home}/caf`), Buffer.from([0xe9])]), 'x'.repeat(50))
  writeFileSync(join(home, 'node_modules', 'dep', 'index.js'), 'x'.repeat(30_000))
  writeFileSync(join(home, 'tmp', 'junk'), 'x'.repeat(7_000))
  return home
}

/** Everything below a folder of a snapshot, by its path in it. */
async function snapshotTree(page: Page, snapshotId: string, folder: string, below = ''): Promise<string[]> {
  const address = `${stack.origin}/api/v1/snapshots/${snapshotId}/entries?path=${encodeURIComponent(folder + below)}`
  const { items } = (await (await page.request.get(address)).json()) as { items: Entry[] }
  const paths: string[] = []
  for (const { name, type } of items) {
    paths.push(`${below}/${name}`)
    if (type === 'folder') paths.push(...(await snapshotTree(page, snapshotId, folder, `${below}/${name}`)))
  }
  return paths
}

test('a plan is made by looking at the disk, tells how large it is, and its snapshot holds just what was chosen', async ({ page }) => {
  const home = makeHome()
  await signInByLink(page, stack.signInLink)
  await page.goto(`${stack.origin}/plans`)
  await page.getByRole('link', { name: 'Make a plan' }).click()

  const editor = new PlanEditorPage(page)
  await editor.goTo(home.split('/').slice(1))
  await editor.press('Space')
  await editor.expectBox('true')
  await editor.expectPreview('37.7 KiB', '6')
  await editor.enter()
  await editor.standOn('tmp')
  await editor.press('Space')
  await editor.expectBox('false', 'left out')
  await editor.expectPreview('30.9 KiB', '5')
  await page.getByRole('button', { name: 'Add the pattern node_modules/' }).click()
  await editor.expectPreview('1.61 KiB', '4')
  await expect(
    editor
      .preview()
      .getByRole('listitem')
      .filter({ hasText: `${home}/node_modules` }),
  ).toContainText('29.3 KiB')
  await expect(editor.preview()).toContainText('2 entries by patterns and recommended rules')
  await page.getByLabel('Own patterns').fill('./wrong')
  await page.getByRole('button', { name: 'Save plan' }).click()
  await expect(page.getByText('Line 1: no path has “.”')).toBeVisible()
  await page.getByLabel('Own patterns').fill('/tmp/\nnode_modules/')
  await editor.save()
  await expect(page.getByRole('heading', { level: 1, name: 'ada' })).toBeVisible()
  const planAddress = page.url()

  await page.getByRole('button', { name: 'Run now' }).click()
  const run = new RunPage(page)
  await run.expectState('Succeeded', 120_000)
  const [, runId = ''] = /\/runs\/([0-9a-f-]{36})/.exec(page.url()) ?? []
  const { result } = (await (await page.request.get(`${stack.origin}/api/v1/runs/${runId}`)).json()) as { result: { snapshotId: string } }
  const { snapshotId } = result
  expect(await snapshotTree(page, snapshotId, home)).toEqual(['/.hidden', '/caf\uFFFD', '/docs', '/docs/letter.txt', '/docs/notes.txt'])

  await page.goto(planAddress)
  await expect(page.getByRole('region', { name: 'About this plan' })).toContainText('4 files')
  await page.getByRole('link', { name: 'Edit' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Ada’s home')
  await page.getByRole('link', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: 'Stay here' }).click()
  await editor.save()
  await expect(page.getByRole('heading', { level: 1, name: 'Ada’s home' })).toBeVisible()

  await page.getByRole('main').getByRole('button', { name: 'More', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await expect(page.getByRole('dialog')).toContainText('1 snapshot stays')
  await page.getByRole('button', { name: 'Delete plan' }).click()
  await expect(page.getByText('Make your first plan')).toBeVisible()
  expect(await stack.holdfast<unknown[]>(['snapshots'])).toHaveLength(1)
})

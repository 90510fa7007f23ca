import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, type Page } from '@playwright/test'
import { PlanEditorPage } from '../pages/plan-editor-page.ts'
import { RestoreDialog } from '../pages/restore-dialog.ts'
import { signInByLink } from '../pages/sign-in.ts'
import { SnapshotPage } from '../pages/snapshot-page.ts'
import type { BackupDocument, EntryDocument, RestoreDocument } from '../stack/json-documents.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'

let stack: Stack
let home: string
let page: Page
let last: BackupDocument
test.describe.configure({ mode: 'serial' })

test.beforeAll(async ({ browser }) => {
  stack = await startStack()
  home = join(stack.folder, 'home', 'ada')
  mkdirSync(join(home, 'thesis', 'drafts'), { recursive: true })
  writeFileSync(join(home, 'letter.txt'), 'Dear all')
  // Enough stays that the plan is not alarmed.
  mkdirSync(join(home, 'photos'))
  for (const name of ['1.jpg', '2.jpg', '3.jpg', '4.jpg']) writeFileSync(join(home, 'photos', name), name.repeat(20))
  writeFileSync(join(home, 'invoice.txt'), 'forty two')
  writeFileSync(join(home, 'thesis', 'chapter.txt'), 'In the beginning')
  writeFileSync(join(home, 'thesis', 'drafts', 'first.txt'), 'It was')
  page = await browser.newPage()
  await signInByLink(page, stack.signInLink)
})
test.afterAll(() => stack.stop())

const photos = ['', '1.jpg', '2.jpg', '3.jpg', '4.jpg'].map((name) => `ada/photos/${name}`)
const runPlan = (): Promise<BackupDocument> => stack.holdfast<BackupDocument>(['backup', '--plan', 'ada'])
const namesIn = (zip: string): string[] => execFileSync('unzip', ['-Z1', zip]).toString().trimEnd().split('\n')

test('a plan is told to keep deleted files, and its backups do', async () => {
  await page.goto(`${stack.origin}/plans`)
  await page.getByRole('link', { name: 'Make a plan' }).click()
  const editor = new PlanEditorPage(page)
  await editor.goTo(home.split('/').slice(1))
  await editor.press('Space')
  await editor.expectBox('true')
  await editor.keepDeletedFiles()
  await editor.save()
  await expect(page.getByRole('region', { name: 'About this plan' })).toContainText('Kept in the newest snapshot')

  expect(await runPlan()).toMatchObject({ status: 'succeeded', files: 8, deleted: { files: 0 } })
  rmSync(join(home, 'thesis'), { recursive: true })
  rmSync(join(home, 'invoice.txt'))
  expect(await runPlan()).toMatchObject({ status: 'succeeded', files: 5, deleted: { files: 3, folders: 2, filesNewlyDeleted: 3 } })
  last = await runPlan()
  expect(last).toMatchObject({ status: 'succeeded', files: 5, deleted: { files: 3, folders: 2, filesNewlyDeleted: 0 } })
})

test('the newest snapshot shows what is there, and when asked what is not, marked', async () => {
  const snapshot = new SnapshotPage(page)
  await snapshot.open(last.snapshotId, home)
  await snapshot.expectEntryCount('2 entries')
  expect(namesIn((await snapshot.downloadZip()).path)).toEqual(['ada/', 'ada/letter.txt', ...photos])
  await snapshot.showDeleted('Show 2 deleted')
  await snapshot.expectEntryCount('4 entries')
  await snapshot.expectRow('invoice.txt', 'Deleted, ')
  expect(namesIn((await snapshot.downloadZip()).path)).toEqual([
    'ada/',
    'ada/invoice.txt',
    'ada/letter.txt',
    ...photos,
    'ada/thesis/',
    'ada/thesis/chapter.txt',
    'ada/thesis/drafts/',
    'ada/thesis/drafts/first.txt',
  ])
  await snapshot.openFolders(['thesis', 'drafts'])
  await expect(page.getByText('This folder was deleted on the device.')).toBeVisible()
  expect((await snapshot.download('first.txt')).toString()).toBe('It was')
})

test('a deleted folder that is chosen comes back to where it was', async () => {
  const snapshot = new SnapshotPage(page)
  await snapshot.open(last.snapshotId, home)
  await snapshot.showDeleted('Show 2 deleted')
  await snapshot.choose('thesis')
  await snapshot.restoreChosen()
  const dialog = new RestoreDialog(page)
  await dialog.expectWithDeleted(true)
  await dialog.chooseOriginalPlace()
  const run = await dialog.start()
  await run.expectState('Succeeded', 60_000)
  expect(readFileSync(join(home, 'thesis', 'drafts', 'first.txt'), 'utf8')).toBe('It was')
  expect(existsSync(join(home, 'invoice.txt'))).toBe(false)
  // What is there again is deleted no more.
  expect(await runPlan()).toMatchObject({ files: 7, deleted: { files: 1, folders: 0 } })
})

test('the command line leaves deleted files out and brings them, as it is told', async () => {
  const listed = async (...options: string[]): Promise<string[]> =>
    (await stack.holdfast<EntryDocument[]>(['ls', last.snapshotId, home, ...options])).map(
      ({ path, deletedAtMs }) => `${path.slice(home.length + 1)}${deletedAtMs === undefined ? '' : ' deleted'}`,
    )
  expect(await listed()).toEqual(['letter.txt', 'photos'])
  expect(await listed('--deleted')).toEqual(['invoice.txt deleted', 'letter.txt', 'photos', 'thesis deleted'])
  const restored = async (...options: string[]): Promise<string[]> => {
    const target = join(stack.folder, 'restored')
    const restore = await stack.holdfast<RestoreDocument>(['restore', last.snapshotId, '--target', target, '--flat', ...options])
    expect(restore).toMatchObject({ status: 'succeeded' })
    const names = readdirSync(target).toSorted()
    rmSync(target, { recursive: true })
    return names
  }
  expect(await restored()).toEqual(['letter.txt', 'photos'])
  expect(await restored('--with-deleted')).toEqual(['invoice.txt', 'letter.txt', 'photos', 'thesis'])
  expect(await restored('--path', join(home, 'invoice.txt'))).toEqual(['invoice.txt'])
  const verified = await stack.holdfast<{ status: string; problems: number }>(['verify', last.snapshotId])
  expect(verified).toMatchObject({ status: 'succeeded', problems: 0 })
})

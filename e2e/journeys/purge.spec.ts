import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { PurgePreview } from '@holdfast/shared-types'
import { expect, test, type Page } from '@playwright/test'
import { signInByLink } from '../pages/sign-in.ts'
import type { BackupDocument, EntryDocument, RestoreDocument, SnapshotDocument } from '../stack/json-documents.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'

let stack: Stack
let home: string
test.beforeAll(async () => {
  stack = await startStack()
  home = join(stack.folder, 'home')
  mkdirSync(home)
})
test.afterAll(() => stack.stop())

const picture = (page: Page, name: string) => page.screenshot({ path: join('e2e', 'out', `purge-${name}.png`), fullPage: true })
const backUp = async (): Promise<string> => (await stack.holdfast<BackupDocument>(['backup', home])).snapshotId ?? ''
const namesIn = async (snapshot: string): Promise<string[]> =>
  (await stack.holdfast<EntryDocument[]>(['ls', snapshot, home])).map(({ path }) => basename(path))

/** The details of one file of a snapshot, and what can be done with it. */
async function openFile(page: Page, snapshotId: string, name: string): Promise<void> {
  const address = [...home.split('/').filter((part) => part !== ''), ''].map((part) => encodeURIComponent(part)).join('/')
  await page.goto(`${stack.origin}/snapshots/${snapshotId}/${address}`)
  await page.getByRole('button', { name: `Details of ${name}` }).click()
}

test('a file leaves every snapshot, and the console says so once nothing of it is left', async ({ page }) => {
  // Most of the vault stays: a fifth of it would not go without another word.
  const movie = randomBytes(3_000_000)
  writeFileSync(join(home, 'movie.bin'), movie)
  writeFileSync(join(home, 'diary.txt'), 'Dear diary. '.repeat(2000))
  writeFileSync(join(home, 'passwords.txt'), randomBytes(150_000).toString('base64'))
  const first = await backUp()
  writeFileSync(join(home, 'diary.txt'), 'Dear diary, again. '.repeat(2000))
  const second = await backUp()
  rmSync(join(home, 'passwords.txt'))
  await backUp()
  // The command line looks as well, and does nothing without being told twice.
  const looked = await stack.holdfastHub<PurgePreview>(['purge', join(home, 'passwords.txt')])
  expect(looked).toMatchObject({ snapshots: 3, snapshotsAffected: 2, entries: 2, samples: [{ path: join(home, 'passwords.txt') }] })
  expect(await stack.holdfastHub(['purge', '--list'])).toEqual({ items: [] })
  await signInByLink(page, stack.signInLink)

  // What somebody holds stays as it is, and says so before anything begins.
  await page.goto(`${stack.origin}/snapshots/${first}`)
  await page.getByRole('main').getByRole('button', { name: 'More', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Hold' }).click()
  await page.getByLabel('Why').fill('for the tax office')
  await page.getByRole('dialog').getByRole('button', { name: 'Hold' }).click()
  await expect(page.getByText('for the tax office')).toBeVisible()
  await openFile(page, second, 'passwords.txt')
  await page.getByRole('button', { name: 'Remove from all backups' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByText('Then the next backup saves it again')).toBeVisible()
  await dialog.getByRole('button', { name: 'Look what would go' }).click()
  await expect(dialog.getByText('1 held snapshot has it')).toBeVisible()
  await expect(dialog.getByRole('button', { name: 'Remove from all backups' })).toBeDisabled()
  await picture(page, 'held')
  await dialog.getByRole('link', { name: 'Open number 1' }).click()
  await expect(page).toHaveURL(new RegExp(first))
  await page.getByRole('button', { name: 'Release' }).click()
  await expect(page.getByText('for the tax office')).toBeHidden()

  // Looked at, agreed to by a word, and followed.
  await openFile(page, second, 'passwords.txt')
  await page.getByRole('button', { name: 'Remove from all backups' }).click()
  await dialog.getByRole('button', { name: 'Look what would go' }).click()
  await expect(dialog.getByText('2 snapshots are written anew without it, of 3 looked through.')).toBeVisible()
  await dialog.getByRole('radio', { name: 'No, it goes for good' }).click()
  const confirm = dialog.getByRole('button', { name: 'Remove from all backups' })
  await expect(confirm).toBeDisabled()
  await dialog.getByLabel('Type “remove” to agree').fill('remove')
  await picture(page, 'effect')
  await confirm.click()
  await expect(dialog.getByText('It has begun')).toBeVisible()
  await dialog.getByRole('link', { name: 'Follow it there' }).click()
  const purges = page.getByRole('region', { name: 'Removed from all backups' })
  await expect(purges.getByText(join(home, 'passwords.txt'))).toBeVisible()
  await expect(purges.getByText('Gone: nothing of it is left in the vault')).toBeVisible({ timeout: 120_000 })
  await expect(purges.getByText('out of 2 snapshots')).toBeVisible()
  await picture(page, 'gone')

  // In no snapshot any more, and the rest is as it was.
  const snapshots = await stack.holdfast<SnapshotDocument[]>(['snapshots'])
  expect(snapshots).toHaveLength(3)
  for (const { id } of snapshots) expect((await namesIn(id)).toSorted()).toEqual(['diary.txt', 'movie.bin'])
  const oldest = snapshots.toSorted((a, b) => a.createdAt.localeCompare(b.createdAt))[0]?.id ?? ''
  expect(oldest).not.toBe(first)
  const target = join(stack.folder, 'restored')
  mkdirSync(target)
  expect(await stack.holdfast<RestoreDocument>(['restore', oldest, '--target', target])).toMatchObject({ status: 'succeeded' })
  expect(readFileSync(join(target, home, 'movie.bin')).equals(movie)).toBe(true)
  expect(readFileSync(join(target, home, 'diary.txt'), 'utf8')).toBe('Dear diary. '.repeat(2000))
  expect(await stack.holdfastHub(['fsck', '--deep'])).toMatchObject({ ok: true })

  await page.goto(`${stack.origin}/snapshots/${oldest}`)
  await expect(page.getByText('Something was removed from this snapshot')).toBeVisible()
  await picture(page, 'rewritten')
  await page.goto(`${stack.origin}/snapshots?kept=deleted`)
  await expect(page.getByText('Nothing was deleted lately')).toBeVisible()
  await page.goto(`${stack.origin}/audit`)
  await expect(page.getByText('had paths purged from all snapshots')).toBeVisible()
})

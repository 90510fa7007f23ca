import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, type Page } from '@playwright/test'
import { signInByLink } from '../pages/sign-in.ts'
import { VaultPage } from '../pages/vault-page.ts'
import type { BackupDocument } from '../stack/json-documents.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'

let stack: Stack
let home: string
test.beforeAll(async () => {
  stack = await startStack()
  home = join(stack.folder, 'home')
  mkdirSync(home)
})
test.afterAll(() => stack.stop())

const picture = (page: Page, name: string) => page.screenshot({ path: join('e2e', 'out', `tidying-${name}.png`), fullPage: true })
const backUp = async (): Promise<string> => (await stack.holdfast<BackupDocument>(['backup', home])).snapshotId

test('what is deleted is tidied up after a look and a word, and leaves the lists that are open', async ({ page, context }) => {
  writeFileSync(join(home, 'old.bin'), randomBytes(2_000_000))
  const old = await backUp()
  rmSync(join(home, 'old.bin'))
  writeFileSync(join(home, 'new.bin'), randomBytes(1_000_000))
  await backUp()
  await signInByLink(page, stack.signInLink)
  const answer = await page.request.post(`${stack.origin}/api/v1/snapshots/delete`, {
    data: { snapshotIds: [old], confirmed: true, isFinal: true },
  })
  expect(answer.ok()).toBe(true)

  // Somebody else has the list of deleted ones open.
  const deleted = await context.newPage()
  await deleted.goto(`${stack.origin}/snapshots?kept=deleted`)
  await expect(deleted.getByRole('button', { name: 'Have it back' })).toBeVisible()

  await VaultPage.open(page)
  const card = page.getByRole('region', { name: 'Tidying up' })
  await expect(card.getByText('Not done yet')).toBeVisible()
  await card.getByRole('button', { name: 'Tidy up now' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByText('1 deleted snapshot goes for good')).toBeVisible()
  await expect(dialog.getByText('This is much')).toBeVisible()
  const start = dialog.getByRole('button', { name: 'Tidy up now' })
  await expect(start).toBeDisabled()
  await picture(page, 'asked')
  await dialog.getByRole('checkbox', { name: 'I have looked' }).click()
  await start.click()
  await expect(card.getByText('Snapshots removed for good: 1.')).toBeVisible()
  await expect(card.getByText(/^\s*Done/)).toBeVisible()
  await picture(page, 'done')
  await expect(deleted.getByText('Nothing was deleted lately')).toBeVisible()

  await card.getByRole('button', { name: 'Tidy up now' }).click()
  await expect(dialog.getByText('There is nothing to remove just now.').or(dialog.getByText('become free'))).toBeVisible()
  await page.keyboard.press('Escape')
  expect(await stack.holdfastHub(['fsck', '--deep'])).toMatchObject({ ok: true })
})

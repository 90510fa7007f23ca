import { randomBytes } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from '@playwright/test'
import { signInByLink } from '../pages/sign-in.ts'
import { VaultPage } from '../pages/vault-page.ts'
import { runForJson } from '../stack/command-line.ts'
import { hubBin } from '../stack/project.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'

const mib = 2 ** 20
const person = { name: 'Ada', email: 'ada@example.org', password: 'correct horse battery' }

let stack: Stack
test.beforeAll(async () => {
  stack = await startStack()
})
test.afterAll(() => stack.stop())

/** 4 MiB of files, 2.5 MiB without repetitions: noise twice, and text that no two lines of which are the same. */
function prepareFolder(): string {
  const home = join(stack.folder, 'home')
  mkdirSync(home)
  const noise = randomBytes(1.5 * mib)
  writeFileSync(join(home, 'noise.bin'), noise)
  writeFileSync(join(home, 'copy of noise.bin'), noise)
  const lines = Array.from({ length: 40_000 }, (_, line) => `This is line ${line}, and there is no other like it.\n`)
  writeFileSync(join(home, 'text.txt'), lines.join('').slice(0, mib))
  return home
}

function sizeOf(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
}

test('a vault says what it takes, is checked, and its recovery key opens it when the hub is lost', async ({ page, browser }) => {
  const home = prepareFolder()
  const devices = await signInByLink(page, stack.signInLink)
  expect((await page.request.put(`${stack.origin}/api/v1/me/credentials`, { data: person })).ok()).toBe(true)
  await page.reload()
  const run = await (await devices.open('journey')).backUpNow(home)
  await run.expectState('Succeeded', 120_000)

  const vault = await VaultPage.open(page)
  await expect(vault.figure('In all snapshots')).toHaveText('4.00\u00a0MiB')
  await expect(vault.figure('Without repetitions')).toHaveText('2.50\u00a0MiB')
  const address = `${stack.origin}/api/v1/vaults/${vault.id}`
  const { store } = (await (await page.request.get(address)).json()) as { store: { place: string } }
  const usage = (await (await page.request.get(`${address}/usage`)).json()) as { bytesStored: number }
  expect(usage.bytesStored).toBe(sizeOf(join(store.place, 'p')))
  expect(usage.bytesStored).toBeLessThan(2.5 * mib)
  await vault.check()

  const other = await (await browser.newContext({ locale: 'en-GB' })).newPage()
  const { email, password } = person
  expect((await other.request.post(`${stack.origin}/api/v1/sign-in`, { data: { email, password } })).status()).toBe(200)
  await other.goto(`${stack.origin}/vaults`)
  await expect(other.getByRole('cell', { name: 'Not exported yet' })).toBeVisible()

  const { kit, words } = await vault.exportKey(person.password)
  expect([words.length, kit.includes(vault.id), kit.includes(stack.origin)]).toEqual([24, true, true])
  await expect(page.getByText('Confirmed by Ada')).toBeVisible()
  await other.reload()
  await expect(other.getByRole('cell', { name: 'Kept by a person' })).toBeVisible()
  await other.context().close()

  expect(await vault.testKey(kit)).toContain('These words open the vault')
  expect(await vault.testKey(words.map((word, index) => (index === 6 ? 'abondon' : word)).join(' '))).toContain(
    'Word 7 is not a recovery word',
  )

  // Another machine: the store alone, the kit, and nothing of the hub that is lost.
  const away = join(stack.folder, 'away')
  cpSync(store.place, join(away, 'store', vault.id), { recursive: true })
  const [kitFile, wrongFile] = [join(away, 'kit.txt'), join(away, 'wrong.txt')]
  writeFileSync(kitFile, kit)
  writeFileSync(wrongFile, words.toReversed().join(' '))
  const env = { HOLDFAST_DATA: join(away, 'data'), HOLDFAST_STORE: pathToFileURL(join(away, 'store')).href }
  const hub = <T>(args: readonly string[], exitCode = 0) => runForJson<T>(hubBin, [...args, '--json'], env, exitCode)
  expect(await hub(['recovery-key', 'test', '--file', wrongFile], 12)).toMatchObject({ error: { code: 'vault.wrong-key' } })
  expect(await hub(['recovery-key', 'test', '--file', kitFile])).toEqual({ vaults: [vault.id] })
  expect(await hub(['recovery-key', 'use', '--file', kitFile])).toEqual({ vaults: [{ vaultId: vault.id, isNew: true }] })
  expect(await hub(['fsck', '--deep'])).toMatchObject({ ok: true, counts: { snapshots: 1 } })
})

import { createHash, randomBytes } from 'node:crypto'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, type Page } from '@playwright/test'
import { PrivateVaultPage } from '../pages/private-vault-page.ts'
import { RestoreDialog } from '../pages/restore-dialog.ts'
import { RunPage } from '../pages/run-page.ts'
import { signInByLink } from '../pages/sign-in.ts'
import { SnapshotPage } from '../pages/snapshot-page.ts'
import type { BackupDocument, RestoreDocument } from '../stack/json-documents.ts'
import { startSecondAgent, type SecondAgent } from '../stack/second-agent.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'

const person = { name: 'Ada', email: 'ada@example.org', password: 'correct horse battery' }
const [firstPassphrase, passphrase] = ['nine loud owls below the railway', 'seven quiet lamps above the harbour']

let stack: Stack
let agent: SecondAgent | null = null
test.beforeAll(async () => {
  stack = await startStack()
})
test.afterAll(async () => {
  await agent?.stop()
  await stack.stop()
})

/** Names and contents that stand nowhere else: whoever finds one of them in what the hub has, has found a leak. */
const names = ['marmalade ledger.txt', 'quince-archive', 'film of the regatta.bin', 'periwinkle.md'] as const
const text = 'The marmalade was paid for with seventeen silver quinces. '

function prepareFolder(): string {
  const home = join(stack.folder, 'home')
  mkdirSync(join(home, names[1]), { recursive: true })
  writeFileSync(join(home, names[0]), text.repeat(400))
  writeFileSync(join(home, names[2]), randomBytes(5_500_000))
  writeFileSync(join(home, names[1], names[3]), `# ${text}`)
  return home
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Saves what a press begins, and waits until all of it was checked. */
async function save(
  page: Page,
  press: () => Promise<void>,
): Promise<{ readonly name: string; readonly bytes: Buffer; readonly path: string }> {
  const begun = page.waitForEvent('download')
  await press()
  const download = await begun
  const path = await download.path()
  return { name: download.suggestedFilename(), bytes: readFileSync(path), path }
}

/** Everything that this page keeps where a next visitor, or another page of the origin, could find it. */
const keptByPage = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const caches = await window.caches.keys()
    const answers: string[] = []
    for (const name of caches) {
      const cache = await window.caches.open(name)
      for (const request of await cache.keys()) {
        if (/\.(js|css|woff2)$/.test(new URL(request.url).pathname)) continue
        answers.push(request.url, (await (await cache.match(request))?.text()) ?? '')
      }
    }
    const databases = (await indexedDB.databases()).map(({ name }) => name)
    return JSON.stringify({
      local: Object.entries(localStorage),
      session: Object.entries(sessionStorage),
      answers,
      databases,
      cookie: document.cookie,
    })
  })

/** All addresses and titles that the browser has of this tab, what the page has told it, and what it keeps beside the entry that is shown. */
async function watchHistory(page: Page): Promise<() => Promise<string>> {
  const told: string[] = []
  page.on('framenavigated', (frame) => told.push(frame.url()))
  await page.exposeFunction('tellHistory', (entry: string) => void told.push(entry))
  await page.addInitScript(() => {
    for (const call of ['pushState', 'replaceState'] as const) {
      const real = history[call].bind(history)
      history[call] = (state: unknown, unused: string, url?: string | URL | null) => {
        void (window as unknown as { tellHistory: (entry: string) => Promise<void> }).tellHistory(JSON.stringify([state, url]))
        real(state, unused, url)
      }
    }
  })
  const session = await page.context().newCDPSession(page)
  return async () => {
    const { entries } = await session.send('Page.getNavigationHistory')
    const state = await page.evaluate(() => JSON.stringify(history.state))
    return [...told, state, ...entries.flatMap(({ url, title, userTypedURL }) => [url, title, userTypedURL])].join('\n')
  }
}

/** A purge tells the hub paths, and has it write snapshots anew: nowhere in a private vault is one offered. */
const expectNoPurge = (page: Page): Promise<void> => expect(page.locator('body')).not.toContainText(/from all backups/i)

test('a person keeps a private vault: made, shared with a device, read in the browser, and closed to the hub', async ({ page }) => {
  test.setTimeout(420_000)
  const home = prepareFolder()
  const sent: string[] = []
  page.on('request', (request) => sent.push(`${request.url()} ${request.postDataBuffer()?.toString('latin1') ?? ''}`))
  const readHistory = await watchHistory(page)
  await signInByLink(page, stack.signInLink)
  expect((await page.request.put(`${stack.origin}/api/v1/me/credentials`, { data: person })).ok()).toBe(true)
  await page.reload()

  const made = await PrivateVaultPage.make(page, 'Diaries', { passphrase: firstPassphrase, password: person.password })
  const vault = new PrivateVaultPage(page)
  await vault.expectUnlocked()
  const { token } = (await (await page.request.post(`${stack.origin}/api/v1/enrolment-tokens`, { data: { vaultId: made.id } })).json()) as {
    token: string
  }
  agent = await startSecondAgent(stack, 'diarist', token)
  const early = await agent.tryHoldfast(['backup', home])
  expect(early.exitCode).not.toBe(0)
  expect(early.stdout + early.stderr).toContain('vault.keys-awaited')

  const status = await agent.holdfast<{ fingerprint: string }>(['status'])
  expect(await vault.letIn()).toBe(status.fingerprint)
  // Another passphrase: from then on the first one is as good as any.
  await vault.changePassphrase(passphrase, person.password)
  await vault.lock()
  await vault.unlock({ passphrase: firstPassphrase })
  await expect(page.getByText('This passphrase does not open the vault')).toBeVisible()
  await vault.unlock({ passphrase })
  await vault.expectUnlocked()
  const backup = await agent.holdfast<BackupDocument>(['backup', home])
  const pinned = await agent.holdfast<{ vault: { fingerprint: string } }>(['status'])
  expect(pinned.vault.fingerprint, 'the device has the keys that the person made').toBe(made.fingerprint)
  await expect(page.getByRole('heading', { name: 'Care', exact: true })).toBeVisible()
  await expectNoPurge(page)

  // Read in the page, file by file and as a zip, and compared with the disk.
  const top = `${stack.origin}/snapshots/${backup.snapshotId}`
  const entries = new SnapshotPage(page)
  const openHome = () => entries.openFolders(home.split('/').filter((name) => name !== ''))
  await page.goto(top)
  await vault.unlock({ passphrase })
  await expect(page.getByText(/^Signed by the device: backup 1 of /)).toBeVisible()
  await openHome()
  await entries.expectEntryCount('3 entries')
  await entries.openFolders([names[1]])
  await expect(page.getByRole('button', { name: names[3], exact: true })).toBeVisible()
  await page.goBack()
  await entries.expectEntryCount('3 entries')
  await page.goForward()
  await entries.expectEntryCount('1 entry')
  await page.goBack()
  await entries.choose(names[0])
  await entries.expectChosen('1 chosen')
  await page.getByRole('button', { name: names[0], exact: true }).click()
  await expect(page.getByRole('complementary').getByRole('button', { name: 'Restore' })).toBeVisible()
  await page.getByRole('button', { name: 'More', exact: true }).click()
  await expect(page.getByRole('menuitem', { name: 'Delete' })).toBeVisible()
  await expectNoPurge(page)
  await page.keyboard.press('Escape')
  await entries.choose(names[0])
  await page.getByRole('button', { name: names[2], exact: true }).click()
  const film = await save(page, () => page.getByRole('button', { name: 'Download', exact: true }).click())
  expect([film.name, digestOf(film.bytes)]).toEqual([names[2], digestOf(readFileSync(join(home, names[2])))])
  await expect(page.getByText('every piece checked')).toBeVisible()
  await page.getByRole('button', { name: names[0], exact: true }).click()
  await page.getByRole('button', { name: 'Look at it' }).click()
  await expect(page.getByRole('dialog').getByText('seventeen silver quinces').first()).toBeVisible()
  await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click()
  const zip = await save(page, () => page.getByRole('button', { name: 'Download as zip' }).first().click())
  execFileSync('unzip', ['-q', zip.path, '-d', join(stack.folder, 'unzipped')])
  for (const file of [names[0], names[2], join(names[1], names[3])])
    expect(digestOf(readFileSync(join(stack.folder, 'unzipped', 'home', file)))).toBe(digestOf(readFileSync(join(home, file))))

  // Chosen in the page, sealed to the device, brought back by it.
  await page.getByRole('button', { name: names[0], exact: true }).click()
  await page.getByRole('complementary').getByRole('button', { name: 'Restore' }).click()
  const target = join(stack.folder, 'brought back')
  await new RestoreDialog(page).typeTarget(target)
  await page.getByRole('dialog').getByRole('button', { name: 'Start restore' }).click()
  await new RunPage(page).expectState('Succeeded', 120_000)
  expect(readdirSync(join(target, home))).toEqual([names[0]])

  // Locked, nothing of it is on the screen; the words open it as well.
  await page.goto(top)
  await expect(page.getByLabel('Passphrase of the vault')).toBeVisible()
  expect(await page.locator('main').innerText()).not.toContain(names[0])
  await vault.unlock({ words: made.words.map((word, index) => `${index + 1}. ${word}`).join('\n') })
  await openHome()
  await entries.expectEntryCount('3 entries')

  // A lock takes what was about to be ordered with it: the room of the keys dies, as it does after idle minutes.
  await page.getByRole('button', { name: names[0], exact: true }).click()
  await page.getByRole('complementary').getByRole('button', { name: 'Restore' }).click()
  await expect(page.getByRole('dialog')).toContainText(names[0])
  const [room] = page.workers()
  await room?.evaluate(() => {
    setTimeout(() => {
      throw new Error('The room dies.')
    })
  })
  await expect(page.getByLabel('Passphrase of the vault')).toBeVisible()
  await expect(page.getByRole('dialog')).toHaveCount(0)

  // What a hub could have heard, and what a page leaves behind.
  const secrets = [firstPassphrase, passphrase, made.words.join(' '), text.trim(), ...names]
  const kept = await keptByPage(page)
  const heard = sent.join('\n')
  const history = await readHistory()
  expect(history).toContain(top)
  for (const secret of [...secrets, home]) {
    expect(history.includes(secret), `in the browser’s history: ${secret}`).toBe(false)
    expect(history.includes(encodeURIComponent(secret)), `in the browser’s history: ${secret}`).toBe(false)
  }
  for (const secret of secrets) {
    expect(heard.includes(secret), `sent: ${secret}`).toBe(false)
    expect(heard.includes(encodeURIComponent(secret)), `sent: ${secret}`).toBe(false)
    expect(kept.includes(secret), `kept by the page: ${secret}`).toBe(false)
  }
  for (const word of made.words.filter((one) => one.length > 6)) expect(kept.includes(`"${word}"`), word).toBe(false)

  const restored = await agent.holdfast<RestoreDocument>(['restore', backup.snapshotId, '--target', join(stack.folder, 'all')])
  expect(restored).toMatchObject({ status: 'succeeded' })

  // All that the hub has on its disk: database, store, logs.
  const found = (texts: readonly string[]): string => {
    const patterns = texts.flatMap((one) => ['-e', one])
    return spawnSync('grep', ['-rlaF', ...patterns, stack.env['HOLDFAST_DATA'] ?? ''], { encoding: 'utf8' }).stdout
  }
  expect(found(secrets)).toBe('')
  // What may be known is found in all three: the search would find the rest.
  expect([found(['diarist']) !== '', kept.includes('diarist'), heard.includes('Diaries')]).toEqual([true, true, true])
})

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { restSoon } from '../pages/run-page.ts'
import { signInByLink } from '../pages/sign-in.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'

const folders = 30
const filesPerFolder = 100
const movieBytes = 50 * 2 ** 20

let stack: Stack
test.beforeAll(async () => {
  stack = await startStack()
})
test.afterAll(() => stack.stop())

/** A few thousand files and a large one: enough to see the run live. */
function prepareFolder(): string {
  const home = join(stack.folder, 'home')
  for (let folder = 0; folder < folders; folder += 1) {
    const path = join(home, `Letters ${folder}`)
    mkdirSync(path, { recursive: true })
    for (let file = 0; file < filesPerFolder; file += 1)
      writeFileSync(join(path, `letter ${file}.txt`), `Dear ${folder}.${file},\n`.repeat(50 + file))
  }
  writeFileSync(join(home, 'movie.bin'), randomBytes(movieBytes))
  return home
}

test('the first backup, from the printed link to a file in hand', async ({ page }) => {
  const home = prepareFolder()

  const devices = await signInByLink(page, stack.signInLink)
  // From here on: before, the console has to ask who is there, and is told 401.
  const problems: string[] = []
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
  page.on('pageerror', (error) => problems.push(error.message))
  await devices.expectOnline('journey')
  const device = await devices.open('journey')

  const run = await device.backUpNow(home)
  // The page may take longer to open on a busy machine than the backup does: it rests until somebody can see it.
  await restSoon(page, new URL(page.url()).pathname.split('/').at(-1) ?? '')
  await run.expectState('Paused', 60_000)
  await page.getByRole('button', { name: 'Resume' }).click()
  await run.expectState('Succeeded', 120_000)
  const seen = await run.seenProgress()
  expect(seen.files.length, `figures seen while it ran: ${JSON.stringify(seen)}`).toBeGreaterThan(1)
  expect(await run.resultFigure('Files')).toContain('3,001')
  expect((await run.logLines()).length).toBeGreaterThan(0)

  const snapshot = await run.openSnapshot()
  await snapshot.openFolders(home.split('/').slice(1))
  await snapshot.expectEntryCount('31 entries')
  expect((await snapshot.download('movie.bin')).equals(readFileSync(join(home, 'movie.bin')))).toBe(true)
  await snapshot.openFolders(['Letters 7'])
  expect((await snapshot.download('letter 42.txt')).equals(readFileSync(join(home, 'Letters 7', 'letter 42.txt')))).toBe(true)
  expect(problems).toEqual([])
})

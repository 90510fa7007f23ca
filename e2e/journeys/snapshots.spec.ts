import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test, type Page } from '@playwright/test'
import { RestoreDialog } from '../pages/restore-dialog.ts'
import { RunPage } from '../pages/run-page.ts'
import { signInByLink } from '../pages/sign-in.ts'
import { SnapshotPage } from '../pages/snapshot-page.ts'
import type { BackupDocument } from '../stack/json-documents.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'
import { findTreeDifferences } from '../stack/tree-differences.ts'

/** Names in UTF-8 whatever this machine speaks; the date of MS-DOS is a local one. */
const env = { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' }
const execute = promisify(execFile)
const run = (program: string, args: readonly string[]) => execute(program, args, { env, maxBuffer: 64 * 2 ** 20 })
const folders = 20
const filesPerFolder = 1000

let stack: Stack
let source: string
let first: BackupDocument
let second: BackupDocument
let page: Page
// 20,000 files are written, backed up twice and read back: a minute alone, some minutes beside others.
const patienceMs = 300_000
test.describe.configure({ mode: 'serial', timeout: patienceMs })

test.beforeAll(async ({ browser }) => {
  test.setTimeout(patienceMs)
  stack = await startStack()
  source = join(stack.folder, 'Office files')
  prepareTree()
  first = await stack.holdfast<BackupDocument>(['backup', source])
  writeFileSync(join(source, 'since then.txt'), 'new')
  second = await stack.holdfast<BackupDocument>(['backup', source])
  page = await browser.newPage()
  await signInByLink(page, stack.signInLink)
})
test.afterAll(() => stack.stop())

/** 20,000 small files, a large one that does not pack, and what zips are often wrong about. */
function prepareTree(): void {
  for (let folder = 0; folder < folders; folder += 1) {
    const path = join(source, `Folder ${String(folder).padStart(2, '0')}`)
    mkdirSync(path, { recursive: true })
    for (let file = 0; file < filesPerFolder; file += 1)
      writeFileSync(join(path, `letter ${file}.txt`), `Dear ${folder}.${file},\n`.repeat(1 + (file % 60)))
  }
  const odd = join(source, 'Ünusual')
  mkdirSync(join(odd, 'nothing in here'), { recursive: true })
  writeFileSync(join(odd, 'empty'), '')
  writeFileSync(join(odd, '日本語 100%.txt'), 'x')
  symlinkSync('../Folder 00', join(odd, 'link'))
  writeFileSync(join(odd, 'tool.sh'), '#!/bin/sh\n')
  chmodSync(join(odd, 'tool.sh'), 0o751)
  chmodSync(join(odd, 'nothing in here'), 0o700)
  appendFileSync(join(odd, 'noise.bin'), randomBytes(3_000_000))
  utimesSync(join(odd, 'empty'), 1_000_000_000, 1_234_567_890)
}

/** What differs between two trees in all that a zip carries; owners and fractions of a second it does not. */
async function zipDifferences(original: string, copy: string): Promise<string> {
  const args = ['-rlptcni', '--omit-link-times', '--modify-window=1', '--delete', `${original}/`, `${copy}/`]
  return (await run('rsync', args)).stdout
}

test('a folder of 20,000 files is saved by the browser as a zip, and unpacks to what it was', async () => {
  const snapshot = new SnapshotPage(page)
  await snapshot.open(first.snapshotId ?? '', source)
  await snapshot.expectEntryCount(`${folders + 1} entries`)
  const zip = await snapshot.downloadZip()
  expect(zip.name).toMatch(/^journey Office files \d{4}-\d\d-\d\d\.zip$/)
  rmSync(join(source, 'since then.txt'))
  // The folder's own time was changed by what came and went.
  for (const [program, args] of [
    ['unzip', ['-qo', zip.path, '-d', join(stack.folder, 'unzip')]],
    ['bsdtar', ['-xpf', zip.path, '-C', join(stack.folder, 'bsdtar')]],
  ] as const) {
    mkdirSync(join(stack.folder, program))
    await run(program, args)
    const differences = (await zipDifferences(source, join(stack.folder, program, 'Office files'))).split('\n')
    expect(
      differences.filter((line) => line !== '' && !line.endsWith(' ./')),
      program,
    ).toEqual([])
    rmSync(join(stack.folder, program), { recursive: true })
  }
})

test('chosen entries come as a zip of those, and one file as itself', async () => {
  const snapshot = new SnapshotPage(page)
  await snapshot.open(second.snapshotId ?? '', source)
  await snapshot.expectEntryCount(`${folders + 2} entries`)
  await snapshot.choose('Folder 01')
  await snapshot.choose('Folder 03', true)
  await snapshot.choose('Folder 02')
  await snapshot.choose('since then.txt')
  await snapshot.expectChosen('3 chosen')
  const zip = await snapshot.downloadChosen()
  const { stdout } = await run('unzip', ['-Z1', zip.path])
  const tops = new Set(
    stdout
      .trimEnd()
      .split('\n')
      .map((name) => name.split('/')[0]),
  )
  expect([...tops]).toEqual(['Folder 01', 'Folder 03', 'since then.txt'])
  expect((await snapshot.download('since then.txt')).toString()).toBe('new')
})

test('a restore is looked at first, goes into a folder that was browsed to, and brings every byte', async () => {
  const target = join(stack.folder, 'out')
  mkdirSync(target)
  const snapshot = new SnapshotPage(page)
  await snapshot.open(first.snapshotId ?? '', source)
  await snapshot.choose('Folder 05')
  await snapshot.choose('Ünusual')
  await snapshot.restoreChosen()
  const restore = new RestoreDialog(page)
  await restore.typeTarget(stack.folder)
  await restore.browseInto('out')
  await restore.expectTarget(target)
  await restore.lookFirst()
  expect(await restore.foretold('Files written')).toBe('1,004')
  expect(await restore.foretold('Replaced')).toBe('0')
  expect(existsSync(join(target, source))).toBe(false)
  await (await restore.start()).expectState('Succeeded', 120_000)
  for (const folder of ['Folder 05', 'Ünusual'])
    expect(await findTreeDifferences(join(source, folder), join(target, source, folder))).toBe('')
})

test('what would be replaced at the original place is said before anything is', async () => {
  const damaged = join(source, 'Folder 05', 'letter 7.txt')
  writeFileSync(damaged, 'damaged')
  const snapshot = new SnapshotPage(page)
  await snapshot.open(second.snapshotId ?? '', source)
  await snapshot.goToOlder()
  await expect(page).toHaveURL(new RegExp(`/snapshots/${first.snapshotId}/`))
  await snapshot.choose('Folder 05')
  await snapshot.restoreChosen()
  const restore = new RestoreDialog(page)
  await restore.chooseOriginalPlace()
  await restore.expectWarning('can be replaced')
  await restore.lookFirst()
  expect([await restore.foretold('Replaced'), await restore.foretold('There already')]).toEqual(['1', '999'])
  expect(readFileSync(damaged, 'utf8')).toBe('damaged')
  await (await restore.start()).expectState('Succeeded', 120_000)
  expect(readFileSync(damaged, 'utf8')).toBe('Dear 5.7,\n'.repeat(8))
})

test('a snapshot is checked from its page', async () => {
  const snapshot = new SnapshotPage(page)
  await snapshot.open(second.snapshotId ?? '', source)
  await snapshot.check()
  await new RunPage(page).expectState('Succeeded', 120_000)
})

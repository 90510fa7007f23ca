import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { compareBytes } from '../src/bytes/index.ts'
import { TreeReader } from '../src/reader/index.ts'
import { ExcludedPlaces, joinSources, Walk } from '../src/walker/index.ts'
import { Workplace, type BackupResult } from './testing/backup-and-restore.ts'

let work: Workplace
let base: string
beforeEach(() => {
  work = new Workplace()
  base = work.path('base')
  for (const folder of ['a/b/c', 'd', 'e']) mkdirSync(`${base}/${folder}`, { recursive: true })
  for (const file of ['a/1', 'a/b/2', 'a/b/c/3', 'd/4', 'e/5', '6']) writeFileSync(`${base}/${file}`, file)
})
afterEach(() => work[Symbol.dispose]())

/** Everything in a snapshot below the test's own folder, with the letter of its type; ancestors in capitals. */
async function listing(backup: BackupResult): Promise<string[]> {
  const vault = work.vault.newSource()
  const reader = new TreeReader((type, id) => vault.read(type, id))
  const lines: string[] = []
  const list = async (page: Uint8Array, above: string): Promise<void> => {
    for await (const entry of reader.entries(page)) {
      const path = `${above}/${Buffer.from(entry.name).toString()}`
      const letter = entry.type[0]!
      if (path.startsWith(base))
        lines.push(
          `${entry.type === 'folder' && entry.isAncestor ? 'A' : entry.type === 'folder' ? 'd' : letter} ${path.slice(base.length)}`,
        )
      if (entry.type === 'folder') await list(entry.page, path)
    }
  }
  await list(backup.rootPage, '')
  return lines
}

test('several sources become one tree; the folders above them are marked', async () => {
  const backup = await work.backUp([`${base}/d`, `${base}/a/b`])
  expect(await listing(backup)).toEqual(['A ', 'A /a', 'd /a/b', 'f /a/b/2', 'd /a/b/c', 'f /a/b/c/3', 'd /d', 'f /d/4'])
  expect(backup.roots.map((root) => Buffer.from(root).toString())).toEqual([`${base}/a/b`, `${base}/d`])
  expect(backup).toMatchObject({ files: 3, status: 'complete' })
})

test('a source inside another one is part of it, however it is spelled', async () => {
  const one = await work.backUp([`${base}/a`])
  const same = await work.backUp([`${base}/a/b`, `${base}//a/./`, `${base}/a/b/c/3`, `${base}/a`])
  expect(same.root).toBe(one.root)
  expect(same.roots).toEqual(one.roots)
})

test('a file or a symlink is a source like any other', async () => {
  symlinkSync('a', `${base}/link`)
  expect(await listing(await work.backUp([`${base}/6`, `${base}/link`]))).toEqual(['A ', 'f /6', 's /link'])
})

test('symlinks on the way to a source are resolved, so that the source has its one real path', async () => {
  symlinkSync('a', `${base}/link`)
  const backup = await work.backUp([`${base}/link/b`, `${base}/e`])
  expect(await listing(backup)).toEqual(['A ', 'A /a', 'd /a/b', 'f /a/b/2', 'd /a/b/c', 'f /a/b/c/3', 'd /e', 'f /e/5'])
})

test('a source that does not exist is told and marked, and the snapshot is partial', async () => {
  const backup = await work.backUp([`${base}/d`, `${base}/missing/deeper`, `${base}/6/below-a-file`])
  expect(backup).toMatchObject({ status: 'partial', files: 1, errors: 2 })
  expect(backup.told.map(({ path, error }) => [path.slice(base.length), error.code])).toEqual([
    ['/6', 'source.not-found'],
    ['/missing', 'source.not-found'],
  ])
  expect(await listing(backup)).toEqual(['A ', 'e /6', 'd /d', 'f /d/4', 'e /missing'])
})

test('the caller may end a backup at the first problem, and then nothing is left of it', async () => {
  await expect(work.backUp([`${base}/d`, `${base}/missing`], { onItemError: () => 'abort' })).rejects.toMatchObject({
    code: 'source.not-found',
  })
  expect(existsSync(`${work.cataloguePath}.new`)).toBe(false)
})

test('a missing source inside another one is told as well', async () => {
  const backup = await work.backUp([`${base}/a`, `${base}/a/missing`])
  expect(backup).toMatchObject({ status: 'partial', files: 3, errors: 0, warningCount: 1 })
})

test.each(['relative/path', '', '/with/../dots'])('a source %j is refused', async (source) => {
  await expect(work.backUp([source])).rejects.toMatchObject({ code: 'source.unsupported' })
})

test('excluded places are left out by path and under any other name', async () => {
  symlinkSync('a', `${base}/link`)
  execFileSync('ln', [`${base}/6`, `${base}/e/other-name`])
  const alwaysExcluded = [`${base}/link/b`, `${base}/6`, `${base}/not-there-yet`].map((path) => Buffer.from(path))
  const sink = work.vault.newSession()
  mkdirSync(`${base}/not-there-yet`)
  const backup = await work.backUp([base], { alwaysExcluded, sink })
  expect(await listing(backup)).toEqual(['d ', 'd /a', 'f /a/1', 'd /d', 'f /d/4', 'd /e', 'f /e/5', 's /link'])
})

test('a source that lies in an excluded place is told', async () => {
  const backup = await work.backUp([`${base}/a/b`, `${base}/d`], { alwaysExcluded: [Buffer.from(`${base}/a`)] })
  expect(backup.told.map(({ path, error }) => [path.slice(base.length), error.code])).toEqual([['/a', 'source.unsupported']])
  expect(backup).toMatchObject({ status: 'partial', files: 1 })
})

test('the whole file system can be a source, and its names come in the order of their bytes', () => {
  const sources = joinSources([Buffer.from('/'), Buffer.from('/etc')])
  expect(sources.paths.map(String)).toEqual(['/'])
  const names: Buffer[] = []
  let depth = 0
  for (const step of new Walk(sources, new ExcludedPlaces([Buffer.from('/bin'), Buffer.from('/boot')]))) {
    if (depth === 1 && 'name' in step) names.push(step.name)
    if (step.kind === 'folder-start') depth++
    if (step.kind === 'folder-end') depth--
    if (names.length === 2) break
  }
  expect(names.map(String).filter((name) => ['bin', 'boot'].includes(name))).toEqual([])
  expect(names.toSorted(compareBytes)).toEqual(names)
})

test('a folder of 6,000 entries is walked in order, one page of names at a time', async () => {
  mkdirSync(`${base}/many`)
  for (let index = 0; index < 6_000; index++) writeFileSync(`${base}/many/${(index * 4519) % 6_000}`, '')
  const backup = await work.backUp([`${base}/many`])
  expect(backup.files).toBe(6_000)
  const vault = work.vault.newSource()
  const reader = new TreeReader((type, id) => vault.read(type, id))
  let last: Uint8Array = new Uint8Array(0)
  let count = 0
  for await (const entry of reader.entries(Buffer.from(backup.root, 'hex'))) {
    expect(compareBytes(last, entry.name)).toBeLessThan(0)
    last = entry.name
    count++
  }
  expect(count).toBe(6_000)

  writeFileSync(`${base}/many/one-more`, '')
  const again = await work.backUp([`${base}/many`])
  expect(again).toMatchObject({ filesRead: 1, filesNew: 1 })
  // One page of the folder, its root page, and the folders above.
  expect(again.statistics.blobsNew).toBeLessThanOrEqual(6)
})

import { execFileSync, fork } from 'node:child_process'
import { appendFileSync, linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { EngineError } from '../src/errors/index.ts'
import { TreeReader } from '../src/reader/index.ts'
import type { BlobSource } from '../src/vault/index.ts'
import { Workplace } from './testing/backup-and-restore.ts'
import { differences, isRoot, makeNastyTree, pattern } from './testing/nasty-tree.ts'

let work: Workplace
let source: string
let target: string
beforeEach(() => {
  work = new Workplace()
  source = work.path('source')
  target = work.path('target')
  mkdirSync(source)
})
afterEach(() => work[Symbol.dispose]())

test('only what is selected comes back, and what the snapshot does not hold is told', async () => {
  makeNastyTree(source)
  const backup = await work.backUp([source])
  const selected = [`${source}/links`, `${source}/contents/twin`, `${source}/nothing/here`, `${source}/contents/twin/below`].map((path) =>
    Buffer.from(path),
  )
  const outcome = await work.restore(backup, target, { selected })
  expect(outcome.told.map(({ path }) => path.slice(source.length))).toEqual(['/nothing/here'])
  expect(readdirSync(`${target}${source}`)).toEqual(['contents', 'links'])
  expect(readdirSync(`${target}${source}/contents`)).toEqual(['twin'])
  expect(lstatSync(`${target}${source}/links/one/first`).nlink).toBe(3)
  expect(outcome.filesRequested).toBe(outcome.filesWritten)
})

test('a flat restore of a selection drops the path of its source, and one of two sources is refused', async () => {
  mkdirSync(`${source}/a/b`, { recursive: true })
  mkdirSync(work.path('other'))
  for (const name of ['1', 'a/2', 'a/b/3']) writeFileSync(`${source}/${name}`, name)
  writeFileSync(work.path('other/4'), '4')
  const backup = await work.backUp([source, work.path('other')])
  await expect(work.restore(backup, target, { flat: true })).rejects.toMatchObject({ code: 'restore.target-invalid' })
  const outcome = await work.restore(backup, target, { flat: true, selected: [Buffer.from(`${source}/a/b`)] })
  expect(outcome).toMatchObject({ status: 'complete', filesWritten: 1 })
  expect(readFileSync(`${target}/a/b/3`, 'utf8')).toBe('a/b/3')
  const single = await work.backUp([`${source}/1`], { previous: null })
  await work.restore(single, work.path('single'), { flat: true })
  expect(readdirSync(work.path('single'))).toEqual(['1'])
})

/** A source in which some blobs are missing or damaged. */
function sourceWithout(good: BlobSource, spoil: (id: Uint8Array) => 'missing' | 'damaged' | null): BlobSource {
  return {
    room: good.room,
    locate: async (ids) => (await good.locate(ids)).map((place, index) => (spoil(ids[index]!) === 'missing' ? null : place)),
    segments: (places, signal) => good.segments(places, signal),
    verify: (type, id, bytes) => good.verify(type, id, spoil(id) === 'damaged' ? bytes.subarray(1) : bytes),
    read: (type, id) => good.read(type, id),
  }
}

const hexOf = (id: Uint8Array): string => Buffer.from(id).toString('hex')

/** Ids of the root pages of all folders; those here have no others. */
async function pageIdsOf(rootPage: Uint8Array): Promise<Set<string>> {
  const vault = work.vault.newSource()
  const reader = new TreeReader((type, id) => vault.read(type, id))
  const ids = new Set<string>()
  const add = async (page: Uint8Array): Promise<void> => {
    ids.add(hexOf(page))
    for await (const entry of reader.entries(page)) if (entry.type === 'folder') await add(entry.page)
  }
  await add(rootPage)
  return ids
}

test('files whose content is missing or damaged are told one by one, all others are whole', async () => {
  for (let index = 0; index < 60; index++) writeFileSync(`${source}/${index}`, pattern(1000 + index, index))
  writeFileSync(`${source}/large`, pattern(9_000_000, 1))
  linkSync(`${source}/large`, `${source}/large-too`)
  const backup = await work.backUp([source])
  const pages = await pageIdsOf(backup.rootPage)
  // Some at random, but never the folders themselves.
  const told = (id: Uint8Array): 'missing' | 'damaged' | null =>
    pages.has(hexOf(id)) || id[0]! % 8 > 1 ? null : id[0]! % 8 === 0 ? 'missing' : 'damaged'
  const outcome = await work.restore(backup, target, { flat: true, source: sourceWithout(work.vault.newSource(), told) })
  expect(outcome.filesRequested).toBe(62)
  expect(outcome.filesFailed).toBeGreaterThan(2)
  expect(outcome.filesWritten).toBe(62 - outcome.filesFailed)
  expect(outcome.told.length).toBe(outcome.filesFailed)
  expect(outcome.status).toBe('complete-with-errors')
  const failed = new Set(outcome.told.map(({ path }) => path.slice(source.length + 1)))
  expect(readdirSync(target).toSorted()).toEqual(
    readdirSync(source)
      .filter((name) => !failed.has(name))
      .toSorted(),
  )
  for (const name of readdirSync(target)) expect(readFileSync(`${target}/${name}`).equals(readFileSync(`${source}/${name}`))).toBe(true)
})

test('a source that fails as a whole ends the restore, also in the middle of a file that takes several batches', async () => {
  const part = pattern(8 * 1024 * 1024, 1)
  for (let count = 0; count < 10; count++) appendFileSync(`${source}/large`, part)
  const backup = await work.backUp([source])
  // Once: what it does not bring then is lost to all files of the batch.
  const vault = work.vault.newSource()
  const locate = vault.locate.bind(vault)
  let isAway = true
  vault.locate = async (ids) => {
    const isOfBatch = ids.length > 1
    if (!isOfBatch || !isAway) return locate(ids)
    isAway = false
    throw new EngineError('format.invalid', 'The hub answered nonsense.')
  }
  await expect(work.restore(backup, target, { flat: true, source: vault })).rejects.toMatchObject({ message: 'The hub answered nonsense.' })
  expect(readdirSync(target)).toEqual([])
})

test('a restore that is killed leaves no file under its own name that is not whole, and the next one writes only what is missing', async () => {
  for (let index = 0; index < 100; index++) writeFileSync(`${source}/${index}`, pattern(index * 50 + 300, index))
  writeFileSync(`${source}/large`, pattern(9_000_000, 1))
  execFileSync('find', [source, '-exec', 'touch', '-d', '2001-02-03 04:05:06.7', '{}', '+'])
  const backup = await work.backUp([source])
  for (const blobs of [40, 102, 104]) {
    const into = `${target}-${blobs}`
    const child = fork(new URL('testing/restore-until-killed.ts', import.meta.url), [source, into, String(blobs)], {
      execArgv: ['-C', '@holdfast/source'],
      env: { ...process.env, TMPDIR: work.folder },
    })
    expect(await new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)))).toBe('SIGKILL')
    expect(readdirSync(into).length).toBeGreaterThan(20)
    // What rsync would change of the files that are there.
    const changes = execFileSync('rsync', ['-naci', '-@-1', '--existing', `${source}/`, `${into}/`], { encoding: 'utf8' }).split('\n')
    expect(changes.filter((line) => line[1] === 'f')).toEqual([])
    expect(readdirSync(into)).not.toContain('large')
    const names = readdirSync(into).filter((name) => !name.startsWith('.holdfast-restore-'))
    const inodes = new Map(names.map((name) => [name, lstatSync(`${into}/${name}`).ino]))
    const again = await work.restore(backup, into, { flat: true })
    expect(again).toMatchObject({ status: 'complete', filesRequested: 101, filesWritten: 101, filesUnchanged: names.length })
    expect([again.overwritten, again.renamed]).toEqual([0, 0])
    for (const [name, inode] of inodes) expect(lstatSync(`${into}/${name}`).ino).toBe(inode)
    // Also what was begun and left behind.
    expect(differences(source, into)).toBe('')
  }
}, 120_000)

test.runIf(isRoot)(
  'a target that is too small is refused before anything is written, and one that fills up stops the restore',
  async () => {
    writeFileSync(`${source}/large`, pattern(6_000_000, 1))
    for (let index = 0; index < 40; index++) writeFileSync(`${source}/${index}`, pattern(10_000, index))
    execFileSync('truncate', ['-s', '1G', `${source}/sparse`])
    const backup = await work.backUp([source])
    mkdirSync(target)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', target])
    } catch {
      // A container that may not mount: nothing to try this on.
      return
    }
    try {
      await expect(work.restore(backup, target)).rejects.toMatchObject({
        code: 'restore.target-invalid',
        message: expect.stringContaining('nothing was written'),
      })
      expect(readdirSync(target)).toEqual([])
      writeFileSync(`${target}/there-before`, '')
      await expect(work.restore(backup, target)).rejects.toMatchObject({
        code: 'restore.target-invalid',
        message: expect.stringContaining('no space left'),
      })
      expect(execFileSync('find', [target, '-name', '.holdfast-restore-*'], { encoding: 'utf8' })).toBe('')
      const small = [`${source}/1`, `${source}/sparse`].map((path) => Buffer.from(path))
      execFileSync('find', [target, '-mindepth', '1', '-delete'])
      expect(await work.restore(backup, target, { selected: small })).toMatchObject({ status: 'complete', filesWritten: 2 })
    } finally {
      execFileSync('umount', [target])
    }
  },
)

test('hard links to a first name that was in the way are made with the next one', async () => {
  writeFileSync(`${source}/a`, pattern(5000, 1))
  for (const name of ['b', 'c', 'd']) linkSync(`${source}/a`, `${source}/${name}`)
  const backup = await work.backUp([source])
  mkdirSync(`${target}/a/keep`, { recursive: true })
  const outcome = await work.restore(backup, target, { flat: true })
  expect(outcome).toMatchObject({ filesRequested: 4, filesWritten: 3, filesFailed: 1 })
  expect(lstatSync(`${target}/b`).nlink).toBe(3)
  execFileSync('rmdir', [`${target}/a/keep`])
  expect((await work.restore(backup, target, { flat: true })).status).toBe('complete')
  expect(differences(source, target)).toBe('')
})

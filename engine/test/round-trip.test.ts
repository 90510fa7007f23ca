import { execFileSync } from 'node:child_process'
import { linkSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { isEngineError } from '../src/errors/index.ts'
import { EntryWriter } from '../src/restorer/placing/entry-writer.ts'
import { Workplace } from './testing/backup-and-restore.ts'
import { differences, isRoot, makeDeepTree, makeNastyTree, pattern } from './testing/nasty-tree.ts'

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

const find = (folder: string, ...expression: string[]): number =>
  execFileSync('find', [folder, '-mindepth', '1', ...expression, '-printf', 'x']).length

test('everything a file system can hold comes back as it was', async () => {
  makeNastyTree(source)
  const backup = await work.backUp([source])
  expect(backup).toMatchObject({ status: 'complete', errors: 0, warningCount: 0, files: find(source, '-type', 'f') })

  const restored = await work.restore(backup, target)
  expect(restored.told).toEqual([])
  expect(restored).toMatchObject({ status: 'complete', filesRequested: backup.files, filesWritten: backup.files, filesFailed: 0 })
  expect(differences(source, `${target}${source}`)).toBe('')

  // Everything is known as what it is: to be kept under another name it would have to differ.
  const inodes = (): string => execFileSync('find', [target, '-printf', '%P %i\n']).toString('latin1')
  const before = inodes()
  const again = await work.restore(backup, target, { conflict: 'rename' })
  expect(again).toMatchObject({ status: 'complete', filesUnchanged: backup.files, bytesWritten: 0, overwritten: 0, renamed: 0 })
  expect(inodes()).toBe(before)
  expect(differences(source, `${target}${source}`)).toBe('')
})

test('holes come back as holes', async () => {
  makeNastyTree(source)
  const backup = await work.backUp([source])
  await work.restore(backup, target)
  const used = (folder: string): number =>
    Number(
      execFileSync('du', ['-s', '--block-size=1', `${folder}/contents/only-a-hole`, `${folder}/contents/hole-at-start`, '-c'])
        .toString()
        .split('\n')
        .at(-2)!
        .split('\t')[0],
    )
  expect(used(`${target}${source}`)).toBeLessThanOrEqual(used(source))
})

/** Memory that a value keeps alive by what it holds bytes of. */
function bytesHeld(value: unknown, buffers = new Set<ArrayBufferLike>()): number {
  if (ArrayBuffer.isView(value)) buffers.add(value.buffer)
  else if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) bytesHeld(each, buffers)
  return [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0)
}

test('what is kept of a first name to the end, for the hard links to it, is no page of a folder', async () => {
  mkdirSync(`${source}/folder`)
  execFileSync('mkfifo', [`${source}/folder/fifo`])
  writeFileSync(`${source}/folder/file`, 'content')
  // Its pages, and those of the folder around it, are of some size.
  for (let number = 0; number < 300; number++)
    for (const place of ['', '/folder']) writeFileSync(`${source}${place}/one-of-many-${number}`, '')
  for (const name of ['fifo', 'file']) linkSync(`${source}/folder/${name}`, `${source}/folder/link-to-${name}`)
  using link = vi.spyOn(EntryWriter.prototype, 'link')
  const restored = await work.restore(await work.backUp([source]), target)
  expect(restored).toMatchObject({ status: 'complete', warningCount: 0 })
  expect(link.mock.calls.map(([first]) => bytesHeld(first) < 1024)).toEqual([true, true])
  for (const name of ['fifo', 'file']) expect(lstatSync(`${target}${source}/folder/${name}`).nlink).toBe(2)
})

test('a flat restore makes the target what the source was', async () => {
  makeNastyTree(source)
  const backup = await work.backUp([source])
  const restored = await work.restore(backup, target, { flat: true })
  expect(restored.status).toBe('complete')
  expect(differences(source, target)).toBe('')
})

test('restoring over an older state makes it the newer one again', async () => {
  makeNastyTree(source)
  const backup = await work.backUp([source])
  await work.restore(backup, target, { flat: true })
  execFileSync('sh', [
    '-c',
    `cd ${target} && rm -r links/one && ln -s /etc links/one && echo other > contents/twin && truncate -s 7 contents/zeroes && rm names/CASE && mkdir specials/extra && chmod 0 modes`,
  ])
  const again = await work.restore(backup, target, { flat: true })
  expect(again.told).toEqual([])
  execFileSync('rmdir', [`${target}/specials/extra`])
  execFileSync('touch', ['-r', `${source}/specials`, `${target}/specials`])
  expect(differences(source, target)).toBe('')
})

test('a tree of more folders than are held open comes back as it was', async () => {
  for (let index = 0; index < 400; index++) {
    const folder = `${source}/${index % 20}/${index}/${'in/'.repeat(index % 7)}`
    mkdirSync(folder, { recursive: true })
    writeFileSync(`${folder}/file`, pattern(700, index))
    if (index > 0) linkSync(`${source}/0/0/file`, `${folder}/link`)
  }
  const backup = await work.backUp([source])
  const restored = await work.restore(backup, target, { flat: true })
  expect(restored.told).toEqual([])
  expect(differences(source, target)).toBe('')
})

test('paths longer than the system takes are kept and restored', async () => {
  makeDeepTree(source, 40)
  const tarHash = (folder: string): string =>
    execFileSync('sh', ['-c', 'tar -C "$1" --sort=name -cf - . | sha256sum', 'sh', folder], { maxBuffer: 1 << 28 }).toString()
  const backup = await work.backUp([source])
  expect(backup).toMatchObject({ status: 'complete', files: 41, errors: 0 })
  const restored = await work.restore(backup, target, { flat: true })
  expect(restored.told).toEqual([])
  expect(tarHash(target)).toBe(tarHash(source))
  const again = await work.backUp([source])
  expect(again).toMatchObject({ filesRead: 0, filesUnchanged: 41 })
})

// Only root may become another user.
test.runIf(isRoot)('what may not be read is an error entry, the rest is kept, and both are told', async () => {
  mkdirSync(`${source}/closed`)
  writeFileSync(`${source}/closed/inside`, 'x')
  for (const name of ['a', 'secret', 'z']) writeFileSync(`${source}/${name}`, name)
  execFileSync('sh', ['-c', `chmod 0 ${source}/closed ${source}/secret; chmod 755 ${work.folder} ${source}; chmod 777 ${work.folder}`])
  process.seteuid!(65_534)
  try {
    const backup = await work.backUp([source])
    expect(backup).toMatchObject({ status: 'complete-with-errors', files: 2, errors: 2, warningCount: 2 })
    expect(backup.told.map(({ path, error }) => [path, error.code])).toEqual([
      [`${source}/closed`, 'source.unreadable'],
      [`${source}/secret`, 'source.unreadable'],
    ])

    const restored = await work.restore(backup, target, { flat: true })
    expect(restored).toMatchObject({ status: 'complete-with-errors', filesRequested: 3, filesWritten: 2, filesFailed: 1 })
    expect(execFileSync('ls', [target]).toString()).toBe('a\nz\n')
  } finally {
    process.seteuid!(0)
  }
})

// As above.
test.runIf(isRoot)('without root owners are told once, not once for each file, and set-user bits are not given away', async () => {
  for (let index = 0; index < 50; index++) writeFileSync(`${source}/${index}`, 'x')
  execFileSync('sh', ['-c', `chmod 4755 ${source}/0; chmod 777 ${work.folder}`])
  const backup = await work.backUp([source])
  process.seteuid!(65_534)
  try {
    const restored = await work.restore(backup, target, { flat: true })
    expect(restored).toMatchObject({ status: 'complete-with-errors', filesWritten: 50, filesFailed: 0, warningCount: 1 })
    expect(restored.warnings[0]!.message).toContain('50 other entries')
    expect(execFileSync('stat', ['-c', '%a', `${target}/0`]).toString()).toBe('755\n')
    // It cannot come out any better, so nothing is written again; and it is told again.
    const again = await work.restore(backup, target, { flat: true })
    expect(again).toMatchObject({ status: 'complete-with-errors', filesUnchanged: 50, bytesWritten: 0, warningCount: 1 })
  } finally {
    process.seteuid!(0)
  }
})

test('a cancelled backup and a cancelled restore end with that, and leave nothing unfinished', async () => {
  for (let index = 0; index < 2000; index++) writeFileSync(`${source}/${index}`, pattern(1000, index))
  const backup = await work.backUp([source])
  for (const run of [
    (signal: AbortSignal) => work.backUp([source], { signal, previous: null }),
    (signal: AbortSignal) => work.restore(backup, target, { signal }),
  ]) {
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 5)
    const error = await run(stop.signal).catch((reason: unknown) => reason)
    expect(isEngineError(error, 'cancelled')).toBe(true)
  }
  expect(find(work.folder, '-name', '.holdfast-restore-*')).toBe(0)
  expect(find(work.folder, '-name', 'catalogue.new')).toBe(0)
})

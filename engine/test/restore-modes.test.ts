import { execFileSync } from 'node:child_process'
import { existsSync, linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { blobTypes } from '../src/format/index.ts'
import type { ConflictMode, RestoreOptions, RestoreOutcome } from '../src/restorer/index.ts'
import { Workplace } from './testing/backup-and-restore.ts'
import { differences, isRoot, pattern } from './testing/nasty-tree.ts'

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

const sh = (script: string, cwd: string): string => execFileSync('sh', ['-ec', script], { cwd, encoding: 'utf8' })
/** Everything that a look at a tree can tell of it but access times: type, mode, owner, size, times, inode, links. */
const looksOf = (folder: string): string =>
  execFileSync('find', [folder, '-printf', '%P %y %m %U:%G %s %T@ %C@ %i %n %l\n'], { encoding: 'utf8' })
const text = (path: string): string => readFileSync(path, 'utf8')
const asideOf = (folder: string, name: string): string | undefined =>
  readdirSync(folder).find((each) => each.startsWith(`${name} (before restore 20`))

/** Restores without writing, sees that nothing was, restores in truth, and sees that it was as foretold. */
async function restoreAsForetold(from: Parameters<Workplace['restore']>[0], over: Partial<RestoreOptions>): Promise<RestoreOutcome> {
  const before = looksOf(work.folder)
  const foretold = await work.restore(from, target, { ...over, dryRun: true })
  expect(looksOf(work.folder)).toBe(before)
  const { plan: _, space, told: __, warnings: ___, ...outcome } = await work.restore(from, target, over)
  expect(space).toBeNull()
  expect(foretold).toMatchObject({ ...outcome, space: { neededBytes: expect.any(Number) as number } })
  return { ...outcome, plan: foretold.plan, space: foretold.space, warnings: foretold.warnings }
}
const planOf = ({ plan }: RestoreOutcome): string[] =>
  plan.map(
    ({ path, action }) =>
      `${action} ${Buffer.from(path)
        .toString()
        .slice(source.length + 1)}`,
  )

describe('what stands in the way', () => {
  /** A target in which some is as it was, some is not, and some is gone. */
  async function aChangedTarget(): Promise<Parameters<Workplace['restore']>[0]> {
    mkdirSync(`${source}/folder/below`, { recursive: true })
    for (const name of ['same', 'longer', 'touched', 'mode', 'gone', 'folder/same', 'folder/gone', 'folder/below/now-a-file'])
      writeFileSync(`${source}/${name}`, `old ${name}`)
    writeFileSync(`${source}/same-time`, pattern(300_000, 1))
    linkSync(`${source}/same`, `${source}/same-link`)
    symlinkSync('old', `${source}/link`)
    sh('touch -h -d "2001-02-03 04:05:06.7" link same longer touched mode same-time folder/*; touch -d 2002-02-02 folder', source)
    const backup = await work.backUp([source])
    execFileSync('cp', ['-a', source, target])
    sh(
      `rm gone folder/gone same-link; echo new > longer; touch touched; chmod 600 mode; ln -sfn new link; echo extra > extra
       printf x | dd of=same-time bs=1 seek=150000 conv=notrunc status=none; touch -d "2001-02-03 04:05:06.7" same-time
       rm -r folder/below; echo file > folder/below`,
      target,
    )
    return backup
  }
  const everything = { filesRequested: 10, filesFailed: 0 }

  test('is replaced where it differs, content and all, and nothing else is written', async () => {
    const backup = await aChangedTarget()
    const inodes = (): number[] => ['same', 'folder/same'].map((name) => lstatSync(`${target}/${name}`).ino)
    const before = inodes()
    const outcome = await restoreAsForetold(backup, { flat: true })
    expect(outcome).toMatchObject({ status: 'complete', ...everything, filesWritten: 10, filesUnchanged: 2, filesSkipped: 0, renamed: 0 })
    // longer, touched, mode, link, same-time, and the file where a folder belongs.
    expect(outcome.overwritten).toBe(6)
    expect(planOf(outcome).filter((line) => !line.startsWith('create'))).toEqual([
      'overwrite folder/below',
      'overwrite link',
      'overwrite longer',
      'overwrite mode',
      'overwrite same-time',
      'overwrite touched',
    ])
    expect(text(`${target}/extra`)).toBe('extra\n')
    expect(inodes()).toEqual(before)
    expect(lstatSync(`${target}/same-link`).ino).toBe(before[0])
    expect(differences(source, target)).toBe('*deleting   extra\n')
    expect(await work.restore(backup, target, { flat: true })).toMatchObject({ filesUnchanged: 10, overwritten: 0, bytesWritten: 0 })
  })

  test('stays when it is to be skipped, folders as they are included', async () => {
    const backup = await aChangedTarget()
    sh('chmod 700 folder; touch folder', target)
    const looks = looksOf(target).split('\n')
    const outcome = await restoreAsForetold(backup, { flat: true, conflict: 'skip' })
    expect(outcome).toMatchObject({ ...everything, filesWritten: 3, filesSkipped: 7, filesUnchanged: 0, overwritten: 0, renamed: 0 })
    expect(outcome.warnings.map(({ code }) => code)).toEqual(['restore.folder-skipped'])
    const after = new Set(looksOf(target).split('\n'))
    // What was there is there still, but for the times of the folders that got something, and the file that got one more name.
    const gone = looks.filter((line) => !after.has(line)).map((line) => line.split(' ', 1)[0])
    expect(gone.filter((name) => !['', 'folder', 'same'].includes(name!))).toEqual([])
    expect(lstatSync(`${target}/folder`).mode & 0o777).toBe(0o700)
    expect(text(`${target}/folder/gone`)).toBe('old folder/gone')
  })

  test('is kept beside under another name, unless it is the same', async () => {
    const backup = await aChangedTarget()
    const outcome = await restoreAsForetold(backup, { flat: true, conflict: 'rename' })
    expect(outcome).toMatchObject({ status: 'complete', ...everything, filesWritten: 10, filesUnchanged: 2, renamed: 5, overwritten: 1 })
    // Of the one that differs in its permissions alone nothing is lost.
    expect(asideOf(target, 'mode')).toBeUndefined()
    expect(text(`${target}/${asideOf(target, 'longer')}`)).toBe('new\n')
    expect(readlinkSync(`${target}/${asideOf(target, 'link')}`)).toBe('new')
    expect(text(`${target}/folder/${asideOf(`${target}/folder`, 'below')}`)).toBe('file\n')
    execFileSync('find', [target, '(', '-name', '* (before restore *', '-o', '-name', 'extra', ')', '-delete'])
    sh('touch -r ../source/folder folder; touch -r ../source .', target)
    expect(differences(source, target)).toBe('')
  })

  test('is always replaced when that is asked for, devices too, but never a folder that holds anything', async () => {
    const backup = await aChangedTarget()
    sh('rm touched; mkfifo touched; rm mode; mkdir mode; rm longer; mkdir -p longer/keep', target)
    const outcome = await restoreAsForetold(backup, { flat: true, conflict: 'overwrite' })
    expect(outcome).toMatchObject({ ...everything, filesFailed: 1, filesWritten: 9, filesUnchanged: 0, overwritten: 7 })
    expect(outcome.warnings.map(({ path }) => Buffer.from(path).toString())).toEqual([`${source}/longer`])
    sh('rmdir longer/keep', target)
    await work.restore(backup, target, { flat: true, conflict: 'overwrite' })
    expect(differences(source, target)).toBe('*deleting   extra\n')
  })
})

test.each<[ConflictMode, Partial<RestoreOutcome>, string]>([
  ['skip', { filesWritten: 0, filesFailed: 1 }, 'theirs'],
  ['rename', { filesWritten: 1, renamed: 1 }, 'ours'],
  ['overwrite-different', { filesWritten: 1, overwritten: 1 }, 'ours'],
])('what appears while it is being restored is met by the same rules: %s', async (conflict, counts, winner) => {
  writeFileSync(`${source}/file`, pattern(5000, 1))
  const backup = await work.backUp([source])
  mkdirSync(target)
  const vault = work.vault.newSource()
  const verify = vault.verify.bind(vault)
  vault.verify = (type, id, bytes) => {
    if (type === blobTypes.data) writeFileSync(`${target}/file`, 'theirs')
    verify(type, id, bytes)
  }
  expect(await work.restore(backup, target, { flat: true, conflict, source: vault })).toMatchObject({ filesRequested: 1, ...counts })
  expect(text(`${target}/file`) === 'theirs' ? 'theirs' : 'ours').toBe(winner)
  expect(readdirSync(target).length).toBe(conflict === 'rename' ? 2 : 1)
})

describe('patterns', () => {
  test.each<[string[], string[], string[]]>([
    [['*.pdf'], [], ['a/one.pdf', 'a/b/.two.pdf', 'three.pdf']],
    [['b'], [], ['a/b/.two.pdf', 'a/b/x.txt']],
    [['a/*.pdf', 'three.*'], [], ['a/one.pdf', 'three.pdf']],
    [['SOURCE/a/**/x.txt'], [], ['a/b/x.txt']],
    [['*.{pdf,md}'], ['a/b', 'read+(me).md'], ['a/b/.two.pdf', 'read+(me).md']],
    [['read+(me).md', '!x'], [], ['read+(me).md']],
  ])('%j of %j brings %j, and no empty folders', async (include, selected, expected) => {
    mkdirSync(`${source}/a/b`, { recursive: true })
    mkdirSync(`${source}/empty`)
    for (const name of ['a/one.pdf', 'a/b/.two.pdf', 'a/b/x.txt', 'three.pdf', 'read+(me).md']) writeFileSync(`${source}/${name}`, name)
    const backup = await work.backUp([source])
    const outcome = await work.restore(backup, target, {
      flat: true,
      include: include.map((each) => each.replace('SOURCE', source)),
      selected: selected.map((each) => Buffer.from(`${source}/${each}`)),
    })
    expect(outcome).toMatchObject({ status: 'complete', filesRequested: expected.length, filesWritten: expected.length })
    expect(sh('find . -type f -printf "%P\\n"', target).split('\n').filter(Boolean).toSorted()).toEqual(expected.toSorted())
    expect(existsSync(`${target}/empty`)).toBe(false)
  })

  test('that match nothing, or mean too much, are an error and not an empty success', async () => {
    writeFileSync(`${source}/a`, '')
    const backup = await work.backUp([source])
    for (const glob of ['*.PDF', 'A', 'a/b'])
      await expect(work.restore(backup, target, { include: [glob] })).rejects.toMatchObject({ code: 'restore.nothing-matched' })
    for (const glob of ['', '{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}'])
      await expect(work.restore(backup, target, { include: [glob] })).rejects.toMatchObject({ code: 'restore.pattern-invalid' })
  })
})

describe('back to where it was', () => {
  test('what changed is as it was again, and nothing around it', async () => {
    mkdirSync(`${source}/in/folder`, { recursive: true })
    for (const name of ['in/changed', 'in/folder/gone', 'kept']) writeFileSync(`${source}/${name}`, `old ${name}`)
    sh('touch -d 2001-01-01 in in/folder in/* .', source)
    const backup = await work.backUp([source])
    const copy = work.path('copy')
    execFileSync('cp', ['-a', source, copy])
    sh('echo new > in/changed; rm -r in/folder; echo new > kept; touch -d 2001-01-01 .', source)
    // An ACL that came after the backup does not change the time of the folder.
    sh(`python3 -c 'import os; os.setxattr(".", "user.later", b"1")'`, source)
    const selected = [Buffer.from(`${source}/in`)]
    expect(await work.restore(backup, '', { target: null, selected })).toMatchObject({
      status: 'complete',
      filesRequested: 2,
      filesWritten: 2,
      overwritten: 1,
    })
    expect(differences(`${copy}/in`, `${source}/in`)).toBe('')
    expect(text(`${source}/kept`)).toBe('new\n')
    expect(lstatSync(source).mtime).toEqual(lstatSync(copy).mtime)
    expect(sh(`python3 -c 'import os; print(os.listxattr("."))'`, source)).toBe("['user.later']\n")
    await expect(work.restore(backup, '', { target: null, flat: true })).rejects.toMatchObject({ code: 'restore.target-invalid' })
  })

  test('a symlink on the way is neither followed nor replaced', async () => {
    mkdirSync(`${source}/way/in`, { recursive: true })
    writeFileSync(`${source}/way/in/file`, 'old')
    const backup = await work.backUp([`${source}/way/in`])
    sh('mv way elsewhere; rm elsewhere/in/file; ln -s elsewhere way', source)
    for (const conflict of ['skip', 'overwrite-different', 'overwrite', 'rename'] satisfies ConflictMode[]) {
      const outcome = await work.restore(backup, '', { target: null, conflict })
      expect(outcome).toMatchObject({ filesRequested: 1, filesFailed: 1, filesWritten: 0, overwritten: 0, renamed: 0 })
    }
    expect([readlinkSync(`${source}/way`), readdirSync(`${source}/elsewhere/in`)]).toEqual(['elsewhere', []])
  })
})

describe('places of Holdfast itself', () => {
  test('are not restored into by any way, and all else is', async () => {
    for (const name of ['var/holdfast/keys', 'var/log']) mkdirSync(`${source}/${name}`, { recursive: true })
    for (const name of ['var/holdfast/keys/key', 'var/log/log']) writeFileSync(`${source}/${name}`, 'old')
    const backup = await work.backUp([source])
    const place = `${source}/var/holdfast`
    sh('echo new > var/holdfast/keys/key; rm var/log/log', source)
    symlinkSync(place, work.path('alias'))
    const over = { protectedPlaces: [Buffer.from(place)], conflict: 'overwrite' as const }
    for (const dryRun of [true, false]) {
      const outcome = await work.restore(backup, '', { ...over, target: null, dryRun })
      expect(outcome).toMatchObject({ filesRequested: 2, filesWritten: 1, filesFailed: 1 })
      expect(outcome.told.map(({ path, error }) => [path, error.code])).toEqual([[place, 'restore.place-protected']])
    }
    for (const path of [place, `${place}/keys`, `${place}/new`, work.path('alias/keys')])
      await expect(work.restore(backup, path, over)).rejects.toMatchObject({ code: 'restore.place-protected' })
    await expect(work.restore(backup, '', { ...over, target: null, selected: [Buffer.from(`${place}/keys`)] })).rejects.toMatchObject({
      code: 'restore.place-protected',
    })
    expect([text(`${place}/keys/key`), text(`${source}/var/log/log`)]).toEqual(['new\n', 'old'])
  })

  test('are not moved aside with a folder around them', async () => {
    writeFileSync(`${source}/var`, 'a file once')
    const backup = await work.backUp([source])
    sh('rm var; mkdir -p var/holdfast', source)
    const protectedPlaces = [Buffer.from(`${source}/var/holdfast`)]
    const outcome = await restoreAsForetold(backup, { target: null, conflict: 'rename', protectedPlaces })
    expect(outcome).toMatchObject({ filesRequested: 1, filesFailed: 1, renamed: 0 })
    expect(readdirSync(`${source}/var`)).toEqual(['holdfast'])
  })
})

test('two restores into the same target at the same time do not take each other’s unfinished files away', async () => {
  for (let index = 0; index < 300; index++) writeFileSync(`${source}/${index}`, pattern(2000, index))
  writeFileSync(`${source}/large`, pattern(9_000_000, 1))
  const backup = await work.backUp([source])
  mkdirSync(target)
  const both = await Promise.all([1, 2].map(() => work.restore(backup, target, { flat: true })))
  expect(both.map(({ status }) => status)).toEqual(['complete', 'complete'])
  expect(differences(source, target)).toBe('')
})

// Only root may mount a file system that knows no attributes.
test.runIf(isRoot)('attributes and ACLs that the target cannot hold are told for each entry, and the file is restored', async (context) => {
  writeFileSync(`${source}/file`, 'x')
  writeFileSync(`${source}/plain`, 'x')
  sh(`python3 -c 'import os; os.setxattr("file", "user.a", b"1"); os.setxattr("file", "user.b", b"2")'`, source)
  const backup = await work.backUp([source])
  mkdirSync(target)
  try {
    execFileSync('mount', ['-t', 'ramfs', 'ramfs', target])
  } catch {
    return context.skip('this process may not mount')
  }
  try {
    const outcome = await work.restore(backup, target, { flat: true })
    expect(outcome).toMatchObject({ status: 'complete-with-errors', filesWritten: 2, warningCount: 1 })
    expect(outcome.warnings[0]?.message).toContain('user.a and 1 more could not be set: the file system of the target does not hold it')
    expect(differences(source, target).split('\n').filter(Boolean)).toEqual(['.f........x file'])
  } finally {
    execFileSync('umount', [target])
  }
})

import { execFileSync, fork, spawnSync } from 'node:child_process'
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { blobTypes, encodeInteriorPage, encodeLeafPage, type FolderEntry, type TreeEntry } from '../src/format/index.ts'
import type { ConflictMode } from '../src/restorer/index.ts'
import { TargetFolder } from '../src/source/index.ts'
import type { BlobSink } from '../src/vault/index.ts'
import { Workplace } from './testing/backup-and-restore.ts'
import { differences, pattern } from './testing/nasty-tree.ts'

let work: Workplace
let outside: string
let target: string
beforeEach(() => {
  work = new Workplace()
  outside = work.path('outside')
  target = work.path('target')
  mkdirSync(outside)
})
afterEach(() => work[Symbol.dispose]())

const fields = {
  mode: 0o755,
  owner: { uid: 0, gid: 0, user: '', group: '' },
  mtimeNs: 0n,
  hardLinkGroup: null,
  attributes: null,
  deletedAtMs: null,
  isAncestor: false,
}
const file = (name: string): TreeEntry => ({
  ...fields,
  name: Buffer.from(name),
  type: 'file',
  size: 5,
  content: { kind: 'inline', bytes: Buffer.from('owned') },
})
const symlink = (name: string, to: string): TreeEntry => ({ ...fields, name: Buffer.from(name), type: 'symlink', target: Buffer.from(to) })
const folder = (name: string, page: Uint8Array): FolderEntry => ({
  ...fields,
  name: Buffer.from(name),
  type: 'folder',
  page,
  subtree: { files: 1, folders: 0, bytes: 5, errors: 0 },
})
/** What an honest writer refuses to write: a page with one name exchanged for another of the same length. */
function forged(entries: readonly TreeEntry[], from: string, to: string): Uint8Array {
  const page = Buffer.from(encodeLeafPage(entries))
  page.set(Buffer.from(to), page.indexOf(from))
  return page
}

async function restoreForged(make: (put: (page: Uint8Array) => Uint8Array) => Uint8Array) {
  const session: BlobSink = work.vault.newSession()
  const rootPage = make((page) => session.idOf(session.add(blobTypes.treePage, page)))
  await session.finish()
  return work.restore({ rootPage, roots: [] }, target)
}

test.each([
  ['aa', '..'],
  ['aaaa', '../x'],
  ['aa', 'a\0'],
  ['a', '.'],
  ['aaaaaaaaa', '/tmp/evil'],
])('a name %j that was made %j stops its folder and nothing else', async (from, to) => {
  const outcome = await restoreForged((put) =>
    put(encodeLeafPage([folder('bad', put(forged([file(from), file('z')], from, to))), file('good')])),
  )
  expect(outcome).toMatchObject({ status: 'complete-with-errors', filesRequested: 2, filesWritten: 1, filesFailed: 1 })
  expect(execFileSync('find', [work.folder, '-type', 'f', '-name', '[!v.]*', '-size', '-6c']).toString().trim()).toBe(`${target}/good`)
})

test('a name that comes twice, first as a symlink and then as a folder, does not lead through the symlink', async () => {
  const twice = await restoreForged((put) =>
    put(encodeLeafPage([folder('bad', put(forged([symlink('aa', outside), folder('ab', put(encodeLeafPage([file('f')])))], 'ab', 'aa')))])),
  )
  expect(twice.status).toBe('complete-with-errors')
  const overTwoPages = await restoreForged((put) => {
    const pages = [
      encodeLeafPage([symlink('a', outside), symlink('c', outside)]),
      encodeLeafPage([file('b'), folder('c', put(encodeLeafPage([file('f')])))]),
    ].map(put)
    const both = put(
      encodeInteriorPage(1, [
        { firstName: Buffer.from('a'), page: pages[0]!, entries: 2 },
        { firstName: Buffer.from('b'), page: pages[1]!, entries: 2 },
      ]),
    )
    return put(encodeLeafPage([folder('bad', both)]))
  })
  expect(overTwoPages.status).toBe('complete-with-errors')
  expect(readdirSync(outside)).toEqual([])
})

test('pages nested in an impossible way end in an error, not in an endless restore', async () => {
  const outcome = await restoreForged((put) => {
    const inner = put(encodeInteriorPage(1, [{ firstName: Buffer.from('a'), page: put(encodeLeafPage([])), entries: 0 }]))
    return put(encodeLeafPage([folder('bad', put(encodeInteriorPage(1, [{ firstName: Buffer.from('a'), page: inner, entries: 1 }])))]))
  })
  expect(outcome).toMatchObject({ status: 'complete-with-errors', filesRequested: 1, filesFailed: 1 })
})

test('a snapshot whose top cannot be read is an error', async () => {
  await expect(restoreForged((put) => put(forged([file('aa')], 'aa', '..')))).rejects.toMatchObject({ code: 'format.invalid' })
})

test('symlinks planted in the target are replaced, never followed', async () => {
  const source = work.path('source')
  mkdirSync(`${source}/folder/deeper`, { recursive: true })
  for (const name of ['file', 'folder/file', 'folder/deeper/file']) writeFileSync(`${source}/${name}`, name)
  const backup = await work.backUp([source])
  mkdirSync(target)
  writeFileSync(`${outside}/file`, 'precious')
  symlinkSync(`${outside}/file`, `${target}/file`)
  symlinkSync(outside, `${target}/folder`)
  const outcome = await work.restore(backup, target, { flat: true })
  expect(outcome.status).toBe('complete')
  expect(differences(source, target)).toBe('')
  expect(readdirSync(outside)).toEqual(['file'])
  expect(readFileSync(`${outside}/file`, 'utf8')).toBe('precious')
})

test('folders and devices in the way are never replaced by files', async () => {
  const source = work.path('source')
  mkdirSync(`${source}/folder`, { recursive: true })
  for (const name of ['a', 'b', 'c', 'folder/inside']) writeFileSync(`${source}/${name}`, name)
  const backup = await work.backUp([source])
  mkdirSync(`${target}/a/keep`, { recursive: true })
  execFileSync('mkfifo', [`${target}/b`, `${target}/folder`])
  const outcome = await work.restore(backup, target, { flat: true })
  expect(outcome).toMatchObject({ status: 'complete-with-errors', filesRequested: 4, filesWritten: 1, filesFailed: 3, warningCount: 3 })
  expect(outcome.told.map(({ path }) => path.slice(source.length)).toSorted()).toEqual(['/a', '/b', '/folder'])
  expect(existsSync(`${target}/a/keep`)).toBe(true)
})

test('a target that somebody keeps exchanging for symlinks is never left', async () => {
  const source = work.path('source')
  for (let index = 0; index < 40; index++) {
    mkdirSync(`${source}/${index % 4}/${index}/deep`, { recursive: true })
    for (let each = 0; each < 10; each++) writeFileSync(`${source}/${index % 4}/${index}/deep/${each}`, pattern(300, each))
  }
  execFileSync('sh', ['-c', `cd ${source} && for folder in */*/deep; do mkfifo -m 666 $folder/fifo; done`])
  const backup = await work.backUp([source])
  writeFileSync(`${outside}/precious`, 'precious', { mode: 0o600 })
  // Its time of change too: nobody gave it even the metadata it has.
  const looks = (): string => execFileSync('find', [outside, '-type', 'f', '-printf', '%P %m %U %s %T@ %C@\n'], { encoding: 'utf8' })
  const before = looks()
  const modes: ConflictMode[] = ['overwrite-different', 'skip', 'rename', 'overwrite']
  const attacker = fork(new URL('testing/exchange-folders.ts', import.meta.url), [target, outside], {
    execArgv: ['-C', '@holdfast/source'],
  })
  try {
    await new Promise((resolve) => attacker.once('message', resolve))
    const deadline = performance.now() + 3000
    for (let round = 0; performance.now() < deadline; round++) {
      const conflict = modes[round % modes.length]!
      const outcome = await work.restore(backup, target, { flat: true, conflict, dryRun: round % 5 === 4 })
      expect(outcome.filesRequested).toBe(outcome.filesWritten + outcome.filesSkipped + outcome.filesFailed)
    }
  } finally {
    attacker.kill('SIGKILL')
  }
  expect(looks()).toBe(before)
  expect(readdirSync(outside)).toEqual(['precious'])
})

test('what is exchanged for a hard link the moment it is made gives the other file neither owner nor permissions', async () => {
  const source = work.path('source')
  mkdirSync(source)
  execFileSync('mkfifo', ['-m', '666', `${source}/fifo`, `${source}/taken`])
  symlinkSync('nowhere', `${source}/link`)
  if (process.getuid?.() === 0) execFileSync('chown', ['-h', '1234:1235', `${source}/link`, `${source}/fifo`])
  const backup = await work.backUp([source])
  execFileSync('mkfifo', ['-m', '600', `${outside}/fifo`])
  writeFileSync(`${outside}/file`, '', { mode: 0o600 })
  mkdirSync(target)
  execFileSync('mkfifo', ['-m', '600', `${target}/taken`])
  const looks = (): string => execFileSync('find', [outside, '-type', 'f,p', '-printf', '%P %m %U %s %T@\n'], { encoding: 'utf8' })
  const before = looks()
  // oxlint-disable-next-line typescript/unbound-method -- they are called with their folder below
  const { makeFifo, makeSymlink } = TargetFolder.prototype
  const exchangeFor = (precious: string, name: Uint8Array): void => {
    rmSync(Buffer.from(`${target}/${Buffer.from(name).toString()}`))
    linkSync(`${outside}/${precious}`, `${target}/${Buffer.from(name).toString()}`)
  }
  using _fifo = vi.spyOn(TargetFolder.prototype, 'makeFifo').mockImplementation(function (this: TargetFolder, name, mode) {
    makeFifo.call(this, name, mode)
    exchangeFor('fifo', name)
  })
  using _link = vi.spyOn(TargetFolder.prototype, 'makeSymlink').mockImplementation(function (this: TargetFolder, to, name) {
    makeSymlink.call(this, to, name)
    exchangeFor('file', name)
  })
  const { told } = await work.restore(backup, target, { flat: true, conflict: 'overwrite' })
  expect(told.map(({ path, error }) => [path.split('/').at(-1), error.code])).toEqual(
    ['fifo', 'link', 'taken'].map((name) => [name, 'restore.unsafe-path']),
  )
  expect(looks()).toBe(before)
  expect(readdirSync(target).filter((name) => name.startsWith('.holdfast'))).toEqual([])
})

test('a folder that is exchanged the moment it is made leads nobody outside', async () => {
  const source = work.path('source')
  mkdirSync(`${source}/folder/below`, { recursive: true })
  for (const name of ['folder/file', 'folder/below/file']) writeFileSync(`${source}/${name}`, name)
  const backup = await work.backUp([source])
  mkdirSync(target)
  const attacker = fork(new URL('testing/pounce-on-folder.ts', import.meta.url), [`${target}/folder`, outside], {
    execArgv: ['-C', '@holdfast/source'],
  })
  let hits = 0
  try {
    await new Promise((resolve) => attacker.once('message', resolve))
    const started = performance.now()
    const elapsedMs = (): number => performance.now() - started
    // On a crowded machine the attacker rarely gets its turn in time: it has some more.
    while (elapsedMs() < 2000 || (hits === 0 && elapsedMs() < 60_000)) {
      // Again where the attacker moves away what is just being cleared.
      while (readdirSync(target).length > 0) spawnSync('find', [target, '-mindepth', '1', '-delete'])
      const outcome = await work.restore(backup, target, { flat: true })
      hits += Number(outcome.filesFailed > 0)
    }
  } finally {
    attacker.kill('SIGKILL')
  }
  expect(readdirSync(outside)).toEqual([])
  // Else nothing was tried.
  expect(hits).toBeGreaterThan(0)
})

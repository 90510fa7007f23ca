import { mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { FolderCalls } from '../src/source/folder-calls.ts'
import type * as Chosen from '../src/source/choose-folder-calls.ts'
import { foldedName } from '../src/restorer/target/name-clashes.ts'
import { Workplace } from './testing/backup-and-restore.ts'
import { differences } from './testing/nasty-tree.ts'

/** A real file system behind which all names are folded, or made otherwise odd. */
const system = vi.hoisted(() => ({
  nameOf: (name: Uint8Array): Uint8Array => name,
  beforeCall: (_call: string, _name: string): void => undefined,
  made: [] as string[],
}))
vi.mock(import('../src/source/choose-folder-calls.ts'), async (importOriginal) => {
  const original: typeof Chosen = await importOriginal()
  return { chooseFolderCalls: () => odd(original.chooseFolderCalls()!) }
})

/** Every byte array that is passed is a name, but for where a symlink leads. */
function odd(calls: FolderCalls): FolderCalls {
  const fold = <T>(value: T): T => (value instanceof Uint8Array ? (system.nameOf(value) as T & Uint8Array) : value)
  const as =
    <Args extends unknown[], Result>(call: string, work: (...args: Args) => Result) =>
    (...args: Args): Result => {
      system.beforeCall(call, Buffer.from(args[1] as Uint8Array).toString())
      return work(...(args.map(fold) as Args))
    }
  return {
    open: as('open', (folder, name, flags, mode) => {
      system.made.push(Buffer.from(name).toString())
      return calls.open(folder, name, flags, mode)
    }),
    stat: as('stat', (...args) => calls.stat(...args)),
    makeFolder: as('makeFolder', (...args) => calls.makeFolder(...args)),
    makeSymlink: (folder, name, target) => calls.makeSymlink(folder, fold(name), target),
    makeLink: (from, to) => calls.makeLink({ ...from, name: fold(from.name) }, { ...to, name: fold(to.name) }),
    rename: as('rename', (...args) => calls.rename(...args)),
    removeFile: as('removeFile', (...args) => calls.removeFile(...args)),
    removeFolder: as('removeFolder', (...args) => calls.removeFolder(...args)),
    readLink: as('readLink', (...args) => calls.readLink(...args)),
    setOwner: as('setOwner', (...args) => calls.setOwner(...args)),
    setMode: as('setMode', (...args) => calls.setMode(...args)),
    setTimes: as('setTimes', (...args) => calls.setTimes(...args)),
  }
}

const foldName = (name: Uint8Array): Uint8Array => Buffer.from(Buffer.from(name).toString().normalize('NFD').toLowerCase())

let work: Workplace
let source: string
let target: string
beforeEach(() => {
  work = new Workplace()
  source = work.path('source')
  target = work.path('target')
  mkdirSync(source)
})
afterEach(() => {
  system.nameOf = (name) => name
  system.beforeCall = () => undefined
  system.made = []
  work[Symbol.dispose]()
})

const clashing = ['A.txt', 'Dir/x', 'a.txt', 'dir/x', 'dir/y', 'e\u0301', 'other/Name', 'other/name', 'plain', '\u00e9']

function makeTwins(): void {
  for (const folder of ['Dir', 'dir', 'other']) mkdirSync(`${source}/${folder}`)
  for (const name of clashing) writeFileSync(`${source}/${name}`, name)
  symlinkSync('there', `${source}/LINK`)
  symlinkSync('elsewhere', `${source}/link`)
}

test.each([true, false])(
  'names that the target takes for one are told, the first of them is whole and nothing is lost silently (target new: %s)',
  async (isNew) => {
    makeTwins()
    const backup = await work.backUp([source])
    if (!isNew) for (const folder of ['', '/other']) mkdirSync(`${target}${folder}`)
    system.nameOf = foldName
    for (const round of ['first', 'again']) {
      const outcome = await work.restore(backup, target, { flat: true, conflict: 'overwrite-different' })
      expect(outcome, round).toMatchObject({
        status: 'complete-with-errors',
        filesRequested: 10,
        filesWritten: 5,
        filesFailed: 5,
        overwritten: 0,
      })
      const told = ['a.txt', 'dir', 'link', 'other/name', '\u00e9']
      expect(outcome.told.map(({ path }) => path.slice(source.length + 1)).toSorted()).toEqual(told.toSorted())
      expect(new Set(outcome.told.map(({ error }) => error.message.slice(0, 44)))).toEqual(
        new Set(['The file system of the target takes its name']),
      )
      for (const name of ['A.txt', 'Dir/x', 'other/Name', 'plain', 'e\u0301'])
        expect(readFileSync(`${target}/${name.toLowerCase()}`, 'utf8')).toBe(name)
      expect([readdirSync(`${target}/dir`), readlinkSync(`${target}/link`)]).toEqual([['x'], 'there'])
    }
  },
)

test.each([
  ['STRASSE', 'straße', true],
  ['\u00c5.', 'a\u030a', true],
  ['co\u200dop', 'COOP ', true],
  ['a', 'b', false],
  ['a.b', 'ab', false],
])('%j and %j are looked at more closely: %s', (first, second, isAlike) => {
  expect(foldedName(Buffer.from(first)) === foldedName(Buffer.from(second))).toBe(isAlike)
})

test('where names are told apart nothing is held to be a clash, and new folders are asked once', async () => {
  makeTwins()
  const backup = await work.backUp([source])
  expect(await work.restore(backup, target, { flat: true })).toMatchObject({ status: 'complete', filesWritten: 10 })
  expect(system.made.filter((name) => name.includes('probe')).length).toBe(2)
  expect(differences(source, target)).toBe('')
  // All of it is there: to see that, nothing has to be made.
  system.made = []
  expect(await work.restore(backup, target, { flat: true })).toMatchObject({ status: 'complete', filesUnchanged: 10 })
  expect(system.made.filter((name) => name.includes('probe'))).toEqual([])
})

test('what appears where a folder belongs, while the name is made free for it, is not taken away', async () => {
  mkdirSync(`${source}/name`)
  writeFileSync(`${source}/name/file`, 'x')
  const backup = await work.backUp([source])
  mkdirSync(target)
  writeFileSync(`${target}/name`, 'first')
  let isDone = false
  system.beforeCall = (call, name) => {
    if (isDone || name !== 'name' || !['removeFile', 'rename'].includes(call)) return
    isDone = true
    writeFileSync(`${target}/new`, 'appeared')
    // As an editor saves: what was first there is gone by its own doing.
    renameSync(`${target}/new`, `${target}/name`)
  }
  expect(await work.restore(backup, target, { flat: true, conflict: 'rename' })).toMatchObject({ status: 'complete', renamed: 1 })
  expect(isDone).toBe(true)
  const kept = readdirSync(target).find((name) => name.startsWith('name ('))!
  expect(readFileSync(`${target}/${kept}`, 'utf8')).toBe('appeared')
  expect(readFileSync(`${target}/name/file`, 'utf8')).toBe('x')
})

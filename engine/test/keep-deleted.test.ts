import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ArchiveOptions } from '../src/archiver/index.ts'
import { EngineError } from '../src/errors/index.ts'
import { packPrefix } from '../src/format/index.ts'
import { TreeReader } from '../src/reader/index.ts'
import { readAttributes, setAttribute } from '../src/source/index.ts'
import { MemoryStore } from '../src/store/index.ts'
import { laterClock, realClock } from './testing/backup-and-restore.ts'
import { snapshotTree } from './testing/keeping-rounds.ts'
import { makeStoredVault, VaultLife, type CommittedSnapshot } from './testing/stored-vault.ts'

let folder: string
let source: string
let store: MemoryStore
let life: VaultLife
let reads: number
let replaced: string[]
let told: [string, string][]

beforeEach(async () => {
  folder = mkdtempSync(`${tmpdir()}/hf-keep-`)
  source = `${folder}/source`
  mkdirSync(source)
  store = new MemoryStore()
  life = await VaultLife.open(store, await makeStoredVault(store))
  reads = 0
  replaced = []
  told = []
})
afterEach(() => rmSync(folder, { recursive: true }))

const sh = (script: string): unknown => execFileSync('sh', ['-ec', script], { cwd: source })

async function backUp(base: CommittedSnapshot | null, over: Partial<ArchiveOptions> = {}): Promise<CommittedSnapshot> {
  const keepBase = base === null ? null : life.keepBase(base.key, () => reads++)
  return life.backUp(source, `${folder}/catalogue`, {
    keep: {
      base: keepBase,
      onReplaced: (path) =>
        replaced.push(
          Buffer.from(path)
            .toString()
            .slice(source.length + 1),
        ),
    },
    onItemError: (path, error) => {
      told.push([
        Buffer.from(path)
          .toString()
          .slice(source.length + 1),
        error.code,
      ])
      return 'skip'
    },
    ...over,
  })
}

/** Paths of a snapshot, marked ones with a `†`. */
async function listing({ key }: CommittedSnapshot): Promise<string[]> {
  return [...(await snapshotTree(life, key, source))].map(([path, { deletedAtMs }]) => (deletedAtMs === null ? path : `${path} †`))
}

/** Id of the source's page: what lies around it may change any time. */
async function pageOf({ key }: CommittedSnapshot): Promise<string> {
  const from = life.newSource()
  const names = source.split('/').slice(1)
  const entry = await new TreeReader((type, id) => from.read(type, id)).resolve(
    (await life.bodyOf(key)).root,
    names.map((name) => Buffer.from(name)),
  )
  return entry?.type === 'folder' ? Buffer.from(entry.page).toString('hex') : ''
}

async function restored({ key }: CommittedSnapshot, ...args: [Parameters<VaultLife['restore']>[2]?]): Promise<string[]> {
  const target = `${folder}/target`
  try {
    await life.restore(key, target, ...args)
    return readdirSync(target, { recursive: true }).map(String).toSorted()
  } finally {
    rmSync(target, { recursive: true, force: true })
  }
}

describe('a backup that keeps what was deleted', () => {
  test('asks the vault for nothing while nothing is deleted, and reads only what was', async () => {
    sh('mkdir -p a/b other; echo 1 > a/b/1; echo 2 > a/b/2; echo 3 > other/3')
    const first = await backUp(null)
    const second = await backUp(first)
    expect({ reads, page: await pageOf(second) }).toEqual({ reads: 0, page: await pageOf(first) })
    sh('rm a/b/1')
    const third = await backUp(second)
    expect(reads).toBe(1)
    expect(await listing(third)).toEqual(['a', 'a/b', 'a/b/1 †', 'a/b/2', 'other', 'other/3'])
    // What is kept already is known to the catalogue, whole folders as well.
    sh('rm -r a')
    const fourth = await backUp(third)
    const fifth = await backUp(fourth)
    const sixth = await backUp(fifth)
    expect(reads).toBe(2)
    expect(await pageOf(sixth)).toEqual(await pageOf(fourth))
    expect(sixth.outcome).toMatchObject({ files: 1, deleted: { files: 2, folders: 2, bytes: 4, filesNewlyDeleted: 0, lost: 0 } })
    expect(fourth.outcome.deleted).toMatchObject({ filesNewlyDeleted: 1 })
    expect(await life.fsck()).toMatchObject({ ok: true, problems: [] })
  })

  test('keeps large files, attributes and links as they were', async () => {
    const large = randomBytes(45 * 1024 * 1024)
    writeFileSync(`${source}/large`, large)
    sh('mkdir folder; echo x > folder/x; ln folder/x folder/y; ln -s nowhere link; mkfifo pipe')
    const note = { name: Buffer.from('user.note'), value: Buffer.from('kept') }
    for (const name of ['folder', 'folder/x', 'large']) setAttribute(Buffer.from(`${source}/${name}`), note)
    const first = await backUp(null)
    sh('rm -r *')
    // Everything by the tree alone, then everything by the catalogue alone.
    rmSync(`${folder}/catalogue`)
    const second = await backUp(first)
    const third = await backUp(second)
    expect(await life.fsck()).toMatchObject({ ok: true, problems: [] })
    const target = `${folder}/target`
    await life.restore(third.key, target, { withDeleted: true })
    expect(readFileSync(`${target}/large`).equals(large)).toBe(true)
    const facts = execFileSync('sh', ['-ec', 'stat -c "%N %h %F" * folder/*'], { cwd: target }).toString()
    expect(facts).toContain("'folder/x' 2 regular file")
    expect(facts).toContain("'link' -> 'nowhere' 1 symbolic link")
    expect(facts).toContain("'pipe' 1 fifo")
    for (const name of ['folder', 'folder/x', 'large'])
      expect(readAttributes(Buffer.from(`${target}/${name}`)).map(({ value }) => Buffer.from(value).toString())).toEqual(['kept'])
  }, 60_000)

  test('never links a kept file to one that is there: their contents went apart', async () => {
    sh('echo old > a; ln a b; ln a c')
    const first = await backUp(null)
    // The group goes on under the path that led it, with another content; b and c were one file and stay one.
    sh('rm b c; echo new > a; ln a d')
    const second = await backUp(first)
    const target = `${folder}/target`
    await life.restore(second.key, target, { withDeleted: true })
    const content = (name: string): string => readFileSync(`${target}/${name}`, 'utf8')
    expect(['a', 'b', 'c', 'd'].map(content)).toEqual(['new\n', 'old\n', 'old\n', 'new\n'])
    expect(execFileSync('stat', ['-c', '%h', 'a', 'b', 'c', 'd'], { cwd: target }).toString()).toBe('2\n2\n2\n2\n')
  })

  test('tells what it cannot keep since something else has its name', async () => {
    sh('mkdir folder gone; echo 1 > folder/1; echo 2 > file; echo 3 > gone/3; echo 4 > same')
    const first = await backUp(null)
    sh('rm -r gone; rm same')
    const second = await backUp(first)
    sh('rm -r folder file; echo 5 > folder; mkdir file; echo 6 > gone; echo 7 > same')
    const third = await backUp(second)
    expect(await listing(third)).toEqual(['file', 'folder', 'gone', 'same'])
    expect(replaced).toEqual(['file', 'folder', 'gone'])
    expect(third.outcome.deleted).toMatchObject({ files: 0, replaced: 3 })
  })

  test('keeps what is gone between the look at it and its reading', async () => {
    sh('echo 1 > a; echo 2 > b; echo 3 > c')
    const first = await backUp(null)
    sh('echo changed > b')
    const nowMs = (): number => {
      // Asked once more before a file is read: by then b was looked at.
      if (new Error('where').stack?.includes('FileArchiver.read') === true) rmSync(`${source}/b`, { force: true })
      return laterClock.nowMs()
    }
    const second = await backUp(first, { clock: { ...realClock, nowMs } })
    expect(await listing(second)).toEqual(['a', 'b †', 'c'])
    expect(second.outcome).toMatchObject({ vanished: 1, deleted: { filesNewlyDeleted: 1 } })
  })

  test('a linked symlink that is exchanged between the look at it and its reading leaves the other names what they are', async () => {
    sh('echo 1 > a; ln -s kept b; ln -P b c; ln -P b d')
    const first = await backUp(null)
    sh('rm a')
    // What was deleted is read when the next name was looked at.
    const base = life.keepBase(first.key, () => sh('ln -s other e; mv e b'))
    const second = await backUp(first, { keep: { base, onReplaced: () => undefined } })
    const target = `${folder}/target`
    await life.restore(second.key, target)
    expect(readdirSync(target).map((name) => readlinkSync(`${target}/${name}`))).toEqual(['kept', 'kept'])
    expect(told).toEqual([['b', 'source.changed']])
  })

  test('lets go of what the rules leave out now, of a cache all but its tag, and keeps it back for none of it', async () => {
    sh('mkdir -p work/sub cache; echo 1 > work/1.tmp; echo 2 > work/2; echo 3 > work/sub/3.tmp; echo 4 > cache/4')
    sh("printf 'Signature: 8a477f597d28d172789f06886806bc55' > cache/CACHEDIR.TAG")
    const first = await backUp(null)
    sh('rm -r work cache')
    const second = await backUp(first)
    const patterns = [Buffer.from('*.tmp')]
    const exclusions = { patterns, absolutePatterns: [], cacheContents: true, otherFileSystems: false }
    const third = await backUp(second, { exclusions })
    expect(await listing(third)).toEqual(['cache †', 'cache/CACHEDIR.TAG †', 'work †', 'work/2 †', 'work/sub †'])
    expect(await listing(await backUp(third))).toEqual(await listing(third))
    expect(told).toEqual([])
  })

  test('keeps nothing of a source that is not asked for any more', async () => {
    sh('mkdir -p one two; echo 1 > one/1; echo 2 > two/2')
    const sources = (...names: string[]) => ({ sources: names.map((name) => Buffer.from(`${source}/${name}`)) })
    const first = await backUp(null, sources('one', 'two'))
    sh('rm one/1 two/2')
    const second = await backUp(first, sources('one', 'two'))
    expect(await listing(second)).toEqual(['one', 'one/1 †', 'two', 'two/2 †'])
    const third = await backUp(second, sources('two'))
    expect(await listing(third)).toEqual(['two', 'two/2 †'])
  })

  test('keeps what was kept in a source that is away, and marks nothing of it', async () => {
    sh('mkdir -p away/sub here; echo 1 > away/1; echo 2 > away/2; echo 3 > away/sub/3')
    const sources = { sources: ['away', 'here'].map((name) => Buffer.from(`${source}/${name}`)) }
    const first = await backUp(null, sources)
    sh('rm away/1')
    const second = await backUp(first, sources)
    renameSync(`${source}/away`, `${folder}/aside`)
    const third = await backUp(second, sources)
    expect(await listing(third)).toEqual(['away', 'away/1 †', 'away/2', 'away/sub', 'here'])
    expect(third.outcome).toMatchObject({ status: 'partial', files: 0, errors: 2, deleted: { files: 1, filesNewlyDeleted: 0 } })
    expect(told).toEqual([['away', 'source.not-found']])
    renameSync(`${folder}/aside`, `${source}/away`)
    const fourth = await backUp(third, sources)
    expect(await listing(fourth)).toEqual(['away', 'away/1 †', 'away/2', 'away/sub', 'away/sub/3', 'here'])
  })

  test('names what it could not keep where the base is damaged, and goes on', async () => {
    sh('mkdir lost; head -c 3000 /dev/urandom > lost/1; head -c 3000 /dev/urandom > 2')
    const first = await backUp(null)
    sh('rm -r lost 2; echo new > new')
    for await (const { key } of store.list(packPrefix)) await store.delete(key)
    life = await life.reopened()
    rmSync(`${folder}/catalogue`)
    const second = await backUp(first)
    expect(await listing(second)).toEqual(['new'])
    expect(told.map(([path]) => path)).toEqual([''])
    expect(second.outcome).toMatchObject({ status: 'complete-with-errors', deleted: { files: 0, lost: 1 } })
  })

  test('goes on without a base that cannot be opened, and ends when the vault is only away', async () => {
    sh('mkdir folder; echo 1 > folder/1; echo 2 > folder/2; echo 3 > 3')
    const first = await backUp(null)
    sh('rm folder/1 folder/2')
    const failing = (error: Error): Partial<ArchiveOptions> => {
      const open = async (): Promise<never> => {
        throw error
      }
      return { keep: { base: { ...life.keepBase(first.key), open }, onReplaced: () => undefined } }
    }
    await expect(backUp(first, failing(new EngineError('store.unavailable', 'away')))).rejects.toMatchObject({ code: 'store.unavailable' })
    await expect(backUp(first, failing(new Error('away')))).rejects.toThrow('away')
    const second = await backUp(first, failing(new EngineError('snapshot.invalid', 'damaged')))
    expect(await listing(second)).toEqual(['3', 'folder'])
    expect(told).toEqual([
      ['folder/1', 'snapshot.invalid'],
      ['folder/2', 'snapshot.invalid'],
    ])
  })
})

describe('a restore', () => {
  let snapshot: CommittedSnapshot
  beforeEach(async () => {
    sh('mkdir -p gone/deep stays; echo 1 > gone/1; echo 22 > gone/deep/2; echo 333 > stays/3; echo 4444 > stays/4; echo 5 > 5')
    const first = await backUp(null)
    sh('rm -r gone stays/4')
    snapshot = await backUp(first)
  })

  test('gives what was there, and all with the deleted only when told so', async () => {
    expect(await restored(snapshot)).toEqual(['5', 'stays', 'stays/3'])
    const all = ['5', 'gone', 'gone/1', 'gone/deep', 'gone/deep/2', 'stays', 'stays/3', 'stays/4']
    expect(await restored(snapshot, { withDeleted: true })).toEqual(all)
    // A pattern is no name: it finds what is there.
    expect(await restored(snapshot, { include: ['gone', '3'] })).toEqual(['stays', 'stays/3'])
  })

  test('gives a deleted entry that is named, and of a folder that is there only what is', async () => {
    const named = (...names: string[]) => restored(snapshot, { selected: names.map((name) => Buffer.from(`${source}/${name}`)) })
    expect(await named('stays')).toEqual(['stays', 'stays/3'])
    expect(await named('stays/4')).toEqual(['stays', 'stays/4'])
    expect(await named('gone')).toEqual(['gone', 'gone/1', 'gone/deep', 'gone/deep/2'])
    expect(await named('gone/deep', '5')).toEqual(['5', 'gone', 'gone/deep', 'gone/deep/2'])
  })

  test('says beforehand how much it is going to be', async () => {
    const totals: (readonly [number, number])[] = []
    for (const withDeleted of [false, true])
      await life.restore(snapshot.key, `${folder}/dry`, {
        withDeleted,
        dryRun: true,
        onProgress: ({ filesTotal, bytesTotal }) => totals.push([filesTotal, bytesTotal]),
      })
    expect([totals[0], totals.at(-1)]).toEqual([
      [2, 6],
      [5, 16],
    ])
  })
})

import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TreeReader } from '../src/reader/index.ts'
import type { Exclusions } from '../src/walker/index.ts'
import { Workplace, type BackupResult } from './testing/backup-and-restore.ts'
import { differences } from './testing/nasty-tree.ts'

let work: Workplace
let base: string
beforeEach(() => {
  work = new Workplace()
  base = work.path('base')
  mkdirSync(base)
})
afterEach(() => work[Symbol.dispose]())

function make(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(`${base}/${path.slice(0, path.lastIndexOf('/') + 1)}`, { recursive: true })
    if (!path.endsWith('/')) writeFileSync(`${base}/${path}`, path)
  }
}

const exclusions = (over: Partial<Exclusions> | readonly string[]): Exclusions => ({
  patterns: 'length' in over ? over.map((line) => Buffer.from(line)) : [],
  absolutePatterns: [],
  cacheContents: false,
  otherFileSystems: false,
  ...('length' in over ? {} : over),
})
const absolute = (...patterns: string[]): Exclusions => exclusions({ absolutePatterns: patterns.map((line) => Buffer.from(line)) })

/** All paths of a snapshot below a folder; folders with a slash at their end. */
async function listing(backup: BackupResult, below = base): Promise<string[]> {
  const vault = work.vault.newSource()
  const reader = new TreeReader((type, id) => vault.read(type, id))
  const paths: string[] = []
  const list = async (page: Uint8Array, above: string): Promise<void> => {
    for await (const entry of reader.entries(page)) {
      const path = `${above}/${Buffer.from(entry.name).toString()}`
      if (path.startsWith(`${below}/`)) paths.push(path.slice(below.length + 1) + (entry.type === 'folder' ? '/' : ''))
      if (entry.type === 'folder') await list(entry.page, path)
    }
  }
  await list(backup.rootPage, '')
  return paths
}

describe('patterns', () => {
  test('leave out what they mean, and the snapshot is complete without it', async () => {
    make('a.log', 'keep.log', 'src/b.log', 'src/c.txt', 'node_modules/x/y', 'src/node_modules/z')
    const backup = await work.backUp([base], { exclusions: exclusions(['*.log', '!keep.log', 'node_modules/']) })
    expect(await listing(backup)).toEqual(['keep.log', 'src/', 'src/c.txt'])
    expect(backup).toMatchObject({
      status: 'complete',
      files: 2,
      folders: expect.any(Number) as number,
      warningCount: 0,
      leftOut: { entries: 4, cacheFolders: 0, mountPoints: 0, ownPlaces: 0 },
    })
  })

  test('are anchored at each source, not at the root of the file system nor at the folders above', async () => {
    make('one/tmp/1', 'one/sub/tmp/2', 'two/tmp/3', 'two/deep/two/4')
    const backup = await work.backUp([`${base}/one`, `${base}/two`], { exclusions: exclusions(['/tmp', '/two', 'deep/two']) })
    expect(await listing(backup)).toEqual(['one/', 'one/sub/', 'one/sub/tmp/', 'one/sub/tmp/2', 'two/', 'two/deep/'])
  })

  test('never leave out a source, which was asked for by name', async () => {
    make('tmp/1', 'tmp/tmp/2', 'file.log')
    const backup = await work.backUp([`${base}/tmp`, `${base}/file.log`], { exclusions: exclusions(['tmp', '*.log', 'base']) })
    expect(await listing(backup)).toEqual(['file.log', 'tmp/', 'tmp/1'])
  })

  test('that leave a source out of another one are told, and the snapshot is partial', async () => {
    make('cache/wanted/1', 'other/2')
    const all = exclusions(['cache'])
    const backup = await work.backUp([base, `${base}/cache/wanted`, `${base}/other`], { exclusions: all })
    expect(backup).toMatchObject({ status: 'partial', warningCount: 1 })
    expect(backup.told).toMatchObject([{ path: `${base}/cache/wanted`, error: { code: 'source.unsupported' } }])
    expect(await listing(await work.backUp([`${base}/cache/wanted`], { exclusions: all }))).toEqual([
      'cache/',
      'cache/wanted/',
      'cache/wanted/1',
    ])
  })

  test('for folders alone spare a file and a symlink of that name', async () => {
    make('a/build/1', 'b/build')
    mkdirSync(`${base}/c`)
    symlinkSync('../a', `${base}/c/build`)
    expect(await listing(await work.backUp([base], { exclusions: exclusions(['build/']) }))).toEqual([
      'a/',
      'b/',
      'b/build',
      'c/',
      'c/build',
    ])
  })

  test('from the root on hold in whatever source they reach, and own patterns take them back', async () => {
    make('home/ada/.cache/1', 'home/ada/x', 'home/bob/.cache/2', 'cache/3')
    const home = `${base}/home`
    const rules = absolute(`${home}/*/.cache`)
    expect(await listing(await work.backUp([base], { exclusions: rules }))).toEqual([
      'cache/',
      'cache/3',
      'home/',
      'home/ada/',
      'home/ada/x',
      'home/bob/',
    ])
    expect(await listing(await work.backUp([`${home}/ada`], { exclusions: rules }), home)).toEqual(['ada/', 'ada/x'])
    expect(await listing(await work.backUp([`${home}/ada/.cache`], { exclusions: rules }), home)).toEqual([
      'ada/',
      'ada/.cache/',
      'ada/.cache/1',
    ])
    const back = { ...rules, patterns: [Buffer.from('!/bob/.cache')] }
    expect(await listing(await work.backUp([home], { exclusions: back }), home)).toEqual([
      'ada/',
      'ada/x',
      'bob/',
      'bob/.cache/',
      'bob/.cache/2',
    ])
  })

  test('keep from even a look at what they mean: an unreadable folder costs no warning', async () => {
    make('secret/deep/1', 'x')
    execFileSync('chmod', ['0', `${base}/secret`])
    const backup = await work.backUp([base], { exclusions: exclusions(['secret/']) })
    expect(backup).toMatchObject({ status: 'complete', warningCount: 0, leftOut: { entries: 1 } })
  })

  test('meet names that are not UTF-8 by their bytes', async () => {
    for (const name of ['caf\xe9', 'caf\xe9.log', 'caf\xc3\xa9'])
      writeFileSync(Buffer.concat([Buffer.from(`${base}/`), Buffer.from(name, 'latin1')]), name)
    const backup = await work.backUp([base], { exclusions: exclusions(['café', 'caf\ufffd', '*.log']) })
    expect(backup).toMatchObject({ files: 1, leftOut: { entries: 2 } })
    expect(await listing(backup)).toEqual(['caf\ufffd'])
  })
})

describe('what the last backup knew', () => {
  const versions: readonly (readonly string[])[] = [[], ['*.log', 'sub/'], [], ['/keep'], ['*.log'], []]

  test('stays right when the rules change from one backup to the next', async () => {
    make('a.log', 'b', 'keep/1', 'keep/2.log', 'sub/3', 'sub/deep/4.log', 'z')
    for (const [round, patterns] of versions.entries()) {
      writeFileSync(`${base}/b`, `round ${round}`)
      writeFileSync(`${base}/sub/3`, `round ${round}`)
      const backup = await work.backUp([base], { exclusions: exclusions(patterns) })
      const fresh = await work.backUp([base], { exclusions: exclusions(patterns), previous: null })
      expect(backup).toMatchObject({ root: fresh.root, files: fresh.files, bytes: fresh.bytes, status: 'complete' })
      const target = work.path(`target-${round}`)
      await work.restore(backup, target, { flat: true })
      // What should come back, made by git's own idea of the rules.
      const expected = work.path(`expected-${round}`)
      execFileSync('cp', ['-a', base, expected])
      execFileSync('sh', ['-c', removalOf[patterns.join(' ')]!], { cwd: expected })
      execFileSync('sh', ['-c', 'find . -type d | sort -r | while read -r d; do touch -r "$0/$d" "$d"; done', base], { cwd: expected })
      expect(differences(expected, target)).toBe('')
    }
  })

  const removalOf: Readonly<Record<string, string>> = {
    '': 'true',
    '*.log sub/': "find . -name '*.log' -delete; rm -r sub",
    '/keep': 'rm -r keep',
    '*.log': "find . -name '*.log' -delete",
  }

  test('what stays included is not read again because something else was excluded', async () => {
    make('a.log', 'b', 'sub/c')
    await work.backUp([base])
    expect(await work.backUp([base], { exclusions: exclusions(['*.log']) })).toMatchObject({ filesRead: 0, filesUnchanged: 2 })
    expect(await work.backUp([base])).toMatchObject({ filesRead: 1, filesNew: 1, filesUnchanged: 2 })
  })
})

describe('caches', () => {
  const signature = 'Signature: 8a477f597d28d172789f06886806bc55'
  const tag = (folder: string, text: string): void => writeFileSync(`${base}/${folder}/CACHEDIR.TAG`, text)

  test('keep their folder and their tag, and nothing else', async () => {
    make('a/cache/1', 'a/cache/deep/2', 'a/3')
    tag('a/cache', `${signature}\n# by a program\n`)
    const without = await work.backUp([base], { exclusions: exclusions({ cacheContents: true }) })
    expect(await listing(without)).toEqual(['a/', 'a/3', 'a/cache/', 'a/cache/CACHEDIR.TAG'])
    expect(without.leftOut).toEqual({ entries: 2, cacheFolders: 1, mountPoints: 0, ownPlaces: 0 })
    expect(await listing(await work.backUp([base]))).toContain('a/cache/deep/2')
  })

  test('are those with the whole signature in a regular file', async () => {
    make('short/1', 'wrong/1', 'linked/1', 'folder/CACHEDIR.TAG/1', 'unreadable-kind/1')
    tag('short', signature.slice(0, -1))
    tag('wrong', `x${signature}`)
    writeFileSync(`${base}/real`, signature)
    symlinkSync('../real', `${base}/linked/CACHEDIR.TAG`)
    execFileSync('mkfifo', [`${base}/unreadable-kind/CACHEDIR.TAG`])
    const backup = await work.backUp([base], { exclusions: exclusions({ cacheContents: true }) })
    expect(backup.leftOut).toEqual({ entries: 0, cacheFolders: 0, mountPoints: 0, ownPlaces: 0 })
  })

  test('that were asked for by name are kept whole', async () => {
    make('cache/1')
    tag('cache', signature)
    expect(await listing(await work.backUp([`${base}/cache`], { exclusions: exclusions({ cacheContents: true }) }))).toContain('cache/1')
  })
})

/** Whether this process may mount; asked by doing it. */
function mount(...args: string[]): boolean {
  try {
    execFileSync('mount', args, { stdio: 'ignore' })
    return true
  } catch {
    // Not root, or a container that may not: the test says so.
    return false
  }
}

describe('mounts', () => {
  const mounted: string[] = []
  afterEach(() => {
    for (const path of mounted.splice(0).toReversed()) execFileSync('umount', [path])
  })
  function mountAt(path: string, ...args: string[]): boolean {
    if (!mount(...args, `${base}/${path}`)) return false
    mounted.push(`${base}/${path}`)
    return true
  }

  test('other file systems are kept as empty folders, each source by its own', async (context) => {
    make('src/disk/below', 'src/1', 'other/2')
    if (!mountAt('src/disk', '-t', 'tmpfs', 'tmpfs')) return context.skip('this process may not mount')
    make('src/disk/3', 'src/disk/deep/4')
    const one = exclusions({ otherFileSystems: true })
    const backup = await work.backUp([`${base}/src`, `${base}/other`], { exclusions: one })
    expect(await listing(backup)).toEqual(['other/', 'other/2', 'src/', 'src/1', 'src/disk/'])
    expect(backup).toMatchObject({ status: 'complete', leftOut: { entries: 0, mountPoints: 1 } })
    // A source that is itself the mount is what was asked for.
    expect(await listing(await work.backUp([`${base}/src/disk`], { exclusions: one }))).toEqual([
      'src/',
      'src/disk/',
      'src/disk/3',
      'src/disk/deep/',
      'src/disk/deep/4',
    ])
    expect(await listing(await work.backUp([`${base}/src`]))).toContain('src/disk/deep/4')
  })

  test('what the kernel makes up is never read: its folder is kept empty, and as a source it is refused', async (context) => {
    const madeUp = ['/proc', '/proc/sys', '/proc/version']
    for (const path of madeUp) {
      const refused = await work.backUp([path])
      expect(refused).toMatchObject({ status: 'partial', files: 0, told: [{ path, error: { code: 'source.unsupported' } }] })
    }
    make('src/proc/', 'src/1')
    if (!mountAt('src/proc', '-t', 'proc', 'proc')) return context.skip('this process may not mount')
    const backup = await work.backUp([`${base}/src`])
    expect(await listing(backup)).toEqual(['src/', 'src/1', 'src/proc/'])
    expect(backup).toMatchObject({ status: 'complete', leftOut: { entries: 0, mountPoints: 1 } })
  })

  test('the vault is left out through a bind mount, a symlink and every spelling, and no rule takes it back', async (context) => {
    make('hub/store/pack', 'hub/agent/identity', 'view/', 'x')
    symlinkSync('hub', `${base}/link`)
    const alwaysExcluded = [`${base}/link/store`, `${base}//hub/./agent`].map((path) => Buffer.from(path))
    const rules = exclusions(['!hub', '!hub/store', '!**/store/**', '!store', '!agent', '!*'])
    expect(await listing(await work.backUp([base], { alwaysExcluded, exclusions: rules }))).toEqual(['hub/', 'link', 'view/', 'x'])
    if (!mountAt('view', '--bind', `${base}/hub`)) return context.skip('this process may not mount: bind mounts were not tried')
    expect(await listing(await work.backUp([base], { alwaysExcluded, exclusions: rules }))).toEqual(['hub/', 'link', 'view/', 'x'])
  })

  test('backing up / leaves the vault out of itself', async () => {
    make('vault/pack', 'vault/deep/er', 'x')
    const top = base.split('/')[1]!
    // Everything else of this machine is left out by rules, which keeps the test short: they keep the way to the test's folder.
    const way = base.split('/').slice(1)
    const patterns = way.flatMap((name, depth) => {
      const above = way
        .slice(0, depth)
        .map((part) => `/${part}`)
        .join('')
      return [`${above}/*`, `!${above}/${name}`]
    })
    const backup = await work.backUp(['/'], {
      alwaysExcluded: [Buffer.from(`${base}/vault`)],
      exclusions: exclusions([...patterns, '!vault']),
    })
    expect(await listing(backup)).toEqual(['x'])
    expect(await listing(backup, '')).toContain(`${top}/`)
    expect(backup.roots.map(String)).toHaveLength(1)
    rmSync(`${base}/x`)
  })
})

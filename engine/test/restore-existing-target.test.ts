import { execFileSync } from 'node:child_process'
import { chownSync, linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { blobTypes } from '../src/format/index.ts'
import type { RestoreOptions } from '../src/restorer/index.ts'
import type { BlobSource } from '../src/vault/index.ts'
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
const python = (script: string, cwd: string): string => execFileSync('python3', ['-c', script], { cwd, encoding: 'utf8' })

/** Calls back each time content is checked: the first time for a file that is compared, and after it for what is delivered. */
function sourceThatTells(onContent: (count: number) => void): BlobSource {
  const vault = work.vault.newSource()
  const verify = vault.verify.bind(vault)
  let count = 0
  vault.verify = (type, id, bytes) => {
    verify(type, id, bytes)
    if (type === blobTypes.data) onContent(++count)
  }
  return vault
}

describe('the target of a flat restore', () => {
  beforeEach(() => {
    mkdirSync(`${source}/sub`)
    for (const name of ['a', 'sub/b']) writeFileSync(`${source}/${name}`, name)
    sh('chmod 751 .; touch -d 2001-02-03 sub/b a sub .', source)
  })
  const looks = (): unknown[] => {
    const { mode, mtime } = statSync(target)
    return [mode & 0o777, mtime.getUTCFullYear(), python('import os; print(*os.listxattr("."))', target).trim()]
  }

  test.each<[string, Partial<RestoreOptions>, boolean]>([
    ['keeps what is its own when what is there is skipped', { conflict: 'skip' }, false],
    ['keeps it when only something in it was asked for', { include: ['b'] }, false],
    ['gets what the source had when all of it was asked for', {}, true],
  ])('%s', async (_, over, isGiven) => {
    const backup = await work.backUp([source])
    mkdirSync(target)
    sh('chmod 700 .; touch -d 2011-01-01 .', target)
    python('import os; os.setxattr(".", "user.mine", b"1")', target)
    await work.restore(backup, target, { flat: true, ...over })
    expect(readFileSync(`${target}/sub/b`, 'utf8')).toBe('sub/b')
    expect(looks()).toEqual(isGiven ? [0o751, 2001, ''] : [0o700, new Date().getUTCFullYear(), 'user.mine'])
  })

  test('gets its time back when it had that of the source, and no more', async () => {
    const backup = await work.backUp([source])
    mkdirSync(target)
    sh('chmod 755 .', target)
    utimesSync(target, statSync(source).atime, statSync(source).mtime)
    await work.restore(backup, target, { flat: true, conflict: 'skip' })
    expect(looks()).toEqual([0o755, 2001, ''])
  })

  test('that was made for it gets all, also when only something in it was asked for', async () => {
    const backup = await work.backUp([source])
    await work.restore(backup, target, { flat: true, include: ['b'] })
    expect(looks()).toEqual([0o751, 2001, ''])
    expect(readdirSync(target)).toEqual(['sub'])
  })
})

test.each([true, false])('a target made where folders hand ACLs down leaves none on what is restored (flat: %s)', async (flat) => {
  mkdirSync(`${source}/sub`)
  for (const name of ['a', 'sub/b']) writeFileSync(`${source}/${name}`, name)
  const backup = await work.backUp([source])
  mkdirSync(work.path('around'))
  python(
    `import os, struct
entries = [(1, 7, -1), (2, 7, 12345), (4, 5, -1), (16, 7, -1), (32, 5, -1)]
os.setxattr('.', 'system.posix_acl_default', struct.pack('<I', 2) + b''.join(struct.pack('<HHi', *each) for each in entries))`,
    work.path('around'),
  )
  const made = work.path('around/target')
  expect(await work.restore(backup, made, { flat })).toMatchObject({ status: 'complete', filesWritten: 2 })
  const restored = flat ? made : `${made}${source}`
  expect(
    python(
      'import os; print([(f, os.listxattr(f)) for d, _, n in os.walk(".") for f in [d, *(d + "/" + x for x in n)] if os.listxattr(f)])',
      restored,
    ),
  ).toBe('[]\n')
  expect(differences(source, restored)).toBe('')
})

describe('with rename, a file that changes after it was compared', () => {
  /** The same size and time: only the system knows that it changed. */
  const change = (name: string): void =>
    void sh(`printf theirs > new; head -c 4994 /dev/zero >> new; touch -r ${name} new; mv new ${name}`, target)
  const kept = (name: string): string[] =>
    readdirSync(target)
      .filter((each) => each.startsWith(`${name} (before restore`))
      .map((each) => readFileSync(`${target}/${each}`, 'latin1').slice(0, 6))

  test('is kept beside, though what was compared was the same but for its permissions', async () => {
    writeFileSync(`${source}/file`, pattern(5000, 1))
    const backup = await work.backUp([source])
    execFileSync('cp', ['-a', source, target])
    sh('chmod 600 file', target)
    const vault = sourceThatTells((count) => count === 1 && change('file'))
    expect(await work.restore(backup, target, { flat: true, conflict: 'rename', source: vault })).toMatchObject({
      status: 'complete',
      renamed: 1,
      overwritten: 0,
    })
    expect(kept('file')).toEqual(['theirs'])
    expect(readFileSync(`${target}/file`).equals(pattern(5000, 1))).toBe(true)
  })

  test('is kept beside, though it was only to become a link', async () => {
    writeFileSync(`${source}/one`, pattern(5000, 1))
    linkSync(`${source}/one`, `${source}/two`)
    const backup = await work.backUp([source])
    execFileSync('cp', ['-a', source, target])
    sh('cp -p one copy; mv copy two', target)
    const vault = sourceThatTells((count) => count === 2 && change('two'))
    expect(await work.restore(backup, target, { flat: true, conflict: 'rename', source: vault })).toMatchObject({ renamed: 1 })
    expect(kept('two')).toEqual(['theirs'])
    expect(lstatSync(`${target}/two`).ino).toBe(lstatSync(`${target}/one`).ino)
  })
})

// It begins as root, to make a file of another owner and to become that one.
test.runIf(isRoot)('without root a file of a group that one could give it is not the same with another group', async () => {
  for (const name of ['ours', 'foreign']) writeFileSync(`${source}/${name}`, name)
  chownSync(`${source}/ours`, 65_534, process.getegid!())
  sh('chmod 777 . ../', source)
  const backup = await work.backUp([source])
  const restore = async (): ReturnType<Workplace['restore']> => {
    process.seteuid!(65_534)
    try {
      return await work.restore(backup, target, { flat: true })
    } finally {
      process.seteuid!(0)
    }
  }
  await restore()
  chownSync(`${target}/ours`, 65_534, 12_345)
  chownSync(`${target}/foreign`, 65_534, 12_345)
  // The other one could not be given to its owner anyhow.
  expect(await restore()).toMatchObject({ filesWritten: 2, filesUnchanged: 1, overwritten: 1 })
  expect([statSync(`${target}/ours`).gid, statSync(`${target}/foreign`).gid]).toEqual([process.getegid!(), 12_345])
})

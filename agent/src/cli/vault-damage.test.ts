import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { differences, flip, LeftVault } from '../../test/a-left-vault.ts'

/* A vault without any hub, of which something is damaged, lost, or not what it should be. */

let left: LeftVault
beforeEach(async () => {
  left = await LeftVault.make()
})
afterEach(() => left.close())

const pathOf = (key: string): string => join(left.vault.folder, key)
const packsBySize = (): string[] =>
  execFileSync('find', [join(left.vault.folder, 'p'), '-type', 'f', '-printf', '%s %p\\n'], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .sort((one, other) => Number(other.split(' ')[0]) - Number(one.split(' ')[0]))
    .map((line) => line.slice(line.indexOf(' ') + 1))

describe('damage', () => {
  test('a byte that was changed is named with its file, and costs no other one', async () => {
    flip(packsBySize()[0]!, 64 + 300)
    const lost = [join(left.source, 'large')]
    const verified = await left.json<{ warnings: { path: string; code: string }[] }>(20, 'verify')
    expect(verified).toMatchObject({
      status: 'failed',
      error: { code: 'vault.corrupt', cure: expect.stringContaining('try other snapshots') },
    })
    const restored = await left.json<typeof verified>(3, 'restore', 'latest', '--target', left.target)
    expect(restored).toMatchObject({ status: 'warning', filesRequested: 21 })
    const named = verified.warnings.map(({ path }) => path)
    expect(restored.warnings.map(({ path }) => path)).toEqual(expect.arrayContaining(named))
    expect([...new Set([...restored.warnings, ...verified.warnings].map(({ code }) => code))]).toEqual(['vault.corrupt'])
    // The pack holds the large file or letters, by chance.
    if (named.includes(lost[0]!)) expect(differences(left.source, join(left.target, left.source))).toContain('large')
    for (const { path } of restored.warnings) expect(existsSync(join(left.target, path))).toBe(false)
    expect((await left.open('verify')).out).toContain(named[0])
  })

  test('a pack that is lost is named with what was in it, and the rest comes back', async () => {
    const lost = packsBySize()[0]!
    renameSync(lost, join(left.folder.path, 'lost'))
    const restored = await left.json<{ filesWritten: number; warnings: { path: string }[] }>(
      3,
      'restore',
      'latest',
      '--target',
      left.target,
    )
    const key = lost.slice(left.vault.folder.length + 1)
    expect(restored.warnings.map(({ path }) => path)).toContain(key)
    const files = restored.warnings.map(({ path }) => path).filter((path) => path !== key)
    expect(files.length).toBeGreaterThan(0)
    expect(restored.filesWritten).toBe(21 - files.length)
    for (const path of files) expect(existsSync(join(left.target, path))).toBe(false)
    expect((await left.json<typeof restored>(20, 'verify')).warnings.map(({ path }) => path)).toEqual(expect.arrayContaining([key]))
  })

  test('a pack without its end is told, and everything in it comes back', async () => {
    const cut = packsBySize()[0]!
    truncateSync(cut, statSync(cut).size - 10)
    const restored = await left.json(3, 'restore', 'latest', '--target', left.target)
    expect(restored).toMatchObject({
      filesWritten: 21,
      warnings: [{ path: cut.slice(left.vault.folder.length + 1), code: 'vault.corrupt' }],
    })
    expect(differences(left.source, join(left.target, left.source))).toBe('')
    expect(await left.json(20, 'verify')).toMatchObject({ files: 21, problems: 1 })
  })

  test('without the list of its folders a snapshot is lost, and it is said', async () => {
    for (const pack of packsBySize()) rmSync(pack)
    for (const args of [['restore', 'latest', '--target', left.target], ['verify'], ['ls', 'latest']])
      expect(await left.errorOf(20, ...args)).toMatchObject({ code: 'vault.corrupt' })
  })
})

describe('a snapshot that nobody vouches for', () => {
  const strangers = () => generateKeyPairSync('ed25519').privateKey

  test('is told in the list, passed over as the latest, and restored only when that is asked for', async () => {
    const forged = await left.vault.backUp(left.box, join(left.source, 'letters'), { signKey: strangers() })
    const listed = await left.json<{ id: string; problem?: { code: string } }[]>(3, 'snapshots')
    expect(listed.map(({ id, problem }) => [id, problem?.code])).toEqual([
      [left.first.id, undefined],
      [forged.id, 'vault.corrupt'],
    ])
    expect((await left.open('snapshots')).err).toContain(`${forged.id.slice(0, 12)}: The signature of a snapshot does not verify`)

    expect(await left.json(0, 'restore', 'latest', '--target', left.target)).toMatchObject({ snapshotId: left.first.id })
    expect((await left.open('restore', 'latest', '--target', left.target, '--dry-run')).err).toContain('Passed over')
    expect((await left.open('ls', 'latest')).err).toContain(`Passed over: the newer snapshot ${forged.id.slice(0, 12)}`)
    const other = join(left.folder.path, 'other')
    const refused = await left.errorOf(20, 'restore', forged.id, '--target', other)
    expect(refused).toMatchObject({ code: 'vault.corrupt', cure: expect.stringContaining('--unverified') })
    expect(existsSync(other)).toBe(false)
    for (const name of [forged.id, 'latest']) {
      const restored = await left.json(3, 'restore', name, '--target', other, '--unverified')
      expect(restored).toMatchObject({ snapshotId: forged.id, filesWritten: 20, warnings: [{ path: '', code: 'vault.corrupt' }] })
    }
    expect(await left.json(20, 'verify')).toMatchObject({ snapshotId: forged.id, problems: 1 })
    expect((await left.open('ls', forged.id, left.source)).err).toContain('does not verify')
  })

  test.each([
    ['the hub said nothing of it', { hubKey: null }],
    ['another hub speaks for it', { hubKey: randomBytes(32) }],
  ])('is one where %s', async (_why, changes) => {
    const bad = await left.vault.backUp(left.box, join(left.source, 'letters'), changes)
    expect(await left.json<unknown[]>(3, 'snapshots')).toMatchObject([
      { id: left.first.id },
      { id: bad.id, problem: { code: 'vault.corrupt' } },
    ])
    expect(await left.errorOf(20, 'restore', bad.id, '--target', left.target)).toMatchObject({ code: 'vault.corrupt' })
  })

  test('is any one of a device whose keys the vault has lost; none of them is the latest then', async () => {
    rmSync(pathOf(`a/${left.box.agentId}`))
    expect(await left.errorOf(20, 'restore', 'latest', '--target', left.target)).toMatchObject({
      code: 'vault.corrupt',
      message: expect.stringContaining('has not the keys of the device'),
    })
    expect(await left.json(3, '--unverified', 'restore', 'latest', '--target', left.target)).toMatchObject({ filesWritten: 21 })
  })

  test('does not open at all where its own bytes were changed', async () => {
    const second = await left.vault.backUp(left.box, join(left.source, 'letters'))
    flip(pathOf(second.key), 110)
    expect(await left.json<unknown[]>(3, 'snapshots')).toMatchObject([
      { id: left.first.id },
      { id: second.id, status: null, host: null, problem: { code: 'vault.corrupt' } },
    ])
    expect(await left.errorOf(20, '--unverified', 'restore', second.id, '--target', left.target)).toMatchObject({ code: 'vault.corrupt' })
    expect(await left.json(0, 'restore', 'latest', '--target', left.target, '--host', 'box')).toMatchObject({ snapshotId: left.first.id })
  })

  test('of another kind of system is listed and verified, and restored elsewhere', async () => {
    const windows = await left.vault.backUp(left.box, left.source, { body: { system: 'windows' } })
    expect(await left.errorOf(1, 'restore', windows.id, '--target', left.target)).toMatchObject({ code: 'restore.target-invalid' })
    expect(await left.json(0, 'verify', windows.id)).toMatchObject({ problems: 0 })
    expect(await left.json(0, 'ls', windows.id)).toMatchObject([{ path: left.source.split('/')[1] }])
  })
})

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { makeRecoveryWords } from '@holdfast/engine/vault'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { holdfast, holdfastAt, type Ended } from '../../test/a-command-line.ts'
import { differences, flip, LeftVault } from '../../test/a-left-vault.ts'

/* A vault without any hub, on a machine that was never enrolled. */

let left: LeftVault
beforeEach(async () => {
  left = await LeftVault.make()
})
afterEach(() => left.close())

describe('a vault by itself', () => {
  test('tells its snapshots as a hub does', async () => {
    const second = await left.vault.backUp(left.box, join(left.source, 'letters'), { body: { plan: 'nightly' } })
    expect(await left.json<unknown[]>(0, 'snapshots')).toEqual([
      {
        id: left.first.id,
        createdAt: '2026-01-01T00:00:00.000Z',
        status: 'complete',
        host: 'box',
        plan: null,
        files: 21,
        bytes: expect.any(Number),
        held: null,
        deleted: null,
      },
      {
        id: second.id,
        createdAt: '2026-01-02T00:00:00.000Z',
        status: 'complete',
        host: 'box',
        plan: 'nightly',
        files: 20,
        bytes: expect.any(Number),
        held: null,
        deleted: null,
      },
    ])
    const { status, out, err } = await left.open('snapshots')
    expect([status, err]).toEqual([0, ''])
    expect(out.split('\n')).toHaveLength(4)
    expect(out).toMatch(new RegExp(`^ID .*\\n${left.first.id.slice(0, 8)}  2026-01-01 .*  box  .* complete `))
    expect(await left.json(0, 'snapshots', '--host', 'BOX')).toHaveLength(2)
    expect(await left.json(0, 'snapshots', '--host', 'other')).toEqual([])
  })

  test('lists folders', async () => {
    const letters = await left.json<{ path: string; size: number }[]>(0, 'ls', 'latest', join(left.source, 'letters'))
    expect(letters).toHaveLength(20)
    expect(letters[0]).toEqual({
      path: join(left.source, 'letters/letter-0.txt'),
      type: 'file',
      mode: 0o644,
      uid: process.getuid?.(),
      gid: process.getgid?.(),
      size: 8,
      mtimeNs: expect.stringMatching(/^\d{19}$/),
    })
    expect(await left.json(0, 'ls', left.first.id.slice(0, 8), join(left.source, 'large'))).toMatchObject([{ size: 3_000_000 }])
    expect((await left.open('ls', 'latest', left.source)).out).toMatch(/^drwx.* letters\/\n|letters\/$/m)
    expect(await left.json(0, 'ls', 'latest')).toMatchObject([{ path: `/${left.source.split('/')[1]}`, type: 'folder' }])
    expect(await left.errorOf(4, 'ls', 'latest', '/nothing/there')).toMatchObject({ code: 'snapshot.path-not-found' })
    expect(await left.errorOf(2, 'ls', 'latest', 'relative')).toMatchObject({ code: 'command.invalid' })
  })

  test('is restored whole, in parts and flat, looked at without writing, and goes on where it was', async () => {
    const counts = { filesRequested: 21, filesWritten: 21, filesUnchanged: 0, filesSkipped: 0, warnings: [] }
    const looked = await left.json(0, 'restore', 'latest', '--target', left.target, '--dry-run')
    expect(looked).toMatchObject({ ...counts, dryRun: true, plan: expect.any(Array), bytesFree: expect.any(Number) })
    expect(existsSync(left.target)).toBe(false)
    const restored = await left.json(0, 'restore', 'latest', '--target', left.target)
    expect(Object.keys(restored).join(' ')).toBe(
      'status runId snapshotId dryRun filesRequested filesWritten filesUnchanged filesSkipped bytesWritten entriesReplaced entriesRenamed warnings durationMs',
    )
    expect(differences(left.source, join(left.target, left.source))).toBe('')
    rmSync(join(left.target, left.source, 'large'))
    const again = await left.json(0, 'restore', 'latest', '--target', left.target)
    expect(again).toMatchObject({
      ...counts,
      status: 'succeeded',
      runId: null,
      snapshotId: left.first.id,
      filesUnchanged: 20,
      bytesWritten: 3_000_000,
    })

    const flat = join(left.folder.path, 'flat')
    expect(await left.json(0, 'restore', left.first.id.slice(0, 10), '--target', flat, '--flat', '--include', '*-1?.txt')).toMatchObject({
      filesWritten: 10,
    })
    expect(readdirSync(join(flat, 'letters'))).toHaveLength(10)
    writeFileSync(join(flat, 'letters/letter-10.txt'), 'mine')
    expect(await left.json(0, 'restore', 'latest', '--target', flat, '--flat', '--conflict', 'skip')).toMatchObject({
      filesSkipped: 10,
      filesWritten: 11,
    })
    expect(readFileSync(join(flat, 'letters/letter-10.txt'), 'utf8')).toBe('mine')

    const { status, out, err } = await left.open('restore', 'latest', join(left.source, 'large'), '--target', join(left.folder.path, 'one'))
    expect(status).toBe(0)
    expect(out).toMatch(/^Restore succeeded after .*\n {2}Files {5}1 written of 1 asked for\n/)
    expect(out).not.toMatch(/Run /)
    expect(err).toMatch(/Looking where everything lies, in \d+ packs?\.\n.*Restoring one path of the snapshot\./)
  })

  test('goes back to where it was only after a question', async () => {
    rmSync(join(left.source, 'large'))
    expect(await left.errorOf(2, 'restore', 'latest')).toMatchObject({ message: expect.stringContaining('nobody is there to be asked') })
    const asked: string[] = []
    const args = ['vault', 'open', left.vault.folder, '--key-file', left.keyFile, 'restore', 'latest']
    const answer = (text: string) => (question: string) => Promise.resolve((asked.push(question), text))
    expect((await holdfastAt(answer('n'), args)).status).toBe(130)
    expect(existsSync(join(left.source, 'large'))).toBe(false)
    expect((await holdfastAt(answer('y'), args)).status).toBe(0)
    expect(statSync(join(left.source, 'large')).size).toBe(3_000_000)
    expect(asked[1]).toContain(`of box:\n  ${left.source}\n`)
  })

  test('ends in order when it is interrupted, and goes on where it was', async () => {
    for (let n = 0; n < 5; n++) writeFileSync(join(left.source, `more-${n}`), randomBytes(20_000_000))
    await left.vault.backUp(left.box, left.source)
    const bin = fileURLToPath(new URL('../../bin/holdfast.js', import.meta.url))
    const child = spawn(process.execPath, [
      bin,
      'vault',
      'open',
      left.vault.folder,
      '--key-file',
      left.keyFile,
      'restore',
      'latest',
      '--target',
      left.target,
    ])
    const said = { out: '', err: '' }
    child.stdout.on('data', (text) => (said.out += String(text)))
    child.stderr.on('data', (text) => {
      said.err += String(text)
      if (said.err.includes('Restoring the whole')) child.kill('SIGINT')
    })
    const status = await new Promise((resolve) => child.once('close', resolve))
    expect([status, said.out]).toEqual([130, expect.stringContaining('Restore was cancelled')])
    expect(await left.json(0, 'restore', 'latest', '--target', left.target)).toMatchObject({ filesWritten: 26 })
    expect(differences(left.source, join(left.target, left.source))).toBe('')
  })

  test('is verified', async () => {
    expect(await left.json(0, 'verify')).toMatchObject({
      status: 'succeeded',
      runId: null,
      snapshotId: left.first.id,
      files: 21,
      problems: 0,
    })
    expect((await left.open('verify', left.first.id.slice(0, 8))).out).toMatch(/^Verification succeeded /)
  })

  // Only root may become the other user.
  test.runIf(process.getuid?.() === 0)('is only read, by a user who may not write to it', async () => {
    execFileSync('chmod', ['-R', 'a+rX,a-w', left.vault.folder])
    chmodSync(left.folder.path, 0o755)
    chmodSync(left.keyFile, 0o644)
    const nobodys = join(left.folder.path, 'nobodys')
    mkdirSync(nobodys)
    chmodSync(nobodys, 0o777)
    const state = (): string => execFileSync('find', [left.vault.folder, '-printf', '%p %T@ %C@ %s\n'], { encoding: 'utf8' })
    const before = state()
    process.setegid?.(65_534)
    process.seteuid?.(65_534)
    try {
      expect((await left.open('snapshots')).status).toBe(0)
      expect((await left.open('ls', 'latest', left.source)).status).toBe(0)
      expect((await left.open('verify')).status).toBe(0)
      // What is not root sets no owners, and says so.
      expect(await left.json(3, 'restore', 'latest', '--target', nobodys, '--flat')).toMatchObject({ filesWritten: 21 })
    } finally {
      process.seteuid?.(0)
      process.setegid?.(0)
    }
    expect(state()).toBe(before)
    expect(differences(left.source, nobodys)).toBe('')
  })

  test('is not restored into its own store', async () => {
    for (const place of [left.vault.folder, join(left.vault.folder, 'p', 'x')])
      expect(await left.errorOf(1, 'restore', 'latest', '--target', place)).toMatchObject({ code: 'restore.place-protected' })
    expect(await left.json(0, 'verify')).toMatchObject({ problems: 0 })
  })

  test('may be written to meanwhile: snapshots come and go, and no list fails', async () => {
    const over = new AbortController()
    const hub = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const coming = await left.vault.backUp(left.box, join(left.source, 'letters'))
        await left.vault.store.delete(coming.key)
      }
    }
    const working = hub()
    try {
      for (let round = 0; round < 15; round++) {
        const { status, out, err } = await left.open('snapshots')
        expect([status, err]).toEqual([0, ''])
        expect(out).toContain(left.first.id.slice(0, 8))
      }
    } finally {
      over.abort()
      await working
    }
  })
})

describe('of several hosts', () => {
  test('the latest is not one, unless the host is named', async () => {
    const attic = await left.vault.addDevice('attic')
    const other = await left.vault.backUp(attic, join(left.source, 'letters'))
    const error = await left.errorOf(2, 'restore', 'latest', '--target', left.target)
    expect(error).toMatchObject({ code: 'snapshot.ambiguous', message: expect.stringContaining('attic, box') })
    expect(await left.json(0, 'verify', 'latest', '--host', 'Attic')).toMatchObject({ snapshotId: other.id, files: 20 })
    expect(await left.json(0, 'ls', 'latest', left.source, '--host', 'box')).toHaveLength(2)
    expect(await left.errorOf(4, 'verify', '--host', 'cellar')).toMatchObject({ code: 'snapshot.not-found' })
    expect(await left.errorOf(4, 'ls', left.first.id.slice(0, 8), '--host', 'attic')).toMatchObject({ code: 'snapshot.not-found' })

    const twin = await left.vault.addDevice('box')
    const twins = await left.vault.backUp(twin, join(left.source, 'letters'))
    const { cure } = await left.errorOf(2, 'verify', '--host', 'box')
    expect(cure).toContain(`--host ${twin.agentId}`)
    expect(await left.json(0, 'verify', '--host', twin.agentId)).toMatchObject({ snapshotId: twins.id })
  })

  test('an id is one only with enough digits', async () => {
    expect(await left.errorOf(2, 'ls', left.first.id.slice(0, 7))).toMatchObject({ code: 'command.invalid' })
    expect(await left.errorOf(4, 'ls', 'ffffffff')).toMatchObject({ code: 'snapshot.not-found' })
  })
})

describe('the key', () => {
  const withKey = (text: string, at = join(left.folder.path, 'words')): Promise<Ended> => {
    writeFileSync(at, text)
    return holdfast('vault', 'open', left.vault.folder, '--key-file', at, 'snapshots', '--json')
  }
  const refusal = ({ status, out }: Ended): unknown[] => {
    const { error } = JSON.parse(out) as { error: { code: string; message: string } }
    return [status, error.code, error.message]
  }

  test('may be a kit, bare words, or what the hub wrote in either form', async () => {
    const words = left.vault.words.split(' ')
    for (const text of [
      left.vault.words,
      `Holdfast recovery kit\nVault: ${left.vault.vaultId}\n\n${words.map((word, index) => `${index + 1}. ${word.toUpperCase()}`).join('\r\n')}\n`,
      JSON.stringify({ format: 'holdfast-key-1', vaultId: left.vault.vaultId, words: left.vault.words }),
    ])
      expect((await withKey(text)).status).toBe(0)
  })

  test('that is wrong is told apart from one that is none, and from one of another vault', async () => {
    const others = await makeRecoveryWords()
    expect(refusal(await withKey(others))).toEqual([12, 'vault.wrong-key', expect.stringContaining('do not open this vault')])
    const vaultId = '0199d9f0-7d1c-4e0a-8c62-6a3c1f0d2b11'
    const ofOther = await withKey(JSON.stringify({ format: 'holdfast-key-1', vaultId, words: others.split(' ') }))
    expect(refusal(ofOther)).toEqual([
      12,
      'vault.wrong-key',
      expect.stringContaining(`of the vault ${vaultId}, and this is the vault ${left.vault.vaultId}`),
    ])
    for (const text of ['', 'nothing to see', left.vault.words.split(' ').slice(1).join(' ')])
      expect(refusal(await withKey(text))).toEqual([12, 'vault.wrong-key', expect.stringContaining('no 24 recovery words')])
    for (const file of [join(left.folder.path, 'missing'), left.folder.path]) {
      const ended = await holdfast('vault', 'open', left.vault.folder, '--key-file', file, 'snapshots', '--json')
      expect(refusal(ended)).toEqual([2, 'command.invalid', expect.stringContaining('could not be read')])
    }
    const slots = join(left.vault.folder, 'keys')
    for (const slot of readdirSync(slots)) truncateSync(join(slots, slot), 20)
    expect(refusal(await withKey(left.vault.words))).toEqual([20, 'vault.corrupt', expect.any(String)])
  })

  test('comes from standard input too, and what it opens says nothing of its words', () => {
    const bin = new URL('../../bin/holdfast.js', import.meta.url).pathname
    const args = [bin, 'vault', 'open', left.vault.folder, '--key-file', '-', 'verify']
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { input: `${left.vault.words}\n`, encoding: 'utf8' })
    expect([status, stderr.includes('Reading back')]).toEqual([0, true])
    const [word, next] = left.vault.words.split(' ')
    expect(stdout + stderr).not.toContain(`${word} ${next}`)
  })
})

describe('the address', () => {
  const at = async (address: string): Promise<unknown[]> => {
    const { status, out } = await holdfast('vault', 'open', address, '--key-file', left.keyFile, 'snapshots', '--json')
    if (status === 0) return [0]
    const { error } = JSON.parse(out) as { error: { code: string; message: string; cure: string } }
    return [status, error.code, `${error.message} ${error.cure}`]
  }

  test('is a folder, absolute or not, or a file address', async () => {
    const before = process.cwd()
    process.chdir(left.folder.path)
    try {
      for (const address of [left.vault.folder, 'store', './store/', pathToFileURL(left.vault.folder).href])
        expect(await at(address)).toEqual([0])
    } finally {
      process.chdir(before)
    }
  })

  test('where there is no vault, or nothing this version opens, says so', async () => {
    expect(await at(join(left.folder.path, 'nowhere'))).toEqual([4, 'vault.not-found', expect.stringContaining('There is no folder')])
    expect(await at(left.source)).toEqual([4, 'vault.not-found', expect.stringContaining('no vault.json')])
    expect(await at(left.folder.path)).toEqual([4, 'vault.not-found', expect.stringContaining(`Open ${left.vault.folder}`)])
    expect(await at('s3://bucket/prefix?region=eu')).toEqual([2, 'command.invalid', expect.stringContaining('not in S3')])
    expect(await at('https://example.org/vault')).toEqual([2, 'command.invalid', expect.stringContaining('https:')])
    expect(await at('file://host/share')).toEqual([2, 'command.invalid', expect.stringContaining('file:///path')])
    flip(join(left.vault.folder, 'vault.json'), 60)
    expect((await at(left.vault.folder)).slice(0, 2)).toEqual([20, 'vault.corrupt'])
  })
})

describe('what is wrong with the command line', () => {
  test.each([
    [['vault', 'open', '/x', 'snapshots'], '--key-file'],
    [['vault', 'open', '--key-file', '/k', 'snapshots'], ''],
    [['vault', 'open', '/x', '--key-file', '/k', 'explode'], 'explode'],
    [['vault', 'open', '/x', '--key-file', '/k', 'ls'], 'snapshot'],
    [['vault', 'open', '/x', '--key-file', '/k', 'restore', 'latest', '--conflict', 'x'], 'conflict'],
    [['vault', 'open', '/x', '--key-file', '/k', 'restore', 'latest', '--flat'], '--flat'],
  ])('%j is told with status 2, also in JSON', async (args, message) => {
    const text = await holdfast(...args)
    expect([text.status, text.out]).toEqual([2, ''])
    const { status, out } = await holdfast(...args, '--json')
    expect(status).toBe(2)
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'command.invalid', message: expect.stringContaining(message) } })
  })

  test('help tells the commands, wherever it is asked for', async () => {
    for (const args of [['--help'], ['/x', '--help'], ['/x', '--key-file', 'k', '--help'], ['--key-file', 'k', '/x', '-h']]) {
      const { status, out } = await holdfast('vault', 'open', ...args)
      expect(status).toBe(0)
      for (const word of ['snapshots', 'ls ', 'restore', 'verify', '--key-file <file>', '--unverified']) expect(out).toContain(word)
    }
    const restore = await holdfast('vault', 'open', '/x', 'restore', '--help')
    expect([restore.status, restore.out.includes('--conflict <mode>')]).toEqual([0, true])
  })
})

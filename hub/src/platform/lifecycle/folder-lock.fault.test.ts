import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { findLockHolder, tryFolderLock, type FolderLock } from './folder-lock.ts'
import { serialiseLockRecord, type LockRecord } from './lock-record.ts'
import { ownIdentity } from './process-identity.ts'
import { startLineProcess, startTypeScript, type LineProcess } from './testing/line-process.ts'

const racerFile = new URL('./testing/lock-racer.ts', import.meta.url)
/** Making pid namespaces needs root, and a system that lets root. */
const canUnshare = process.platform === 'linux' && spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0
let folder: string
let lockFile: string

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'holdfast-lock-'))
  lockFile = path.join(folder, 'hub.lock')
})
afterEach(() => rmSync(folder, { recursive: true }))

function startRacer(): LineProcess {
  const racer = startTypeScript(racerFile)
  onTestFinished(() => racer.kill())
  return racer
}

async function ask(racer: LineProcess, words: string): Promise<string> {
  racer.say(words)
  return racer.nextLine()
}

async function take(): Promise<FolderLock> {
  const attempt = await tryFolderLock(lockFile, 'hub', 'http://127.0.0.1:8420')
  if (attempt.outcome === 'refused') throw new Error('refused')
  return attempt.lock
}

/** What is in the folder but the sockets by which owners are known to live. */
const lockFiles = () => readdirSync(folder).filter((name) => !name.includes('.live-'))

/** The record of a process that ended before this boot of the machine's current number owner began. */
const deadRecord = (token: string, changes: Partial<LockRecord> = {}): LockRecord => ({
  token,
  owner: { ...ownIdentity(), startedAt: '1' },
  purpose: 'hub',
  address: null,
  adminSocket: null,
  isStopping: false,
  database: 'starting',
  ...changes,
})

describe('the lock of a data folder', () => {
  test('refuses a second taker and names process and address of the first', async () => {
    const racer = startRacer()
    expect(await ask(racer, `try ${lockFile}`)).toBe('taken')
    const attempt = await tryFolderLock(lockFile, 'hub', null)
    expect(attempt).toMatchObject({
      outcome: 'refused',
      holder: { owner: { pid: racer.pid }, address: `http://127.0.0.1:${racer.pid}` },
    })
  })

  test('is free again after a release, and an owner that was succeeded releases nothing', async () => {
    const first = await take()
    first.release()
    const second = await take()
    first.release()
    expect(await findLockHolder(lockFile)).toEqual(second.record)
  })

  test('shows what the owner adds to its record', async () => {
    const lock = await take()
    lock.update({ adminSocket: '/run/x.sock', isStopping: true })
    expect(await findLockHolder(lockFile)).toMatchObject({ adminSocket: '/run/x.sock', isStopping: true, token: lock.record.token })
  })

  test('is taken over from a process that was killed', async () => {
    const racer = startRacer()
    await ask(racer, `try ${lockFile}`)
    await racer.kill()
    const lock = await take()
    expect(await findLockHolder(lockFile)).toEqual(lock.record)
    expect(lockFiles()).toEqual(['hub.lock'])
  })

  test('is taken over when the number of its owner belongs to another program now', async () => {
    writeFileSync(lockFile, serialiseLockRecord(deadRecord('aaaaaaaa')))
    await take()
  })

  test('is taken over after a power cut tore its file', async () => {
    writeFileSync(lockFile, '')
    await take()
    expect(lockFiles()).toEqual(['hub.lock'])
  })

  test('is taken over when a taker was killed in the middle of taking over', async () => {
    writeFileSync(lockFile, serialiseLockRecord(deadRecord('aaaaaaaa')))
    writeFileSync(`${lockFile}.after-aaaaaaaa`, serialiseLockRecord(deadRecord('bbbbbbbb')))
    await take()
    expect(lockFiles()).toEqual(['hub.lock'])
  })

  test.runIf(process.platform === 'linux')(
    'asks the socket of an owner in another container, whose number means nothing here',
    async () => {
      const adminSocket = path.join(folder, 'admin.sock')
      const owner = { ...ownIdentity(), pidNamespace: 'pid:[1]' }
      writeFileSync(lockFile, serialiseLockRecord(deadRecord('aaaaaaaa', { owner, adminSocket })))
      const server = net.createServer().listen(adminSocket)
      onTestFinished(() => void server.close())
      await new Promise((resolve) => server.once('listening', resolve))
      expect(await tryFolderLock(lockFile, 'hub', null)).toMatchObject({ outcome: 'refused' })
      await new Promise((resolve) => server.close(resolve))
      await take()
    },
  )
})

describe.runIf(canUnshare)('a lock whose owner lives in another pid namespace', () => {
  /** As in a container: the racer is process 1 of its own namespace, and its number there names nobody or somebody else here. */
  function startContained(): LineProcess {
    const node = [process.execPath, '-C', '@holdfast/source', racerFile.pathname]
    const racer = startLineProcess('unshare', ['--pid', '--fork', '--kill-child', '--mount-proc', ...node])
    onTestFinished(() => racer.kill())
    return racer
  }

  test('is refused before any admin socket is open, and free once that owner is dead', async () => {
    const racer = startContained()
    expect(await ask(racer, `try ${lockFile}`)).toBe('taken')
    const attempt = await tryFolderLock(lockFile, 'hub', null)
    expect(attempt).toMatchObject({ outcome: 'refused', holder: { adminSocket: null, owner: { pid: 1 } } })
    await racer.kill()
    await expect.poll(async () => (await findLockHolder(lockFile)) === null).toBe(true)
    const lock = await take()
    expect(lockFiles()).toEqual(['hub.lock'])
    lock.release()
  })

  test('is refused too while that owner is paused, and in a folder whose path is too long for a socket', async () => {
    const deep = path.join(folder, 'x'.repeat(120), 'hub.lock')
    mkdirSync(path.dirname(deep))
    const racer = startContained()
    expect(await ask(racer, `try ${deep}`)).toBe('taken')
    const contained = readFileSync(`/proc/${racer.pid}/task/${racer.pid}/children`, 'utf8').trim()
    process.kill(Number(contained), 'SIGSTOP')
    try {
      for (let i = 0; i < 3; i++) expect(await tryFolderLock(deep, 'hub', null)).toMatchObject({ outcome: 'refused' })
    } finally {
      process.kill(Number(contained), 'SIGCONT')
    }
    expect(await ask(racer, 'release')).toBe('released')
    expect(readdirSync(path.dirname(deep))).toEqual([])
  })
})

test('of many processes that race for free, stale, torn and half taken locks exactly one wins each', async () => {
  const racers = Array.from({ length: 5 }, startRacer)
  const stale: ((file: string) => void)[] = [
    () => undefined,
    (file) => writeFileSync(file, serialiseLockRecord(deadRecord('aaaaaaaa'))),
    (file) => writeFileSync(file, 'torn'),
    (file) => {
      writeFileSync(file, serialiseLockRecord(deadRecord('aaaaaaaa')))
      writeFileSync(`${file}.after-aaaaaaaa`, serialiseLockRecord(deadRecord('bbbbbbbb')))
    },
  ]
  for (let round = 0; round < 60; round++) {
    const file = path.join(folder, `race-${round}.lock`)
    stale[round % stale.length]?.(file)
    const answers = await Promise.all(racers.map((racer) => ask(racer, `try ${file}`)))
    const winners = racers.filter((_racer, index) => answers[index] === 'taken')
    expect(winners, `round ${round}: ${answers.join(', ')}`).toHaveLength(1)
    expect((await findLockHolder(file))?.owner?.pid).toBe(winners[0]?.pid)
    await Promise.all(racers.map((racer) => ask(racer, 'release')))
  }
})

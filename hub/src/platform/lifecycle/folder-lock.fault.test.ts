import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { findLockHolder, tryFolderLock, type FolderLock } from './folder-lock.ts'
import { serialiseLockRecord, type LockRecord } from './lock-record.ts'
import { ownIdentity } from './process-identity.ts'
import { startTypeScript, type LineProcess } from './testing/line-process.ts'

const racerFile = new URL('./testing/lock-racer.ts', import.meta.url)
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

/** The record of a process that ended before this boot of the machine's current number owner began. */
const deadRecord = (token: string, changes: Partial<LockRecord> = {}): LockRecord => ({
  token,
  owner: { ...ownIdentity(), startedAt: '1' },
  purpose: 'hub',
  address: null,
  adminSocket: null,
  isStopping: false,
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
    expect(readdirSync(folder)).toEqual(['hub.lock'])
  })

  test('is taken over when the number of its owner belongs to another program now', async () => {
    writeFileSync(lockFile, serialiseLockRecord(deadRecord('aaaaaaaa')))
    await take()
  })

  test('is taken over after a power cut tore its file', async () => {
    writeFileSync(lockFile, '')
    await take()
    expect(readdirSync(folder)).toEqual(['hub.lock'])
  })

  test('is taken over when a taker was killed in the middle of taking over', async () => {
    writeFileSync(lockFile, serialiseLockRecord(deadRecord('aaaaaaaa')))
    writeFileSync(`${lockFile}.after-aaaaaaaa`, serialiseLockRecord(deadRecord('bbbbbbbb')))
    await take()
    expect(readdirSync(folder)).toEqual(['hub.lock'])
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

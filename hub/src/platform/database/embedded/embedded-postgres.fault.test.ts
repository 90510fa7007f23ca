import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { findLockHolder, tryFolderLock } from '../../lifecycle/folder-lock.ts'
import {
  commandLineOf,
  endGrace,
  holdDatabase,
  postmasterOf,
  processesOn,
  startHolder,
  until,
  watchdogOf,
  type HeldDatabase,
  type HolderOptions,
} from './testing/held-database.ts'

/* Real servers, killed for real. One data folder goes from test to test: each leaves it usable, which is part of what is tested. */

const isRoot = process.getuid?.() === 0
const nobody = { uid: 65_534, gid: 65_534 }
// Real processes on a machine that may be busy with the other suites.
vi.setConfig({ testTimeout: 120_000 })
let parent: string
let folder: string
const lockFile = () => path.join(folder, 'run', 'hub.lock')

beforeAll(() => {
  parent = mkdtempSync(path.join(tmpdir(), 'holdfast-pg-'))
  chmodSync(parent, 0o755)
  folder = path.join(parent, 'data')
})
afterAll(() => rmSync(parent, { recursive: true }))

async function hold(options: HolderOptions = {}, at = folder): Promise<HeldDatabase> {
  const held = await holdDatabase(at, { watchdogGraceMs: 500, ...options })
  onTestFinished(async () => {
    // A test that failed must not leave a server behind: without its holder the watchdog stops it.
    if (held.holder.child.exitCode === null) await held.holder.kill()
    await until(() => processesOn(at).length === 0, 60_000)
  })
  return held
}

describe('the embedded database', () => {
  test('is made on the first start and the same on the next', async () => {
    const first = await hold()
    expect(first).toMatchObject({ isNew: true, isAdopted: false })
    await first.query('create table kept (id int primary key)')
    await first.query('insert into kept values (1)')
    await first.stop()
    expect(processesOn(folder)).toEqual([])
    const second = await hold()
    expect(second).toMatchObject({ isNew: false, isAdopted: false })
    expect(await second.query('select id from kept')).toEqual([{ id: 1 }])
    await second.stop()
  })

  test('listens on a socket that only its user may reach, sorts alike on every machine and checks its pages', async () => {
    const held = await hold()
    const settings = await held.query(
      `select current_setting('listen_addresses') as tcp, current_setting('data_checksums') as checksums, current_setting('fsync') as fsync,
        datlocprovider as provider, datlocale as locale from pg_database where datname = 'holdfast'`,
    )
    expect(settings).toEqual([{ tcp: '', checksums: 'on', fsync: 'on', provider: 'b', locale: 'C.UTF-8' }])
    expect(statSync(held.connection.host).mode & 0o777).toBe(0o700)
    expect(statSync(path.join(folder, 'postgres', '18')).mode & 0o777).toBe(0o700)
    expect(statSync(path.join(folder, 'postgres', 'password')).mode & 0o777).toBe(0o600)
    await held.stop()
  })

  test.runIf(isRoot)('gets no secret of the hub’s environment, and runs without the hub’s rights', async () => {
    const held = await hold({ env: { HOLDFAST_SECRET: 'x'.repeat(43) } })
    const postmaster = postmasterOf(folder)
    expect(readFileSync(`/proc/${postmaster}/environ`, 'utf8')).not.toContain('HOLDFAST_SECRET')
    expect(statSync(`/proc/${postmaster}`).uid).not.toBe(0)
    expect(statSync(path.join(folder, 'postgres')).uid).toBe(0)
    await held.stop()
  })

  test('is stopped with its watchdog when the hub is killed', async () => {
    const held = await hold({ watchdogGraceMs: 2000 })
    await held.holder.kill()
    expect(postmasterOf(folder)).not.toBeNull()
    await until(() => processesOn(folder).length === 0, 60_000)
    expect(await findLockHolder(lockFile())).toBeNull()
  })

  test('is stopped without a grace when the hub gives up on stopping it', async () => {
    const held = await hold({ watchdogGraceMs: 60_000 })
    held.holder.say('abandon')
    await held.holder.ended
    await until(() => processesOn(folder).length === 0, 60_000)
  })

  test('is stopped also when a hub with another database has the folder by then, which is left alone', async () => {
    const held = await hold()
    await held.holder.kill()
    const attempt = await tryFolderLock(lockFile(), 'hub', null)
    if (attempt.outcome === 'refused') throw new Error('refused')
    attempt.lock.update({ database: 'none' })
    await until(() => processesOn(folder).length === 0, 60_000)
    expect((await findLockHolder(lockFile()))?.token).toBe(attempt.lock.record.token)
    attempt.lock.release()
  })

  test('is stopped also when the hub that was about to adopt it died before it had', async () => {
    const held = await hold({ watchdogGraceMs: 1500 })
    await held.holder.kill()
    const attempt = await tryFolderLock(lockFile(), 'hub', null)
    if (attempt.outcome === 'refused') throw new Error('refused')
    await delay(3000) // beyond the grace: the watchdog has met this holder
    expect(postmasterOf(folder)).not.toBeNull()
    attempt.lock.release()
    await until(() => processesOn(folder).length === 0, 60_000)
  })

  test('is adopted with every acknowledged row by the next hub, which the watchdog of the killed one leaves alone', async () => {
    const killed = await hold({ watchdogGraceMs: 600_000 })
    await killed.query('insert into kept values (2)')
    const watchdog = watchdogOf(folder)
    await killed.holder.kill()
    const held = await hold()
    expect(held.isAdopted).toBe(true)
    const postmaster = postmasterOf(folder)
    await endGrace(watchdog)
    expect(postmasterOf(folder)).toBe(postmaster)
    expect(await held.query('select id from kept order by id')).toEqual([{ id: 1 }, { id: 2 }])
    await held.stop()
  })

  test('is restarted instead of adopted when its settings have changed since', async () => {
    const killed = await hold({ watchdogGraceMs: 600_000 })
    const watchdog = watchdogOf(folder)
    const postmaster = postmasterOf(folder)
    await killed.holder.kill()
    expect(postmasterOf(folder)).toBe(postmaster)
    const held = await hold({ settings: { work_mem: '5MB' } })
    await endGrace(watchdog)
    expect(held.isAdopted).toBe(false)
    expect(await held.query('show work_mem')).toEqual([{ work_mem: '5MB' }])
    await held.stop()
  })

  test('recovers on the next start when it was killed together with the hub', async () => {
    const killed = await hold()
    await killed.query('insert into kept values (3)')
    process.kill(postmasterOf(folder) ?? 0, 'SIGKILL')
    await killed.holder.kill()
    const held = await hold()
    expect(held.isAdopted).toBe(false)
    expect(await held.query('select count(*)::int as rows from kept')).toEqual([{ rows: 3 }])
    await held.stop()
  })

  test('is started again under a living hub when it was killed', async () => {
    const held = await hold()
    const before = postmasterOf(folder)
    process.kill(before ?? 0, 'SIGKILL')
    await until(() => ![null, before].includes(postmasterOf(folder)), 60_000)
    await until(async () => (await held.query('select 1 as one').catch(() => [])).length === 1, 60_000)
    await held.stop()
  })

  test('starts when the number in a stale postmaster.pid belongs to another program of its user', async () => {
    const held = await hold()
    const cluster = path.join(folder, 'postgres', '18', 'data')
    const pidFile = readFileSync(path.join(cluster, 'postmaster.pid'), 'utf8')
    const { uid, gid } = statSync(cluster)
    await held.stop()
    const other = spawn('/bin/sleep', ['60'], { uid, gid, stdio: 'ignore' })
    onTestFinished(() => void other.kill('SIGKILL'))
    writeFileSync(path.join(cluster, 'postmaster.pid'), pidFile.replace(/^\d+/, String(other.pid)))
    const next = await hold()
    expect(await next.query('select 1 as one')).toEqual([{ one: 1 }])
    await next.stop()
  })

  test('is whole or absent when its making was interrupted', async () => {
    const at = path.join(parent, 'interrupted')
    const holder = startHolder(at)
    await until(() => processesOn(at).some((pid) => commandLineOf(pid).includes('initdb')), 60_000)
    await holder.kill()
    expect(readdirSync(path.join(at, 'postgres', '18'))).not.toContain('data')
    const held = await hold({}, at)
    expect(held.isNew).toBe(true)
    await held.stop()
    expect(readdirSync(path.join(at, 'postgres')).sort()).toEqual(['18', '18.conf', 'password', 'socket'])
  })
})

describe.runIf(isRoot)('a hub that is root', () => {
  test('writes nothing and names the folder that the database’s user may not enter', async () => {
    const blocked = path.join(parent, 'blocked')
    mkdirSync(path.join(blocked, 'deeper'), { recursive: true })
    chmodSync(blocked, 0o700)
    await expect(hold({}, path.join(blocked, 'deeper', 'data'))).rejects.toThrow(
      new RegExp(`settings\\.invalid.*may not enter ${blocked},.*chmod o\\+x ${blocked}\\b.*HOLDFAST_DATA.*DATABASE_URL`),
    )
    expect(readdirSync(path.join(blocked, 'deeper'))).toEqual([])
    expect(statSync(blocked).mode & 0o777).toBe(0o700)
  })

  test('refuses an existing data folder with other things in it that the database’s user may not enter', async () => {
    const home = path.join(parent, 'home')
    mkdirSync(home, { mode: 0o700 })
    writeFileSync(path.join(home, 'diary'), '')
    await expect(hold({}, home)).rejects.toThrow(/settings\.invalid/)
    expect(readdirSync(home)).toEqual(['diary'])
  })
})

describe.runIf(isRoot)('a hub that is not root', () => {
  test('runs the database as itself, in a folder so deep that the socket needs a shorter one', async () => {
    const at = path.join(parent, 'x'.repeat(80), 'data')
    mkdirSync(path.dirname(at))
    chmodSync(path.dirname(at), 0o777)
    const first = await hold({ as: nobody }, at)
    expect(first.isNew).toBe(true)
    expect(first.connection.host.length).toBeLessThan(85)
    expect(statSync(path.join(at, 'postgres', '18', 'data')).uid).toBe(nobody.uid)
    await first.stop()
    const second = await hold({ as: nobody }, at)
    expect(second.isNew).toBe(false)
    await second.stop()
    rmSync(second.connection.host, { recursive: true })
  })

  test('says what to do when the data folder is somebody else’s', async () => {
    await expect(hold({ as: nobody })).rejects.toThrow(/settings\.invalid.*HOLDFAST_DATA/)
  })

  test('says what to do when its user has no name', async () => {
    const at = path.join(parent, 'nameless')
    mkdirSync(at)
    chmodSync(at, 0o777)
    await expect(hold({ as: { uid: 54_321, gid: 54_321 } }, at)).rejects.toThrow(/settings\.invalid.*54321/)
    expect(readdirSync(at)).toEqual([])
  })
})

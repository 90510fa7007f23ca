import { chmodSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ConnectionTest } from '@holdfast/shared-types'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestHub } from '../../../test/test-hub.ts'
import { silentLogger } from '../../platform/logging/logger.ts'
import { hubConditions } from './hub-conditions.ts'
import { runHealthChecks } from './run-health-checks.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await TestHub.start()
})
afterAll(() => hub.stop())

describe('health', () => {
  test('is told to everybody, with what was looked at', async () => {
    expect(await hub.json(fetch(`${hub.origin}/health/live`))).toEqual({ status: 'ok', checks: {} })
    for (const path of ['/health', '/health/ready'])
      expect(await hub.json(fetch(hub.origin + path))).toEqual({ status: 'ok', checks: { database: 'ok', store: 'ok' } })
  })

  test('fails with 503 when the store is gone, and comes back with it', async () => {
    const store = join(hub.dataDir, 'store')
    renameSync(store, `${store}.away`)
    const answer = await fetch(`${hub.origin}/health/ready`)
    expect([answer.status, await answer.json()]).toEqual([503, { status: 'failing', checks: { database: 'ok', store: 'failing' } }])
    renameSync(`${store}.away`, store)
    chmodSync(store, 0o700)
    expect((await fetch(`${hub.origin}/health/ready`)).status).toBe(200)
  })

  test('takes a check that does not come back for a failing one', async () => {
    const health = await runHealthChecks({ slow: () => sleep(1000), quick: async () => undefined }, silentLogger, 30)
    expect(health).toMatchObject({
      status: 'failing',
      checks: { slow: 'failing', quick: 'ok' },
      details: { slow: { status: 'failing', code: 'check.timed-out', params: { seconds: 0.03 } } },
    })
  })
})

describe('health for people who are signed in', () => {
  test('says why, how long it took, and how the log fares; nobody else is told', async () => {
    type Answer = { status: string; details?: { version: string; uptimeMs: number; checks: Record<string, Record<string, unknown>> } }
    const { details } = await hub.json<Answer>(hub.get('/health'))
    expect(details).toMatchObject({ version: '0.1.0', checks: { database: { status: 'ok', message: null }, store: { status: 'ok' } } })
    expect(details?.checks['store']?.['latencyMs']).toEqual(expect.any(Number))
    const agent = await hub.enrol()
    expect(await hub.json<Answer>(agent.call('/health'))).not.toHaveProperty('details')
    expect(await hub.json<Answer>(hub.get('/health', 'holdfast=wrong'))).not.toHaveProperty('details')
    expect(await hub.json<Answer>(fetch(`${hub.origin}/health`, { headers: { authorization: 'Bearer nonsense' } }))).not.toHaveProperty(
      'details',
    )
    const store = join(hub.dataDir, 'store')
    renameSync(store, `${store}.away`)
    const failing = await hub.get('/health')
    renameSync(`${store}.away`, store)
    expect([failing.status, await failing.json()]).toMatchObject([
      503,
      {
        details: {
          checks: { store: { status: 'failing', code: 'store.not-mounted', params: { folder: expect.stringContaining(store) as string } } },
        },
      },
    ])
  })

  test('tells of a log that cannot be written and of a certificate that ends, without failing', () => {
    const now = Date.UTC(2026, 10, 21)
    const state = { place: 'temporary', path: '/tmp/x/hub.log', problem: 'ENOSPC' } as const
    const unknown = { newestAtMs: () => undefined }
    const untaken = () => []
    expect(hubConditions({ logFile: { state }, certificate: null, disks: () => [], selfBackup: unknown, untaken }, now)).toEqual({
      logs: {
        status: 'warning',
        latencyMs: null,
        code: 'log.elsewhere',
        params: { problem: 'ENOSPC', path: '/tmp/x/hub.log' },
        message: expect.stringContaining('ENOSPC') as string,
        cure: expect.any(String) as string,
      },
    })
    const certificate = (validToMs: number) =>
      hubConditions(
        { logFile: null, certificate: { state: { validToMs, problem: null } }, disks: () => [], selfBackup: unknown, untaken },
        now,
      )['certificate']
    expect(certificate(now - 1)).toMatchObject({ status: 'warning', code: 'certificate.expired', params: { validToMs: now - 1 } })
    expect(certificate(now + 86_400_000)).toMatchObject({ status: 'warning' })
    expect(certificate(now + 90 * 86_400_000)).toMatchObject({ status: 'ok' })
  })

  test('tells how old the hub\u2019s newest backup of itself is, and of a vault that is not tidied up', () => {
    const now = Date.UTC(2026, 10, 21)
    const told = (newestMs: number | null) =>
      hubConditions(
        { logFile: null, certificate: null, disks: () => [], selfBackup: { newestAtMs: () => newestMs }, untaken: () => [] },
        now,
      )['selfBackup']
    expect(told(now - 2 * 86_400_000)).toMatchObject({ status: 'ok', code: 'self-backup.made', params: { newestMs: now - 2 * 86_400_000 } })
    expect(told(now - 4 * 86_400_000)).toMatchObject({ status: 'warning', code: 'self-backup.old' })
    expect(told(null)).toMatchObject({ status: 'warning', code: 'self-backup.missing' })
    const selfBackup = { newestAtMs: () => undefined }
    const untaken = () => [{ vault: 'Office', objects: 3 }]
    expect(hubConditions({ logFile: null, certificate: null, disks: () => [], selfBackup, untaken }, now)['tidying']).toMatchObject({
      status: 'warning',
      code: 'tidying.stopped',
      params: { vault: 'Office', objects: 3 },
    })
  })
})

test('a hub whose log cannot be written serves on, and says so to who is signed in', async () => {
  const state = { place: 'temporary', path: '/tmp/holdfast-logs-x/hub.log', problem: 'ENOSPC' } as const
  const other = await TestHub.start({ logFile: { state } })
  try {
    const health = await other.get('/health')
    expect([health.status, await health.json()]).toMatchObject([
      200,
      { status: 'ok', details: { checks: { logs: { status: 'warning', message: expect.stringContaining('ENOSPC') as string } } } },
    ])
  } finally {
    await other.stop()
  }
})

describe('a test of the connections', () => {
  const steps = ({ steps: all }: ConnectionTest) => all.map(({ name, ok }) => `${name} ${ok}`)

  test('of the store writes, reads, lists and deletes, and leaves nothing', async () => {
    const result = await hub.json<ConnectionTest>(hub.post('/api/v1/system/test-store', {}))
    expect(steps(result)).toEqual(['write true', 'read true', 'list true', 'delete true', 'free-space true'])
    expect(result).toMatchObject({ ok: true, freeBytes: expect.any(Number) as number })
    expect(result.freeBytes).toBeGreaterThan(1_000_000)
    const [vault = ''] = readdirSync(join(hub.dataDir, 'store'))
    expect(
      readdirSync(join(hub.dataDir, 'store', vault), { recursive: true }).filter((name) => /connection-test\/./.test(String(name))),
    ).toEqual([])
    expect(await hub.hub.admin('fsck', { readData: false })).toMatchObject({ ok: true, problems: [] })
  })

  test('names the step that fails, and what to do', async () => {
    const [vault = ''] = readdirSync(join(hub.dataDir, 'store'))
    const folder = join(hub.dataDir, 'store', vault)
    // A file where a folder has to be: what a store with the wrong rights says as well, also to root.
    rmSync(join(folder, 'connection-test'), { recursive: true, force: true })
    writeFileSync(join(folder, 'connection-test'), '')
    const result = await hub.json<ConnectionTest>(hub.post('/api/v1/system/test-store', {}))
    expect(result.ok).toBe(false)
    expect(result.steps).toMatchObject([
      { name: 'write', ok: false, error: { code: 'store.unavailable', cure: expect.any(String) as string } },
    ])
    rmSync(join(folder, 'connection-test'))
    renameSync(folder, `${folder}.away`)
    const missing = await hub.json<ConnectionTest>(hub.post('/api/v1/system/test-store', {}))
    renameSync(`${folder}.away`, folder)
    expect(missing.steps).toMatchObject([{ error: { code: 'store.unavailable', message: expect.stringContaining(folder) as string } }])
    expect((await hub.json<ConnectionTest>(hub.post('/api/v1/system/test-store', { vaultId: vault }))).ok).toBe(true)
    expect(await hub.refusal(hub.post('/api/v1/system/test-store', { vaultId: crypto.randomUUID() }))).toEqual([404, 'vault.not-found'])
  })

  test('of the database says its version, and leaves nothing', async () => {
    const result = await hub.json<ConnectionTest>(hub.post('/api/v1/system/test-database', {}))
    expect(steps(result)).toEqual(['connect true', 'write true', 'read true'])
    expect(result.version).toMatch(/^\d+/)
    expect(await hub.sql(`select 1 from pg_class where relname = 'holdfast_connection_test'`)).toEqual([])
  })

  test('is for people alone', async () => {
    const agent = await hub.enrol()
    for (const what of ['test-store', 'test-database'])
      expect(await hub.refusal(agent.call(`/api/v1/system/${what}`, { method: 'POST', body: '{}' }))).toEqual([403, 'access.denied'])
  })
})

describe('hub facts', () => {
  test('say who the hub is, for good', async () => {
    const before = await hub.json<{ hubId: string; vaultsWithoutRecoveryKey: string[] }>(hub.get('/api/v1/system'))
    expect(before).toMatchObject({ hubId: hub.hub.hubId, firstRun: true, version: '0.1.0' })
    expect(before.vaultsWithoutRecoveryKey).toHaveLength(1)
    await hub.hub.close()
    await hub.open()
    expect(await hub.json(hub.get('/api/v1/system'))).toMatchObject({ hubId: before.hubId })
    expect(await hub.hub.admin('status', {})).toMatchObject({ hubId: before.hubId, origin: hub.origin })
  })

  test('a second hub on the same database is refused', async () => {
    await expect(hub.open()).rejects.toMatchObject({ code: 'hub.already-running' })
  })
})

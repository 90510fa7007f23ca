import { chmodSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestHub } from '../../../test/test-hub.ts'
import { silentLogger } from '../../platform/logging/logger.ts'
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
    expect(health).toEqual({ status: 'failing', checks: { slow: 'failing', quick: 'ok' } })
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

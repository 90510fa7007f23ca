import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type Page } from '@playwright/test'
import type { Stack } from '../stack/start-stack.ts'

export interface Facts {
  readonly deviceId: string
  readonly planId: string
  readonly vaultId: string
  readonly goodRunId: string
  readonly failedRunId: string
  readonly snapshotId: string
  readonly home: string
}

/** A small household: a plan with two good backups, a run that failed, another person, a token. */
export async function furnish(stack: Stack, page: Page): Promise<Facts> {
  const call = async <T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH', path: string, data?: object): Promise<T> => {
    const answer = await page.request.fetch(`${stack.origin}/api/v1${path}`, { method, ...(data === undefined ? {} : { data }) })
    expect(answer.ok(), `${method} ${path}: ${await answer.text()}`).toBe(true)
    return (await answer.json()) as T
  }
  const home = join(stack.folder, 'home', 'ada')
  for (const folder of ['Documents', 'Photos', 'Projects/website']) {
    mkdirSync(join(home, folder), { recursive: true })
    for (let file = 1; file <= 40; file += 1)
      writeFileSync(join(home, folder, `item ${file}.txt`), `${folder} ${file}\n`.repeat(400 * file))
  }
  const { items } = await call<{ items: { id: string }[] }>('GET', '/devices')
  const deviceId = items[0]?.id ?? ''
  const order = { agentId: deviceId, name: 'Home of Ada', sources: [{ path: home }], exclude: ['node_modules/'] }
  const { id: planId } = await call<{ id: string }>('POST', '/plans', order)
  await call('PATCH', `/devices/${deviceId}`, { tags: ['office', 'ssd'] })
  const gone = join(stack.folder, 'gone')
  mkdirSync(gone)
  const broken = { ...order, name: 'External disk', sources: [{ path: gone }], retries: { count: 0, firstDelayMs: 1000 } }
  const { id: brokenPlanId } = await call<{ id: string }>('POST', '/plans', broken)
  rmSync(gone, { recursive: true })
  const { runId: goodRunId, snapshotId } = await stack.holdfast<{ runId: string; snapshotId: string }>(['backup', '--plan', 'Home of Ada'])
  writeFileSync(join(home, 'Documents', 'new.txt'), 'new')
  await stack.holdfast(['backup', '--plan', 'Home of Ada'])
  const { id: failedRunId } = await call<{ id: string }>('POST', `/plans/${brokenPlanId}/runs`, {})
  await expect.poll(async () => (await call<{ state: string }>('GET', `/runs/${failedRunId}`)).state, { timeout: 30_000 }).toBe('failed')
  await call('POST', '/users', { name: 'Grace Hopper', email: 'grace@example.org', role: 'operator' })
  await call('POST', '/me/tokens', { name: 'monitoring', scope: 'read' })
  await call('PUT', '/me/credentials', { name: 'Ada Lovelace', email: 'ada@example.org', password: 'correct horse battery' })
  const vaults = await call<{ items: { id: string }[] }>('GET', '/vaults')
  return { deviceId, planId, vaultId: vaults.items[0]?.id ?? '', goodRunId, failedRunId, snapshotId, home }
}

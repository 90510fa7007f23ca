import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import type { HostPage, Measurement, Statistics } from '@holdfast/shared-types'
import type { BackupDocument } from '../stack/json-documents.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'

let stack: Stack
test.beforeAll(async () => {
  stack = await startStack()
})
test.afterAll(() => stack.stop())

test('a person sees the folders of a device and the size of a scope, and the backup holds just that', async ({ request }) => {
  const api = `${stack.origin}/api/v1`
  const signedIn = await request.post(`${api}/sign-in/link`, { data: { token: new URL(stack.signInLink).hash.slice('#token='.length) } })
  expect(signedIn.ok()).toBe(true)
  const source = join(stack.folder, 'source')
  mkdirSync(join(source, 'node_modules'), { recursive: true })
  writeFileSync(join(source, 'kept'), 'x'.repeat(2_000))
  writeFileSync(join(source, 'node_modules', 'large'), 'x'.repeat(50_000))

  const { agentId } = await stack.holdfast<{ agentId: string }>(['status'])
  const host = `${api}/devices/${agentId}/host`
  const listed = (await (await request.get(`${host}/entries?path=${encodeURIComponent(stack.folder)}`)).json()) as HostPage
  // All of `data` is Holdfast's own: the hub's database and vault, and the agent's state.
  expect(listed.items.map(({ name, own }) => `${name} ${own}`)).toEqual(['data true', 'source false'])
  const missing = await request.get(`${host}/entries?path=/no/such/folder`)
  expect([missing.status(), ((await missing.json()) as { code: string }).code]).toEqual([404, 'source.not-found'])

  const rules = { sources: [{ path: source }], exclude: ['node_modules/'] }
  const started = (await (await request.post(`${host}/measurements`, { data: rules })).json()) as Measurement
  const measurement = async (): Promise<Measurement> =>
    (await (await request.get(`${host}/measurements/${started.id}`)).json()) as Measurement
  await expect.poll(async () => (await measurement()).state).toBe('done')
  const { sample } = await measurement()
  expect(sample?.largestLeftOut).toEqual([{ path: join(source, 'node_modules'), type: 'folder', files: 1, bytes: 50_000, isWhole: true }])
  const backup = await stack.holdfast<BackupDocument>(['backup', source, '--exclude', 'node_modules/'])
  expect([sample?.files, sample?.bytes]).toEqual([backup.files, backup.bytes])

  const statistics = (await (await request.get(`${api}/devices/${agentId}/statistics`)).json()) as Statistics
  expect(statistics).toMatchObject({ snapshots: { count: 1 }, lastSuccesses: [{ sources: [{ path: source }], hadWarnings: false }] })
  expect(statistics.kinds.find(({ kind }) => kind === 'backup')?.last24Hours.succeeded).toBe(1)
  // Yesterday's, where it has just become tomorrow.
  expect(statistics.days.slice(-2).reduce((sum, { backups }) => sum + backups, 0)).toBe(1)

  await stack.agent().stop()
  const offline = await request.get(`${host}/entries`)
  expect([offline.status(), ((await offline.json()) as { code: string }).code]).toEqual([503, 'agent.offline'])
})

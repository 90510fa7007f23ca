import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MeasurementId, type BackupResult, type HostPage, type MeasurementRequest, type MeasurementSample } from '@holdfast/shared-types'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startLinkedDevice, stopLinkedDevice } from '../../test/a-linked-device.ts'
import type { TestAgent, TestFolder } from '../../test/an-agent.ts'
import { endOf } from '../../test/a-run.ts'
import type { FakeHub, Report } from '../../test/fake-hub.ts'
import type { AgentService } from '../service/agent-service.ts'
import { FolderReader } from './folder-reader.ts'

let hub: FakeHub
let folder: TestFolder
let device: TestAgent
let service: AgentService
let sources: string

beforeEach(async () => {
  ;({ hub, folder, device, service, sources } = await startLinkedDevice())
  hub.handlers.set('host.measured', () => ({ goOn: true }))
})
afterEach(() => stopLinkedDevice({ hub, folder, service }))

const list = (path: string | null, after: string | null = null) =>
  hub.command('host.list', { path: path === null ? null : { path }, after, limit: 100 })
const measure = async (request: MeasurementRequest) => {
  const measurementId = MeasurementId.parse(randomUUID())
  return { measurementId, ack: await hub.command('host.measure', { measurementId, request }) }
}
const told = (measurementId: string): Report[] => hub.reports('host.measured').filter(({ body }) => body['measurementId'] === measurementId)
const lastSample = async (measurementId: string): Promise<MeasurementSample> =>
  hub.until(() => {
    const sample = told(measurementId).at(-1)?.body['sample'] as MeasurementSample | null | undefined
    return sample?.phase === 'done' ? sample : null
  }, 'the last figures')

describe('folders of the device', () => {
  test('are listed over the link as they are now, and its own state is marked', async () => {
    writeFileSync(join(sources, 'note'), '123')
    const answer = await list(folder.path)
    expect(answer).toMatchObject({ ok: true })
    const { items } = (answer as { body: HostPage }).body
    expect(items.map(({ name, own }) => `${name} ${own}`)).toEqual(['sources false', 'state true'])
    writeFileSync(join(sources, 'another'), '1')
    expect(await list(sources)).toMatchObject({ body: { items: [{ name: 'another' }, { name: 'note', size: 3 }] } })
    expect(hub.hellos[0]?.capabilities).toEqual([
      'backup',
      'restore',
      'verify',
      'run.pause',
      'host.list',
      'host.measure',
      'device.set-limits',
      'vault.private',
    ])
  })

  test('that cannot be listed are told with a code and a cure', async () => {
    expect(await list(join(sources, 'missing'))).toMatchObject({ ok: false, error: { code: 'source.not-found' } })
    expect(await list('relative')).toMatchObject({ ok: false, error: { code: 'request.invalid' } })
    expect(await list(null)).toMatchObject({ ok: true, body: { items: [{ name: '/' }] } })
  })
})

test('a file system that does not answer ends the question, not the agent, and those that hang are counted', async () => {
  const reader = new FolderReader({ deadlineMs: 3000 })
  const order = { path: Buffer.from(sources), after: null, limit: 10, ownPlaces: [] }
  try {
    await reader.list(order)
    const [pid = 0] = reader.pids
    // A stopped process does exactly what one does that waits in the kernel for a server: nothing.
    execFileSync('kill', ['-STOP', String(pid)])
    await expect(reader.list(order)).rejects.toMatchObject({ code: 'host.not-answering' })
    expect(await reader.list(order)).toMatchObject({ total: 0 })
    await expect.poll(() => reader.pids.includes(pid)).toBe(false)
  } finally {
    reader.close()
  }
  await expect(reader.list(order)).rejects.toMatchObject({ code: 'agent.busy' })
})

test('four questions are asked at once; one more is told to come again, and their processes serve the next ones', async () => {
  const reader = new FolderReader({ deadlineMs: 30_000, idleMs: 5_000 })
  const order = { path: Buffer.from(sources), after: null, limit: 10, ownPlaces: [] }
  const asked = Array.from({ length: 4 }, () => reader.list(order))
  await expect(reader.list(order)).rejects.toMatchObject({ code: 'agent.busy' })
  expect(await Promise.all(asked)).toHaveLength(4)
  const { pids } = reader
  expect(pids).toHaveLength(4)
  await reader.list(order)
  expect(reader.pids).toEqual(pids)
  // Nobody browses any more: an idle agent is a small one.
  await expect.poll(() => reader.pids, { timeout: 40_000 }).toEqual([])
  reader.close()
})

describe('measuring', () => {
  const tree = (): void => {
    for (const [path, bytes] of [
      ['a/one', 1000],
      ['a/two.tmp', 5000],
      ['b/cache/large', 70_000],
      ['b/cache/deep/larger', 80_000],
      ['b/three', 300],
    ] as const) {
      mkdirSync(join(sources, path, '..'), { recursive: true })
      writeFileSync(join(sources, path), Buffer.alloc(bytes, 7))
    }
  }

  test('counts exactly what a backup with the same rules holds, and shows the largest of what it leaves out', async () => {
    tree()
    const rules = { sources: [{ path: sources }], exclude: ['*.tmp', 'cache/'] }
    const { measurementId, ack } = await measure(rules)
    expect(ack).toEqual({ ok: true, body: {} })
    const sample = await lastSample(measurementId)
    const runId = await hub.begin({ kind: 'backup', vaultId: hub.vault.vaultId, full: true, ...rules })
    const { files, folders, bytes, leftOut } = (await endOf(hub, runId)).body['result'] as BackupResult
    expect(sample).toMatchObject({ files, folders, bytes, leftOut, problems: 0 })
    expect({ files, bytes }).toEqual({ files: 2, bytes: 1300 })
    expect(sample.largestLeftOut).toEqual([
      { path: join(sources, 'b/cache'), type: 'folder', files: 2, bytes: 150_000, isWhole: true },
      { path: join(sources, 'a/two.tmp'), type: 'file', files: 1, bytes: 5000, isWhole: true },
    ])
    await expect.poll(() => service.desk.isIdle).toBe(true)
  })

  test('a rule that is wrong, and a source that is not there, are told', async () => {
    const wrong = await measure({ sources: [{ path: sources }], presets: ['no-such-preset'] })
    await hub.until(() => told(wrong.measurementId)[0], 'a refusal')
    expect(told(wrong.measurementId)[0]?.body).toMatchObject({ sample: null, error: { code: 'request.invalid' } })
    const missing = await measure({ sources: [{ path: join(sources, 'missing') }] })
    expect(await lastSample(missing.measurementId)).toMatchObject({ files: 0, problems: 1 })
  })

  test('tells at most four times a second, two are counted at once, and a stop or a lost link ends them', async () => {
    const large = { sources: [{ path: '/usr' }, { path: '/proc/self/net' }, { path: '/var' }] }
    const first = await measure(large)
    const second = await measure(large)
    expect((await measure(large)).ack).toMatchObject({ ok: false, error: { code: 'measurement.too-many' } })
    expect(await hub.command('host.stop-measuring', { measurementId: first.measurementId })).toMatchObject({ body: { known: true } })
    expect(await hub.command('host.stop-measuring', { measurementId: first.measurementId })).toMatchObject({ body: { known: false } })
    const third = await measure(large)
    expect(third.ack).toMatchObject({ ok: true })
    await hub.until(() => told(second.measurementId).length >= 2, 'two figures', 60_000)
    const [one, two] = told(second.measurementId).map(({ body }) => (body['sample'] as MeasurementSample).elapsedMs)
    expect((two ?? 0) - (one ?? 0)).toBeGreaterThanOrEqual(245)
    hub.cut()
    await service.link.whenConnected()
    await hub.until(() => hub.linkCount === 1 && hub.hellos.length === 2, 'the next link')
    const soFar = hub.reports('host.measured').length
    // Both places are free again, for nobody heard them any more.
    const fourth = await measure(large)
    const fifth = await measure(large)
    expect([fourth.ack, fifth.ack]).toMatchObject([{ ok: true }, { ok: true }])
    expect(
      hub
        .reports('host.measured')
        .slice(soFar)
        .every(({ body }) => body['measurementId'] === fourth.measurementId || body['measurementId'] === fifth.measurementId),
    ).toBe(true)
  })

  test('ends when the hub does not want its figures', async () => {
    hub.handlers.set('host.measured', () => ({ goOn: false }))
    const { measurementId } = await measure({ sources: [{ path: '/usr' }] })
    await hub.until(() => told(measurementId).length === 1, 'figures')
    // Longer than to the next figures.
    await sleep(600)
    expect(await hub.command('host.stop-measuring', { measurementId })).toMatchObject({ body: { known: false } })
    expect(told(measurementId)).toHaveLength(1)
    expect(device.agent.identity.name).toBe('test-device')
  })
})

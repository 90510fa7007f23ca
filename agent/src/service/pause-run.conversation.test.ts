import { mkdirSync, readdirSync, readlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { RunId, RunProgressSample, RunRequest } from '@holdfast/shared-types'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startLinkedDevice, stopLinkedDevice } from '../../test/a-linked-device.ts'
import { aBackupOf, endOf, makeTree, snapshotOf } from '../../test/a-run.ts'
import type { TestFolder } from '../../test/an-agent.ts'
import type { FakeHub } from '../../test/fake-hub.ts'
import type { AgentService } from './agent-service.ts'

process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'holdfast-test-compile-cache')

let hub: FakeHub
let folder: TestFolder
let service: AgentService
let sources: string

beforeEach(async () => {
  ;({ hub, folder, service, sources } = await startLinkedDevice())
  makeTree(sources)
})
afterEach(() => stopLinkedDevice({ hub, folder, service }))

const leaseMs = 400
const pause = (runId: RunId, isPaused: boolean): Promise<unknown> => hub.command('run.pause', { runId, fence: 1, isPaused })
const told = (runId: RunId): { sample: RunProgressSample; isPaused: boolean }[] =>
  hub
    .reports('run.progress')
    .filter(({ body }) => body['runId'] === runId)
    .map(({ body }) => body as never)
const isEnded = (runId: RunId): boolean => hub.reports('run.finished').some(({ body }) => body['runId'] === runId)

async function aRestore(): Promise<RunRequest> {
  const runId = await hub.begin(aBackupOf(hub, sources))
  const target = join(folder.path, 'target')
  mkdirSync(target)
  return { kind: 'restore', snapshotId: snapshotOf(await endOf(hub, runId)), target: { path: target }, flat: false, paths: [] }
}
async function aVerification(): Promise<RunRequest> {
  const runId = await hub.begin(aBackupOf(hub, sources))
  return { kind: 'verify', snapshotId: snapshotOf(await endOf(hub, runId)) }
}

describe.each([
  ['backup', () => Promise.resolve(aBackupOf(hub, sources))],
  ['restore', aRestore],
  ['verification', aVerification],
] as const)('a %s', (_, make) => {
  test('rests when told to, says so as long as it does, and ends whole when told to go on', async () => {
    const runId = await hub.begin(await make(), { leaseMs })
    expect(await pause(runId, true)).toEqual({ ok: true, body: { known: true } })
    // What was in hand is brought to its end, however slow the machine is; then nothing moves.
    const resting = await hub.until(() => {
      const last = told(runId).slice(-6)
      const isStill = last.length === 6 && last.every(({ isPaused, sample }) => isPaused && sample.filesDone === last[0]?.sample.filesDone)
      return isStill ? last[0] : null
    }, 'reports that it rests')
    const count = told(runId).length
    await sleep(1_000)
    await hub.until(() => told(runId).length > count, 'one more report')
    expect(isEnded(runId)).toBe(false)
    expect(told(runId).at(-1)).toMatchObject({ isPaused: true, sample: { filesDone: resting.sample.filesDone } })
    expect(await pause(runId, false)).toEqual({ ok: true, body: { known: true } })
    expect((await endOf(hub, runId)).body).toMatchObject({ outcome: 'succeeded', warningCount: 0 })
    expect(told(runId).at(-1)).toMatchObject({ isPaused: false })
  })

  test('that rests is cancelled within seconds', async () => {
    const runId = await hub.begin(await make(), { leaseMs })
    await pause(runId, true)
    await hub.until(() => told(runId).some(({ isPaused }) => isPaused), 'a report that it rests')
    const cancelledAtMs = performance.now()
    await hub.command('run.cancel', { runId, fence: 1 })
    expect((await endOf(hub, runId)).body).toMatchObject({ outcome: 'cancelled' })
    expect(performance.now() - cancelledAtMs).toBeLessThan(5_000)
  })
})

test('a run that is not in hand, or of another fence, is not known', async () => {
  const runId = await hub.begin(aBackupOf(hub, sources))
  expect(await hub.command('run.pause', { runId, fence: 2, isPaused: true })).toEqual({ ok: true, body: { known: false } })
  await endOf(hub, runId)
  await hub.until(() => service.desk.isIdle, 'an idle desk')
  expect(await pause(runId, true)).toEqual({ ok: true, body: { known: false } })
})

/** What this process has open of what is backed up, of what is restored and of catalogues; and `/`, where every walk begins. */
const open = (): string[] => {
  const places = ['sources', 'target', 'state/catalogue'].map((name) => join(folder.path, name))
  return readdirSync('/proc/self/fd')
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`)
      } catch {
        return ''
      }
    })
    .filter((path) => path === '/' || places.some((place) => path.startsWith(place)))
}

// Linux alone tells in /proc what a process has open.
test.runIf(process.platform === 'linux').each([
  ['backup', 'sources', () => Promise.resolve(aBackupOf(hub, sources))],
  ['restore', 'target', aRestore],
] as const)('a %s whose thread is ended hard leaves nothing open', async (_, place, make) => {
  const request = await make()
  await hub.until(() => service.desk.isIdle, 'an idle desk')
  await expect.poll(open).toEqual([])
  using messages = vi.spyOn(Worker.prototype, 'postMessage')
  const runId = await hub.begin(request)
  await pause(runId, true)
  // By the native door, and by Node.
  await expect.poll(open).toContainEqual(expect.stringContaining(join(folder.path, place)))
  if (place === 'sources') await expect.poll(open).toContainEqual(expect.stringMatching(/catalogue\.new$/))
  await (messages.mock.contexts[0] as Worker).terminate()
  expect((await endOf(hub, runId)).body).toMatchObject({ outcome: 'failed', error: { code: 'internal' } })
  await expect.poll(open).toEqual([])
})

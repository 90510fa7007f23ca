import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, type LogLine, type Plan, type Run } from '@holdfast/shared-types'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FakeAgent } from '../../../test/fake-agent.ts'
import { TestHub } from '../../../test/test-hub.ts'

const leaseMs = 1500
let hub: TestHub
beforeAll(async () => {
  hub = await TestHub.start({ leaseMs })
})
afterAll(() => hub.stop())

const sample = (filesDone: number) => ({
  phase: 'scanning',
  filesDone,
  bytesDone: 1,
  filesTotal: null,
  bytesTotal: null,
  filesRead: 0,
  bytesRead: 0,
  bytesStored: 0,
  warnings: 0,
  currentPath: null,
  elapsedMs: filesDone,
})
async function begun(): Promise<{ agent: FakeAgent; run: Run; tell: (filesDone: number, isPaused?: boolean) => Promise<unknown> }> {
  const agent = await hub.enrol()
  await agent.link()
  const run = await hub.startRun(agent.agentId)
  await hub.expectState(run.id, 'running')
  const { runId, fence } = agent.offers.at(-1)!
  const tell = (filesDone: number, isPaused = false) => agent.send('run.progress', { runId, fence, sample: sample(filesDone), isPaused })
  return { agent, run, tell }
}
const pause = (run: Run): Promise<Response> => hub.post(`/api/v1/runs/${run.id}/pause`, {})
const resume = (run: Run): Promise<Response> => hub.post(`/api/v1/runs/${run.id}/resume`, {})

test('a run rests when its device has said so, and goes on', async () => {
  const { agent, run } = await begun()
  const paused = await hub.json<Run>(pause(run))
  expect(paused.state).toBe('running')
  expect(paused.pausedAtMs).not.toBeNull()
  expect(await hub.json<Run>(pause(run))).toEqual(paused)
  expect(await hub.json<Run>(resume(run))).toMatchObject({ state: 'running', pausedAtMs: null })
  expect(agent.pauses.map(({ isPaused }) => isPaused)).toEqual([true, true, false])
  const { items } = await hub.json<{ items: LogLine[] }>(hub.get(`/api/v1/runs/${run.id}/log`))
  expect(items.map(({ event }) => event)).toEqual(['run.paused', 'run.resumed'])
})

test('a run that rests keeps its lease as long as its device says so, and loses it with its silence', async () => {
  const { run, tell } = await begun()
  await tell(1)
  await hub.json(pause(run))
  for (let beat = 0; beat < 8; beat++) {
    await tell(1, true)
    await sleep(leaseMs / 4)
  }
  expect(await hub.run(run.id)).toMatchObject({ state: 'running' })
  await hub.expectState(run.id, 'expired')
})

test('what its device says stands, where an order or its answer was lost', async () => {
  const { run, tell } = await begun()
  await tell(1)
  await tell(2, true)
  expect((await hub.run(run.id)).pausedAtMs).not.toBeNull()
  await tell(3)
  expect((await hub.run(run.id)).pausedAtMs).toBeNull()
})

describe('is refused', () => {
  test('for a run that waits, has ended, or is unknown to its device', async () => {
    const { agent, run } = await begun()
    const waiting = await hub.startRun(agent.agentId)
    expect(await hub.refusal(pause(waiting))).toEqual([409, 'run.not-running'])
    agent.onPause = () => ({ known: false })
    expect(await hub.refusal(pause(run))).toEqual([409, 'run.not-running'])
    const { runId, fence } = agent.offers.at(-1)!
    await agent.send('run.finished', { runId, fence, outcome: 'failed', result: null, error: null, warnings: [], warningCount: 0 })
    expect(await hub.refusal(pause(run))).toEqual([409, 'run.already-finished'])
  })

  test('where the device is away, or is older than pausing', async () => {
    const { agent, run } = await begun()
    agent.onPause = () => new AppError('protocol.unsupported')
    expect((await hub.refusal(pause(run)))[1]).toBe('agent.outdated')
    agent.cut()
    await expect.poll(async () => (await hub.refusal(pause(run)))[1]).toBe('agent.offline')
    expect((await hub.run(run.id)).pausedAtMs).toBeNull()
  })
})

test('time that a run rests does not count against its plan', async () => {
  const timeoutMs = 4_000
  const agent = await hub.enrol()
  await agent.link()
  const order = { agentId: agent.agentId, name: 'Home', sources: [{ path: '/home' }], timeoutMs }
  const plan = await hub.json<Plan>(hub.post('/api/v1/plans', order))
  const run = await hub.json<Run>(hub.post(`/api/v1/plans/${plan.id}/runs`, {}))
  await hub.expectState(run.id, 'running')
  const { runId, fence } = agent.offers.at(-1)!
  await hub.json(pause(run))
  for (const endsAtMs = performance.now() + timeoutMs + 500; performance.now() < endsAtMs; await sleep(leaseMs / 8))
    await agent.send('run.progress', { runId, fence, sample: sample(1), isPaused: true })
  expect([agent.cancels, (await hub.run(run.id)).state]).toEqual([[], 'running'])
  await hub.json(resume(run))
  // Alive until its time is up.
  for (let step = 2; agent.cancels.length === 0 && step < 100; step++) {
    await agent.send('run.progress', { runId, fence, sample: sample(step), isPaused: false })
    await sleep(leaseMs / 8)
  }
  expect(agent.cancels).toHaveLength(1)
})

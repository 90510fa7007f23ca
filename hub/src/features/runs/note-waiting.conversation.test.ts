import { setTimeout as sleep } from 'node:timers/promises'
import type { Plan, Run } from '@holdfast/shared-types'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FakeAgent } from '../../../test/fake-agent.ts'
import { TestHub } from '../../../test/test-hub.ts'

const leaseMs = 1500
let hub: TestHub
beforeAll(async () => {
  hub = await TestHub.start({ leaseMs })
})
afterAll(() => hub.stop())

const sample = (filesDone: number) => ({
  phase: 'transferring',
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

interface Begun {
  readonly agent: FakeAgent
  readonly run: Run
  readonly tell: (filesDone: number, waitsFor?: string) => Promise<unknown>
}
async function begun(ask?: (agent: FakeAgent) => Promise<Run>): Promise<Begun> {
  const agent = await hub.enrol()
  await agent.link()
  const run = await (ask?.(agent) ?? hub.startRun(agent.agentId))
  await hub.expectState(run.id, 'running')
  const { runId, fence } = agent.offers.at(-1)!
  const tell = (filesDone: number, waitsFor?: string) =>
    agent.send('run.progress', { runId, fence, sample: sample(filesDone), ...(waitsFor === undefined ? {} : { waitsFor }) })
  return { agent, run, tell }
}
/** As browsers are told. */
const toldOf = async (run: Run): Promise<(string | null)[]> => {
  const rows = await hub.sql<{ code: string | null }>(
    `select body -> 'waitsFor' ->> 'code' as code from live_event where topic = 'runs' and body ->> 'id' = '${run.id}' order by seq`,
  )
  return rows.map(({ code }) => code)
}

test('what a run waits for is shown in every look at it, and told to browsers when it changes', async () => {
  const { run, tell } = await begun()
  await tell(1)
  expect((await hub.run(run.id)).waitsFor).toBeNull()
  for (const code of ['store.full', 'store.full', 'store.unavailable']) await tell(1, code)
  const { waitsFor } = await hub.run(run.id)
  expect(waitsFor).toEqual({ code: 'store.unavailable', sinceMs: expect.any(Number) as number })
  const { items } = await hub.json<{ items: Run[] }>(hub.get('/api/v1/runs'))
  expect(items.find(({ id }) => id === run.id)?.waitsFor).toEqual(waitsFor)
  await tell(2)
  expect((await hub.run(run.id)).waitsFor).toBeNull()
  expect((await toldOf(run)).slice(-3)).toEqual(['store.full', 'store.unavailable', null])
})

test('a hub that was started anew knows it with the next report', async () => {
  const { agent, run, tell } = await begun()
  await tell(1, 'store.full')
  await hub.hub.close()
  await hub.open()
  await agent.link([{ runId: run.id, fence: agent.offers.at(-1)!.fence, state: 'running' } as never])
  expect((await hub.run(run.id)).waitsFor).toBeNull()
  await tell(1, 'store.full')
  expect((await hub.run(run.id)).waitsFor).toMatchObject({ code: 'store.full' })
})

test('a run that waits keeps its lease as long as its device says so, and loses it with its silence', async () => {
  const { run, tell } = await begun()
  for (let beat = 0; beat < 8; beat++) {
    await tell(1, 'store.full')
    await sleep(leaseMs / 4)
  }
  expect(await hub.run(run.id)).toMatchObject({ state: 'running', waitsFor: { code: 'store.full' } })
  await hub.expectState(run.id, 'expired')
  expect((await hub.run(run.id)).waitsFor).toBeNull()
})

test('its time limit runs on: a plan that gives it so long does not wait for ever', async () => {
  const { agent, run, tell } = await begun(async ({ agentId }) => {
    const order = { agentId, name: 'Home', sources: [{ path: '/home' }], timeoutMs: 2_000 }
    const plan = await hub.json<Plan>(hub.post('/api/v1/plans', order))
    return hub.json<Run>(hub.post(`/api/v1/plans/${plan.id}/runs`, {}))
  })
  for (let beat = 0; agent.cancels.length === 0 && beat < 100; beat++) {
    await tell(1, 'store.full')
    await sleep(leaseMs / 8)
  }
  const { runId, fence } = agent.offers.at(-1)!
  await agent.send('run.finished', { runId, fence, outcome: 'cancelled', result: null, error: null, warnings: [], warningCount: 0 })
  expect(await hub.run(run.id)).toMatchObject({ state: 'failed', error: { code: 'run.timed-out' } })
})

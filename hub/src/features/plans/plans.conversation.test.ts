import { setTimeout as sleep } from 'node:timers/promises'
import type { LogLine, Plan, Run } from '@holdfast/shared-types'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { commitSnapshot } from '../../../test/commit-snapshot.ts'
import type { FakeAgent } from '../../../test/fake-agent.ts'
import { changeOf } from '../../../test/plan-change.ts'
import { TestHub } from '../../../test/test-hub.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await TestHub.start()
})
afterAll(() => hub.stop())

const linkedAgent = async (): Promise<FakeAgent> => {
  const agent = await hub.enrol()
  await agent.link()
  return agent
}
const makePlan = (agent: FakeAgent, change: object = {}): Promise<Plan> =>
  hub.json<Plan>(hub.post('/api/v1/plans', { agentId: agent.agentId, name: 'Home', sources: [{ path: '/home' }], ...change }))
const runPlan = ({ id }: Plan): Promise<Run> => hub.json<Run>(hub.post(`/api/v1/plans/${id}/runs`, {}))
const planNow = ({ id }: Plan): Promise<Plan> => hub.json<Plan>(hub.get(`/api/v1/plans/${id}`))
const put = (plan: Plan, change: object): Promise<Response> =>
  hub.post(`/api/v1/plans/${plan.id}`, { ...changeOf(plan), ...change }, undefined, 'PUT')
const runsOf = async ({ id }: Plan): Promise<Run[]> => (await hub.json<{ items: Run[] }>(hub.get(`/api/v1/runs?planId=${id}`))).items

const failure = (code: string) => ({ code, message: 'It went wrong.', cure: 'Look.' })
const backupResult = (files: number, bytes: number) => ({
  kind: 'backup',
  backupKind: 'full',
  snapshotId: null,
  files,
  folders: 1,
  bytes,
  filesRead: files,
  bytesRead: bytes,
  bytesStored: 1,
  filesNew: 0,
  filesChanged: 0,
  filesUnchanged: 0,
})
/** The agent's last word on a run it was offered. */
async function finish(agent: FakeAgent, run: Run, end: object): Promise<Run> {
  await expect.poll(() => agent.offers.some((offer) => offer.runId === run.id)).toBe(true)
  const { runId, fence } = agent.offers.findLast((offer) => offer.runId === run.id)!
  await hub.expectState(run.id, 'running')
  const report = { runId, fence, outcome: 'succeeded', result: null, error: null, warnings: [], warningCount: 0, ...end }
  expect(await agent.send('run.finished', report)).toMatchObject({ ok: true })
  return hub.run(run.id)
}
async function backUp(agent: FakeAgent, plan: Plan, files: number, bytes: number): Promise<Run> {
  const run = await runPlan(plan)
  await hub.expectState(run.id, 'running')
  await commitSnapshot(hub, run, 'complete', { files, bytes })
  return finish(agent, run, { result: backupResult(files, bytes) })
}

test('a plan is made, listed, changed and removed; of two people who change it at once the second is told', async () => {
  const agent = await linkedAgent()
  const plan = await makePlan(agent, { exclude: ['*.tmp'] })
  expect(plan).toMatchObject({
    name: 'Home',
    exclude: ['*.tmp'],
    revision: 1,
    problem: null,
    lastRun: null,
    activeRun: null,
    isEnabled: true,
  })
  expect(await hub.json(hub.get(`/api/v1/plans?agentId=${agent.agentId}`))).toEqual({ items: [plan] })
  const changed = await hub.json<Plan>(put(plan, { name: 'Everything', timeoutMs: 60_000 }))
  expect(changed).toMatchObject({ name: 'Everything', timeoutMs: 60_000, revision: 2 })
  expect(await hub.refusal(put(plan, { name: 'Mine' }))).toEqual([409, 'plan.changed'])
  expect(await hub.refusal(hub.post('/api/v1/plans', { agentId: agent.agentId, name: 'Everything', sources: [{ path: '/x' }] }))).toEqual([
    409,
    'plan.name-taken',
  ])
  expect(await hub.json(hub.post(`/api/v1/plans/${plan.id}`, undefined, undefined, 'DELETE'))).toEqual({})
  expect(await hub.refusal(hub.get(`/api/v1/plans/${plan.id}`))).toEqual([404, 'plan.not-found'])
})

test.each([
  ['a relative source', { sources: [{ path: 'home' }] }],
  ['a preset of another system', { presets: ['windows-user'] }],
  ['a vault that is not the device’s', { vaultId: '8a1b6a51-3a55-4a3c-9b6a-0d2f1c9b7e11' }],
  ['no source', { sources: [] }],
  ['a name of blanks', { name: '  ' }],
])('%s is refused', async (_, change) => {
  const agent = await linkedAgent()
  const order = { agentId: agent.agentId, name: 'Home', sources: [{ path: '/home' }], ...change }
  expect(await hub.refusal(hub.post('/api/v1/plans', order))).toEqual([400, 'request.invalid'])
})

test('a device sees and runs its own plans, and no others; it makes none', async () => {
  const [own, other] = [await linkedAgent(), await linkedAgent()]
  const plan = await makePlan(own)
  expect(await hub.refusal(other.call(`/api/v1/plans/${plan.id}`))).toEqual([404, 'plan.not-found'])
  expect(await hub.refusal(other.call(`/api/v1/plans/${plan.id}/runs`, { method: 'POST', body: '{}' }))).toEqual([404, 'plan.not-found'])
  expect(await hub.json(other.call(`/api/v1/plans?agentId=${own.agentId}`))).toEqual({ items: [] })
  expect(await hub.json(own.call('/api/v1/plans'))).toEqual({ items: [plan] })
  const order = { agentId: own.agentId, name: 'Mine', sources: [{ path: '/x' }] }
  expect((await hub.refusal(own.call('/api/v1/plans', { method: 'POST', body: JSON.stringify(order) })))[0]).toBe(403)
  const run = await hub.json<Run>(own.call(`/api/v1/plans/${plan.id}/runs`, { method: 'POST', body: '{}' }))
  expect(run).toMatchObject({ planId: plan.id, planName: 'Home', requestedBy: 'laptop' })
})

test('a plan that cannot run says why, and does not', async () => {
  const agent = await linkedAgent()
  const plan = await hub.json<Plan>(put(await makePlan(agent), { isEnabled: false }))
  expect(plan.problem).toMatchObject({ code: 'plan.disabled' })
  expect(await hub.refusal(hub.post(`/api/v1/plans/${plan.id}/runs`, {}))).toEqual([409, 'plan.disabled'])
  await hub.sql('update agent set revoked_at = now() where id = $1', [agent.agentId])
  expect((await planNow(plan)).problem).toMatchObject({ code: 'agent.revoked' })
})

test('of one plan one run works and one waits, also when its sources were changed in between', async () => {
  const agent = await linkedAgent()
  const plan = await makePlan(agent)
  const first = await runPlan(plan)
  await hub.expectState(first.id, 'running')
  const changed = await hub.json<Plan>(put(plan, { sources: [{ path: '/srv' }] }))
  const second = await runPlan(changed)
  expect(await hub.refusal(hub.post(`/api/v1/plans/${plan.id}/runs`, {}))).toEqual([409, 'run.already-active'])
  await sleep(200)
  expect((await hub.run(second.id)).state).toBe('queued')
  expect(await planNow(plan)).toMatchObject({ activeRun: { id: first.id }, lastRun: null })
  await finish(agent, first, { outcome: 'failed', error: failure('store.full') })
  expect(await hub.expectState(second.id, 'running')).toMatchObject({ request: { sources: [{ path: '/srv' }] } })
  expect(agent.offers.at(-1)).toMatchObject({ plan: 'Home' })
  expect(await planNow(plan)).toMatchObject({ activeRun: { id: second.id }, lastRun: { id: first.id, state: 'failed' } })
})

test('a plan compresses fast unless it says otherwise, and its runs as it says', async () => {
  const agent = await linkedAgent()
  const plan = await makePlan(agent)
  expect(plan.compression).toBe('fast')
  const first = await runPlan(plan)
  await hub.expectState(first.id, 'running')
  // The usual is not said: a device of an earlier version refuses words that it does not know.
  expect(agent.offers.find(({ runId }) => runId === first.id)?.request).not.toHaveProperty('compression')
  const waiting = await runPlan(plan)
  const strong = await hub.json<Plan>(put(plan, { compression: 'strong' }))
  expect(strong).toMatchObject({ compression: 'strong', revision: 2 })
  expect((await hub.run(waiting.id)).request).toMatchObject({ compression: 'strong' })
  await finish(agent, first, { outcome: 'failed', error: failure('store.full') })
  await hub.expectState(waiting.id, 'running')
  expect(agent.offers.find(({ runId }) => runId === waiting.id)?.request).toMatchObject({ compression: 'strong' })

  const { compression: _, ...older } = changeOf(strong)
  const renamed = await hub.json<Plan>(hub.post(`/api/v1/plans/${plan.id}`, { ...older, name: 'Homes' }, undefined, 'PUT'))
  expect(renamed).toMatchObject({ name: 'Homes', compression: 'strong' })
  expect(await hub.refusal(put(renamed, { compression: 'brotli' }))).toEqual([400, 'request.invalid'])
  expect(await makePlan(agent, { name: 'Photos', compression: 'off' })).toMatchObject({ compression: 'off' })
})

test('a plan and a waiting run of before there was a choice compress fast', async () => {
  const agent = await hub.enrol()
  const plan = await makePlan(agent, { compression: 'off' })
  // As the migration finds it: without the column, and a run without the word.
  await hub.sql('update plan set compression = default where id = $1', [plan.id])
  expect(await planNow(plan)).toMatchObject({ compression: 'fast' })
  expect((await runPlan(plan)).request).not.toHaveProperty('compression')
})

test.each([
  ['off', 'off'],
  ['strong', 'strong'],
  ['fast', undefined],
  [undefined, undefined],
])('a backup without a plan that is asked for with compression %s is ordered with %s', async (compression, ordered) => {
  const agent = await hub.enrol()
  const order = { kind: 'backup', sources: [{ path: '/home' }], compression }
  const run = await hub.json<Run>(hub.post(`/api/v1/devices/${agent.agentId}/runs`, order))
  expect(run.request).toEqual({
    kind: 'backup',
    vaultId: expect.any(String) as string,
    sources: [{ path: '/home' }],
    full: false,
    ...(ordered === undefined ? {} : { compression: ordered }),
  })
})

test('a run that failed for a reason that may pass is tried again, later and later, as often as its plan says', async () => {
  const agent = await linkedAgent()
  const plan = await makePlan(agent, { retries: { count: 2, firstDelayMs: 1000 } })
  let run = await runPlan(plan)
  await finish(agent, run, { outcome: 'failed', error: failure('hub.unreachable') })
  for (const [attempt, delayMs] of [
    [2, 1000],
    [3, 2000],
  ] as const) {
    const [next] = await runsOf(plan)
    expect(next).toMatchObject({ attempt, state: 'queued', requestedBy: run.requestedBy, request: run.request })
    const ended = await hub.run(run.id)
    expect(next!.notBeforeMs! - ended.finishedAtMs!).toBeGreaterThanOrEqual(delayMs - 5)
    expect(next!.notBeforeMs! - ended.finishedAtMs!).toBeLessThan(delayMs + 900)
    const { items } = await hub.json<{ items: LogLine[] }>(hub.get(`/api/v1/runs/${run.id}/log`))
    expect(items.map(({ event }) => event)).toContain('run.retried')
    run = next!
    await hub.expectState(run.id, 'running')
    expect(Date.now()).toBeGreaterThanOrEqual(run.notBeforeMs! - 5)
    await finish(agent, run, { outcome: 'failed', error: failure('hub.unreachable') })
  }
  expect(await runsOf(plan)).toHaveLength(3)
  expect((await planNow(plan)).activeRun).toBeNull()
})

test.each([
  ['what only a person can mend', { outcome: 'failed', error: failure('store.full') }],
  ['a cancel', { outcome: 'cancelled' }],
])('%s is not tried again', async (_, end) => {
  const agent = await linkedAgent()
  const plan = await makePlan(agent, { retries: { count: 3, firstDelayMs: 1000 } })
  await finish(agent, await runPlan(plan), end)
  expect(await runsOf(plan)).toHaveLength(1)
})

test('who runs the plan while its retry waits gets that one, at once', async () => {
  const agent = await linkedAgent()
  const plan = await makePlan(agent, { retries: { count: 3, firstDelayMs: 3_600_000 } })
  await finish(agent, await runPlan(plan), { outcome: 'failed', error: failure('hub.unreachable') })
  const [retry] = await runsOf(plan)
  expect(retry!.notBeforeMs).not.toBeNull()
  expect((await runPlan(plan)).id).toBe(retry!.id)
  // Begun anew, with all of the plan's tries.
  expect(await hub.expectState(retry!.id, 'running')).toMatchObject({ notBeforeMs: null, attempt: 1 })
})

test('a run that takes longer than its plan allows is stopped, has failed, and is tried again', async () => {
  const agent = await linkedAgent()
  const plan = await makePlan(agent, { timeoutMs: 1000, retries: { count: 1, firstDelayMs: 3_600_000 } })
  const run = await runPlan(plan)
  await expect.poll(() => agent.cancels.some(({ runId }) => runId === run.id)).toBe(true)
  const ended = await finish(agent, run, { outcome: 'cancelled' })
  expect(ended).toMatchObject({ state: 'failed', error: { code: 'run.timed-out' } })
  expect((await runsOf(plan))[0]).toMatchObject({ attempt: 2, state: 'queued' })
})

test('a backup that is much smaller than the last good one is not green, until somebody accepts it', async () => {
  const agent = await linkedAgent()
  const plan = await makePlan(agent, { shrinkLimitPercent: 40 })
  expect(await backUp(agent, plan, 100, 1000)).toMatchObject({ state: 'succeeded' })
  expect((await planNow(plan)).lastSize).toEqual({ files: 100, bytes: 1000 })
  const shrunk = await backUp(agent, plan, 50, 1000)
  expect(shrunk).toMatchObject({ state: 'warning', error: { code: 'run.shrunk' } })
  expect(shrunk.error?.message).toContain('50 files')
  // The small one is no measure: else the second one would be green.
  expect(await backUp(agent, plan, 50, 1000)).toMatchObject({ state: 'warning' })
  expect(await backUp(agent, plan, 60, 600)).toMatchObject({ state: 'succeeded' })
  expect(await planNow(plan)).toMatchObject({ isShrunk: false })
  const small = await backUp(agent, plan, 10, 10)
  expect(small).toMatchObject({ state: 'warning' })
  const told = { isShrunk: true, lastRun: { error: { code: 'run.shrunk' }, warningCount: 0 }, lastGoodAtMs: small.finishedAtMs }
  expect(await planNow(plan)).toMatchObject(told)
  await finish(agent, await runPlan(plan), { outcome: 'cancelled' })
  expect(await planNow(plan), 'what was cancelled says nothing of it').toMatchObject(told)
  const unaccepted = await runPlan(plan)
  await hub.expectState(unaccepted.id, 'running')
  const accepted = { lastSize: { files: 10, bytes: 10 }, isShrunk: false }
  expect(await hub.json<Plan>(hub.post(`/api/v1/plans/${plan.id}/accept-size`, {}))).toMatchObject(accepted)
  await commitSnapshot(hub, unaccepted, 'complete', { files: 1, bytes: 1 })
  await finish(agent, unaccepted, { result: backupResult(1, 1) })
  expect(await planNow(plan), 'nobody had seen that one').toMatchObject({ isShrunk: true })
  const last = await backUp(agent, plan, 10, 10)
  expect(last).toMatchObject({ state: 'succeeded', error: null })
  await finish(agent, await runPlan(plan), { outcome: 'failed', error: failure('source.unreadable') })
  expect(await planNow(plan), 'what failed is no good run').toMatchObject({ lastRun: { state: 'failed' }, lastGoodAtMs: last.finishedAtMs })
})

test('with other sources the old size is no measure', async () => {
  const agent = await linkedAgent()
  const plan = await makePlan(agent)
  await backUp(agent, plan, 100, 1000)
  const changed = await hub.json<Plan>(put(await planNow(plan), { sources: [{ path: '/srv' }] }))
  expect(changed.lastSize).toBeNull()
  expect(await backUp(agent, changed, 1, 1)).toMatchObject({ state: 'succeeded' })
})

test('a plan that is removed takes its waiting run along, and leaves the others', async () => {
  const agent = await linkedAgent()
  const plan = await makePlan(agent)
  const working = await runPlan(plan)
  await hub.expectState(working.id, 'running')
  const waiting = await runPlan(plan)
  await hub.json(hub.post(`/api/v1/plans/${plan.id}`, undefined, undefined, 'DELETE'))
  expect(await hub.run(waiting.id)).toMatchObject({ state: 'cancelled', planId: null, planName: 'Home' })
  expect(await hub.run(working.id)).toMatchObject({ state: 'running', planId: null })
})

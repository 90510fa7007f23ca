import { setTimeout as sleep } from 'node:timers/promises'
import type { Plan, Run } from '@holdfast/shared-types'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { commitSnapshot } from '../../../test/commit-snapshot.ts'
import type { FakeAgent } from '../../../test/fake-agent.ts'
import { changeOf } from '../../../test/plan-change.ts'
import { TestHub } from '../../../test/test-hub.ts'

/*
 * What a plan's runs, retries and changes do to one another when they come at the same moment, or in an order that nobody meant.
 */

let hub: TestHub
beforeAll(async () => {
  hub = await TestHub.start({ leaseMs: 20_000 })
})
afterAll(() => hub.stop())

const linkedAgent = async (): Promise<FakeAgent> => {
  const agent = await hub.enrol()
  await agent.link()
  return agent
}
const makePlan = (agent: FakeAgent, change: object = {}): Promise<Plan> =>
  hub.json<Plan>(hub.post('/api/v1/plans', { agentId: agent.agentId, name: 'Home', sources: [{ path: '/home' }], ...change }))
const runPlan = ({ id }: Plan, body: object = {}): Promise<Run> => hub.json<Run>(hub.post(`/api/v1/plans/${id}/runs`, body))
const planNow = ({ id }: Plan): Promise<Plan> => hub.json<Plan>(hub.get(`/api/v1/plans/${id}`))
const put = (plan: Plan, change: object): Promise<Response> => {
  return hub.post(`/api/v1/plans/${plan.id}`, { ...changeOf(plan), ...change }, undefined, 'PUT')
}
const runsOf = async ({ id }: Plan): Promise<Run[]> => (await hub.json<{ items: Run[] }>(hub.get(`/api/v1/runs?planId=${id}`))).items
const failure = (code: string) => ({ code, message: 'It went wrong.', cure: 'Look.' })
async function report(agent: FakeAgent, run: Run, end: object): Promise<unknown> {
  await expect.poll(() => agent.offers.some((offer) => offer.runId === run.id)).toBe(true)
  const { runId, fence } = agent.offers.findLast((offer) => offer.runId === run.id)!
  await hub.expectState(run.id, 'running')
  return agent.send('run.finished', {
    runId,
    fence,
    outcome: 'succeeded',
    result: null,
    error: null,
    warnings: [],
    warningCount: 0,
    ...end,
  })
}
const unreachable = { outcome: 'failed', error: failure('hub.unreachable') }
const later = { count: 3, firstDelayMs: 3_600_000 }
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

test('a report of a failure that comes while somebody runs the plan again ends the run', async () => {
  const agent = await linkedAgent()
  const plan = await makePlan(agent, { retries: later })
  const run = await runPlan(plan)
  await hub.expectState(run.id, 'running')
  // The other order of the same plan, its transaction not committed yet: what `startPlanRun` does, stretched.
  const other = new Client(hub.database.connection)
  await other.connect()
  await other.query('begin')
  await other.query(
    `insert into run (id, agent_id, kind, state, fence, source_key, request, requested_by, plan_id, plan_name, policy, attempt, created_at, offer_count, warnings, warning_count, last_log_seq, last_event_number)
     select gen_random_uuid(), agent_id, kind, 'queued', 0, source_key, request, requested_by, plan_id, plan_name, policy, 1, now(), 0, '[]', 0, 0, 0 from run where id = $1`,
    [run.id],
  )
  const told = report(agent, run, unreachable)
  await sleep(500)
  await other.query('commit')
  await other.end()
  const answer = await told
  expect([answer, (await hub.run(run.id)).state]).toMatchObject([{ ok: true }, 'failed'])
})

test('a plan is removed while its run ends: neither fails', async () => {
  const agent = await linkedAgent()
  const plan = await makePlan(agent, { retries: later })
  const run = await runPlan(plan)
  await hub.expectState(run.id, 'running')
  const waiting = await runPlan(plan)
  // Both come while somebody else has the row: the end of the run first.
  const other = new Client(hub.database.connection)
  await other.connect()
  await other.query('begin')
  await other.query('select 1 from run where id = $1 for update', [run.id])
  const told = report(agent, run, unreachable)
  await sleep(300)
  const removed = hub.post(`/api/v1/plans/${plan.id}`, undefined, undefined, 'DELETE')
  await sleep(300)
  await other.query('commit')
  await other.end()
  const answer = await removed
  expect([await told, answer.status]).toMatchObject([{ ok: true }, 200])
  expect((await hub.run(run.id)).state).toBe('failed')
  // Begun in the moment between, the one that waited goes on, as the last try.
  const left = await hub.run(waiting.id)
  if (left.state !== 'cancelled') await report(agent, left, unreachable)
  expect(await hub.sql('select 1 from run where agent_id = $1 and finished_at is null', [agent.agentId])).toEqual([])
})

test('a plan that is switched off while its run is being offered leaves that run no further try', async () => {
  const agent = await hub.enrol()
  const plan = await makePlan(agent, { retries: later })
  const run = await runPlan(plan)
  const other = new Client(hub.database.connection)
  await other.connect()
  await other.query('begin')
  await other.query(`update run set state = 'offered' where id = $1`, [run.id])
  const off = put(plan, { isEnabled: false })
  await sleep(300)
  await other.query('commit')
  await other.end()
  expect((await off).status).toBe(200)
  const tries = await hub.sql<{ count: string }>(`select policy->'retries'->>'count' as count from run where id = $1`, [run.id])
  expect(tries).toEqual([{ count: '0' }])
})

test('a plan that is removed while its run fails leaves no retry behind', async () => {
  const agent = await linkedAgent()
  const plan = await makePlan(agent, { retries: later })
  const run = await runPlan(plan)
  await hub.expectState(run.id, 'running')
  const other = new Client(hub.database.connection)
  await other.connect()
  await other.query('begin')
  await other.query('select 1 from run where id = $1 for update', [run.id])
  const told = report(agent, run, unreachable)
  await sleep(300)
  const removed = hub.post(`/api/v1/plans/${plan.id}`, undefined, undefined, 'DELETE')
  await sleep(300)
  await other.query('commit')
  await other.end()
  expect([await told, (await removed).status]).toMatchObject([{ ok: true }, 200])
  expect(
    await hub.sql<{ state: string }>('select state, plan_id from run where agent_id = $1 and state = $2', [agent.agentId, 'queued']),
  ).toEqual([])
})

test('a run that somebody cancels after its time was up is not tried again', async () => {
  const agent = await linkedAgent()
  const plan = await makePlan(agent, { timeoutMs: 1000, retries: later })
  const run = await runPlan(plan)
  await expect.poll(() => agent.cancels.some(({ runId }) => runId === run.id)).toBe(true)
  await hub.json(hub.post(`/api/v1/runs/${run.id}/cancel`, {}))
  await report(agent, run, { outcome: 'cancelled' })
  expect(await runsOf(plan)).toHaveLength(1)
})

test('a plan that is switched off is not tried again', async () => {
  const agent = await linkedAgent()
  const plan = await makePlan(agent, { retries: later })
  const run = await runPlan(plan)
  await hub.expectState(run.id, 'running')
  await hub.json(put(plan, { isEnabled: false }))
  await report(agent, run, unreachable)
  expect((await runsOf(plan)).map(({ state }) => state)).toEqual(['failed'])
})

test('the retry of a plan that was switched off does not begin', async () => {
  const agent = await linkedAgent()
  const plan = await makePlan(agent, { retries: { count: 3, firstDelayMs: 3000 } })
  await report(agent, await runPlan(plan), unreachable)
  await hub.json(put(plan, { isEnabled: false }))
  await sleep(9000)
  expect((await runsOf(plan)).map(({ state }) => state)).not.toContain('running')
})

test.each([
  ['as a full backup', {}, { full: true }],
  ['after its sources were changed', { sources: [{ path: '/srv' }] }, {}],
])('who runs the plan %s while its retry waits gets what he asked for', async (_, change, body) => {
  const agent = await linkedAgent()
  const plan = await makePlan(agent, { retries: later })
  await report(agent, await runPlan(plan), unreachable)
  if (Object.keys(change).length > 0) await hub.json(put(plan, change))
  const answer = await hub.post(`/api/v1/plans/${plan.id}/runs`, body)
  expect(answer.status).toBe(201)
})

test('a shrunk backup whose report is lost is not green', async () => {
  const agent = await linkedAgent()
  const plan = await makePlan(agent)
  const first = await runPlan(plan)
  await hub.expectState(first.id, 'running')
  await commitSnapshot(hub, first, 'complete', { files: 100, bytes: 1000 })
  await report(agent, first, { result: backupResult(100, 1000) })
  const second = await runPlan(plan)
  await hub.expectState(second.id, 'running')
  await commitSnapshot(hub, second) // 1 file, 1 byte, by the hub's own books
  // The agent's last word, cancelled after the commit: it says no figures.
  await report(agent, second, { outcome: 'cancelled' })
  expect((await hub.run(second.id)).state).toBe('warning')
})

test('a plan whose backups always end with a warning is compared nevertheless', async () => {
  const agent = await linkedAgent()
  const plan = await makePlan(agent)
  for (const files of [100, 1]) {
    const run = await runPlan(plan)
    await hub.expectState(run.id, 'running')
    await commitSnapshot(hub, run, 'complete-with-errors', { files, bytes: files * 10 })
    await report(agent, run, { outcome: 'warning', warningCount: 1, result: backupResult(files, files * 10) })
  }
  expect((await runsOf(plan))[0]).toMatchObject({ state: 'warning', error: { code: 'run.shrunk' } })
})

test('waits never become shorter with further tries', async () => {
  const agent = await linkedAgent()
  const plan = await makePlan(agent, { retries: { count: 2, firstDelayMs: 86_400_000 } })
  await report(agent, await runPlan(plan), unreachable)
  const [retry] = await runsOf(plan)
  const [row] = await hub.sql<{ policy: { retries: { firstDelayMs: number } } }>('select policy from run where id = $1', [retry!.id])
  expect(row!.policy.retries.firstDelayMs).toBeGreaterThanOrEqual(86_400_000)
})

test('an ad hoc backup of the same sources is not refused because a retry waits for hours', async () => {
  const agent = await linkedAgent()
  const plan = await makePlan(agent, { retries: later })
  await report(agent, await runPlan(plan), unreachable)
  const order = { kind: 'backup', sources: [{ path: '/home' }] }
  expect((await hub.post(`/api/v1/devices/${agent.agentId}/runs`, order)).status).toBe(201)
})

test('a success without a snapshot, whose cure is to run the backup again, is tried again', async () => {
  const agent = await linkedAgent()
  const plan = await makePlan(agent, { retries: later })
  const run = await runPlan(plan)
  await report(agent, run, {})
  expect(await hub.run(run.id)).toMatchObject({ state: 'failed', error: { code: 'snapshot.not-found' } })
  expect(await runsOf(plan)).toHaveLength(2)
})

test('a run that is being committed does not rest', async () => {
  const agent = await linkedAgent()
  const run = await hub.startRun(agent.agentId)
  await hub.expectState(run.id, 'running')
  expect((await hub.json<Run>(hub.post(`/api/v1/runs/${run.id}/pause`, {}))).pausedAtMs).not.toBeNull()
  // What was on its way arrives: the agent was at its last step. The hello says so, as `markCommitting` would.
  agent.cut()
  const { runId, fence } = agent.offers.at(-1)!
  await agent.link([{ runId, fence, state: 'committing' }])
  expect(await hub.expectState(run.id, 'committing')).toMatchObject({ pausedAtMs: null })
})

test('a declined offer goes back to the queue, or gives way, also where another order comes in that moment', async () => {
  const agent = await linkedAgent()
  await hub.sql(`create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(2); return new; end $$`)
  await hub.sql(
    `create trigger slow before update on run for each row when (old.state = 'offered' and new.state = 'queued') execute function slow()`,
  )
  agent.onOffer = () => ({ accepted: false, reason: 'busy' })
  const run = await hub.startRun(agent.agentId)
  await expect.poll(() => agent.offers.length).toBe(1)
  await sleep(300)
  await hub.startRun(agent.agentId)
  // Well below its lease, with which an offer that is stuck would end too.
  await expect.poll(async () => (await hub.run(run.id)).state, { timeout: 12_000 }).not.toBe('offered')
  await hub.sql('drop trigger slow on run')
})

test('who gives a plan more time and runs it gets a run with more time, also where a retry waits', async () => {
  const agent = await linkedAgent()
  const plan = await makePlan(agent, { timeoutMs: 1000, retries: later })
  const first = await runPlan(plan)
  await expect.poll(() => agent.cancels.some(({ runId }) => runId === first.id)).toBe(true)
  await report(agent, first, { outcome: 'cancelled' })
  await hub.json(put(plan, { timeoutMs: null }))
  const second = await runPlan(plan)
  await hub.expectState(second.id, 'running')
  await sleep(7000)
  expect(agent.cancels.filter(({ runId }) => runId === second.id)).toEqual([])
})

test('a shrunk backup whose device is lost after the commit is not green', async () => {
  const agent = await linkedAgent()
  const plan = await makePlan(agent)
  const first = await runPlan(plan)
  await hub.expectState(first.id, 'running')
  await commitSnapshot(hub, first, 'complete', { files: 100, bytes: 1000 })
  await report(agent, first, { result: backupResult(100, 1000) })
  const second = await runPlan(plan)
  await hub.expectState(second.id, 'running')
  await commitSnapshot(hub, second) // 1 file, 1 byte, by the hub's own books
  agent.cut()
  await agent.link([])
  expect(await hub.run(second.id)).toMatchObject({ state: 'warning', error: { code: 'run.shrunk' } })
})

test('a change that says nothing of the switch does not switch a plan on again, nor forget what it leaves out', async () => {
  const agent = await linkedAgent()
  const plan = await makePlan(agent, { isEnabled: false, exclude: ['*.tmp'], timeoutMs: 5000 })
  const answer = await hub.post(`/api/v1/plans/${plan.id}`, { name: 'Other', sources: plan.sources, revision: 1 }, undefined, 'PUT')
  expect(await hub.refusal(answer)).toEqual([400, 'request.invalid'])
  expect(await planNow(plan)).toMatchObject({ isEnabled: false, exclude: ['*.tmp'], timeoutMs: 5000 })
})

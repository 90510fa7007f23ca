import type { Run } from '@holdfast/shared-types'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { commitSnapshot } from '../../../test/commit-snapshot.ts'
import type { FakeAgent } from '../../../test/fake-agent.ts'
import { TestHub } from '../../../test/test-hub.ts'

/* Orders to restore: which are taken, and what their agent is told. */

let hub: TestHub
beforeAll(async () => {
  hub = await TestHub.start()
})
afterAll(() => hub.stop())

const order = (agent: FakeAgent, body: object) => hub.post(`/api/v1/devices/${agent.agentId}/runs`, body)
const linked = async (name: string) => {
  const agent = await hub.enrol(name)
  await agent.link()
  return agent
}
/** A run that its agent has accepted. */
const running = async (agent: FakeAgent) => {
  const run = await hub.startRun(agent.agentId)
  await hub.expectState(run.id, 'running')
  return { run }
}
const finished = (ofRun: object, change: object) => ({
  ...ofRun,
  outcome: 'succeeded',
  error: null,
  warnings: [],
  warningCount: 0,
  ...change,
})

test('a snapshot is checked by the device that made it, and restored as that device was told', async () => {
  const [owner, other] = [await linked('owner'), await linked('other')]
  const { run } = await running(owner)
  const snapshotId = await commitSnapshot(hub, run)
  const restore = { kind: 'restore', snapshotId, target: { path: '/tmp/x' } }
  expect(await hub.refusal(order(other, { kind: 'verify', snapshotId }))).toEqual([409, 'restore.target-invalid'])
  const restoring = await hub.json<Run>(order(owner, restore))
  await hub.expectState(restoring.id, 'running')
  const offer = owner.offers.at(-1)
  expect(offer?.request).toEqual({ kind: 'restore', snapshotId, target: { path: '/tmp/x' }, flat: false, paths: [] })
  const result = { kind: 'restore', snapshotId, filesRequested: 3, filesWritten: 2, filesSkipped: 0, bytesWritten: 1 }
  await owner.send('run.finished', finished({ runId: restoring.id, fence: offer?.fence }, { result }))
  expect((await hub.run(restoring.id)).state).toBe('warning')
})

test('it says where to and how, and what goes without saying is not said to the agent', async () => {
  const agent = await linked('owner')
  const { run } = await running(agent)
  const snapshotId = await commitSnapshot(hub, run)
  const restore = { kind: 'restore', snapshotId, target: null }
  expect(await hub.refusal(order(agent, { kind: 'restore', snapshotId }))).toEqual([400, 'request.invalid'])
  expect(await hub.refusal(order(agent, { ...restore, flat: true }))).toEqual([400, 'request.invalid'])
  expect(await hub.refusal(order(agent, { ...restore, conflict: 'newest' }))).toEqual([400, 'request.invalid'])
  expect(await hub.refusal(order(agent, { ...restore, include: ['*.pdf', '//'] }))).toEqual([400, 'request.invalid'])
  const modes = { include: ['*.pdf'], conflict: 'rename', dryRun: true }
  const dry = await hub.json<Run>(order(agent, { ...restore, ...modes }))
  await hub.expectState(dry.id, 'running')
  expect(agent.offers.at(-1)?.request).toEqual({ ...restore, flat: false, paths: [], ...modes })
  const figures = { kind: 'restore', snapshotId, dryRun: true, filesRequested: 1, filesWritten: 1, filesSkipped: 0, bytesWritten: 1 }
  const result = { ...figures, plan: [{ path: '/home/a.pdf', action: 'create' }] }
  await agent.send('run.finished', finished({ runId: dry.id, fence: agent.offers.at(-1)?.fence }, { result }))
  expect(await hub.run(dry.id)).toMatchObject({ state: 'succeeded', result })
  // A list of runs is no place for plans.
  const { items } = await hub.json<{ items: Run[] }>(await agent.call('/api/v1/runs?kind=restore'))
  expect(items.map((each) => each.result)).toEqual([figures])
  const plain = await hub.json<Run>(order(agent, { ...restore, include: [], conflict: 'overwrite-different', dryRun: false }))
  expect(plain.request).toEqual({ ...restore, flat: false, paths: [] })
})

test('one below the root of the file system is to the original place, and one waits for the other', async () => {
  const agent = await linked('owner')
  const { run } = await running(agent)
  const restore = { kind: 'restore', snapshotId: await commitSnapshot(hub, run), paths: [{ path: '/home' }] }
  const first = await hub.json<Run>(order(agent, { ...restore, target: { path: '//.' } }))
  expect(first.request).toMatchObject({ target: null, flat: false })
  await hub.expectState(first.id, 'running')
  const second = await hub.json<Run>(order(agent, { ...restore, target: null }))
  expect(await hub.refusal(order(agent, { ...restore, target: { path: '/' } }))).toEqual([409, 'run.already-active'])
  const keys = await hub.sql<{ key: string }>(`select distinct source_key as key from run where id = any($1)`, [[first.id, second.id]])
  expect(keys).toHaveLength(1)
  const flat = await hub.json<Run>(order(agent, { ...restore, target: { path: '/' }, flat: true }))
  expect(flat.request).toMatchObject({ target: { path: '/' }, flat: true })
})

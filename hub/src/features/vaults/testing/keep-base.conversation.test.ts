import { randomBytes } from 'node:crypto'
import type { Plan, Run, RunId } from '@holdfast/shared-types'
import { toHex } from '@holdfast/engine/bytes'
import { decodeSnapshotObject } from '@holdfast/engine/format'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { FakeAgent } from '../../../../test/fake-agent.ts'
import { changeOf } from '../../../../test/plan-change.ts'
import { TestHub } from '../../../../test/test-hub.ts'
import { folder } from './build-tree.ts'
import { ask, call, commit, finish, keysOf, send, type WireSession } from './wire-backup.ts'

/*
 * Which snapshot a backup is told to keep deleted files from, and that it may read it, and no other backup any.
 */

let hub: TestHub
let agent: FakeAgent
beforeAll(async () => {
  hub = await TestHub.start()
  agent = await hub.enrol()
  await agent.link()
})
afterAll(() => hub.stop())

type Opened = WireSession & { readonly keepBase?: { readonly snapshotId: string; readonly isNewest: boolean } | null }

const makePlan = (change: object): Promise<Plan> =>
  hub.json<Plan>(hub.post('/api/v1/plans', { agentId: agent.agentId, name: 'Home', sources: [{ path: '/home' }], ...change }))
const ofPlan = async ({ id }: Plan, by = agent): Promise<Opened> =>
  open((await hub.json<Run>(hub.post(`/api/v1/plans/${id}/runs`, {}))).id, by)
const adHoc = async (path: string, order: object = { deletedFiles: 'keep' }): Promise<Opened> =>
  open((await hub.startRun(agent.agentId, { sources: [{ path }], ...order })).id, agent)

async function open(runId: RunId, by: FakeAgent): Promise<Opened> {
  const { fence } = await vi.waitUntil(() => by.offers.findLast((offer) => offer.runId === runId), { interval: 10, timeout: 20_000 })
  type Answer = Omit<Opened, 'keys'> & { domainId: string; keyEpoch: number; sealedDomainKeys: Uint8Array }
  const answer = await ask<Answer>(by, 'session.open', { runId, fence, vaultId: by.answer?.vaultId })
  return { ...answer, runId, fence, keys: await keysOf(by, answer) }
}

async function backUp(session: Opened, by = agent): Promise<string> {
  const object = await send(by, session, folder({ home: folder({ f: randomBytes(300) }) }))
  const { snapshotId } = await commit(by, session, object)
  await finish(by, session)
  await hub.expectState(session.runId, 'succeeded')
  return snapshotId
}

test('it is the last of the same plan, in whatever way that was made, and may be read by the run that was told of it', async () => {
  const plan = await makePlan({ deletedFiles: 'keep' })
  const other = await makePlan({ name: 'Other', sources: [{ path: '/srv' }] })
  const first = await ofPlan(plan)
  expect(first.keepBase).toBeNull()
  const base = await backUp(first)
  // Of another plan, and one of the same sources without a plan.
  const second = await ofPlan(other)
  expect('keepBase' in second).toBe(false)
  await expect(call(agent, `/runs/${second.runId}/snapshot-object`, 'GET')).rejects.toMatchObject({ code: 'run.not-found' })
  await backUp(second)
  await backUp(await adHoc('/home', {}))

  const third = await ofPlan(plan)
  expect(third.keepBase).toEqual({ snapshotId: base, isNewest: true })
  const object = decodeSnapshotObject(await call(agent, `/runs/${third.runId}/snapshot-object`, 'GET'))
  expect(toHex(object.header.snapshotId)).toBe(base)
  await expect(call(agent, `/runs/${third.runId}/locate`, 'POST', randomBytes(64))).resolves.toHaveLength(48)
  const next = await backUp(third)
  // A run that is over reads no more.
  await vi.waitFor(() =>
    expect(call(agent, `/runs/${third.runId}/snapshot-object`, 'GET')).rejects.toMatchObject({ code: 'run.already-finished' }),
  )
  await hub.json(hub.post(`/api/v1/plans/${plan.id}`, { ...changeOf(plan), deletedFiles: 'follow' }, undefined, 'PUT'))
  const follow = await ofPlan(plan)
  expect('keepBase' in follow).toBe(false)
  const last = await backUp(follow)
  expect(last).not.toBe(next)
  const again = await hub.json<Plan>(hub.get(`/api/v1/plans/${plan.id}`))
  // What a client that does not know the word leaves out stays as it is.
  await hub.json(hub.post(`/api/v1/plans/${plan.id}`, { ...changeOf(again), deletedFiles: 'keep' }, undefined, 'PUT'))
  const { deletedFiles: _, ...older } = changeOf(await hub.json<Plan>(hub.get(`/api/v1/plans/${plan.id}`)))
  expect(await hub.json<Plan>(hub.post(`/api/v1/plans/${plan.id}`, older, undefined, 'PUT'))).toMatchObject({ deletedFiles: 'keep' })
  const kept = await ofPlan(plan)
  expect(kept.keepBase).toEqual({ snapshotId: last, isNewest: true })
  await backUp(kept)
})

test('without a plan it is the last of the same sources', async () => {
  const first = await adHoc('/var')
  expect(first.keepBase).toBeNull()
  const base = await backUp(first)
  await backUp(await adHoc('/var/lib'))
  const second = await adHoc('/var')
  expect(second.keepBase).toEqual({ snapshotId: base, isNewest: true })
  await backUp(second)
})

test('a newer one that the store has lost is told, and another device is told of nothing', async () => {
  const plan = await makePlan({ name: 'Lost', sources: [{ path: '/lost' }], deletedFiles: 'keep' })
  const base = await backUp(await ofPlan(plan))
  const lost = await backUp(await ofPlan(plan))
  await hub.sql(`update snapshot set state = 'lost' where id = decode('${lost}', 'hex')`)
  const session = await ofPlan(plan)
  expect(session.keepBase).toEqual({ snapshotId: base, isNewest: false })
  const stranger = await hub.enrol('stranger')
  await stranger.link()
  await expect(call(stranger, `/runs/${session.runId}/snapshot-object`, 'GET')).rejects.toMatchObject({ code: 'run.not-found' })
  await backUp(session)
})

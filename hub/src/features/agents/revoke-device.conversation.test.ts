import type { AuditEntry, Device, Run, RunId } from '@holdfast/shared-types'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FakeAgent } from '../../../test/fake-agent.ts'
import { TestHub } from '../../../test/test-hub.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await TestHub.start()
})
afterAll(() => hub.stop())

const revoke = (agent: FakeAgent) => hub.json<Device>(hub.post(`/api/v1/devices/${agent.agentId}/revoke`, {}))
const device = (agent: FakeAgent) => hub.json<Device>(hub.get(`/api/v1/devices/${agent.agentId}`))
const change = (agent: FakeAgent, changed: object) => hub.post(`/api/v1/devices/${agent.agentId}`, changed, undefined, 'PATCH')
const rename = (agent: FakeAgent, name: string) => change(agent, { name })
const remove = (agent: FakeAgent) => hub.post(`/api/v1/devices/${agent.agentId}`, undefined, undefined, 'DELETE')
const unlinked = (agent: FakeAgent) => new Promise((resolve) => agent.socket?.once('disconnect', resolve))

describe('a device that is revoked', () => {
  test('is cut off within 5 seconds, told why, and refused on every way from then on', async () => {
    const agent = await hub.enrol('stolen')
    await agent.link()
    const token = await agent.token()
    const call = () => fetch(`${hub.origin}/api/v1/devices`, { headers: { authorization: `Bearer ${token}` } })
    // The hub has checked its signature, and remembers that.
    expect((await call()).status).toBe(200)
    const cut = unlinked(agent)
    const startedAt = performance.now()
    expect(await revoke(agent)).toMatchObject({ name: 'stolen', online: false, revokedAtMs: expect.any(Number) as number })
    expect(await cut).toBe('io server disconnect')
    expect(performance.now() - startedAt).toBeLessThan(5000)
    expect(agent.ended).toMatchObject({ code: 'agent.revoked' })
    expect(await hub.refusal(call())).toEqual([403, 'agent.revoked'])
    expect(await agent.link()).toMatchObject({ accepted: false, code: 'agent.revoked' })
    expect((await device(agent)).online).toBe(false)
    const again = await revoke(agent)
    expect(again.revokedAtMs).toBe((await device(agent)).revokedAtMs)
  })

  test('that says hello just then is not let in', async () => {
    const agent = await hub.enrol('racing')
    const challenge = await agent.dial()
    // As if the proof of the hello came before the revocation, and its settling after it.
    await Promise.all([agent.say(agent.hello(challenge)).catch(() => undefined), revoke(agent)])
    await expect.poll(() => agent.socket?.connected ?? false).toBe(false)
    expect((await device(agent)).online).toBe(false)
  })

  test('loses its runs: waiting ones are cancelled, held ones end, and none can report or commit any more', async () => {
    const agent = await hub.enrol('busy')
    await agent.link()
    const running = await hub.startRun(agent.agentId)
    await hub.expectState(running.id, 'running')
    agent.onOffer = null
    const offered = await hub.startRun(agent.agentId, { sources: [{ path: '/srv' }] })
    const queued = await hub.startRun(agent.agentId)
    await hub.expectState(offered.id, 'offered')
    const opened = await agent.send('session.open', { runId: running.id, fence: 1, vaultId: agent.answer?.vaultId })
    expect(opened.ok).toBe(true)
    await revoke(agent)
    const runs = await Promise.all([running, offered, queued].map(({ id }) => hub.run(id)))
    expect(runs.map(({ state, error }) => [state, error?.code])).toEqual(Array.from({ length: 3 }, () => ['cancelled', 'run.cancelled']))
    const fences = await hub.sql<{ id: RunId; fence: number }>('select id, fence from run where agent_id = $1', [agent.agentId])
    expect(fences.find(({ id }) => id === running.id)?.fence, 'whoever holds the old one is refused').toBe(2)
    const log = await hub.json<{ items: { message: string }[] }>(hub.get(`/api/v1/runs/${running.id}/log`))
    expect(log.items.at(-1)?.message).toContain('who revoked the device')
    expect((await hub.get(`/api/v1/devices/${agent.agentId}/statistics`)).status, 'how it went is still told').toBe(200)
    const order = hub.post(`/api/v1/devices/${agent.agentId}/runs`, { kind: 'backup', sources: [{ path: '/home' }] })
    expect(await hub.refusal(order)).toEqual([403, 'agent.revoked'])
  })

  test('stays in the list as revoked, and one that is enrolled anew is another one', async () => {
    const old = await hub.enrol('twice')
    await revoke(old)
    const anew = await hub.enrol('twice')
    await anew.link()
    const { items } = await hub.json<{ items: Device[] }>(hub.get('/api/v1/devices'))
    const both = items.filter(({ name }) => name === 'twice')
    expect(new Map(both.map(({ id, revokedAtMs }) => [id, revokedAtMs === null]))).toEqual(
      new Map([
        [old.agentId, false],
        [anew.agentId, true],
      ]),
    )
  })
})

describe('the command line', () => {
  const command = (name: string) => hub.hub.admin('device.revoke', { device: name }) as Promise<Device>

  test('revokes by name or id, and asks back where a name is not enough', async () => {
    const [one, two, three] = [await hub.enrol('alike'), await hub.enrol('alike'), await hub.enrol('unique')]
    await expect(command('alike')).rejects.toMatchObject({ code: 'agent.ambiguous' })
    expect((await command(one.agentId)).id).toBe(one.agentId)
    expect((await command('alike')).id, 'of the two one is in use').toBe(two.agentId)
    expect((await command('unique')).id).toBe(three.agentId)
    await expect(command('nothing')).rejects.toMatchObject({ code: 'agent.not-found' })
  })
})

describe('a device', () => {
  test('gets another name, which its runs show', async () => {
    const agent = await hub.enrol('before')
    const run: Run = await hub.startRun(agent.agentId)
    expect(await hub.json(rename(agent, ' after '))).toMatchObject({ name: 'after' })
    expect((await hub.run(run.id)).deviceName).toBe('after')
    expect(await hub.refusal(rename(agent, '   '))).toEqual([400, 'request.invalid'])
    expect(await hub.refusal(change(agent, {}))).toEqual([400, 'request.invalid'])
  })

  test('gets tags, which are told live and written into the audit log; a change says only what it changes', async () => {
    const agent = await hub.enrol('tagged')
    expect((await device(agent)).tags).toEqual([])
    const tags = [' rack 4 ', 'Köln', 'db/primary']
    expect(await hub.json(change(agent, { tags }))).toMatchObject({ name: 'tagged', tags: ['rack 4', 'Köln', 'db/primary'] })
    const [told] = await hub.sql<{ type: string; body: Device }>(
      "select type, body from live_event where topic = 'devices' order by seq desc limit 1",
    )
    expect(told).toMatchObject({ type: 'device.changed', body: { id: agent.agentId, tags: ['rack 4', 'Köln', 'db/primary'] } })
    expect(await hub.json(rename(agent, 'renamed'))).toMatchObject({ name: 'renamed', tags: ['rack 4', 'Köln', 'db/primary'] })
    expect(await hub.json(change(agent, { tags: [] }))).toMatchObject({ tags: [] })
    const { items } = await hub.json<{ items: AuditEntry[] }>(hub.get(`/api/v1/audit?objectId=${agent.agentId}&action=updateDevice`))
    expect(items.map(({ details }) => details).toReversed()).toEqual([
      { tagsBefore: '', tags: 'rack 4, Köln, db/primary' },
      { nameBefore: 'tagged', name: 'renamed' },
      { tagsBefore: 'rack 4, Köln, db/primary', tags: '' },
    ])
  })

  test.each([
    ['too many', Array.from({ length: 21 }, (_, index) => `tag ${index}`)],
    ['too long', ['x'.repeat(41)]],
    ['empty', ['  ']],
    ['alike but for case', ['Web', 'web']],
    ['with a comma', ['one, two']],
    ['with a line end', ['one\ntwo']],
  ])('refuses tags that are %s', async (_name, tags) => {
    const agent = await hub.enrol('refused')
    expect(await hub.refusal(change(agent, { tags }))).toEqual([400, 'request.invalid'])
  })

  test('is removed once it is revoked, with its runs and plans', async () => {
    const agent = await hub.enrol('to-go')
    const run = await hub.startRun(agent.agentId)
    const plan = { agentId: agent.agentId, name: 'all', sources: [{ path: '/home' }] }
    const { id: planId } = await hub.json<{ id: string }>(hub.post('/api/v1/plans', plan))
    expect(await hub.refusal(remove(agent))).toEqual([409, 'agent.not-revoked'])
    await revoke(agent)
    expect((await remove(agent)).status).toBe(200)
    expect(await hub.refusal(hub.get(`/api/v1/devices/${agent.agentId}`))).toEqual([404, 'agent.not-found'])
    expect(await hub.refusal(hub.get(`/api/v1/runs/${run.id}`))).toEqual([404, 'run.not-found'])
    expect(await hub.refusal(hub.get(`/api/v1/plans/${planId}`))).toEqual([404, 'plan.not-found'])
    expect(await hub.refusal(agent.call('/api/v1/devices'))).toEqual([401, 'agent.identity-invalid'])
    expect(await hub.refusal(remove(agent))).toEqual([404, 'agent.not-found'])
  })
})

import { agentCapabilities, type AuditEntry, type Device } from '@holdfast/shared-types'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addPerson } from '../../../test/test-people.ts'
import type { FakeAgent } from '../../../test/fake-agent.ts'
import { TestHub } from '../../../test/test-hub.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await TestHub.start()
})
afterAll(() => hub.stop())

const unlimited = { uploadBytesPerSecond: null, isBackground: true }
const device = (agent: FakeAgent) => hub.json<Device>(hub.get(`/api/v1/devices/${agent.agentId}`))
const limit = (agent: FakeAgent, limits: object) => hub.post(`/api/v1/devices/${agent.agentId}`, { limits }, undefined, 'PATCH')
const told = (agent: FakeAgent) => agent.commands.filter(({ type }) => type === 'device.set-limits').map(({ body }) => body)

async function aKnowingAgent(name: string): Promise<FakeAgent> {
  const agent = await hub.enrol(name)
  agent.capabilities = Object.values(agentCapabilities)
  return agent
}

describe('limits of a device', () => {
  test('are told when it links, before any run, and whenever they change', async () => {
    const agent = await aKnowingAgent('limited')
    await hub.startRun(agent.agentId)
    expect((await device(agent)).limits).toEqual(unlimited)
    await limit(agent, { uploadBytesPerSecond: 65_536 })
    let limitsAtOffer: unknown = null
    agent.onOffer = () => {
      limitsAtOffer = told(agent).at(-1)
      return { accepted: true }
    }
    await agent.link()
    await expect.poll(() => limitsAtOffer).toEqual({ uploadBytesPerSecond: 65_536, isBackground: true })
    expect(await hub.json(limit(agent, { isBackground: false }))).toMatchObject({
      limits: { uploadBytesPerSecond: 65_536, isBackground: false },
    })
    await expect.poll(() => told(agent).at(-1)).toEqual({ uploadBytesPerSecond: 65_536, isBackground: false })
    await limit(agent, { uploadBytesPerSecond: null })
    await expect.poll(() => told(agent).at(-1)).toEqual({ uploadBytesPerSecond: null, isBackground: false })
    expect(told(agent)).toHaveLength(3)
  })

  test('arrive in the order in which they were set, however fast they follow', async () => {
    const agent = await aKnowingAgent('hasty')
    await agent.link()
    for (let round = 1; round <= 10; round += 1) void limit(agent, { uploadBytesPerSecond: round * 16_384 })
    await expect.poll(() => told(agent).length).toBeGreaterThanOrEqual(11)
    const { limits } = await device(agent)
    expect(told(agent).at(-1)).toEqual(limits)
  })

  test('are told live and written into the audit log', async () => {
    const agent = await hub.enrol('watched')
    await limit(agent, { uploadBytesPerSecond: 2_000_000 })
    await limit(agent, { uploadBytesPerSecond: null, isBackground: false })
    const [last] = await hub.sql<{ body: Device }>("select body from live_event where topic = 'devices' order by seq desc limit 1")
    expect(last?.body).toMatchObject({ id: agent.agentId, limits: { uploadBytesPerSecond: null, isBackground: false } })
    const { items } = await hub.json<{ items: AuditEntry[] }>(hub.get(`/api/v1/audit?objectId=${agent.agentId}&action=updateDevice`))
    expect(items.map(({ details }) => details).toReversed()).toEqual([
      { uploadBytesPerSecondBefore: null, uploadBytesPerSecond: 2_000_000 },
      { uploadBytesPerSecondBefore: 2_000_000, uploadBytesPerSecond: null, isBackgroundBefore: true, isBackground: false },
    ])
  })

  test.each([
    ['too small', { uploadBytesPerSecond: 16_383 }],
    ['nothing', { uploadBytesPerSecond: 0 }],
    ['a fraction', { uploadBytesPerSecond: 100_000.5 }],
    ['beyond any network', { uploadBytesPerSecond: 2 ** 41 }],
    ['no limit at all', {}],
    ['unknown', { downloadBytesPerSecond: 100_000 }],
  ])('that are %s are refused', async (_, limits) => {
    const agent = await hub.enrol('refused')
    expect(await hub.refusal(limit(agent, limits))).toEqual([400, 'request.invalid'])
    expect((await device(agent)).limits).toEqual(unlimited)
  })

  test('are for operators, names and tags for administrators', async () => {
    const agent = await hub.enrol('shared')
    const change = (cookie: string, body: object) => hub.post(`/api/v1/devices/${agent.agentId}`, body, cookie, 'PATCH')
    const limits = { uploadBytesPerSecond: 100_000 }
    const { cookie } = await addPerson(hub, 'operator')
    expect((await change(cookie, { limits })).status).toBe(200)
    for (const body of [{ name: 'mine' }, { tags: ['mine'] }, { limits: { isBackground: false }, name: 'mine' }])
      expect(await hub.refusal(change(cookie, body))).toEqual([403, 'access.denied'])
    expect(await hub.refusal(change((await addPerson(hub, 'viewer')).cookie, { limits }))).toEqual([403, 'access.denied'])
    expect(await device(agent)).toMatchObject({ name: 'shared', tags: [], limits: { uploadBytesPerSecond: 100_000, isBackground: true } })
  })

  test('are refused where the linked agent is too old to heed them, and so it is never asked', async () => {
    const old = await hub.enrol('old')
    await old.link()
    expect(await hub.refusal(limit(old, { uploadBytesPerSecond: 100_000 }))).toEqual([426, 'agent.outdated'])
    expect((await limit(old, { isBackground: false })).status).toBe(200)
    expect((await device(old)).limits).toEqual({ uploadBytesPerSecond: null, isBackground: false })
    expect(old.commands).toEqual([])
  })
})

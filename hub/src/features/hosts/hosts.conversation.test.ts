import { AppError, liveEventName, type HostPage, type LiveEvent, type Measurement } from '@holdfast/shared-types'
import { io } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FakeAgent } from '../../../test/fake-agent.ts'
import { TestHub } from '../../../test/test-hub.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await TestHub.start()
})
afterAll(() => hub.stop())

async function linked(name: string, capabilities = ['host.list', 'host.measure']): Promise<FakeAgent> {
  const agent = await hub.enrol(name)
  agent.capabilities = capabilities
  await agent.link()
  return agent
}
const entries = (agent: FakeAgent, query = '') => hub.get(`/api/v1/devices/${agent.agentId}/host/entries${query}`)
const measurements = (agent: FakeAgent, id = '') => `/api/v1/devices/${agent.agentId}/host/measurements${id === '' ? '' : `/${id}`}`
const start = (agent: FakeAgent, change: object = {}) =>
  hub.json<Measurement>(hub.post(measurements(agent), { sources: [{ path: '/home' }], ...change }))
const page: HostPage = { folder: { path: '/home' }, separator: '/', items: [], total: 0, next: null }
const sample = {
  phase: 'counting',
  files: 4,
  folders: 2,
  bytes: 99,
  leftOut: { entries: 0, cacheFolders: 0, mountPoints: 0, ownPlaces: 0 },
  problems: 0,
  largestLeftOut: [],
  elapsedMs: 250,
}
const tell = (agent: FakeAgent, measurementId: string, change: object = {}) =>
  agent.send('host.measured', { measurementId, sample: { ...sample, ...change }, error: null })

describe('folders of a device', () => {
  test('are asked of it, whatever bytes their names have', async () => {
    const agent = await linked('browsed')
    agent.onCommand = () => page
    expect(await hub.json(entries(agent, '?path=/home&limit=7'))).toEqual(page)
    await hub.json(entries(agent, `?pathBase64=${Buffer.from([0x2f, 0xe9]).toString('base64url')}&after=e.YQ`))
    await hub.json(entries(agent))
    expect(agent.commands.map(({ body }) => body)).toEqual([
      { path: { path: '/home' }, after: null, limit: 7 },
      { path: { path: '/\uFFFD', pathBase64: Buffer.from([0x2f, 0xe9]).toString('base64') }, after: 'e.YQ', limit: 500 },
      { path: null, after: null, limit: 500 },
    ])
    agent.onCommand = () => new AppError('source.unreadable')
    expect(await hub.refusal(entries(agent, '?path=/root'))).toEqual([403, 'source.unreadable'])
    agent.onCommand = () => ({ nonsense: true })
    expect((await hub.refusal(entries(agent)))[1]).toBe('protocol.invalid-message')
  })

  test('are for people alone, and for devices that are there and know how', async () => {
    const agent = await linked('asked')
    const old = await linked('old', ['backup'])
    expect((await agent.call(`/api/v1/devices/${agent.agentId}/host/entries`)).status).toBe(403)
    expect(await hub.refusal(hub.get(`/api/v1/devices/${agent.agentId}/host/entries`, 'none'))).toEqual([401, 'sign-in.required'])
    expect(await hub.refusal(entries(old))).toEqual([426, 'agent.outdated'])
    expect(await hub.refusal(entries(agent, '?path='))).toEqual([400, 'request.invalid'])
    expect(await hub.refusal(entries(agent, '?after=../x'))).toEqual([400, 'request.invalid'])
    agent.cut()
    await expect.poll(async () => (await hub.refusal(entries(agent)))[1]).toBe('agent.offline')
    expect(old.commands).toEqual([])
  })
})

describe('measurements', () => {
  test('are told to who listens and who asks, and end with their last figures', async () => {
    const agent = await linked('measured')
    const { id, state } = await start(agent, { exclude: ['*.tmp'], presets: [] })
    expect(state).toBe('running')
    expect(agent.commands).toMatchObject([
      { type: 'host.measure', body: { request: { sources: [{ path: '/home' }], exclude: ['*.tmp'] } } },
    ])
    const seen: LiveEvent[] = []
    const browser = io(`${hub.origin}/ui`, { transports: ['websocket'], extraHeaders: { cookie: await hub.cookie() }, forceNew: true })
    browser.on(liveEventName, (event: LiveEvent) => seen.push(event))
    expect(await browser.emitWithAck('subscribe', { topic: `measurement:${id}` })).toEqual({ ok: true, body: { seq: 0 } })
    expect(await browser.emitWithAck('subscribe', { topic: `measurement:${crypto.randomUUID()}` })).toMatchObject({
      ok: false,
      error: { code: 'measurement.not-found' },
    })
    expect(await tell(agent, id)).toEqual({ ok: true, body: { goOn: true } })
    expect(await hub.json(hub.get(measurements(agent, id)))).toMatchObject({ state: 'running', sample: { files: 4 } })
    expect(await tell(agent, id, { phase: 'done', files: 5 })).toEqual({ ok: true, body: { goOn: false } })
    await expect.poll(() => seen.length).toBe(2)
    expect(seen.map(({ type, seq, body }) => [type, seq, (body as Measurement).state])).toEqual([
      ['measurement.changed', null, 'running'],
      ['measurement.changed', null, 'done'],
    ])
    browser.disconnect()
  })

  test('a new one takes the place of the person\u2019s older one, and a cancelled one gets no more figures', async () => {
    const agent = await linked('again')
    const first = await start(agent)
    const second = await start(agent)
    expect(agent.commands.map(({ type }) => type)).toEqual(['host.measure', 'host.stop-measuring', 'host.measure'])
    expect(await tell(agent, first.id)).toEqual({ ok: true, body: { goOn: false } })
    expect(await hub.json(hub.get(measurements(agent, first.id)))).toMatchObject({ state: 'cancelled', sample: null })
    expect((await hub.post(measurements(agent, second.id), undefined, undefined, 'DELETE')).status).toBe(200)
    expect(agent.commands.at(-1)).toEqual({ type: 'host.stop-measuring', body: { measurementId: second.id } })
    expect(await hub.json(hub.get(measurements(agent, second.id)))).toMatchObject({ state: 'cancelled' })
  })

  test('another device may not tell of it, and a lost link ends it with a reason', async () => {
    const agent = await linked('lost')
    const other = await linked('other')
    const { id } = await start(agent)
    expect(await tell(other, id)).toEqual({ ok: true, body: { goOn: false } })
    expect(await hub.refusal(hub.get(measurements(other, id)))).toEqual([404, 'measurement.not-found'])
    agent.cut()
    await expect
      .poll(async () => await hub.json<Measurement>(hub.get(measurements(agent, id))))
      .toMatchObject({
        state: 'failed',
        sample: null,
        error: { code: 'agent.offline' },
      })
  })

  test('what the device refuses is not kept, and its own failure is told', async () => {
    const agent = await linked('refusing')
    agent.onCommand = () => new AppError('measurement.too-many')
    expect(await hub.refusal(hub.post(measurements(agent), { sources: [{ path: '/' }] }))).toEqual([409, 'measurement.too-many'])
    agent.onCommand = () => ({})
    const { id } = await start(agent)
    await agent.send('host.measured', { measurementId: id, sample: null, error: { code: 'host.not-answering', message: 'm', cure: 'c' } })
    expect(await hub.json(hub.get(measurements(agent, id)))).toMatchObject({ state: 'failed', error: { code: 'host.not-answering' } })
    expect(await hub.refusal(hub.post(measurements(agent), { sources: [] }))).toEqual([400, 'request.invalid'])
  })
})

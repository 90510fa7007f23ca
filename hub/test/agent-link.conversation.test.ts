import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Device } from '@holdfast/shared-types'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { io } from 'socket.io-client'
import type { FakeAgent } from './fake-agent.ts'
import { TestHub } from './test-hub.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await TestHub.start()
})
afterAll(() => hub.stop())

const device = (agent: FakeAgent) => hub.json<Device>(hub.get(`/api/v1/devices/${agent.agentId}`))
const whenOnline = (agent: FakeAgent, online: boolean) =>
  expect.poll(async () => (await device(agent)).online, { interval: 20 }).toBe(online)
const sample = {
  phase: 'scanning',
  filesDone: 1,
  bytesDone: 1,
  filesTotal: null,
  bytesTotal: null,
  filesRead: 0,
  bytesRead: 0,
  bytesStored: 0,
  warnings: 0,
  currentPath: null,
  elapsedMs: 5,
}

describe('hello', () => {
  test('is accepted from an enrolled agent that signs the challenge; the device is then online with what it said of itself', async () => {
    const beganMs = Date.now()
    const agent = await hub.enrol('nas')
    const challenge = await agent.dial()
    expect(challenge).toMatchObject({ hubId: hub.hub.hubId, protocol: { oldest: 1, newest: 1 } })
    const host = { ...agent.hello(challenge).host, osVersion: 'Debian 13' }
    const answer = await agent.say(agent.hello(challenge, { host, version: '0.2.0' }))
    expect(answer).toMatchObject({ accepted: true, hubVersion: '0.1.0', dropRuns: [] })
    expect(answer.accepted && Math.abs(answer.timeMs - Date.now())).toBeLessThan(20_000)
    expect(await device(agent)).toMatchObject({ online: true, version: '0.2.0', host: { osVersion: 'Debian 13' } })
    agent.cut()
    await whenOnline(agent, false)
    expect((await device(agent)).lastSeenAtMs).toBeGreaterThanOrEqual(beganMs)
  })

  const refusals: readonly [string, string, (agent: FakeAgent) => Promise<unknown>][] = [
    [
      'with a signature for another challenge',
      'agent.identity-invalid',
      async (agent) => {
        const old = await agent.dial()
        agent.cut()
        await agent.dial()
        return agent.hello(old)
      },
    ],
    [
      'of another device',
      'agent.identity-invalid',
      async (agent) => ({ ...agent.hello(await agent.dial()), agentId: (await hub.enrol('other')).agentId }),
    ],
    ['of an unknown device', 'agent.identity-invalid', async (agent) => ({ ...agent.hello(await agent.dial()), agentId: randomUUID() })],
    ['that is no hello', 'protocol.invalid-message', async (agent) => ({ ...agent.hello(await agent.dial()), runsInHand: 'none' })],
    [
      'of a removed device',
      'agent.revoked',
      async (agent) => {
        await hub.sql('update agent set revoked_at = now() where id = $1', [agent.agentId])
        return agent.hello(await agent.dial())
      },
    ],
  ]
  test.each(refusals)('%s is refused with %s and the link ends', async (_, code, make) => {
    const agent = await hub.enrol()
    const hello = await make(agent)
    const ended = new Promise((resolve) => agent.socket?.once('disconnect', resolve))
    expect(await agent.say(hello)).toMatchObject({ accepted: false, code, cure: expect.stringMatching(/\w/) })
    await ended
  })

  test('of a newer protocol is refused with the range and the side to update', async () => {
    const agent = await hub.enrol()
    const answer = await agent.say(agent.hello(await agent.dial(), { protocol: 2 }))
    expect(answer).toMatchObject({
      accepted: false,
      code: 'protocol.unsupported',
      cure: 'Update the hub.',
      protocol: { oldest: 1, newest: 1 },
    })
  })

  test('may come with fields that this hub does not know', async () => {
    const agent = await hub.enrol()
    expect(await agent.say({ ...agent.hello(await agent.dial()), battery: 0.5 })).toMatchObject({ accepted: true })
  })

  test('counts once per link', async () => {
    const agent = await hub.enrol()
    const challenge = await agent.dial()
    expect((await agent.say(agent.hello(challenge))).accepted).toBe(true)
    await expect(agent.socket?.timeout(300).emitWithAck('hello', agent.hello(challenge))).rejects.toThrow(/timed out/)
  })

  test('comes over websocket only, and not from a web page', async () => {
    const polling = io(`${hub.origin}/agent`, { transports: ['polling'], reconnection: false, forceNew: true })
    const refused = await new Promise<Error>((resolve) => polling.once('connect_error', resolve))
    expect(refused.message).toContain('websocket only')
    polling.close()
    const page = io(`${hub.origin}/agent`, {
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      extraHeaders: { origin: 'https://evil.example' },
    })
    await new Promise<Error>((resolve) => page.once('connect_error', resolve))
    page.close()
  })
})

describe('link', () => {
  test('of the same agent replaces the older one, which is told so', async () => {
    const agent = await hub.enrol()
    await agent.link()
    const older = agent.socket
    const endedOlder = new Promise((resolve) => older?.once('disconnect', resolve))
    const told = new Promise((resolve) => older?.once('link-ended', resolve))
    await agent.link()
    expect(await told).toMatchObject({ code: 'agent.replaced' })
    await endedOlder
    await sleep(100) // Time for the older link's end to be taken for the agent's.
    expect((await device(agent)).online).toBe(true)
  })

  test('holds through a quick change: the device is online when the dust has settled', async () => {
    const agent = await hub.enrol()
    for (let i = 0; i < 6; i++) {
      await agent.link()
      agent.cut()
    }
    expect((await agent.link()).accepted).toBe(true)
    await sleep(200)
    expect((await device(agent)).online).toBe(true)
  })

  test('is not there any more after a restart of the hub, until the agent comes back', async () => {
    const agent = await hub.enrol()
    await agent.link()
    await hub.hub.close()
    await hub.open()
    expect((await device(agent)).online).toBe(false)
    expect((await agent.link()).accepted).toBe(true)
    expect((await device(agent)).online).toBe(true)
  })
})

describe('messages', () => {
  test('before the hello are not answered', async () => {
    const agent = await hub.enrol()
    await agent.dial()
    await expect(agent.socket?.timeout(300).emitWithAck('message', { v: 1 })).rejects.toThrow(/timed out/)
  })

  test.each([
    ['of an unknown type', { type: 'disk.formatted', body: {} }, 'protocol.unsupported'],
    ['of another version', { v: 9 }, 'protocol.unsupported'],
    ['without an id', { id: 'x' }, 'protocol.invalid-message'],
    ['with a body that does not fit', { body: { runId: 5 } }, 'protocol.invalid-message'],
    ['about an unknown run', {}, 'run.not-found'],
  ])('%s are refused', async (_, change, code) => {
    const agent = await hub.enrol()
    await agent.link()
    const body = { runId: randomUUID(), fence: 1, lines: [{ n: 1, atMs: 1, level: 'info', event: 'x', message: 'x', path: null }] }
    const ack: unknown = await agent.socket
      ?.timeout(20_000)
      .emitWithAck('message', { v: 1, id: randomUUID(), type: 'run.log', sentAtMs: 1, body, ...change })
    expect(ack).toMatchObject({ ok: false, error: { code } })
  })

  test('that come again are answered again and not done again', async () => {
    const agent = await hub.enrol()
    await agent.link()
    const run = await hub.startRun(agent.agentId)
    await hub.expectState(run.id, 'running')
    const fence = agent.offers[0]?.fence
    const id = randomUUID()
    const line = (n: number) => ({ n, atMs: 1, level: 'info', event: 'x', message: `line ${n}`, path: null })
    expect(await agent.send('run.log', { runId: run.id, fence, lines: [line(1)] }, id)).toEqual({ ok: true, body: {} })
    // The same id over a new link, with other contents: the answer of the first.
    await agent.link([{ runId: run.id, fence: fence ?? 0, state: 'running' }])
    expect(await agent.send('run.log', { runId: run.id, fence, lines: [line(2)] }, id)).toEqual({ ok: true, body: {} })
    const { items } = await hub.json<{ items: { message: string }[] }>(hub.get(`/api/v1/runs/${run.id}/log`))
    expect(items.map((item) => item.message)).toEqual(['line 1'])
  })

  test('of one agent cannot speak of another one\u2019s run', async () => {
    const [owner, thief] = [await hub.enrol('owner'), await hub.enrol('thief')]
    await Promise.all([owner.link(), thief.link()])
    const run = await hub.startRun(owner.agentId)
    await hub.expectState(run.id, 'running')
    const fence = owner.offers[0]?.fence
    expect(await thief.send('run.progress', { runId: run.id, fence, sample })).toEqual({ ok: true, body: { goOn: false } })
    const finished = { runId: run.id, fence, outcome: 'failed', result: null, error: null, warnings: [], warningCount: 0 }
    expect(await thief.send('run.finished', finished)).toMatchObject({ ok: false, error: { code: 'run.not-found' } })
    expect((await hub.run(run.id)).state).toBe('running')
  })
})

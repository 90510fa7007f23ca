import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { LiveEvent, type Run, type Topic, type UiAck } from '@holdfast/shared-types'
import { io, type Socket } from 'socket.io-client'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { cookieOf, TestHub } from './test-hub.ts'

let hub: TestHub
const open: Socket[] = []
beforeAll(async () => {
  hub = await TestHub.start()
})
afterEach(() => {
  for (const socket of open.splice(0)) socket.disconnect()
})
afterAll(() => hub.stop())

type Ack = z.infer<typeof UiAck>

/** A browser's live connection, with everything it heard. */
class Browser {
  readonly heard: LiveEvent[] = []
  readonly socket: Socket
  constructor(headers: Record<string, string>, transports = ['websocket']) {
    this.socket = io(`${hub.origin}/ui`, { transports, reconnection: false, forceNew: true, extraHeaders: headers })
    open.push(this.socket)
    // What the hub tells is of the contract.
    this.socket.on('event', (event: unknown) => void this.heard.push(LiveEvent.parse(event)))
  }
  connected(): Promise<string> {
    return new Promise((resolve) => {
      this.socket.once('connect', () => resolve('connected'))
      this.socket.once('connect_error', (error: Error & { data?: { code: string } }) => resolve(error.data?.code ?? error.message))
    })
  }
  subscribe(topic: string, lastSeq?: number): Promise<Ack> {
    return this.socket.timeout(20_000).emitWithAck('subscribe', lastSeq === undefined ? { topic } : { topic, lastSeq }) as Promise<Ack>
  }
  seqs(topic: Topic): (number | null)[] {
    return this.heard.filter((event) => event.topic === topic).map((event) => event.seq)
  }
}
const browser = async (cookie?: string) => {
  const made = new Browser({ cookie: cookie ?? (await hub.cookie()), origin: hub.origin })
  expect(await made.connected()).toBe('connected')
  return made
}
const seqOf = (ack: Ack): number => (ack.ok ? (ack.body as { seq: number }).seq : -1)
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, i) => first + i)

describe('a live connection', () => {
  test('is for signed-in people, from the hub\u2019s own pages', async () => {
    const cookie = await hub.cookie()
    expect(await new Browser({ origin: hub.origin }).connected()).toBe('sign-in.required')
    expect(await new Browser({ cookie: 'holdfast=' + 'x'.repeat(43), origin: hub.origin }).connected()).toBe('sign-in.required')
    expect(await new Browser({ cookie, origin: 'https://evil.example' }).connected()).toContain('websocket error')
    expect(await new Browser({ cookie, origin: hub.origin.replace('127.0.0.1', 'localhost') }).connected()).toContain('websocket error')
    expect(await new Browser({ cookie, origin: hub.origin }).connected()).toBe('connected')
    expect(await new Browser({ cookie, origin: hub.origin }, ['polling']).connected()).toBe('connected')
    const agent = await hub.enrol()
    expect(await new Browser({ authorization: `Bearer ${await agent.token()}` }).connected()).toBe('access.denied')
  })

  test('ends with the sign-out', async () => {
    const link = (await hub.hub.admin('sign-in-link.create', {})) as { url: string }
    const cookie = cookieOf(await hub.post('/api/v1/sign-in/link', { token: new URL(link.url).hash.slice('#token='.length) }, ''))
    const [mine, other] = [await browser(cookie), await browser()]
    const ended = new Promise((resolve) => mine.socket.once('disconnect', resolve))
    await hub.json(hub.post('/api/v1/sign-out', {}, cookie))
    expect(await ended).toBe('io server disconnect')
    expect(other.socket.connected).toBe(true)
  })

  test.each([
    ['an unknown topic', { topic: 'secrets' }, 'request.invalid'],
    ['an unknown run', { topic: `run:${randomUUID()}` }, 'run.not-found'],
    ['a sequence that never was', { topic: 'devices', lastSeq: 1_000_000 }, 'live.sequence-gone'],
    ['more than the contract has', { topic: 'devices', all: true }, 'request.invalid'],
  ])('refuses %s', async (_, body, code) => {
    const ack: unknown = await (await browser()).socket.timeout(20_000).emitWithAck('subscribe', body)
    expect(ack).toMatchObject({ ok: false, error: { code } })
  })
})

describe('events', () => {
  test('tell of devices and runs as they are by REST', async () => {
    const ears = await browser()
    const from = { devices: seqOf(await ears.subscribe('devices')), runs: seqOf(await ears.subscribe('runs')) }
    const agent = await hub.enrol('told')
    await agent.link()
    const run = await hub.startRun(agent.agentId)
    await hub.expectState(run.id, 'running')
    await expect
      .poll(() =>
        ears.heard.filter((event) => event.type === 'run.changed').map((event) => event.type === 'run.changed' && event.body.state),
      )
      .toEqual(['queued', 'offered', 'running'])
    await expect.poll(() => ears.seqs('devices')).toEqual(upTo(from.devices + 2, from.devices + 1))
    expect(ears.seqs('runs')).toEqual(upTo(from.runs + 3, from.runs + 1))
    const lastDevice = ears.heard.findLast((event) => event.type === 'device.changed')
    expect(lastDevice?.body).toEqual(await hub.json(hub.get(`/api/v1/devices/${agent.agentId}`)))
    const lastRun = ears.heard.findLast((event) => event.type === 'run.changed')
    expect(lastRun?.body).toEqual(await hub.run(run.id))
  })

  test('of one topic come no more after it was left', async () => {
    const ears = await browser()
    await ears.subscribe('devices')
    expect(await ears.socket.timeout(20_000).emitWithAck('unsubscribe', { topic: 'devices' })).toEqual({ ok: true, body: {} })
    await hub.enrol('unheard')
    await sleep(200)
    expect(ears.heard).toEqual([])
  })

  test('bring samples without a sequence to the run and to the list', async () => {
    const agent = await hub.enrol()
    await agent.link()
    const run = await hub.startRun(agent.agentId)
    await hub.expectState(run.id, 'running')
    const ears = await browser()
    await ears.subscribe(`run:${run.id}`)
    await ears.subscribe('runs')
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
      elapsedMs: 1,
    }
    await agent.send('run.progress', { runId: run.id, fence: 1, sample })
    await expect
      .poll(() => ears.heard.map((event) => [event.topic, event.seq, event.type]))
      .toEqual([
        [`run:${run.id}`, null, 'run.progress'],
        ['runs', null, 'run.progress'],
      ])
  })
})

describe('the log of a run', () => {
  test('is whole for browsers that lose their connection again and again while lines pour in', async () => {
    const agent = await hub.enrol('chatty')
    await agent.link()
    const run: Run = await hub.startRun(agent.agentId)
    await hub.expectState(run.id, 'running')
    const topic = `run:${run.id}` as Topic
    const total = 400
    const writing = (async () => {
      for (let n = 1; n <= total; n += 4) {
        const lines = [0, 1, 2, 3].map((more) => ({
          n: n + more,
          atMs: 1,
          level: 'info',
          event: 'x',
          message: `line ${n + more}`,
          path: null,
        }))
        await agent.send('run.log', { runId: run.id, fence: 1, lines })
      }
    })()
    /** Reads what there is, listens from there, and comes back after every cut with the last sequence it saw. */
    const follow = async (pauseMs: number) => {
      const first = await hub.json<{ items: { message: string }[]; lastSeq: number }>(hub.get(`/api/v1/runs/${run.id}/log?limit=1000`))
      const lines = first.items.map((item) => item.message)
      let lastSeq = first.lastSeq
      let stayMs = pauseMs
      while (lines.length < total) {
        const ears = await browser()
        expect(seqOf(await ears.subscribe(topic, lastSeq))).toBeGreaterThanOrEqual(lastSeq)
        await sleep(stayMs)
        ears.socket.disconnect()
        expect(ears.seqs(topic)).toEqual(upTo(lastSeq + ears.heard.length, lastSeq + 1))
        lines.push(...ears.heard.flatMap((event) => (event.type === 'run.log' ? [event.body.message] : [])))
        // Where the machine is too slow to tell anything meanwhile, somebody would come and go for ever.
        stayMs = ears.heard.length > 0 ? pauseMs : stayMs * 2
        lastSeq += ears.heard.length
      }
      return lines
    }
    const expected = Array.from({ length: total }, (_, i) => `line ${i + 1}`)
    const [one, two] = await Promise.all([follow(40), follow(90), writing])
    expect(one).toEqual(expected)
    expect(two).toEqual(expected)
  })

  test('goes on over a restart of the hub with the sequence that was seen', async () => {
    const agent = await hub.enrol()
    await agent.link()
    const run = await hub.startRun(agent.agentId)
    await hub.expectState(run.id, 'running')
    const topic = `run:${run.id}` as Topic
    const before = await browser()
    const seen = seqOf(await before.subscribe(topic))
    await hub.hub.close()
    await hub.open()
    await agent.link([{ runId: run.id, fence: 1, state: 'running' }])
    await agent.send('run.log', {
      runId: run.id,
      fence: 1,
      lines: [{ n: 1, atMs: 1, level: 'info', event: 'x', message: 'after', path: null }],
    })
    const after = await browser()
    await after.subscribe(topic, seen)
    await expect.poll(() => after.seqs(topic)).toEqual([seen + 1])
  })
})

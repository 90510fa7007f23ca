import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { AppError, RunId, SessionId } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { aFolder, aLink, anEnrolledAgent, type TestAgent, type TestFolder } from '../../test/an-agent.ts'
import { FakeHub } from '../../test/fake-hub.ts'
import type { LiveHubLink } from './hub-link.ts'

let hub: FakeHub
let folder: TestFolder
let device: TestAgent
let link: LiveHubLink | null = null

beforeEach(async () => {
  hub = await FakeHub.start()
  folder = aFolder()
  device = await anEnrolledAgent(hub, folder.path)
})
afterEach(async () => {
  await link?.close()
  link = null
  await hub.close()
  folder.remove()
  expect(hub.violations).toEqual([])
})

const started = (changes: Parameters<typeof aLink>[1] = {}): LiveHubLink => {
  link = aLink(device, changes)
  link.start()
  return link
}
const aQuestion = { sessionId: SessionId.parse(randomUUID()), fence: 1, ids: new Uint8Array(32) }

test('greets with a signature over the hub\u2019s challenge, its facts and the runs in hand', async () => {
  const run = { runId: RunId.parse(randomUUID()), fence: 3, state: 'running' as const }
  await started({ runsInHand: () => [run] }).whenConnected()
  expect(hub.hellos).toMatchObject([{ protocol: 1, version: '1.2.3', agentId: device.agent.identity.agentId, runsInHand: [run] }])
})

test('is not fooled by another hub at the same address', async () => {
  const other = { ...device, agent: { ...device.agent, identity: { ...device.agent.identity, hubId: randomUUID() as typeof hub.hubId } } }
  link = aLink(other)
  link.start()
  await hub.until(() => link?.state.state === 'refused', 'the link to refuse')
  expect(link.state.problem).toMatchObject({ code: 'agent.identity-invalid', message: expect.stringContaining('Another hub') as string })
  expect(hub.hellos).toEqual([])
})

test('says why it was refused and what to do, and asks again later by itself', async () => {
  let refusals = 0
  hub.answerHello = () => {
    refusals += 1
    if (refusals < 3)
      return {
        accepted: false,
        code: 'protocol.unsupported',
        message: 'Too old.',
        cure: 'Update the agent.',
        protocol: { oldest: 2, newest: 3 },
      }
    return { accepted: true, hubVersion: '0', timeMs: 1, dropRuns: [] }
  }
  const states: string[] = []
  await started({ onState: ({ state, problem }) => states.push(`${state} ${problem?.cure ?? ''}`.trim()) }).whenConnected()
  expect(states).toContain('refused Update the agent.')
  expect(states.at(-1)).toBe('connected')
})

test('a refusal with a code of tomorrow is shown as it is', async () => {
  hub.answerHello = () => ({
    accepted: false,
    code: 'agent.needs-approval',
    message: 'Wait.',
    cure: 'Ask Ann.',
    protocol: { oldest: 1, newest: 1 },
  })
  const refused = started()
  await hub.until(() => refused.state.state === 'refused', 'the link to be refused')
  expect(refused.state.problem).toEqual({ code: 'agent.needs-approval', message: 'Wait.', cure: 'Ask Ann.' })
})

test('a link that was replaced does not fight for its place', async () => {
  const replaced = started({ delays: { reconnect: { firstMs: 10, longestMs: 10 }, refused: { firstMs: 60_000, longestMs: 60_000 } } })
  await replaced.whenConnected()
  hub.endLinks({ code: 'agent.replaced', message: 'Another link took over.', cure: 'Run one agent per identity.' })
  await hub.until(() => replaced.state.state === 'refused', 'the end to be understood')
  expect(replaced.state.problem).toMatchObject({ code: 'agent.replaced', cure: 'Run one agent per identity.' })
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(hub.hellos).toHaveLength(1)
})

test('a device that was cut off says so, dials no more, and lets nobody wait', async () => {
  const told = { code: 'agent.revoked', message: 'This device was removed from the hub.', cure: 'Enrol it anew.' }
  const revoked = started({ delays: { reconnect: { firstMs: 10, longestMs: 10 }, refused: { firstMs: 10, longestMs: 10 } } })
  await revoked.whenConnected()
  const waiting = revoked.request('session.have', aQuestion, { patienceMs: 60_000 })
  hub.handlers.set('session.have', () => null)
  hub.endLinks(told)
  await expect(waiting).rejects.toMatchObject({ code: 'agent.revoked', cure: 'Enrol it anew.' })
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect([revoked.state, hub.hellos.length]).toEqual([{ state: 'refused', problem: told }, 1])
  // Started again, it asks once.
  await revoked.close()
  hub.answerHello = () => ({ accepted: false, ...told, protocol: { oldest: 1, newest: 1 } })
  const again = started({ delays: { reconnect: { firstMs: 10, longestMs: 10 }, refused: { firstMs: 10, longestMs: 10 } } })
  await hub.until(() => again.state.state === 'refused', 'the second refusal')
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(hub.hellos).toHaveLength(2)
})

test('comes back after every cut, and a hub that was away', async () => {
  // Told, not looked up: a cut may be mended sooner than anybody looks.
  const states: string[] = []
  const reconnecting = started({ onState: ({ state }) => void states.push(state) })
  const timesConnected = (): number => states.filter((state) => state === 'connected').length
  for (let round = 1; round <= 3; round += 1) {
    await hub.until(() => timesConnected() === round, `connection ${round}`)
    hub.cut()
  }
  await hub.until(() => timesConnected() === 4, 'the last connection')
  expect(states.join(' ')).toBe('connecting connected waiting '.repeat(3) + 'connecting connected')
  expect(hub.hellos).toHaveLength(4)
  const { port } = hub
  await hub.close()
  await hub.until(() => reconnecting.state.problem !== null, 'the outage to be noticed')
  // Another hub process on the same data would answer here; to the link it is one that does not know it.
  const later = await FakeHub.start(port)
  await later.until(() => reconnecting.state.state === 'refused', 'the new hub to answer')
  await later.close()
})

test('a question asked while the cable is out is answered once it is back, under the same id', async () => {
  const asking = started()
  await asking.whenConnected()
  const seen: string[] = []
  hub.handlers.set('session.have', (_body, id) => {
    seen.push(id)
    if (seen.length > 2) return { locations: new Uint8Array(24) }
    // The answer is lost: once with the link, once on its way back.
    hub.cut()
    return null
  })
  const answer = await asking.request('session.have', aQuestion, { patienceMs: 10_000 })
  expect(answer.locations).toHaveLength(24)
  expect(seen).toHaveLength(3)
  expect(new Set(seen).size).toBe(1)
})

test('a question is asked again while the hub\u2019s database is away, and given up when the hub says no', async () => {
  const asking = started()
  await asking.whenConnected()
  let tries = 0
  hub.handlers.set('session.have', () => {
    tries += 1
    throw new AppError(tries < 3 ? 'database.unavailable' : 'run.fence-stale')
  })
  await expect(asking.request('session.have', aQuestion, { patienceMs: 20_000 })).rejects.toMatchObject({ code: 'run.fence-stale' })
  expect(tries).toBe(3)
})

test('patience has an end', async () => {
  hub.answerHello = () => ({ accepted: false, code: 'internal', message: '', cure: '', protocol: { oldest: 1, newest: 1 } })
  await expect(started().request('session.have', aQuestion, { patienceMs: 300 })).rejects.toMatchObject({ code: 'hub.unreachable' })
})

test('a question that finds the link dead, because the clock was set or the device slept, is asked again at once, and leaves no deadline behind', async () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length
  /** How many are left when there are so few, or it took so long. Waits without a timer of its own, which would count. */
  const settled = async (count: number, withinMs: number): Promise<number> => {
    for (const endsAtMs = performance.now() + withinMs; timers() > count && performance.now() < endsAtMs;) await nextTurn()
    return timers()
  }
  const timersBefore = await settled(0, 1_000)
  const held = started()
  await held.whenConnected()
  const now = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_600_000)
  try {
    const startedAtMs = performance.now()
    await expect(held.request('session.have', aQuestion, { patienceMs: 20_000 })).resolves.toMatchObject({
      locations: expect.anything() as unknown,
    })
    expect(performance.now() - startedAtMs).toBeLessThan(15_000)
  } finally {
    now.mockRestore()
  }
  await held.close()
  // One that is left would keep an agent that was told to stop for another half a minute.
  expect(await settled(timersBefore, 15_000)).toBeLessThanOrEqual(timersBefore)
})

test('a link that is still dialling is closed at once', async () => {
  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const dialling = aLink(device, { hubUrl: `http://127.0.0.1:${(silent.address() as AddressInfo).port}` })
  dialling.start()
  await once(silent, 'connection')
  const startedAtMs = performance.now()
  await dialling.close()
  expect(performance.now() - startedAtMs).toBeLessThan(5_000)
  silent.close()
})

test('nothing is emitted without a link, and nothing is sent twice after one', async () => {
  // A redial may be done between two looks at the state: the moment of the cut is told, not looked for.
  const cut = Promise.withResolvers<void>()
  const quiet = started({ onState: ({ state }) => state === 'waiting' && cut.resolve() })
  await quiet.whenConnected()
  hub.cut()
  await cut.promise
  const envelope = { v: 1 as const, id: randomUUID(), type: 'session.have' as const, sentAtMs: 1, body: aQuestion }
  await expect(quiet.send(envelope)).rejects.toThrow('not connected')
  await quiet.whenConnected()
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(hub.reports('session.have')).toEqual([])
})

test('a command is done once however often it is sent, and an unknown or broken one is refused with a code', async () => {
  let offers = 0
  await started({
    commands: {
      'run.offer': () => {
        offers += 1
        return Promise.resolve({ accepted: true })
      },
      'run.cancel': () => Promise.reject(new Error('a bug')),
      'run.pause': () => Promise.reject(new Error('a bug')),
      'host.list': () => Promise.reject(new AppError('source.not-found')),
      'host.measure': () => Promise.resolve({}),
      'host.stop-measuring': () => Promise.resolve({ known: false }),
      'device.set-limits': () => Promise.resolve({}),
    },
  }).whenConnected()
  const id = randomUUID()
  const offer = {
    runId: RunId.parse(randomUUID()),
    fence: 1,
    leaseMs: 1000,
    request: { kind: 'verify' as const, snapshotId: 'ab'.repeat(16) as never },
  }
  const answers = await Promise.all([hub.command('run.offer', offer, id), hub.command('run.offer', offer, id)])
  expect(answers).toEqual([
    { ok: true, body: { accepted: true } },
    { ok: true, body: { accepted: true } },
  ])
  expect(offers).toBe(1)
  expect(await hub.command('run.cancel', { runId: offer.runId, fence: 1 })).toMatchObject({ ok: false, error: { code: 'internal' } })
  expect(await hub.command('run.explode' as never, {} as never)).toMatchObject({ ok: false, error: { code: 'protocol.unsupported' } })
  expect(await hub.command('run.cancel', { runId: 'x', fence: 0 } as never)).toMatchObject({
    ok: false,
    error: { code: 'protocol.invalid-message' },
  })
})

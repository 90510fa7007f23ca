import { setTimeout as sleep } from 'node:timers/promises'
import type { LogLine, Run, RunInHand, RunState } from '@holdfast/shared-types'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commitSnapshot } from '../../../test/commit-snapshot.ts'
import type { FakeAgent } from '../../../test/fake-agent.ts'
import { TestHub } from '../../../test/test-hub.ts'

/*
 * What becomes of a run when something goes wrong: cables, restarts, silence, cancels. Each ends in exactly one state, and nothing
 * that lost the run can change it afterwards.
 */

const sample = (filesDone: number) => ({
  phase: 'scanning',
  filesDone,
  bytesDone: 1,
  filesTotal: null,
  bytesTotal: null,
  filesRead: 0,
  bytesRead: 0,
  bytesStored: 0,
  warnings: 0,
  currentPath: null,
  elapsedMs: filesDone * 7,
})
const finished = (ofRun: object, change: object = {}) => ({
  ...ofRun,
  outcome: 'succeeded',
  result: null,
  error: null,
  warnings: [],
  warningCount: 0,
  ...change,
})
const ofRunOf = (agent: FakeAgent, run: Run) => ({
  runId: run.id,
  fence: agent.offers.findLast((offer) => offer.runId === run.id)?.fence ?? 0,
})
const inHand = (agent: FakeAgent, run: Run, state: RunState = 'running'): RunInHand => ({ ...ofRunOf(agent, run), state })

const begun = async (hub: TestHub, agent: FakeAgent, path = '/home') => {
  const run = await hub.startRun(agent.agentId, { sources: [{ path }] })
  return hub.expectState(run.id, 'running')
}
/** As `begun`, without looking at the state: a short lease may be over by then. */
const taken = async (hub: TestHub, agent: FakeAgent) => {
  const run = await hub.startRun(agent.agentId)
  await expect.poll(() => agent.offers.some((offer) => offer.runId === run.id)).toBe(true)
  return run
}
const linkedAgent = async (hub: TestHub) => {
  const agent = await hub.enrol()
  await agent.link()
  return agent
}
const messages = async (hub: TestHub, run: Run) =>
  (await hub.json<{ items: LogLine[] }>(hub.get(`/api/v1/runs/${run.id}/log`))).items.map((line) => line.event)

/** Whatever was said under a fence that the hub took back changes nothing. */
const expectDeaf = async (hub: TestHub, agent: FakeAgent, ofRun: object, run: Run) => {
  const before = await hub.run(run.id)
  expect(await agent.send('run.progress', { ...ofRun, sample: sample(99) })).toEqual({ ok: true, body: { goOn: false } })
  expect(await agent.send('run.finished', finished(ofRun))).toMatchObject({ ok: false, error: { code: 'run.fence-stale' } })
  expect(await hub.run(run.id)).toEqual(before)
}

describe('after a cut', () => {
  let hub: TestHub
  beforeAll(async () => {
    hub = await TestHub.start()
  })
  afterAll(() => hub.stop())

  test('a run that its agent still has goes on', async () => {
    const agent = await linkedAgent(hub)
    const run = await begun(hub, agent)
    agent.cut()
    expect(await agent.link([inHand(agent, run)])).toMatchObject({ accepted: true, dropRuns: [] })
    expect((await hub.run(run.id)).state).toBe('running')
    expect(await agent.send('run.progress', { ...ofRunOf(agent, run), sample: sample(1) })).toEqual({ ok: true, body: { goOn: true } })
    expect(agent.offers).toHaveLength(1)
  })

  test('a run that its agent lost has failed, and its old fence is deaf', async () => {
    const agent = await linkedAgent(hub)
    const run = await begun(hub, agent)
    const old = ofRunOf(agent, run)
    agent.cut()
    await agent.link()
    expect(await hub.run(run.id)).toMatchObject({ state: 'failed', error: { code: 'run.agent-lost' } })
    await expectDeaf(hub, agent, old, run)
  })

  test('an offer that never arrived gives way to a run for the same that was asked for meanwhile', async () => {
    const agent = await linkedAgent(hub)
    agent.onOffer = null
    const lost = await taken(hub, agent)
    const next = await hub.startRun(agent.agentId)
    agent.cut()
    agent.onOffer = () => ({ accepted: true })
    expect(await agent.link()).toMatchObject({ accepted: true })
    expect(await hub.run(lost.id)).toMatchObject({ state: 'cancelled', error: { code: 'run.superseded' } })
    await hub.expectState(next.id, 'running')
  })

  test.each([
    ['complete', 'succeeded'],
    ['complete-with-errors', 'warning'],
  ] as const)('a lost run whose snapshot is committed as %s is %s', async (status, state) => {
    const agent = await linkedAgent(hub)
    const run = await begun(hub, agent)
    await commitSnapshot(hub, run, status)
    agent.cut()
    await agent.link()
    expect(await hub.run(run.id)).toMatchObject({ state, error: null, result: null })
    expect(await messages(hub, run)).toContain(`run.${state}`)
  })

  test('a run whose snapshot is being committed while its device reports that it failed has its snapshot', async () => {
    const agent = await linkedAgent(hub)
    const run = await begun(hub, agent)
    // What a commit holds in the database: the run's row, and a snapshot that nobody else sees yet.
    const commit = new Client(hub.database.connection)
    await commit.connect()
    try {
      await commit.query('begin')
      await commit.query('select 1 from run where id = $1 for update', [run.id])
      let isAnswered = false
      const answer = agent
        .send(
          'run.finished',
          finished(ofRunOf(agent, run), { outcome: 'failed', error: { code: 'hub.unreachable', message: 'No answer.', cure: 'Wait.' } }),
        )
        .finally(() => (isAnswered = true))
      await sleep(300)
      expect(isAnswered).toBe(false)
      await commitSnapshot(hub, run, 'complete', { within: commit })
      await commit.query('commit')
      expect(await answer).toMatchObject({ ok: true })
    } finally {
      await commit.end()
    }
    expect(await hub.run(run.id)).toMatchObject({ state: 'warning' })
  })

  test('an offer that did not arrive is made again, with a new fence', async () => {
    const agent = await hub.enrol()
    agent.onOffer = null // As good as lost on the way.
    await agent.link()
    const run = await hub.startRun(agent.agentId)
    await hub.expectState(run.id, 'offered')
    agent.cut()
    agent.onOffer = () => ({ accepted: true })
    await agent.link()
    await hub.expectState(run.id, 'running')
    expect(agent.offers.map((offer) => offer.fence)).toEqual([1, 3])
  })

  test('an offer that arrived although its answer was lost is believed', async () => {
    const agent = await hub.enrol()
    agent.onOffer = null
    await agent.link()
    const run = await hub.startRun(agent.agentId)
    await hub.expectState(run.id, 'offered')
    agent.cut()
    expect(await agent.link([inHand(agent, run)])).toMatchObject({ dropRuns: [] })
    expect((await hub.run(run.id)).state).toBe('running')
    expect(agent.offers).toHaveLength(1)
  })

  test('runs that the hub took back or never had are to be dropped; an end that is told again is not', async () => {
    const agent = await linkedAgent(hub)
    const [cancelled, done] = [await begun(hub, agent, '/a'), await begun(hub, agent, '/b')]
    await agent.send('run.finished', finished(ofRunOf(agent, done), { outcome: 'failed' }))
    agent.cut()
    await expect.poll(async () => (await hub.json<{ online: boolean }>(hub.get(`/api/v1/devices/${agent.agentId}`))).online).toBe(false)
    await hub.json(hub.post(`/api/v1/runs/${cancelled.id}/cancel`, {}))
    const unknown: RunInHand = { runId: '6ba7b810-9dad-41d1-80b4-00c04fd430c8' as never, fence: 1, state: 'running' }
    const answer = await agent.link([inHand(agent, cancelled), inHand(agent, done, 'failed'), unknown])
    expect(answer).toMatchObject({ accepted: true, dropRuns: [cancelled.id, unknown.runId] })
    expect(await agent.send('run.finished', finished(ofRunOf(agent, done), { outcome: 'failed' }))).toEqual({ ok: true, body: {} })
  })

  test('a committing run stays so', async () => {
    const agent = await linkedAgent(hub)
    const run = await begun(hub, agent)
    agent.cut()
    await agent.link([inHand(agent, run, 'committing')])
    expect((await hub.run(run.id)).state).toBe('committing')
  })

  test('after a restart of the hub every run is where its agent says', async () => {
    const [keeps, loses, away] = [await linkedAgent(hub), await linkedAgent(hub), await linkedAgent(hub)]
    const [kept, lost, waiting] = [await begun(hub, keeps), await begun(hub, loses), await begun(hub, away)]
    const queued = await hub.startRun(away.agentId, { sources: [{ path: '/home' }] })
    await hub.hub.close()
    await hub.open()
    expect((await hub.run(kept.id)).state).toBe('running')
    await keeps.link([inHand(keeps, kept)])
    await loses.link()
    expect((await hub.run(kept.id)).state).toBe('running')
    expect((await hub.run(lost.id)).state).toBe('failed')
    // Nobody heard of the third yet: it keeps its lease, and what waits behind it keeps waiting.
    expect([(await hub.run(waiting.id)).state, (await hub.run(queued.id)).state]).toEqual(['running', 'queued'])
    await away.link()
    await hub.expectState(queued.id, 'running')
  })
})

describe('a cancel', () => {
  let hub: TestHub
  beforeAll(async () => {
    hub = await TestHub.start({ leaseMs: 1500 })
  })
  afterAll(() => hub.stop())
  const cancel = (run: Run) => hub.post(`/api/v1/runs/${run.id}/cancel`, {})

  test('of a waiting run, or of one whose device is away, is done at once', async () => {
    const agent = await hub.enrol()
    const waiting = await hub.startRun(agent.agentId)
    expect(await hub.json<Run>(cancel(waiting))).toMatchObject({ state: 'cancelled', startedAtMs: null, error: { code: 'run.cancelled' } })
    expect(await hub.refusal(cancel(waiting))).toEqual([409, 'run.already-finished'])
    await agent.link()
    const run = await begun(hub, agent)
    const old = ofRunOf(agent, run)
    agent.cut()
    await expect.poll(async () => (await hub.json<{ online: boolean }>(hub.get(`/api/v1/devices/${agent.agentId}`))).online).toBe(false)
    expect(await hub.json<Run>(cancel(run))).toMatchObject({ state: 'cancelled' })
    await agent.link([{ ...old, state: 'running' }])
    await expectDeaf(hub, agent, old, run)
  })

  test('is told to the device, which has the last word', async () => {
    const agent = await linkedAgent(hub)
    const run = await begun(hub, agent)
    const ofRun = ofRunOf(agent, run)
    expect(await hub.json<Run>(cancel(run))).toMatchObject({ state: 'running' })
    await expect.poll(() => agent.cancels).toEqual([ofRun])
    // A sample on its way meets the same wish.
    expect(await agent.send('run.progress', { ...ofRun, sample: sample(1) })).toEqual({ ok: true, body: { goOn: false } })
    await agent.send('run.finished', finished(ofRun, { outcome: 'cancelled' }))
    expect(await hub.run(run.id)).toMatchObject({ state: 'cancelled' })
    expect(await messages(hub, run)).toEqual(['run.cancelling'])
    await begun(hub, agent)
  })

  test('that comes too late finds the backup done', async () => {
    const agent = await linkedAgent(hub)
    const run = await begun(hub, agent)
    await cancel(run)
    await commitSnapshot(hub, run)
    await agent.send('run.finished', finished(ofRunOf(agent, run), { outcome: 'cancelled' }))
    expect((await hub.run(run.id)).state).toBe('succeeded')
  })

  test('of a run that the device does not know, or never answers about, ends it all the same', async () => {
    const agent = await linkedAgent(hub)
    agent.onCancel = () => ({ known: false })
    const unknown = await begun(hub, agent, '/a')
    await cancel(unknown)
    await hub.expectState(unknown.id, 'cancelled')
    agent.onCancel = null
    const silent = await begun(hub, agent, '/b')
    const old = ofRunOf(agent, silent)
    await cancel(silent)
    for (let i = 1; (await hub.run(silent.id)).state === 'running'; i++) {
      await agent.send('run.progress', { ...old, sample: sample(i) }) // Alive, and deaf.
      await sleep(100)
    }
    expect((await hub.run(silent.id)).state).toBe('cancelled')
    await expectDeaf(hub, agent, old, silent)
  })

  test('of an offer that never arrived is not forgotten: the run is not offered a second time', async () => {
    const agent = await hub.enrol()
    agent.onOffer = null // As good as lost on the way.
    await agent.link()
    const run = await hub.startRun(agent.agentId)
    await hub.expectState(run.id, 'offered')
    expect(await hub.json<Run>(cancel(run))).toMatchObject({ state: 'offered' })
    agent.cut()
    agent.onOffer = () => ({ accepted: true })
    await agent.link()
    await hub.expectState(run.id, 'cancelled')
    expect(agent.offers).toHaveLength(1)
  })

  test('that the device did not hear is told again after its next hello', async () => {
    const agent = await linkedAgent(hub)
    agent.onCancel = null
    const run = await begun(hub, agent)
    await cancel(run)
    await expect.poll(() => agent.cancels.length).toBe(1)
    agent.cut()
    agent.onCancel = () => ({ known: true })
    await agent.link([inHand(agent, run)])
    await expect.poll(() => agent.cancels.length).toBe(2)
  })
})

describe('a lease of 1.5 s', () => {
  let hub: TestHub
  beforeAll(async () => {
    hub = await TestHub.start({ leaseMs: 1500 })
  })
  afterAll(() => hub.stop())

  test('is held by progress, and not by saying "still here"', async () => {
    const agent = await linkedAgent(hub)
    const run = await begun(hub, agent)
    const ofRun = ofRunOf(agent, run)
    for (let i = 1; i <= 12; i++) {
      expect([i, await agent.send('run.progress', { ...ofRun, sample: sample(i) })]).toEqual([i, { ok: true, body: { goOn: true } }])
      await sleep(200)
    }
    let goesOn = true
    for (let i = 1; i <= 40 && goesOn; i++) {
      const ack = await agent.send('run.progress', { ...ofRun, sample: { ...sample(12), elapsedMs: 1000 + i } })
      goesOn = ack.ok && (ack.body as { goOn: boolean }).goOn
      await sleep(200)
    }
    expect(goesOn).toBe(false)
    expect((await hub.run(run.id)).state).toBe('expired')
  })

  test('that elapses over a committed snapshot leaves a done backup', async () => {
    const agent = await linkedAgent(hub)
    const run = await begun(hub, agent)
    await commitSnapshot(hub, run)
    await hub.expectState(run.id, 'succeeded')
  })
})

describe('a lease of 300 ms', () => {
  let hub: TestHub
  beforeAll(async () => {
    hub = await TestHub.start({ leaseMs: 300 })
  })
  afterAll(() => hub.stop())

  test('ends a silent run; its fence is dead and the next one begins', async () => {
    const agent = await linkedAgent(hub)
    const run = await taken(hub, agent)
    const next = await hub.startRun(agent.agentId)
    const ended = await hub.expectState(run.id, 'expired')
    expect(ended.error).toMatchObject({ code: 'run.expired' })
    await expectDeaf(hub, agent, { runId: run.id, fence: 1 }, run)
    await expect.poll(() => agent.offers.map((offer) => offer.runId)).toEqual([run.id, next.id])
  })

  test('ends an offer that nobody answers', async () => {
    const agent = await hub.enrol()
    agent.onOffer = null
    await agent.link()
    const run = await hub.startRun(agent.agentId)
    await hub.expectState(run.id, 'expired')
  })

  test('ends a run whose device never comes back after a restart of the hub too', async () => {
    const agent = await linkedAgent(hub)
    const run = await taken(hub, agent)
    await hub.hub.close()
    await agent.close()
    await hub.open()
    await hub.expectState(run.id, 'expired')
  })
})

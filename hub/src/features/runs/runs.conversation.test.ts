import { randomUUID } from 'node:crypto'
import { AppError, type Device, type LogLine, type Run, type RunOrder } from '@holdfast/shared-types'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commitSnapshot } from '../../../test/commit-snapshot.ts'
import type { FakeAgent } from '../../../test/fake-agent.ts'
import { TestHub } from '../../../test/test-hub.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await TestHub.start()
})
afterAll(() => hub.stop())

const backup = (...paths: string[]): RunOrder => ({ kind: 'backup', sources: paths.map((path) => ({ path })), full: false })
const order = (agent: FakeAgent, body: object) => hub.post(`/api/v1/devices/${agent.agentId}/runs`, body)
const linked = async (name?: string) => {
  const agent = await hub.enrol(name)
  await agent.link()
  return agent
}
/** A run that its agent has accepted. */
const running = async (agent: FakeAgent, body: Partial<RunOrder> = {}) => {
  const run = await hub.startRun(agent.agentId, body as never)
  await hub.expectState(run.id, 'running')
  const fence = agent.offers.findLast((offer) => offer.runId === run.id)?.fence ?? 0
  return { run, fence, ofRun: { runId: run.id, fence } }
}
const sample = {
  phase: 'transferring',
  filesDone: 3,
  bytesDone: 30,
  filesTotal: 9,
  bytesTotal: 90,
  filesRead: 3,
  bytesRead: 30,
  bytesStored: 20,
  warnings: 0,
  currentPath: '/home/a',
  elapsedMs: 5,
}
const backupResult = (snapshotId: string) => ({
  kind: 'backup',
  backupKind: 'full',
  snapshotId,
  files: 1,
  folders: 1,
  bytes: 1,
  filesRead: 1,
  bytesRead: 1,
  bytesStored: 1,
  filesNew: 1,
  filesChanged: 0,
  filesUnchanged: 0,
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
const line = (n: number, change: object = {}) => ({
  n,
  atMs: 1000 + n,
  level: 'info',
  event: 'file.skipped',
  message: `line ${n}`,
  path: null,
  ...change,
})
const logOf = async (run: Run) => (await hub.json<{ items: LogLine[] }>(hub.get(`/api/v1/runs/${run.id}/log`))).items
const events = async (run: Run) =>
  (
    await hub.sql<{ input: string; to_state: string; fence: number }>(
      'select input, to_state, fence from run_event where run_id = $1 order by n',
      [run.id],
    )
  ).map((row) => `${row.input}>${row.to_state}/${row.fence}`)

describe('a backup', () => {
  test('goes from the queue to a green end, and every step is in its history', async () => {
    const agent = await linked('workhorse')
    const { run, ofRun } = await running(agent, backup('/home'))
    expect(agent.offers[0]).toMatchObject({
      runId: run.id,
      fence: 1,
      leaseMs: 600_000,
      request: { kind: 'backup', sources: [{ path: '/home' }], full: false, vaultId: agent.answer?.vaultId },
    })
    expect(await agent.send('run.progress', { ...ofRun, sample })).toEqual({ ok: true, body: { goOn: true } })
    expect((await hub.run(run.id)).progress).toEqual(sample)
    const snapshotId = await commitSnapshot(hub, run)
    expect(await agent.send('run.finished', finished(ofRun, { result: backupResult(snapshotId) }))).toEqual({ ok: true, body: {} })
    const ended = await hub.run(run.id)
    expect(ended).toMatchObject({
      state: 'succeeded',
      deviceName: 'workhorse',
      requestedBy: 'Administrator',
      error: null,
      result: { snapshotId },
      progress: sample,
    })
    expect(ended.startedAtMs).toBeGreaterThanOrEqual(ended.createdAtMs)
    expect(ended.finishedAtMs).toBeGreaterThanOrEqual(ended.startedAtMs ?? Infinity)
    expect(await events(run)).toEqual(['ordered>queued/0', 'offer>offered/1', 'accepted>running/1', 'finished>succeeded/1'])
    expect((await hub.json<Device>(hub.get(`/api/v1/devices/${agent.agentId}`))).lastRunStatus).toBe('succeeded')
  })

  test('is ended once, however often its report comes', async () => {
    const agent = await linked()
    const { run, ofRun } = await running(agent)
    await commitSnapshot(hub, run)
    const report = finished(ofRun, { warningCount: 2, warnings: [{ path: '/home/x', code: 'source.unreadable', message: 'no' }] })
    const acks = await Promise.all([1, 2, 3].map(() => agent.send('run.finished', report)))
    expect(acks).toEqual(Array.from({ length: 3 }, () => ({ ok: true, body: {} })))
    expect(await agent.send('run.finished', { ...report, outcome: 'failed' })).toEqual({ ok: true, body: {} })
    expect(await hub.run(run.id)).toMatchObject({ state: 'warning', warningCount: 2, warnings: [{ code: 'source.unreadable' }] })
    expect((await events(run)).filter((event) => event.startsWith('finished'))).toHaveLength(1)
  })

  test('is never green without its snapshot, whatever its device says', async () => {
    const agent = await linked()
    const { run, ofRun } = await running(agent)
    await agent.send('run.finished', finished(ofRun, { result: backupResult('ab'.repeat(16)) }))
    expect(await hub.run(run.id)).toMatchObject({ state: 'failed', error: { code: 'snapshot.not-found' } })
  })

  test('keeps names that the database cannot', async () => {
    const agent = await linked()
    const { run, ofRun } = await running(agent)
    await commitSnapshot(hub, run)
    const path = 'C:\\bad \ud800 name \u0000'
    expect(await agent.send('run.progress', { ...ofRun, sample: { ...sample, currentPath: path } })).toMatchObject({ ok: true })
    expect(await agent.send('run.log', { ...ofRun, lines: [line(1, { path })] })).toMatchObject({ ok: true })
    expect(
      await agent.send('run.finished', finished(ofRun, { warningCount: 1, warnings: [{ path, code: 'x', message: path }] })),
    ).toMatchObject({ ok: true })
    expect((await hub.run(run.id)).warnings[0]?.path).toBe('C:\\bad \ufffd name \ufffd')
  })

  test('refuses a result of another kind', async () => {
    const agent = await linked()
    const { ofRun } = await running(agent)
    const verified = { kind: 'verify', snapshotId: 'ab'.repeat(16), files: 1, bytes: 1, blobsChecked: 1, problems: 0 }
    expect(await agent.send('run.finished', finished(ofRun, { result: verified }))).toMatchObject({
      ok: false,
      error: { code: 'protocol.invalid-message' },
    })
  })
})

describe('the queue', () => {
  test('waits for a device that is away, and is offered at its next hello', async () => {
    const agent = await hub.enrol()
    const run = await hub.startRun(agent.agentId)
    expect(run.state).toBe('queued')
    await agent.link()
    await hub.expectState(run.id, 'running')
    expect(agent.offers).toHaveLength(1)
  })

  test('holds one active and one pending run of the same sources, in whatever order they are named', async () => {
    const agent = await linked()
    const { run: first, ofRun } = await running(agent, backup('/a', '/b'))
    const second = await hub.json<Run>(order(agent, backup('/b', '/a')))
    expect(second.state).toBe('queued')
    expect(await hub.refusal(order(agent, backup('/a', '/b')))).toEqual([409, 'run.already-active'])
    // Other sources are another matter.
    await running(agent, backup('/c'))
    await commitSnapshot(hub, first)
    await agent.send('run.finished', finished(ofRun))
    await hub.expectState(second.id, 'running')
  })

  test('takes one of many that order the same at once', async () => {
    const agent = await hub.enrol()
    const answers = await Promise.all(Array.from({ length: 6 }, () => order(agent, backup('/race'))))
    expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409, 409, 409])
  })

  test('asks a device that declines again, later, and says why it waits', async () => {
    const agent = await hub.enrol()
    agent.onOffer = () => ({ accepted: false, reason: 'The device has its hands full.' })
    await agent.link()
    const run = await hub.startRun(agent.agentId)
    await expect
      .poll(async () => (await logOf(run)).map((entry) => entry.message))
      .toEqual(['The device does not take the run now: The device has its hands full.'])
    expect((await hub.run(run.id)).state).toBe('queued')
    const [row] = await hub.sql<{ wait: string }>(`select extract(epoch from offer_not_before - now()) as wait from run where id = $1`, [
      run.id,
    ])
    expect(Number(row?.wait)).toBeGreaterThan(3)
    agent.onOffer = () => ({ accepted: true })
    await hub.sql('update run set offer_not_before = now() where id = $1', [run.id])
    const taken = await hub.expectState(run.id, 'running')
    expect(agent.offers.map((offer) => offer.fence)).toEqual([1, 3])
    expect(taken.startedAtMs).not.toBeNull()
  })

  test.each(['protocol.invalid-message', 'protocol.unsupported'] as const)(
    'end at once when an agent answers %s, and say that it has to be updated',
    async (code) => {
      const agent = await linked()
      agent.onOffer = () => new AppError(code)
      const run = await hub.json<Run>(order(agent, { ...backup('/home'), exclude: ['*.o'] }))
      const { error } = await hub.expectState(run.id, 'failed')
      expect(error).toMatchObject({ code: 'agent.outdated', cure: expect.stringContaining('Update Holdfast on the device') as string })
      expect((await logOf(run)).map((entry) => entry.message)).toEqual([error?.message])
      // What the agent does know is not held up by it.
      agent.onOffer = () => ({ accepted: true })
      await hub.expectState((await hub.json<Run>(order(agent, backup('/home')))).id, 'running')
      expect(agent.offers).toHaveLength(2)
    },
  )

  test('offers again at once what was declined, when another run of the device ends', async () => {
    const agent = await linked()
    const { ofRun } = await running(agent, backup('/one'))
    agent.onOffer = () => ({ accepted: false })
    const declined = await hub.json<Run>(order(agent, backup('/two')))
    await expect.poll(() => agent.offers.length).toBe(2)
    await expect.poll(async () => (await hub.run(declined.id)).state).toBe('queued')
    agent.onOffer = () => ({ accepted: true })
    // It is not the end of its own wait that it comes by.
    await hub.sql(`update run set offer_not_before = now() + interval '1 hour' where id = $1`, [declined.id])
    await agent.send('run.finished', finished(ofRun, { outcome: 'failed', error: { code: 'internal', message: 'm', cure: 'c' } }))
    await hub.expectState(declined.id, 'running')
  })
})

describe('orders', () => {
  test('of a device are for itself only', async () => {
    const [one, two] = [await hub.enrol('one'), await hub.enrol('two')]
    const body = JSON.stringify(backup('/home'))
    const own = await hub.json<Run>(await one.call(`/api/v1/devices/${one.agentId}/runs`, { method: 'POST', body }))
    expect(own.requestedBy).toBe('one')
    expect(await hub.refusal(one.call(`/api/v1/devices/${two.agentId}/runs`, { method: 'POST', body }))).toEqual([404, 'agent.not-found'])
    expect(await hub.refusal(two.call(`/api/v1/runs/${own.id}`))).toEqual([404, 'run.not-found'])
    expect(await hub.refusal(two.call(`/api/v1/runs/${own.id}/log`))).toEqual([404, 'run.not-found'])
    expect(await hub.refusal(two.call(`/api/v1/runs/${own.id}/cancel`, { method: 'POST' }))).toEqual([404, 'run.not-found'])
    expect(await hub.json(await two.call('/api/v1/runs'))).toEqual({ items: [], hasMore: false })
    expect(await hub.json(await two.call(`/api/v1/runs?agentId=${one.agentId}`))).toEqual({ items: [], hasMore: false })
  })

  test('that cannot be are refused', async () => {
    const agent = await hub.enrol()
    expect(await hub.refusal(order(agent, { kind: 'backup', sources: [] }))).toEqual([400, 'request.invalid'])
    expect(await hub.refusal(order(agent, backup('home/ada')))).toEqual([400, 'request.invalid'])
    expect(await hub.refusal(order(agent, { kind: 'verify', snapshotId: 'ab'.repeat(16) }))).toEqual([404, 'snapshot.not-found'])
    expect(await hub.refusal(hub.post(`/api/v1/devices/${randomUUID()}/runs`, backup('/home')))).toEqual([404, 'agent.not-found'])
    expect(await hub.refusal(fetch(`${hub.origin}/api/v1/devices/${agent.agentId}/runs`, { method: 'POST' }))).toEqual([
      401,
      'sign-in.required',
    ])
  })

  test('with exclusions reach the device as they were given, and without any say nothing of them', async () => {
    const agent = await linked()
    const exclusions = { exclude: ['*.tmp', '!keep.tmp'], presets: ['linux-user-data'], oneFileSystem: true, excludeCaches: true }
    const asked = { ...backup('/home'), ...exclusions }
    const { run } = await running(agent, asked)
    expect(agent.offers.at(-1)?.request).toMatchObject({ kind: 'backup', sources: [{ path: '/home' }], ...exclusions })
    expect(run.request).toMatchObject(exclusions)
    const nothing = { ...backup('/srv'), exclude: [], presets: [], oneFileSystem: false, excludeCaches: false }
    const plain = await running(agent, nothing)
    expect(Object.keys(plain.run.request).toSorted()).toEqual(['full', 'kind', 'sources', 'vaultId'])
  })

  test.each([
    ['a pattern that can exclude nothing', { exclude: ['a[b'] }],
    ['a preset that nobody knows', { presets: ['nonsense'] }],
    ['a preset of another system', { presets: ['windows-user-data'] }],
    ['patterns without end', { exclude: Array.from({ length: 2001 }, (_, n) => `${n}`) }],
    ['patterns that no message carries', { exclude: Array.from({ length: 100 }, () => 'x'.repeat(4000)) }],
  ])('with %s are refused', async (_, exclusions) => {
    expect(await hub.refusal(order(await hub.enrol(), { ...backup('/home'), ...exclusions }))).toEqual([400, 'request.invalid'])
  })
})

describe('lists of runs', () => {
  test('are newest first and narrow by device, kind and activity', async () => {
    const agent = await linked()
    const { run: done, ofRun } = await running(agent, backup('/done'))
    await commitSnapshot(hub, done)
    await agent.send('run.finished', finished(ofRun, { warningCount: 1, warnings: [{ path: '/x', code: 'x', message: 'x' }] }))
    const { run: active } = await running(agent, backup('/active'))
    const list = async (query: string) => (await hub.json<{ items: Run[] }>(hub.get(`/api/v1/runs?agentId=${agent.agentId}${query}`))).items
    expect((await list('')).map((run) => run.id)).toEqual([active.id, done.id])
    expect((await list('&active=true')).map((run) => run.id)).toEqual([active.id])
    expect((await list('&active=false')).map((run) => run.id)).toEqual([done.id])
    expect((await list('&limit=1')).map((run) => run.id)).toEqual([active.id])
    expect(await list('&kind=restore')).toEqual([])
    expect((await list('&active=false'))[0]).toMatchObject({ warnings: [], warningCount: 1, deviceName: 'laptop' })
  })
})

describe('answers about large runs', () => {
  test('give as many runs as fit into memory, and the rest by pages, each once', async () => {
    const agent = await linked()
    const started: string[] = []
    for (let i = 0; i < 12; i++) started.push((await hub.startRun(agent.agentId, backup(`/large/${i}`) as never)).id)
    await hub.sql(
      `update run set request = request || jsonb_build_object('sources', array(select jsonb_build_object('path', n || repeat('x', 32000))
       from generate_series(1, 30) as n)) where agent_id = $1`,
      [agent.agentId],
    )
    const seen: string[] = []
    for (let before = ''; ;) {
      const page = await hub.json<{ items: Run[]; hasMore: boolean }>(hub.get(`/api/v1/runs?agentId=${agent.agentId}&limit=1000${before}`))
      expect(page.items.length).toBeLessThanOrEqual(6)
      seen.push(...page.items.map((run) => run.id))
      if (!page.hasMore) break
      before = `&before=${page.items.at(-1)?.id}`
    }
    expect(seen).toEqual(started.toReversed())
  })

  test('give as many lines as fit into memory, and the rest by pages, each once', async () => {
    const agent = await linked()
    const { run, ofRun } = await running(agent)
    await agent.send('run.log', { ...ofRun, lines: Array.from({ length: 100 }, (_, n) => line(n + 1)) })
    await hub.sql(`update run_log set message = repeat('x', 100000) where run_id = $1`, [run.id])
    const seen: number[] = []
    for (;;) {
      const query = `?limit=1000&after=${seen.at(-1) ?? 0}`
      const page = await hub.json<{ items: LogLine[]; hasMore: boolean }>(hub.get(`/api/v1/runs/${run.id}/log${query}`))
      expect(page.items.length).toBeLessThanOrEqual(42)
      seen.push(...page.items.map((entry) => entry.seq))
      if (!page.hasMore) break
    }
    expect(seen).toEqual(Array.from({ length: 100 }, (_, n) => n + 1))
  })
})

describe('the log of a run', () => {
  test('has each line once, in pages, and says from where to listen', async () => {
    const agent = await linked()
    const { run, ofRun } = await running(agent)
    expect(await agent.send('run.log', { ...ofRun, lines: [line(1), line(2)] })).toEqual({ ok: true, body: {} })
    // At least once: a batch comes again, with more.
    await agent.send('run.log', { ...ofRun, lines: [line(1), line(2), line(3), line(3)] })
    await agent.send('run.log', { ...ofRun, lines: [line(5), line(4)] })
    const read = (query: string) => hub.json<{ items: LogLine[]; lastSeq: number }>(hub.get(`/api/v1/runs/${run.id}/log${query}`))
    const all = await read('')
    expect(all.items.map((entry) => [entry.seq, entry.message])).toEqual([
      [1, 'line 1'],
      [2, 'line 2'],
      [3, 'line 3'],
      [4, 'line 5'],
      [5, 'line 4'],
    ])
    const [topic] = await hub.sql<{ last_seq: string }>('select last_seq from live_topic where topic = $1', [`run:${run.id}`])
    expect(all.lastSeq).toBe(Number(topic?.last_seq))
    expect((await read('?after=2&limit=2')).items.map((entry) => entry.seq)).toEqual([3, 4])
  })

  test('takes late lines of a run that has ended, but none under an old fence', async () => {
    const agent = await linked()
    const { run, ofRun } = await running(agent)
    await agent.send('run.finished', finished(ofRun, { outcome: 'failed', error: { code: 'internal', message: 'm', cure: 'c' } }))
    expect(await agent.send('run.log', { ...ofRun, lines: [line(1)] })).toEqual({ ok: true, body: {} })
    expect(await agent.send('run.log', { ...ofRun, fence: ofRun.fence + 1, lines: [line(2)] })).toMatchObject({
      ok: false,
      error: { code: 'run.fence-stale' },
    })
    expect((await logOf(run)).map((entry) => entry.message)).toEqual(['line 1'])
  })
})

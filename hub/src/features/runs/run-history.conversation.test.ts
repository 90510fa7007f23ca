import { setTimeout as sleep } from 'node:timers/promises'
import type { RunCurve, RunEvent } from '@holdfast/shared-types'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FakeAgent } from '../../../test/fake-agent.ts'
import { TestHub } from '../../../test/test-hub.ts'

let hub: TestHub
let agent: FakeAgent
beforeAll(async () => {
  hub = await TestHub.start()
  agent = await hub.enrol()
  await agent.link()
})
afterAll(() => hub.stop())

async function aRun(path: string) {
  const run = await hub.startRun(agent.agentId, { sources: [{ path }] })
  await hub.expectState(run.id, 'running')
  return { run, ofRun: { runId: run.id, fence: agent.offers.findLast((offer) => offer.runId === run.id)?.fence ?? 0 } }
}

test('the whole log of a run is a text file with one line an entry, whatever is in it', async () => {
  const { run, ofRun } = await aRun('/logged')
  const total = 3_000
  const forged = '/home/x\n2026-01-01T00:00:00.000Z  info   run.ended  The run ended: succeeded'
  for (let n = 1; n <= total; n += 500) {
    const lines = Array.from({ length: 500 }, (_, at) => ({
      n: n + at,
      atMs: 1_790_000_000_000 + n + at,
      level: 'info',
      event: 'file.skipped',
      message: `line ${n + at}`,
      path: n + at === 7 ? forged : null,
    }))
    expect(await agent.send('run.log', { ...ofRun, lines })).toMatchObject({ ok: true })
  }
  const answer = await hub.get(`/api/v1/runs/${run.id}/log/file`)
  expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="run-${run.id}.log"`)
  const lines = (await answer.text()).trimEnd().split('\n')
  const ofAgent = lines.filter((line) => line.includes('file.skipped'))
  expect(ofAgent).toHaveLength(total)
  expect(ofAgent[0]).toBe('2026-09-21T14:13:20.001Z  info   file.skipped  line 1')
  expect(ofAgent[6]).toContain(String.raw`"/home/x\n2026-01-01T00:00:00.000Z  info   run.ended`)
  expect(lines.filter((line) => line.startsWith('2026-01-01'))).toEqual([])
  expect(lines.every((line) => /^\d{4}-\d\d-\d\dT[\d:.]+Z {2}\w/.test(line))).toBe(true)
})

test('a long log is read only as fast as its caller takes it', async () => {
  const { run } = await aRun('/long')
  const total = 60_000
  await hub.sql(
    `insert into run_log (run_id, seq, at, level, event, message)
     select $1, 100 + n, now(), 'info', 'file.skipped', repeat('x', 1000) from generate_series(1, ${total}) as n`,
    [run.id],
  )
  await hub.sql('update run set last_log_seq = $2 where id = $1', [run.id, 100 + total])
  const answer = await hub.get(`/api/v1/runs/${run.id}/log/file`)
  const reader = answer.body?.getReader()
  let bytes = (await reader?.read())?.value?.length ?? 0
  await sleep(500)
  // What the hub has not read by now is gone: sockets and buffers hold some MB of the 60.
  await hub.sql('delete from run_log where run_id = $1 and seq > 30000', [run.id])
  for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) bytes += part.value.length
  expect(bytes).toBeGreaterThan(20_000_000)
  expect(bytes).toBeLessThan(40_000_000)
})

test('a caller that goes away in the middle of a log leaves nothing open', async () => {
  const { run, ofRun } = await aRun('/left')
  const lines = Array.from({ length: 400 }, (_, n) => ({
    n: n + 1,
    atMs: 1,
    level: 'info',
    event: 'e',
    message: 'x'.repeat(400),
    path: null,
  }))
  await agent.send('run.log', { ...ofRun, lines })
  for (let round = 0; round < 30; round += 1) {
    const answer = await hub.get(`/api/v1/runs/${run.id}/log/file`)
    await answer.body?.cancel()
  }
  expect((await (await hub.get(`/api/v1/runs/${run.id}/log/file`)).text()).trimEnd().split('\n').length).toBeGreaterThanOrEqual(400)
})

test('the curve of a run holds what was reported, for who may see the run, and is gone with its end', async () => {
  const { run, ofRun } = await aRun('/curve')
  const curveOf = () => hub.json<RunCurve>(hub.get(`/api/v1/runs/${run.id}/curve`))
  expect(await curveOf()).toEqual({ items: [], spacingMs: 1000 })
  const sample = { phase: 'transferring', filesDone: 1, filesTotal: null, bytesTotal: null, filesRead: 1, warnings: 0, currentPath: null }
  const report = (bytes: number) =>
    agent.send('run.progress', {
      ...ofRun,
      sample: { ...sample, bytesDone: bytes, bytesRead: bytes / 2, bytesStored: bytes / 4, elapsedMs: bytes },
    })
  await report(100)
  await sleep(1_050)
  // Together, for the third is left out only within a second of the second.
  await Promise.all([report(200), report(300)])
  expect((await curveOf()).items).toEqual([
    { atMs: expect.any(Number), bytesDone: 100, bytesRead: 50, bytesStored: 25 },
    { atMs: expect.any(Number), bytesDone: 200, bytesRead: 100, bytesStored: 50 },
  ])
  const other = await hub.enrol('other-curve')
  expect(await hub.refusal(other.call(`/api/v1/runs/${run.id}/curve`))).toEqual([404, 'run.not-found'])
  await agent.send('run.finished', { ...ofRun, outcome: 'cancelled', result: null, error: null, warnings: [], warningCount: 0 })
  await hub.expectState(run.id, 'cancelled')
  expect((await curveOf()).items).toEqual([])
})

test('the states of a run are told in order and in parts, to who may see the run', async () => {
  const { run, ofRun } = await aRun('/history')
  await agent.send('run.finished', {
    ...ofRun,
    outcome: 'failed',
    result: null,
    error: { code: 'internal', message: 'm', cure: 'c' },
    warnings: [],
    warningCount: 0,
  })
  await hub.expectState(run.id, 'failed')
  type Part = { items: RunEvent[]; hasMore: boolean }
  const all = await hub.json<Part>(hub.get(`/api/v1/runs/${run.id}/events`))
  expect(all.items.map(({ fromState, toState }) => `${fromState}>${toState}`)).toEqual([
    'queued>queued',
    'queued>offered',
    'offered>running',
    'running>failed',
  ])
  expect(all.items.map(({ n }) => n)).toEqual([1, 2, 3, 4])
  const part = await hub.json<Part>(hub.get(`/api/v1/runs/${run.id}/events?after=1&limit=1`))
  expect(part).toEqual({ items: [all.items[1]], hasMore: true })
  const other = await hub.enrol('other')
  for (const call of ['events', 'log/file'])
    expect(await hub.refusal(other.call(`/api/v1/runs/${run.id}/${call}`))).toEqual([404, 'run.not-found'])
  expect((await agent.call(`/api/v1/runs/${run.id}/events`)).status).toBe(200)
})

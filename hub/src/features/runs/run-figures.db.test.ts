import type { Statistics } from '@holdfast/shared-types'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FakeAgent } from '../../../test/fake-agent.ts'
import { TestHub } from '../../../test/test-hub.ts'
import { lastSuccessesSql } from './run-figures.queries.ts'

let hub: TestHub
let busy: FakeAgent
let quiet: FakeAgent

/** 100,000 backups, one each 52 s back from now: 60 days of them, of four sets of sources, and some of every outcome. */
const manyRuns = `
  insert into run (id, agent_id, kind, state, fence, source_key, request, requested_by, created_at, started_at, finished_at, offer_count,
                   result, warnings, warning_count, last_log_seq, last_event_number)
  select gen_random_uuid(), $1, 'backup',
         case when n % 10 = 0 then 'failed' when n % 10 = 1 then 'warning' else 'succeeded' end,
         1, 'key-' || (n % 4),
         jsonb_build_object('kind', 'backup', 'sources', jsonb_build_array(jsonb_build_object('path', '/source-' || (n % 4)))),
         'Ada', at, at, at + interval '10 seconds', 1,
         jsonb_build_object('kind', 'backup', 'bytesRead', 1000, 'bytesStored', 10), '[]', 0, 0, 0
  from generate_series(1, 100000) as n, lateral (select now() - interval '15 seconds' - n * interval '51.84 seconds' as at) as moment`

beforeAll(async () => {
  hub = await TestHub.start()
  busy = await hub.enrol('busy')
  quiet = await hub.enrol('quiet')
  await hub.sql(manyRuns, [busy.agentId])
  await hub.sql('analyze run')
})
afterAll(() => hub.stop())

const of = (agent: FakeAgent) => hub.json<Statistics>(hub.get(`/api/v1/devices/${agent.agentId}/statistics`))

/** Every tenth failed, every tenth had warnings. */
function expectShares(counts: Readonly<Record<string, number>> | undefined, runs: number): void {
  expect(Math.abs((counts?.['succeeded'] ?? 0) - runs * 0.8)).toBeLessThan(10)
  expect(Math.abs((counts?.['failed'] ?? 0) - runs * 0.1)).toBeLessThan(10)
  expect(Math.abs((counts?.['warning'] ?? 0) - runs * 0.1)).toBeLessThan(10)
  expect(counts?.['cancelled']).toBe(0)
}

test('a device with 100,000 runs has its outcomes, days, durations and last successes', async () => {
  const statistics = await of(busy)
  const backup = statistics.kinds.find(({ kind }) => kind === 'backup')
  const perDay = 86_400 / 51.84
  expectShares(backup?.last24Hours, perDay)
  expectShares(backup?.last7Days, perDay * 7)
  expectShares(backup?.last30Days, perDay * 30)
  expect(backup?.averageDurationMs).toBe(10_000)
  expect(statistics.days).toHaveLength(30)
  const [, second] = statistics.days
  expect(Math.abs((second?.backups ?? 0) - perDay * 0.9)).toBeLessThan(10)
  expect(second).toMatchObject({ bytesRead: (second?.backups ?? 0) * 1000, bytesStored: (second?.backups ?? 0) * 10 })
  expect(new Set(statistics.lastSuccesses.map(({ sources }) => sources[0]?.path))).toEqual(
    new Set(['/source-0', '/source-1', '/source-2', '/source-3']),
  )
  expect(statistics.lastSuccesses).toHaveLength(4)
  expect(statistics.lastSuccesses.every(({ finishedAtMs }) => statistics.atMs - finishedAtMs < 15 * 60_000)).toBe(true)
})

test('a device without a run has zeros, and its own statistics are all a device sees', async () => {
  const statistics = await of(quiet)
  expect(statistics.kinds.map(({ kind }) => kind)).toEqual(['backup', 'restore', 'verify'])
  expect(
    statistics.kinds.every((kind) => kind.averageDurationMs === null && Object.values(kind.last30Days).every((count) => count === 0)),
  ).toBe(true)
  expect(statistics).toMatchObject({ lastSuccesses: [], snapshots: { count: 0, oldestAtMs: null, newestAtMs: null } })
  expect(await hub.refusal(quiet.call(`/api/v1/devices/${busy.agentId}/statistics`))).toEqual([404, 'agent.not-found'])
  expect((await quiet.call(`/api/v1/devices/${quiet.agentId}/statistics`)).status).toBe(200)
  expect((await quiet.call('/api/v1/statistics')).status).toBe(403)
  const all = await hub.json<Statistics>(hub.get('/api/v1/statistics'))
  expect(all.kinds).toEqual((await of(busy)).kinds.map(() => expect.anything()))
  expect(all.lastSuccesses).toHaveLength(4)
})

/** Lines of a plan that look at rows of runs, with how many each loop took. */
const scans = (plan: string): string[] => plan.split('\n').filter((line) => /Scan/.test(line))
const planOf = async (statement: string, values: readonly unknown[]): Promise<string> =>
  (await hub.sql<{ 'QUERY PLAN': string }>(`explain (analyze, timing off, buffers off, summary off, costs off) ${statement}`, values))
    .map((row) => row['QUERY PLAN'])
    .join('\n')

test.each([
  ['a device', 'and agent_id = $1', () => [busy.agentId]],
  ['all devices', '', () => []],
])(
  'the last successes of %s are found by one step into an index for each set of sources, not by reading all runs',
  async (_, only, values) => {
    const plan = await planOf(lastSuccessesSql(only), values())
    const ofRuns = scans(plan).filter((line) => / on run\b/.test(line))
    expect(ofRuns).toHaveLength(3)
    for (const line of ofRuns) expect(line).toMatch(/(run_good_backup_index|run_pkey).*rows=[01](\.\d+)? loops=[1-5]\b/)
  },
)

test('what is older than thirty days is not read for the counts', async () => {
  const plan = await planOf(
    `select count(*) from run where finished_at > now() - interval '1 day' and finished_at <= now() and agent_id = $1`,
    [busy.agentId],
  )
  expect(plan).toMatch(/run_(agent_id_)?finished_at_index/)
  expect(plan).not.toMatch(/Seq Scan/)
})

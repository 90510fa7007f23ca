import type { Run } from '@holdfast/shared-types'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FakeAgent } from '../../../test/fake-agent.ts'
import { TestHub } from '../../../test/test-hub.ts'

let hub: TestHub
let agent: FakeAgent

/** 100,000 runs, one each minute from a fixed moment on: most succeed, every hundredth fails, two have expired long ago. */
const beganMs = 1_700_000_000_000
const manyRuns = `
  insert into run (id, agent_id, kind, state, fence, source_key, request, requested_by, created_at, started_at, finished_at, offer_count,
                   warnings, warning_count, last_log_seq, last_event_number)
  select gen_random_uuid(), $1::uuid, case when n % 7 = 0 then 'verify' else 'backup' end,
         case when n in (500, 900) then 'expired' when n % 100 = 0 then 'failed' else 'succeeded' end,
         1, 'key', jsonb_build_object('kind', 'backup', 'vaultId', ($1::uuid)::text, 'full', false, 'sources', jsonb_build_array(jsonb_build_object('path', '/home'))),
         'Ada', at, at, at, 1, '[]', 0, 0, 0
  from generate_series(1, 100000) as n, lateral (select to_timestamp(${beganMs / 1000} + n * 60) as at) as moment`

beforeAll(async () => {
  hub = await TestHub.start()
  agent = await hub.enrol('busy')
  await hub.sql(manyRuns, [agent.agentId])
  await hub.sql('analyze run')
})
afterAll(() => hub.stop())

type Part = { items: Run[]; hasMore: boolean }
const list = (query: string) => hub.json<Part>(hub.get(`/api/v1/runs?${query}`))
/** The number of a run in the order in which they were made. */
const numberOf = (run: Run): number => (run.createdAtMs - beganMs) / 60_000
async function listAll(query: string): Promise<Run[]> {
  const runs: Run[] = []
  for (let before = ''; ; before = `&before=${runs.at(-1)?.id}`) {
    const part = await list(`${query}${before}`)
    runs.push(...part.items)
    if (!part.hasMore) return runs
  }
}

test('several states and a time range are gone through in parts, newest first, each run once', async () => {
  const range = `createdAfterMs=${beganMs + 400 * 60_000}&createdBeforeMs=${beganMs + 3_000 * 60_000}`
  const runs = await listAll(`state=failed&state=expired&${range}&limit=7`)
  const expected = Array.from({ length: 26 }, (_, index) => 2_900 - index * 100)
  expect(runs.map(numberOf)).toEqual(expected)
  expect(new Set(runs.map(({ state }) => state))).toEqual(new Set(['failed', 'expired']))
  const checks = await listAll(`state=failed&kind=verify&${range}&limit=2`)
  expect(checks.map(numberOf)).toEqual(expected.filter((n) => n % 7 === 0 && n !== 500 && n !== 900))
})

test('a range holds its first moment and not its last', async () => {
  const runs = await listAll(`createdAfterMs=${beganMs + 60_000}&createdBeforeMs=${beganMs + 3 * 60_000}`)
  expect(runs.map(numberOf)).toEqual([2, 1])
})

test('a state that does not exist and a time beyond all calendars are refused', async () => {
  for (const query of ['state=lost', 'state=failed&state=lost', 'createdAfterMs=1e300', 'createdBeforeMs=-1'])
    expect(await hub.refusal(hub.get(`/api/v1/runs?${query}`))).toEqual([400, 'request.invalid'])
})

test('the few runs of a rare state are found without reading all others', async () => {
  const plan = await hub.sql<{ 'QUERY PLAN': string }>(
    `explain (analyze, timing off, buffers off, summary off, costs off)
     select id, created_at from run where state in ('expired', 'queued', 'running') order by created_at desc, id desc limit 51`,
  )
  const text = plan.map((row) => row['QUERY PLAN']).join('\n')
  expect(text).not.toMatch(/Seq Scan|Rows Removed by Filter: \d{4,}/)
})

import { randomUUID } from 'node:crypto'
import { PlanId, type RunState } from '@holdfast/shared-types'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrations } from '../../migrations/index.ts'
import { openDatabase, type Database } from '../../platform/database/database.ts'
import { rowsRead } from '../../platform/database/testing/rows-read.ts'
import { createTestDatabase, type TestDatabase } from '../../platform/database/testing/test-database.ts'
import { silentLogger } from '../../platform/logging/logger.ts'
import { entities } from '../../wiring/entities.ts'
import { lastGoodOfPlans, newestOfPlans } from './newest-of-plans.queries.ts'
import { openAudits } from './order-audit.ts'
import { listReadingRuns } from './run-doors.ts'

/** Runs are never deleted: what is asked for again and again must not cost what all the years hold. */
const everAtAll = 20_000

let place: TestDatabase
let database: Database
const agentId = randomUUID()
const snapshotId = '0'.repeat(32)
const plans = Array.from({ length: 5 }, () => PlanId.parse(randomUUID()))
/** Numbers of runs, in the order in which they were made. */
const idOf = (number: number): string => `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`

interface Made {
  readonly kind: 'backup' | 'restore' | 'verify'
  readonly state: RunState
  readonly planId?: PlanId | undefined
  readonly audit?: boolean
}

async function make(number: number, { kind, state, planId, audit = false }: Made): Promise<void> {
  const request = kind === 'backup' ? { kind } : { kind, snapshotId, audit }
  await database.em().execute(
    `insert into run (id, agent_id, kind, state, fence, source_key, request, requested_by, plan_id, created_at, finished_at, offer_count, warnings, warning_count, last_log_seq,
                      last_event_number)
     select ?, ?, ?, ?, 1, ?, ?::jsonb, 'Ada', ?::uuid, at, ${/^(queued|running)$/.test(state) ? 'null' : 'at'}, 1, '[]', 0, 0, 0
     from (select to_timestamp(1700000000 + ${number} * 60) as at) as moment`,
    [idOf(number), agentId, kind, state, `key ${number}`, JSON.stringify(request), planId ?? null],
  )
}

beforeAll(async () => {
  place = await createTestDatabase()
  database = await openDatabase({ connection: place.connection, entities, migrations, log: silentLogger })
  await database.em().execute(
    `insert into agent (id, name, host, version, sign_public_key, box_public_key, vault_id, domain_id, enrolled_at, online)
     values (?, 'busy', '{}', '1', decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'), ?, ?, now(), false)`,
    [agentId, randomUUID(), randomUUID()],
  )
  // Of the first three plans in turn, restores and verifications among them.
  await database.em().execute(
    `insert into run (id, agent_id, kind, state, fence, source_key, request, requested_by, plan_id, created_at, finished_at, offer_count, warnings, warning_count, last_log_seq,
                      last_event_number)
     select ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, ?, (array['backup', 'restore', 'verify'])[n % 5 % 3 + 1], 'succeeded', 1, 'key',
            jsonb_build_object('kind', (array['backup', 'restore', 'verify'])[n % 5 % 3 + 1], 'snapshotId', ?::text), 'Ada', (array[?, ?, ?]::uuid[])[n % 3 + 1], at, at, 1, '[]', 0, 0, 0
     from generate_series(1, ${everAtAll}) as n, lateral (select to_timestamp(1700000000 + n * 60) as at) as moment`,
    [agentId, snapshotId, ...plans.slice(0, 3)],
  )
  const [first, second, , fourth] = plans
  const later: Made[] = [
    { kind: 'backup', state: 'running', planId: first },
    { kind: 'backup', state: 'queued', planId: first },
    { kind: 'backup', state: 'cancelled', planId: second },
    { kind: 'backup', state: 'queued', planId: second },
    { kind: 'backup', state: 'cancelled', planId: fourth },
    { kind: 'backup', state: 'cancelled', planId: fourth },
    { kind: 'restore', state: 'queued' },
    { kind: 'restore', state: 'running' },
    { kind: 'verify', state: 'queued', audit: true },
    { kind: 'verify', state: 'running' },
  ]
  for (const [index, made] of later.entries()) await make(everAtAll + 1 + index, made)
  await database.em().execute('analyze run')
})
afterAll(async () => {
  await database.close()
  await place.drop()
})

test('runs that read are found without reading those that ended', async () => {
  const found: unknown[] = []
  const read = await rowsRead(database, 'run', async (em) => found.push(await listReadingRuns(em), await openAudits(em)))
  const [restore, begun, , verification] = [7, 8, 9, 10].map((number) => idOf(everAtAll + number))
  expect(found).toEqual([expect.toSatisfy((runs: { runId: string }[]) => runs.length === 3), [{ snapshotId, agentId }]])
  expect(found[0]).toEqual(
    expect.arrayContaining([
      { runId: restore, snapshotId, hasBegun: false },
      { runId: begun, snapshotId, hasBegun: true },
      { runId: verification, snapshotId, hasBegun: true },
    ]),
  )
  expect(read).toBeLessThan(30)
})

test('the newest runs of plans are found without reading the others: what has not ended, and what did, cancelled only where there is no other', async () => {
  const newestEnded = (remainder: number): number => everAtAll - ((everAtAll - remainder) % 3)
  let newest: string[] = []
  const read = await rowsRead(database, 'run', async (em) => {
    newest = (await newestOfPlans(em, plans)).map(({ id }) => id)
  })
  const expected = [newestEnded(0), everAtAll + 1, newestEnded(1), everAtAll + 4, newestEnded(2), everAtAll + 6]
  expect(newest.toSorted((left, right) => left.localeCompare(right))).toEqual(expected.toSorted((left, right) => left - right).map(idOf))
  expect(read).toBeLessThan(60)
  let good: readonly string[] = []
  expect(await rowsRead(database, 'run', async (em) => (good = [...(await lastGoodOfPlans(em, plans)).keys()]))).toBeLessThan(60)
  expect(good).toEqual(plans.slice(0, 3))
})

import { randomBytes, randomUUID } from 'node:crypto'
import type { AuditEntry, Plan, Retention, RetentionPreview, RetentionWait, Snapshot } from '@holdfast/shared-types'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { FakeAgent } from '../../../test/fake-agent.ts'
import { changeOf } from '../../../test/plan-change.ts'
import { addPerson } from '../../../test/test-people.ts'
import { TestHub } from '../../../test/test-hub.ts'

const dayMs = 24 * 60 * 60 * 1000
/** Rules that let go whatever they do not keep, however young. */
const atAnyAge = { minimumAgeDays: 0 }

let hub: TestHub
let agent: FakeAgent
let plan: Plan
beforeAll(async () => {
  hub = await TestHub.start()
})
afterAll(() => hub.stop())
beforeEach(async () => {
  agent = await hub.enrol(`device-${randomUUID()}`)
  plan = await makePlan()
})

const makePlan = (change: object = {}): Promise<Plan> =>
  hub.json<Plan>(hub.post('/api/v1/plans', { agentId: agent.agentId, name: 'Home', sources: [{ path: '/home' }], ...change }))
const planNow = (): Promise<Plan> => hub.json<Plan>(hub.get(`/api/v1/plans/${plan.id}`))
const put = async (change: object): Promise<Response> =>
  hub.post(`/api/v1/plans/${plan.id}`, { ...changeOf(await planNow()), ...change }, undefined, 'PUT')
const setRules = async (retention: Partial<Retention> | null): Promise<Plan> => hub.json<Plan>(put({ retention }))

interface Made {
  readonly daysAgo: number
  readonly status?: string
  /** Null: made by hand, `lost`: the hub knows nothing of the run any more. */
  readonly ofPlan?: Plan | null
  readonly isRunLost?: boolean
  readonly planName?: string | null
}
let seq = 0
/** The rows that a backup leaves. */
async function made({
  daysAgo,
  status = 'complete',
  ofPlan = plan,
  isRunLost = false,
  planName = ofPlan?.name ?? null,
}: Made): Promise<string> {
  const [id, runId] = [randomBytes(16), randomUUID()]
  const at = new Date(Date.now() - daysAgo * dayMs)
  if (!isRunLost)
    await hub.sql(
      `insert into run (id, agent_id, kind, state, fence, source_key, request, requested_by, created_at, finished_at, offer_count, warnings, warning_count, last_log_seq, last_event_number, plan_id, plan_name)
       values ($1, $2, 'backup', 'succeeded', 1, gen_random_uuid()::text, '{"kind":"backup"}', 'test', $3, $3, 1, '[]', 0, 0, 0, $4, $5)`,
      [runId, agent.agentId, at, ofPlan?.id ?? null, planName],
    )
  await hub.sql(
    `insert into snapshot (id, vault_id, domain_id, agent_id, run_id, seq, key_epoch, received_at, epoch, state, status, system, host, plan, root, started_at, finished_at,
       files, folders, bytes, errors, roots, packs, segments)
     select $1, a.vault_id, a.domain_id, a.id, $2, $3, 1, $4, 1, 'committed', $5, 'linux', 'laptop', $6, $7, $4, $4, 1, 1, 10, 0, '[]', 1, 1 from agent a where a.id = $8`,
    [id, isRunLost ? null : runId, ++seq, at, status, planName, randomBytes(32), agent.agentId],
  )
  return id.toString('hex')
}
/** Newest first. */
async function daily(days: number, change: Partial<Made> = {}): Promise<string[]> {
  const ids: string[] = []
  for (let daysAgo = days - 1; daysAgo >= 0; daysAgo--) ids.unshift(await made({ daysAgo, ...change }))
  return ids
}

/** Newest first. */
const kept = async (query = ''): Promise<string[]> =>
  (await hub.json<{ items: Snapshot[] }>(hub.get(`/api/v1/snapshots?agentId=${agent.agentId}${query}`))).items
    .map(({ id }) => id)
    .toReversed()
const apply = () => hub.json<{ deleted: number; wait: RetentionWait | null }>(hub.post(`/api/v1/plans/${plan.id}/retention/apply`, {}))
const preview = (retention: Partial<Retention> | null, change: object = {}): Promise<RetentionPreview> =>
  hub.json(hub.post('/api/v1/retention/preview', { agentId: agent.agentId, planId: plan.id, planName: plan.name, retention, ...change }))
const waits = async (): Promise<RetentionWait[]> =>
  (await hub.json<{ items: RetentionWait[] }>(hub.get('/api/v1/retention/waits'))).items.filter(({ planId }) => planId === plan.id)
const approve = (id: string) => hub.post(`/api/v1/retention/waits/${id}/approve`, {})
const refuse = (id: string) => hub.post(`/api/v1/retention/waits/${id}/refuse`, {})

describe('rules of a plan', () => {
  test('keep everything where there are none', async () => {
    const all = await daily(20)
    expect(plan.retention).toBeNull()
    expect(await apply()).toEqual({ deleted: 0, rewritten: 0, wait: null })
    expect(await kept()).toEqual(all)
  })

  test('let go the rest, which can be had back, says whose word it was, and is on record', async () => {
    const all = await daily(20)
    await setRules({ keepLast: 12 })
    expect(await apply()).toEqual({ deleted: 8, rewritten: 0, wait: null })
    expect(await kept()).toEqual(all.slice(0, 12))
    const { items } = await hub.json<{ items: Snapshot[] }>(hub.get(`/api/v1/snapshots?agentId=${agent.agentId}&kept=deleted`))
    expect(items.map(({ id }) => id).toReversed()).toEqual(all.slice(12))
    expect(items[0]?.deleted).toMatchObject({ by: 'retention of plan Home', isGoing: false })
    expect(items[0]!.deleted!.undoUntilMs - items[0]!.deleted!.atMs).toBe(14 * dayMs)
    await hub.json(hub.post('/api/v1/snapshots/undelete', { snapshotIds: all.slice(12) }))
    expect(await kept()).toEqual(all)
    const { items: log } = await hub.json<{ items: AuditEntry[] }>(hub.get('/api/v1/audit?action=applyPlanRetention'))
    expect(log[0]).toMatchObject({ object: { id: plan.id, name: 'Home' }, outcome: 'done', details: { snapshots: 8 } })
  })

  test('are applied to all plans by one call, each on record as the plan’s; what is wrong with one keeps no other', async () => {
    const all = await daily(20)
    await setRules({ keepLast: 12 })
    const other = await makePlan({ name: 'Other' })
    const others = await daily(20, { ofPlan: other })
    await hub.sql(`update plan set retention = '{"keepLast":0}' where id = $1`, [other.id])
    await hub.hub.admin('retention', {})
    expect(await kept()).toEqual(expect.arrayContaining([...all.slice(0, 12), ...others]))
    expect(await kept()).toHaveLength(32)
    const { items: log } = await hub.json<{ items: AuditEntry[] }>(hub.get('/api/v1/audit?action=rule:retention'))
    expect(log.filter(({ object }) => object?.id === plan.id)).toMatchObject([
      {
        actor: { kind: 'rule', id: plan.id, name: 'Home' },
        object: { kind: 'plan', name: 'Home' },
        outcome: 'done',
        details: { snapshots: 8 },
      },
    ])
    await hub.sql(`update plan set retention = null where id = $1`, [other.id])
  })

  test('let nothing go that is younger than a week, unless an administrator said so', async () => {
    const all = await daily(10)
    await setRules({ keepLast: 2 })
    expect(await apply()).toMatchObject({ deleted: 3 })
    expect(await kept()).toEqual(all.slice(0, 7))
    const { cookie } = await addPerson(hub, 'operator')
    const young = { ...changeOf(await planNow()), retention: { keepLast: 4, ...atAnyAge } }
    expect(await hub.refusal(hub.post(`/api/v1/plans/${plan.id}`, young, cookie, 'PUT'))).toEqual([403, 'access.denied'])
    await setRules({ keepLast: 4, ...atAnyAge })
    // What an administrator has allowed, others may keep as it is.
    expect((await hub.post(`/api/v1/plans/${plan.id}`, { ...changeOf(await planNow()), name: 'House' }, cookie, 'PUT')).ok).toBe(true)
    expect(await apply()).toMatchObject({ deleted: 3 })
    expect(await kept()).toEqual(all.slice(0, 4))
  })

  test('keep less than a plan did only by an administrator: by and by an operator could delete what they may not by hand', async () => {
    const { cookie } = await addPerson(hub, 'operator')
    const asOperator = async (retention: Partial<Retention> | null) =>
      hub.post(`/api/v1/plans/${plan.id}`, { ...changeOf(await planNow()), retention }, cookie, 'PUT')
    expect(await hub.refusal(asOperator({ keepLast: 1000 }))).toEqual([403, 'access.denied'])
    await setRules({ keepLast: 12, keepDaily: 3, minimumAgeDays: 9, versionsPerFile: 3 })
    const now = { keepLast: 12, keepDaily: 3, minimumAgeDays: 9, versionsPerFile: 3 }
    for (const less of [{ keepLast: 11 }, { keepDaily: 0, keepLast: 100 }, { minimumAgeDays: 8 }, { versionsPerFile: 2 }])
      expect(await hub.refusal(asOperator({ ...now, ...less }))).toEqual([403, 'access.denied'])
    expect((await planNow()).retention).toMatchObject(now)
    for (const more of [now, { ...now, keepLast: 13 }, { ...now, keepLast: 13, versionsPerFile: null }, null])
      expect((await asOperator(more)).ok).toBe(true)
    expect((await planNow()).retention).toBeNull()
    // A new plan has nothing yet that could go.
    const order = { agentId: agent.agentId, name: 'Mine', sources: [{ path: '/srv' }], retention: { keepLast: 1 } }
    expect((await hub.post('/api/v1/plans', order, cookie)).ok).toBe(true)
    expect(
      await hub.refusal(hub.post('/api/v1/plans', { ...order, name: 'Ours', retention: { keepLast: 1, ...atAnyAge } }, cookie)),
    ).toEqual([403, 'access.denied'])
    // What cannot be read keeps everything, and may stay as it is.
    await hub.sql(`update plan set retention = '{"keepEvery":3}' where id = $1`, [plan.id])
    const { retention: _, ...silent } = changeOf(await planNow())
    expect((await hub.post(`/api/v1/plans/${plan.id}`, { ...silent, name: 'House' }, cookie, 'PUT')).ok).toBe(true)
    expect(await hub.refusal(asOperator({ keepLast: 1000 }))).toEqual([403, 'access.denied'])
  })

  test('never let go what is held, what a run reads, and the newest whole one', async () => {
    const partial = await made({ daysAgo: 9, status: 'partial' })
    const all = await daily(6, { status: 'complete' })
    const old = [await made({ daysAgo: 30 }), await made({ daysAgo: 29 }), await made({ daysAgo: 28 })] as const
    await hub.json(hub.post(`/api/v1/snapshots/${old[0]}/hold`, { reason: 'for the court' }, undefined, 'PUT'))
    await hub.sql(
      `insert into run (id, agent_id, kind, state, fence, source_key, request, requested_by, created_at, offer_count, warnings, warning_count, last_log_seq, last_event_number)
       values ($1, $2, 'verify', 'running', 1, gen_random_uuid()::text, $3, 'test', now(), 1, '[]', 0, 0, 0)`,
      [randomUUID(), agent.agentId, JSON.stringify({ kind: 'verify', snapshotId: old[1] })],
    )
    await setRules({ keepLast: 1 })
    expect(await apply()).toMatchObject({ deleted: 2, rewritten: 0, wait: null })
    expect((await kept()).toSorted()).toEqual([...all, old[0], old[1]].toSorted())
    expect(await kept('&kept=deleted')).toEqual([partial, old[2]])
  })

  test.each([
    ['none', {}],
    ['only a minimum age', { minimumAgeDays: 0 }],
    ['another word', { keepLast: 1, keepEvery: 3 }],
  ])('that keep nothing (%s) are refused, and those there were stay', async (_, retention) => {
    await setRules({ keepLast: 5 })
    expect(await hub.refusal(put({ retention }))).toEqual([400, 'request.invalid'])
    expect((await planNow()).retention).toMatchObject({ keepLast: 5, minimumAgeDays: 7 })
  })

  test('stay as they are where a change of the plan says nothing of them', async () => {
    await setRules({ keepLast: 5 })
    const { retention: _, ...older } = changeOf(await planNow())
    await hub.json(hub.post(`/api/v1/plans/${plan.id}`, { ...older, name: 'House' }, undefined, 'PUT'))
    expect((await planNow()).retention).toMatchObject({ keepLast: 5 })
  })
})

describe('a snapshot is under the rules of', () => {
  test('the plan of its run, whatever that is called now', async () => {
    const all = await daily(20)
    await hub.json(put({ name: 'House' }))
    await makePlan({ name: 'Home' })
    await setRules({ keepLast: 12 })
    expect(await apply()).toMatchObject({ deleted: 8 })
    expect(await kept()).toEqual(all.slice(0, 12))
  })

  test('none, if it was made by hand or its plan is gone', async () => {
    const gone = await makePlan({ name: 'Gone' })
    const others = [...(await daily(10, { ofPlan: null })), ...(await daily(10, { ofPlan: gone }))]
    await hub.json(hub.post(`/api/v1/plans/${gone.id}`, undefined, undefined, 'DELETE'))
    const all = await daily(20)
    await setRules({ keepLast: 12 })
    expect(await preview({ keepLast: 12 })).toMatchObject({ goes: 8, withoutRules: 20 })
    expect(await apply()).toMatchObject({ deleted: 8 })
    expect((await kept()).toSorted()).toEqual([...others, ...all.slice(0, 12)].toSorted())
    // A plan of that name takes nothing over: the runs of the one that is gone are known.
    expect((await preview({ keepLast: 1 }, { planId: null, planName: 'Gone' })).snapshots).toEqual([])
  })

  test('the plan that has its name, or had it, where the hub knows nothing of the run any more', async () => {
    const lost = await daily(20, { isRunLost: true })
    expect((await preview({ keepLast: 1 }, { planId: null, planName: 'Home' })).snapshots).toEqual([])
    await hub.json(put({ name: 'House' }))
    expect((await preview({ keepLast: 12 })).snapshots.map(({ snapshotId }) => snapshotId)).toEqual(lost)
    // Of two plans the one that has the name now.
    expect((await preview({ keepLast: 12 }, { planId: null, planName: 'Home' })).snapshots).toHaveLength(20)
    expect((await preview({ keepLast: 12 }, { planId: null, planName: 'Other' })).snapshots).toEqual([])
  })
})

describe('more than half of a plan’s snapshots at once', () => {
  test('wait for a word; agreed to, they go', async () => {
    const all = await daily(20)
    await setRules({ keepLast: 9 })
    const { deleted, wait } = await apply()
    expect([deleted, wait]).toMatchObject([
      0,
      { planName: 'Home', deviceName: agent.name, total: 20, snapshotIds: all.slice(9).toReversed() },
    ])
    expect(await kept()).toEqual(all)
    expect(await waits()).toEqual([wait])
    // It is the same one as long as the same snapshots wait.
    expect(await apply()).toEqual({ deleted: 0, rewritten: 0, wait })
    const { cookie } = await addPerson(hub, 'operator')
    expect(await hub.refusal(hub.post(`/api/v1/retention/waits/${wait!.id}/approve`, {}, cookie))).toEqual([403, 'access.denied'])
    expect(await hub.json(approve(wait!.id))).toEqual({ deleted: 11, rewritten: 0 })
    expect(await kept()).toEqual(all.slice(0, 9))
    expect(await waits()).toEqual([])
    expect(await hub.refusal(approve(wait!.id))).toEqual([409, 'retention.outdated'])
  })

  test('half of them do not', async () => {
    const all = await daily(20)
    await setRules({ keepLast: 10 })
    expect(await apply()).toEqual({ deleted: 10, rewritten: 0, wait: null })
    expect(await kept()).toEqual(all.slice(0, 10))
  })

  test('are on record with their number, also where less goes than had waited', async () => {
    await daily(20)
    await setRules({ keepLast: 9 })
    expect((await apply()).wait?.snapshotIds).toHaveLength(11)
    await hub.sql(
      `delete from snapshot where agent_id = $1 and seq in (select seq from snapshot where agent_id = $1 order by seq limit 3)`,
      [agent.agentId],
    )
    expect(await apply()).toMatchObject({ deleted: 8, wait: null })
    const { items } = await hub.json<{ items: AuditEntry[] }>(hub.get(`/api/v1/audit?objectId=${plan.id}&action=applyPlanRetention`))
    expect(items.map(({ object, details }) => [object?.name, details])).toEqual([
      ['Home', { snapshots: 8 }],
      ['Home', {}],
    ])
  })

  test('stay for as long as the rules do, once that was refused; the rest goes on', async () => {
    const all = await daily(20)
    await setRules({ keepLast: 9 })
    const { wait } = await apply()
    expect(await hub.json(refuse(wait!.id))).toEqual({ kept: 11 })
    expect(await waits()).toEqual([])
    expect(await apply()).toEqual({ deleted: 0, rewritten: 0, wait: null })
    expect((await preview({ keepLast: 9 })).snapshots.at(-1)?.keptFor).toEqual(['refused'])
    expect((await preview({ keepLast: 8 })).snapshots.at(-1)?.keptFor).toEqual([])
    expect(await kept()).toEqual(all)
    await setRules({ keepLast: 8 })
    expect((await apply()).wait?.snapshotIds).toHaveLength(12)
  })

  test('that was refused stays also when it is written anew', async () => {
    const all = await daily(20)
    await setRules({ keepLast: 9 })
    expect(await hub.json(refuse((await apply()).wait!.id))).toEqual({ kept: 11 })
    const anew = randomBytes(16).toString('hex')
    await hub.sql(`update snapshot set id = decode($1, 'hex'), rewritten = $2 where id = decode($3, 'hex')`, [
      anew,
      JSON.stringify({ why: 'purge', atMs: Date.now(), of: all[15], entriesDropped: 1, bytesDropped: 1 }),
      all[15],
    ])
    expect(await apply()).toEqual({ deleted: 0, rewritten: 0, wait: null })
    expect(await kept()).toEqual(all.with(15, anew))
  })

  test('are agreed to as they were seen: not under other rules, and not what somebody held meanwhile', async () => {
    const all = await daily(20)
    await setRules({ keepLast: 9 })
    const first = (await apply()).wait
    await setRules({ keepLast: 8 })
    expect(await waits()).toEqual([])
    expect(await hub.refusal(approve(first!.id))).toEqual([409, 'retention.outdated'])
    const second = (await apply()).wait
    await hub.json(hub.post(`/api/v1/snapshots/${all[15]}/hold`, { reason: 'mine' }, undefined, 'PUT'))
    expect(await hub.json(approve(second!.id))).toEqual({ deleted: 11, rewritten: 0 })
    expect(await kept()).toEqual([...all.slice(0, 8), all[15]])
  })

  test('go with their plan', async () => {
    await daily(20)
    await setRules({ keepLast: 1 })
    await apply()
    await hub.json(hub.post(`/api/v1/plans/${plan.id}`, undefined, undefined, 'DELETE'))
    expect(await waits()).toEqual([])
    expect(await kept()).toHaveLength(20)
  })
})

describe('a preview', () => {
  test('says of each why it stays, changes nothing, and names the time zone', async () => {
    const all = await daily(10)
    await hub.json(hub.post(`/api/v1/snapshots/${all[9]}/hold`, { reason: 'mine' }, undefined, 'PUT'))
    const told = await preview({ keepLast: 2, keepWeekly: 1, minimumAgeDays: 3 })
    expect(told.snapshots.map(({ snapshotId }) => snapshotId)).toEqual(all)
    expect(told.snapshots.map(({ keptFor }) => keptFor)).toEqual([
      ['last', 'weekly', 'minimum-age', 'newest'],
      ['last', 'minimum-age'],
      ['minimum-age'],
      ...Array.from({ length: 6 }, () => []),
      ['held'],
    ])
    expect(told).toMatchObject({ goes: 6, undoDays: 14, needsWord: true, withoutRules: 0 })
    expect(told.timeZone).toMatch(/^[A-Z]/)
    expect(await kept()).toEqual(all)
    expect((await planNow()).retention).toBeNull()
  })

  test('of no rules keeps everything', async () => {
    await daily(3)
    expect((await preview(null)).snapshots.map(({ keptFor }) => keptFor)).toEqual([
      ['everything', 'newest'],
      ['everything'],
      ['everything'],
    ])
  })

  test('counts days in the zone of the device', async () => {
    await hub.sql(`update agent set host = jsonb_set(host, '{timeZone}', '"Pacific/Kiritimati"') where id = $1`, [agent.agentId])
    expect((await preview({ keepLast: 1 })).timeZone).toBe('Pacific/Kiritimati')
    await hub.sql(`update agent set host = jsonb_set(host, '{timeZone}', '"Nowhere/Atlantis"') where id = $1`, [agent.agentId])
    expect((await preview({ keepLast: 1 })).timeZone).toBe('UTC')
  })

  test('is of a plan and a device that there are', async () => {
    const body = { agentId: agent.agentId, planId: plan.id, planName: '', retention: null }
    expect(await hub.refusal(hub.post('/api/v1/retention/preview', { ...body, planId: randomUUID() }))).toEqual([404, 'plan.not-found'])
    expect(await hub.refusal(hub.post('/api/v1/retention/preview', { ...body, agentId: randomUUID() }))).toEqual([404, 'agent.not-found'])
  })
})

test('the list of what is kept says why, of plans with rules alone', async () => {
  const all = await daily(3)
  await daily(2, { ofPlan: null })
  const read = async () => (await hub.json<{ items: unknown[] }>(hub.get(`/api/v1/retention/kept?agentId=${agent.agentId}`))).items
  expect(await read()).toEqual([])
  await setRules({ keepLast: 1, ...atAnyAge })
  expect(await read()).toEqual([
    { snapshotId: all[0], planId: plan.id, keptFor: ['last', 'newest'] },
    { snapshotId: all[1], planId: plan.id, keptFor: [] },
    { snapshotId: all[2], planId: plan.id, keptFor: [] },
  ])
})

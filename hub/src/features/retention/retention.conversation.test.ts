import { randomUUID } from 'node:crypto'
import type { AuditEntry, Retention, Snapshot } from '@holdfast/shared-types'
import { describe, expect, test } from 'vitest'
import { changeOf } from '../../../test/plan-change.ts'
import { addPerson } from '../../../test/test-people.ts'
import { dayMs, useRuledPlan } from './testing/ruled-plan.ts'

/** Rules that let go whatever they do not keep, however young. */
const atAnyAge = { minimumAgeDays: 0 }

const world = useRuledPlan()
const { makePlan, planNow, put, setRules, made, daily, kept, apply, preview } = world

describe('rules of a plan', () => {
  test('keep everything where there are none', async () => {
    const all = await daily(20)
    expect(world.plan.retention).toBeNull()
    expect(await apply()).toEqual({ deleted: 0, rewritten: 0, wait: null })
    expect(await kept()).toEqual(all)
  })

  test('let go the rest, which can be had back, says whose word it was, and is on record', async () => {
    const all = await daily(20)
    await setRules({ keepLast: 12 })
    expect(await apply()).toEqual({ deleted: 8, rewritten: 0, wait: null })
    expect(await kept()).toEqual(all.slice(0, 12))
    const { items } = await world.hub.json<{ items: Snapshot[] }>(
      world.hub.get(`/api/v1/snapshots?agentId=${world.agent.agentId}&kept=deleted`),
    )
    expect(items.map(({ id }) => id).toReversed()).toEqual(all.slice(12))
    expect(items[0]?.deleted).toMatchObject({ by: 'retention of plan Home', isGoing: false })
    expect(items[0]!.deleted!.undoUntilMs - items[0]!.deleted!.atMs).toBe(14 * dayMs)
    await world.hub.json(world.hub.post('/api/v1/snapshots/undelete', { snapshotIds: all.slice(12) }))
    expect(await kept()).toEqual(all)
    const { items: log } = await world.hub.json<{ items: AuditEntry[] }>(world.hub.get('/api/v1/audit?action=applyPlanRetention'))
    expect(log[0]).toMatchObject({ object: { id: world.plan.id, name: 'Home' }, outcome: 'done', details: { snapshots: 8 } })
  })

  test('are applied to all plans by one call, each on record as the plan’s; what is wrong with one keeps no other', async () => {
    const all = await daily(20)
    await setRules({ keepLast: 12 })
    const other = await makePlan({ name: 'Other' })
    const others = await daily(20, { ofPlan: other })
    await world.hub.sql(`update plan set retention = '{"keepLast":0}' where id = $1`, [other.id])
    await world.hub.hub.admin('retention', {})
    expect(await kept()).toEqual(expect.arrayContaining([...all.slice(0, 12), ...others]))
    expect(await kept()).toHaveLength(32)
    const { items: log } = await world.hub.json<{ items: AuditEntry[] }>(world.hub.get('/api/v1/audit?action=rule:retention'))
    expect(log.filter(({ object }) => object?.id === world.plan.id)).toMatchObject([
      {
        actor: { kind: 'rule', id: world.plan.id, name: 'Home' },
        object: { kind: 'plan', name: 'Home' },
        outcome: 'done',
        details: { snapshots: 8 },
      },
    ])
    await world.hub.sql(`update plan set retention = null where id = $1`, [other.id])
  })

  test('let nothing go that is younger than a week, unless an administrator said so', async () => {
    const all = await daily(10)
    await setRules({ keepLast: 2 })
    expect(await apply()).toMatchObject({ deleted: 3 })
    expect(await kept()).toEqual(all.slice(0, 7))
    const { cookie } = await addPerson(world.hub, 'operator')
    const young = { ...changeOf(await planNow()), retention: { keepLast: 4, ...atAnyAge } }
    expect(await world.hub.refusal(world.hub.post(`/api/v1/plans/${world.plan.id}`, young, cookie, 'PUT'))).toEqual([403, 'access.denied'])
    await setRules({ keepLast: 4, ...atAnyAge })
    // What an administrator has allowed, others may keep as it is.
    expect(
      (await world.hub.post(`/api/v1/plans/${world.plan.id}`, { ...changeOf(await planNow()), name: 'House' }, cookie, 'PUT')).ok,
    ).toBe(true)
    expect(await apply()).toMatchObject({ deleted: 3 })
    expect(await kept()).toEqual(all.slice(0, 4))
  })

  test('keep less than a plan did only by an administrator: by and by an operator could delete what they may not by hand', async () => {
    const { cookie } = await addPerson(world.hub, 'operator')
    const asOperator = async (retention: Partial<Retention> | null) =>
      world.hub.post(`/api/v1/plans/${world.plan.id}`, { ...changeOf(await planNow()), retention }, cookie, 'PUT')
    // Before it has run there is nothing that could go, but for the age that rules ever let go.
    expect((await asOperator({ keepLast: 1000 })).ok).toBe(true)
    expect((await asOperator({ keepLast: 10 })).ok).toBe(true)
    expect(await world.hub.refusal(asOperator({ keepLast: 10, ...atAnyAge }))).toEqual([403, 'access.denied'])
    await made({ daysAgo: 1 })
    expect(await world.hub.refusal(asOperator({ keepLast: 9 }))).toEqual([403, 'access.denied'])
    await setRules({ keepLast: 12, keepDaily: 3, minimumAgeDays: 9, versionsPerFile: 3 })
    const now = { keepLast: 12, keepDaily: 3, minimumAgeDays: 9, versionsPerFile: 3 }
    for (const less of [{ keepLast: 11 }, { keepDaily: 0, keepLast: 100 }, { minimumAgeDays: 8 }, { versionsPerFile: 2 }])
      expect(await world.hub.refusal(asOperator({ ...now, ...less }))).toEqual([403, 'access.denied'])
    expect((await planNow()).retention).toMatchObject(now)
    for (const more of [now, { ...now, keepLast: 13 }, { ...now, keepLast: 13, versionsPerFile: null }, null])
      expect((await asOperator(more)).ok).toBe(true)
    expect((await planNow()).retention).toBeNull()
    // A new plan has nothing yet that could go.
    const order = { agentId: world.agent.agentId, name: 'Mine', sources: [{ path: '/srv' }], retention: { keepLast: 1 } }
    expect((await world.hub.post('/api/v1/plans', order, cookie)).ok).toBe(true)
    expect(
      await world.hub.refusal(world.hub.post('/api/v1/plans', { ...order, name: 'Ours', retention: { keepLast: 1, ...atAnyAge } }, cookie)),
    ).toEqual([403, 'access.denied'])
    expect(await world.hub.refusal(asOperator({ keepLast: 1000 }))).toEqual([403, 'access.denied'])
  })

  test('that cannot be read keep everything, and stay for a hub that can read them, whoever sends back what was shown', async () => {
    const all = await daily(20)
    const stored = async () =>
      (await world.hub.sql<{ retention: unknown }>('select retention from plan where id = $1', [world.plan.id]))[0]?.retention
    await world.hub.sql(`update plan set retention = '{"keepEvery":3,"versionsPerFile":1}' where id = $1`, [world.plan.id])
    expect((await planNow()).retention).toBeNull()
    await world.hub.json(put({ name: 'House' }))
    expect(await stored()).toEqual({ keepEvery: 3, versionsPerFile: 1 })
    expect(await apply()).toEqual({ deleted: 0, rewritten: 0, wait: null })
    expect(await kept()).toEqual(all)
    const { items } = await world.hub.json<{ items: AuditEntry[] }>(
      world.hub.get(`/api/v1/audit?objectId=${world.plan.id}&action=applyPlanRetention`),
    )
    expect(items[0]?.details).toEqual({})
    await setRules({ keepLast: 12 })
    expect(await stored()).toMatchObject({ keepLast: 12 })
  })

  test('never let go what is held, what a run reads, and the newest whole one', async () => {
    const partial = await made({ daysAgo: 9, status: 'partial' })
    const all = await daily(6, { status: 'complete' })
    const old = [await made({ daysAgo: 30 }), await made({ daysAgo: 29 }), await made({ daysAgo: 28 })] as const
    await world.hub.json(world.hub.post(`/api/v1/snapshots/${old[0]}/hold`, { reason: 'for the court' }, undefined, 'PUT'))
    await world.hub.sql(
      `insert into run (id, agent_id, kind, state, fence, source_key, request, requested_by, created_at, offer_count, warnings, warning_count, last_log_seq, last_event_number)
       values ($1, $2, 'verify', 'running', 1, gen_random_uuid()::text, $3, 'test', now(), 1, '[]', 0, 0, 0)`,
      [randomUUID(), world.agent.agentId, JSON.stringify({ kind: 'verify', snapshotId: old[1] })],
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
    expect(await world.hub.refusal(put({ retention }))).toEqual([400, 'request.invalid'])
    expect((await planNow()).retention).toMatchObject({ keepLast: 5, minimumAgeDays: 7 })
  })

  test('stay as they are where a change of the plan says nothing of them', async () => {
    await setRules({ keepLast: 5 })
    const { retention: _, ...older } = changeOf(await planNow())
    await world.hub.json(world.hub.post(`/api/v1/plans/${world.plan.id}`, { ...older, name: 'House' }, undefined, 'PUT'))
    expect((await planNow()).retention).toMatchObject({ keepLast: 5 })
  })
})

describe('a snapshot is under the rules of', () => {
  test('the plan of its run, whatever that is called now', async () => {
    const all = await daily(20)
    await world.hub.json(put({ name: 'House' }))
    await makePlan({ name: 'Home' })
    await setRules({ keepLast: 12 })
    expect(await apply()).toMatchObject({ deleted: 8 })
    expect(await kept()).toEqual(all.slice(0, 12))
  })

  test('none, if it was made by hand or its plan is gone', async () => {
    const gone = await makePlan({ name: 'Gone' })
    const others = [...(await daily(10, { ofPlan: null })), ...(await daily(10, { ofPlan: gone }))]
    await world.hub.json(world.hub.post(`/api/v1/plans/${gone.id}`, undefined, undefined, 'DELETE'))
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
    await world.hub.json(put({ name: 'House' }))
    expect((await preview({ keepLast: 12 })).snapshots.map(({ snapshotId }) => snapshotId)).toEqual(lost)
    // Of two plans the one that has the name now.
    expect((await preview({ keepLast: 12 }, { planId: null, planName: 'Home' })).snapshots).toHaveLength(20)
    expect((await preview({ keepLast: 12 }, { planId: null, planName: 'Other' })).snapshots).toEqual([])
  })
})

describe('a preview', () => {
  test('says of each why it stays, changes nothing, and names the time zone', async () => {
    const all = await daily(10)
    await world.hub.json(world.hub.post(`/api/v1/snapshots/${all[9]}/hold`, { reason: 'mine' }, undefined, 'PUT'))
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
    await world.hub.sql(`update agent set host = jsonb_set(host, '{timeZone}', '"Pacific/Kiritimati"') where id = $1`, [
      world.agent.agentId,
    ])
    expect((await preview({ keepLast: 1 })).timeZone).toBe('Pacific/Kiritimati')
    await world.hub.sql(`update agent set host = jsonb_set(host, '{timeZone}', '"Nowhere/Atlantis"') where id = $1`, [world.agent.agentId])
    expect((await preview({ keepLast: 1 })).timeZone).toBe('UTC')
  })

  test('is of a plan and a device that there are', async () => {
    const body = { agentId: world.agent.agentId, planId: world.plan.id, planName: '', retention: null }
    expect(await world.hub.refusal(world.hub.post('/api/v1/retention/preview', { ...body, planId: randomUUID() }))).toEqual([
      404,
      'plan.not-found',
    ])
    expect(await world.hub.refusal(world.hub.post('/api/v1/retention/preview', { ...body, agentId: randomUUID() }))).toEqual([
      404,
      'agent.not-found',
    ])
  })
})

test('the list of what is kept says why, of plans with rules alone', async () => {
  const all = await daily(3)
  await daily(2, { ofPlan: null })
  const read = async () =>
    (await world.hub.json<{ items: unknown[] }>(world.hub.get(`/api/v1/retention/kept?agentId=${world.agent.agentId}`))).items
  expect(await read()).toEqual([])
  await setRules({ keepLast: 1, ...atAnyAge })
  expect(await read()).toEqual([
    { snapshotId: all[0], planId: world.plan.id, keptFor: ['last', 'newest'] },
    { snapshotId: all[1], planId: world.plan.id, keptFor: [] },
    { snapshotId: all[2], planId: world.plan.id, keptFor: [] },
  ])
})

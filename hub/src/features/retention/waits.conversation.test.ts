import { randomBytes } from 'node:crypto'
import type { AuditEntry } from '@holdfast/shared-types'
import { describe, expect, test } from 'vitest'
import { addPerson } from '../../../test/test-people.ts'
import { useRuledPlan } from './testing/ruled-plan.ts'

const world = useRuledPlan()
const { setRules, daily, kept, apply, preview, waits, approve, refuse } = world

describe('more than half of a plan’s snapshots at once', () => {
  test('wait for a word; agreed to, they go', async () => {
    const all = await daily(20)
    await setRules({ keepLast: 9 })
    const { deleted, wait } = await apply()
    expect([deleted, wait]).toMatchObject([
      0,
      { planName: 'Home', deviceName: world.agent.name, total: 20, snapshotIds: all.slice(9).toReversed() },
    ])
    expect(await kept()).toEqual(all)
    expect(await waits()).toEqual([wait])
    // It is the same one as long as the same snapshots wait.
    expect(await apply()).toEqual({ deleted: 0, rewritten: 0, wait })
    const { cookie } = await addPerson(world.hub, 'operator')
    expect(await world.hub.refusal(world.hub.post(`/api/v1/retention/waits/${wait!.id}/approve`, {}, cookie))).toEqual([
      403,
      'access.denied',
    ])
    expect(await world.hub.json(approve(wait!.id))).toEqual({ deleted: 11, rewritten: 0 })
    expect(await kept()).toEqual(all.slice(0, 9))
    expect(await waits()).toEqual([])
    expect(await world.hub.refusal(approve(wait!.id))).toEqual([409, 'retention.outdated'])
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
    await world.hub.sql(
      `delete from snapshot where agent_id = $1 and seq in (select seq from snapshot where agent_id = $1 order by seq limit 3)`,
      [world.agent.agentId],
    )
    expect(await apply()).toMatchObject({ deleted: 8, wait: null })
    const { items } = await world.hub.json<{ items: AuditEntry[] }>(
      world.hub.get(`/api/v1/audit?objectId=${world.plan.id}&action=applyPlanRetention`),
    )
    expect(items.map(({ object, details }) => [object?.name, details])).toEqual([
      ['Home', { snapshots: 8 }],
      ['Home', {}],
    ])
  })

  test('stay for as long as rules keep no less, once that was refused; the rest goes on', async () => {
    const all = await daily(20)
    await setRules({ keepLast: 9 })
    const { wait } = await apply()
    expect(await world.hub.json(refuse(wait!.id))).toEqual({ kept: 11 })
    expect(await waits()).toEqual([])
    expect(await apply()).toEqual({ deleted: 0, rewritten: 0, wait: null })
    expect((await preview({ keepLast: 9 })).snapshots.at(-1)?.keptFor).toEqual(['refused'])
    expect((await preview({ keepLast: 8 })).snapshots.at(-1)?.keptFor).toEqual([])
    expect(await kept()).toEqual(all)
    // Whoever has the plan keep more has not taken the word back.
    await setRules({ keepLast: 10 })
    expect((await preview({ keepLast: 11 })).snapshots.at(-1)?.keptFor).toEqual(['refused'])
    expect(await apply()).toEqual({ deleted: 0, rewritten: 0, wait: null })
    expect(await kept()).toEqual(all)
    await setRules({ keepLast: 9 })
    expect((await apply()).wait?.snapshotIds).toHaveLength(11)
  })

  test('that was refused stays also where there were no rules for a while', async () => {
    const all = await daily(20)
    await setRules({ keepLast: 9 })
    expect(await world.hub.json(refuse((await apply()).wait!.id))).toEqual({ kept: 11 })
    await setRules(null)
    expect(await apply()).toEqual({ deleted: 0, rewritten: 0, wait: null })
    await setRules({ keepLast: 9 })
    expect(await apply()).toEqual({ deleted: 0, rewritten: 0, wait: null })
    expect(await kept()).toEqual(all)
  })

  test('that was refused stays also when it is written anew', async () => {
    const all = await daily(20)
    await setRules({ keepLast: 9 })
    const rewrite = async (id: string): Promise<string> => {
      const anew = randomBytes(16).toString('hex')
      const rewritten = { why: 'purge', atMs: Date.now(), of: id, entriesDropped: 1, bytesDropped: 1 }
      await world.hub.sql(
        `insert into snapshot select (jsonb_populate_record(s, jsonb_build_object('id', '\\x' || $1::text, 'rewritten', $2::jsonb))).* from snapshot s where id = decode($3, 'hex')`,
        [anew, JSON.stringify(rewritten), id],
      )
      await world.hub.sql(
        `update snapshot set deleted_at = now(), deleted_by = 'a purge', undo_until = now() where id = decode($1, 'hex')`,
        [id],
      )
      return anew
    }
    const { wait } = await apply()
    const before = await rewrite(all[14]!)
    expect(await world.hub.json(refuse(wait!.id))).toEqual({ kept: 11 })
    const after = await rewrite(all[15]!)
    expect(await apply()).toEqual({ deleted: 0, rewritten: 0, wait: null })
    expect((await kept()).toSorted()).toEqual(all.with(14, before).with(15, after).toSorted())
  })

  test('are agreed to as they were seen: not under other rules, and not what somebody held meanwhile', async () => {
    const all = await daily(20)
    await setRules({ keepLast: 9 })
    const first = (await apply()).wait
    await setRules({ keepLast: 8 })
    expect(await waits()).toEqual([])
    expect(await world.hub.refusal(approve(first!.id))).toEqual([409, 'retention.outdated'])
    const second = (await apply()).wait
    await world.hub.json(world.hub.post(`/api/v1/snapshots/${all[15]}/hold`, { reason: 'mine' }, undefined, 'PUT'))
    expect(await world.hub.json(approve(second!.id))).toEqual({ deleted: 11, rewritten: 0 })
    expect(await kept()).toEqual([...all.slice(0, 8), all[15]])
  })

  test('go with their plan', async () => {
    await daily(20)
    await setRules({ keepLast: 1 })
    await apply()
    await world.hub.json(world.hub.post(`/api/v1/plans/${world.plan.id}`, undefined, undefined, 'DELETE'))
    expect(await waits()).toEqual([])
    expect(await kept()).toHaveLength(20)
  })
})

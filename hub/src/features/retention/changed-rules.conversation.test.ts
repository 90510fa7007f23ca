import { describe, expect, test } from 'vitest'
import { useRuledPlan } from './testing/ruled-plan.ts'

const world = useRuledPlan()
const { setRules, made, daily, kept, apply, preview, approve, refuse } = world

describe('rules that are changed again and again', () => {
  /** Half of twenty is gone, by two changes. */
  async function halved(): Promise<string[]> {
    const all = await daily(20)
    await setRules({ keepLast: 12 })
    expect(await apply()).toMatchObject({ deleted: 8 })
    await setRules({ keepLast: 10 })
    expect(await apply()).toMatchObject({ deleted: 2, wait: null })
    return all
  }

  test('wait as soon as they take more than half in all; a word begins anew', async () => {
    const all = await halved()
    expect(await preview({ keepLast: 9 })).toMatchObject({ goes: 1, needsWord: true })
    await setRules({ keepLast: 9 })
    const { deleted, wait } = await apply()
    expect([deleted, wait]).toMatchObject([0, { total: 20, goneBefore: 10, snapshotIds: [all[9]] }])
    expect(await apply()).toMatchObject({ deleted: 0, wait })
    expect(await kept()).toEqual(all.slice(0, 10))
    expect(await world.hub.json(approve(wait!.id))).toEqual({ deleted: 1, rewritten: 0 })
    await setRules({ keepLast: 5, minimumAgeDays: 0 })
    expect(await apply()).toMatchObject({ deleted: 4, wait: null })
  })

  test('gain nothing by none in between, nor by what was refused', async () => {
    const all = await halved()
    await setRules(null)
    expect(await apply()).toMatchObject({ deleted: 0, wait: null })
    await setRules({ keepLast: 9 })
    const first = (await apply()).wait
    expect(first).toMatchObject({ total: 20, goneBefore: 10 })
    expect(await world.hub.json(refuse(first!.id))).toEqual({ kept: 1 })
    await setRules({ keepLast: 8 })
    expect((await apply()).wait).toMatchObject({ total: 20, goneBefore: 10, snapshotIds: [all[9], all[8]] })
  })

  test('are not meant by what unchanged ones let go day by day', async () => {
    const all = await halved()
    const more: string[] = []
    for (let count = 0; count < 9; count++) more.unshift(await made({ daysAgo: 0 }))
    // Nine are young, and of those before only the last one is left to keep.
    expect(await apply()).toMatchObject({ deleted: 3, wait: null })
    expect(await kept()).toEqual([...more, ...all.slice(0, 7)])
  })

  test('are counted for 30 days', async () => {
    await halved()
    await setRules({ keepLast: 9 })
    expect((await apply()).wait).not.toBeNull()
    await world.hub.sql(`update retention_pace set since = since - interval '29 days' where plan_id = $1`, [world.plan.id])
    expect((await apply()).wait).not.toBeNull()
    await world.hub.sql(`update retention_pace set since = since - interval '1 day' where plan_id = $1`, [world.plan.id])
    expect(await apply()).toMatchObject({ deleted: 1, wait: null })
  })

  test('a word that keeps what waited holds up nothing that the same rules let go later', async () => {
    const all = await halved()
    await setRules({ keepLast: 9 })
    expect(await world.hub.json(refuse((await apply()).wait!.id))).toEqual({ kept: 1 })
    await made({ daysAgo: 0 })
    expect(await apply()).toMatchObject({ deleted: 1, wait: null })
    expect(await kept('&kept=deleted')).toContain(all[8])
  })
})

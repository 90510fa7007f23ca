import type { RunId, SnapshotId } from '@holdfast/shared-types'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { collect, dayMs, expectRestored, piece, treeOf, type Files } from '../testing/collection-world.ts'
import { care, damagedPaths, flipBit, harm, packsOfKind, scrubAndName } from '../testing/damage-world.ts'
import type { SnapshotToMake, TestAgent } from '../testing/test-agent.ts'
import { VaultsUnderTest } from '../testing/vaults-under-test.ts'

let world: VaultsUnderTest
let agent: TestAgent
let kept: Files
beforeEach(async () => {
  world = await VaultsUnderTest.open()
  agent = await world.enrol()
  kept = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`${index}.bin`, piece()]))
})
afterEach(() => world.close())

/** By the clock, as nobody has asked for it. */
const askNow = () => care(world, 'healing', null)
const asked = async (): Promise<string[]> => {
  const names = await world.agents.deviceNames(world.database.em())
  return (await world.healers.asked()).map(({ agentId }) => names.get(agentId) ?? '')
}
const outlooks = async (): Promise<(string | null)[]> => (await damagedPaths(world, agent)).map(({ healing }) => healing)
/** Of the content of files. */
async function loseSome(): Promise<void> {
  const [pack] = await packsOfKind(world, 1)
  await harm(world, agent, pack ?? '', flipBit)
  await scrubAndName(world)
}
/** What the device does that was asked: it reads what it is told to, and sends what it has. */
async function carryOut(by: TestAgent, runId: RunId, files: Files, changes: SnapshotToMake = {}): Promise<SnapshotId> {
  await world.healers.take(runId)
  const session = await by.open(runId)
  const { snapshotId } = await by.commit(session, await by.prepare(session, treeOf(files), changes))
  await world.healers.end(runId, 'succeeded')
  await care(world, 'audit', null)
  return snapshotId
}
const newestAsk = async (): Promise<RunId> => (await world.healers.asked()).at(-1)?.runId as RunId

describe('a device that still has what is damaged', () => {
  test('is asked once for it, and what it sends makes old snapshots whole', async () => {
    const id = await agent.backUp(treeOf(kept))
    await loseSome()
    expect(await outlooks()).toEqual([null])
    expect(await askNow()).toMatchObject({ state: 'damaged', counts: { named: 1, snapshots: 0, problems: 1 } })
    expect(await asked()).toEqual(['laptop'])
    expect(await outlooks()).toEqual(['asked'])
    // As often as somebody looks, and however long the device takes.
    world.nowMs += 40 * dayMs
    expect(await askNow()).toMatchObject({ counts: { named: 0 } })
    expect(await askNow()).toMatchObject({ counts: { named: 0 } })

    await carryOut(agent, await newestAsk(), kept)
    await expectRestored(agent, id, kept)
    expect(await damagedPaths(world, agent)).toEqual([])
    expect(await askNow()).toMatchObject({ state: 'done', counts: { named: 0, problems: 0 } })
    expect(await asked()).toHaveLength(1)
    expect(await world.database.em().execute('select 1 from heal_request')).toEqual([])
  })

  test('is asked again for other damage, and not again for the same where the file is gone', async () => {
    await agent.backUp(treeOf(kept))
    await loseSome()
    const lost = new Set((await damagedPaths(world, agent)).map(({ path }) => path.split('/').pop() ?? ''))
    await askNow()
    const rest = Object.fromEntries(Object.entries(kept).filter(([name]) => !lost.has(name)))
    await carryOut(agent, await newestAsk(), rest)
    for (let night = 0; night < 3; night++, world.nowMs += dayMs)
      expect(await askNow()).toMatchObject({ state: 'damaged', counts: { named: 0, snapshots: 1, problems: 1 } })
    expect(new Set(await outlooks())).toEqual(new Set(['gone']))

    // Also the last segment of each pack, which holds another file.
    const flipLate = (bytes: Buffer): void => void (bytes[bytes.length - 50_000]! ^= 1)
    for (const pack of await packsOfKind(world, 1)) await harm(world, agent, pack, flipLate)
    await scrubAndName(world)
    expect(await askNow()).toMatchObject({ counts: { named: 1, snapshots: 0 } })
    await carryOut(agent, await newestAsk(), rest)
    await askNow()
    // What could be sent again was, and the rest is what nobody has.
    expect(new Set(await outlooks())).toEqual(new Set(['gone', 'healed']))
    expect(await asked()).toHaveLength(2)
  })

  test('and cannot come to the end of its backup is left alone longer each time, unless a person asks', async () => {
    await agent.backUp(treeOf(kept))
    await loseSome()
    await askNow()
    const waits: number[] = []
    for (let tries = 1; tries < 5; tries++) {
      await world.healers.end(await newestAsk(), 'failed')
      const since = world.nowMs
      expect(await askNow()).toMatchObject({ counts: { named: 0, snapshots: 0, problems: 1 } })
      expect(await outlooks()).toEqual(['waiting'])
      do world.nowMs += 6 * 3_600_000
      while ((await askNow()).counts.named === 0)
      waits.push(Math.round(((world.nowMs - since) / dayMs) * 10) / 10)
    }
    expect(waits).toEqual([1, 1.8, 3.5, 6.8])
    await world.healers.end(await newestAsk(), 'cancelled')
    expect((await care(world, 'healing')).counts.named).toBe(1)
  })

  test('is asked by what its newest whole backup names: one without a source says nothing of it', async () => {
    await agent.backUp(treeOf(kept))
    await agent.backUp(treeOf({ 'other.bin': piece() }), { status: 'partial' })
    await loseSome()
    await askNow()
    const first = await newestAsk()
    expect(first).toBeDefined()
    await carryOut(agent, first, { 'other.bin': piece() }, { status: 'partial' })
    world.nowMs += dayMs
    expect((await askNow()).counts.named).toBe(1)
    await carryOut(agent, await newestAsk(), { 'other.bin': piece() })
    world.nowMs += 30 * dayMs
    expect(await askNow()).toMatchObject({ counts: { named: 0, snapshots: 1 } })
    expect(await outlooks()).toEqual(['gone'])
  })
})

describe('of several devices', () => {
  test('with the same content one is asked, and the other when that one has it no more', async () => {
    const id = await agent.backUp(treeOf(kept))
    const twin = await world.enrol('twin')
    await twin.backUp(treeOf(kept))
    await loseSome()
    expect(await outlooks()).toHaveLength(2)
    await askNow()
    expect(await asked()).toHaveLength(1)
    expect(await outlooks()).toEqual(['asked', 'asked'])
    const [first] = await world.healers.asked()
    const [one, other] = first?.agentId === agent.agentId ? [agent, twin] : [twin, agent]
    await carryOut(one, await newestAsk(), {})
    await askNow()
    expect(await asked()).toEqual([one.name, other.name])
    await carryOut(other, await newestAsk(), kept)
    await expectRestored(agent, id, kept)
    expect(await outlooks()).toEqual([])
  })

  test('one that is there comes before one that is away, also where that one is asked already', async () => {
    await agent.backUp(treeOf(kept))
    const twin = await world.enrol('twin')
    await twin.backUp(treeOf(kept))
    await loseSome()
    for (const one of [agent, twin]) world.healers.offline.add(one.agentId)
    // One of them has it in its queue, for when it comes back; that is enough as long as both are away.
    expect((await askNow()).counts.named).toBe(1)
    expect((await askNow()).counts.named).toBe(0)
    const [first] = await asked()
    const other = first === 'laptop' ? twin : agent
    world.healers.offline.delete(other.agentId)
    expect((await askNow()).counts.named).toBe(1)
    expect(await asked()).toEqual([first, other.name])
    // And the other way round: who is there is asked, and nobody else.
    for (const { runId } of await world.healers.asked()) await world.healers.end(runId, 'cancelled')
    world.nowMs += dayMs
    expect((await askNow()).counts.named).toBe(1)
    expect((await asked()).at(-1)).toBe(other.name)
  })

  test('each is asked for one backup at a time', async () => {
    const other = { 'mail.bin': piece(), 'more.bin': piece() }
    await agent.backUp(treeOf(kept), { plan: 'home' })
    await agent.backUp(treeOf(other), { plan: 'mail' })
    for (const pack of await packsOfKind(world, 1)) await harm(world, agent, pack, flipBit)
    await scrubAndName(world)
    expect((await askNow()).counts.named).toBe(1)
    expect(new Set(await outlooks())).toEqual(new Set(['asked', 'waiting']))
    expect((await askNow()).counts.named).toBe(0)
    await world.healers.end(await newestAsk(), 'failed')
    expect((await askNow()).counts.named).toBe(1)
  })
})

describe('nobody is asked', () => {
  test('whose plan is switched off until it is on again, or whose plan or device is gone', async () => {
    await agent.backUp(treeOf(kept), { plan: 'home' })
    await loseSome()
    world.healers.switchedOff.add('home')
    expect(await askNow()).toMatchObject({ counts: { named: 0, snapshots: 0 } })
    expect(await outlooks()).toEqual(['waiting'])
    world.healers.switchedOff.clear()
    world.healers.gone.add('home')
    expect(await askNow()).toMatchObject({ counts: { named: 0, snapshots: 1 } })
    world.healers.gone.clear()
    await world.database.em().execute('update agent set revoked_at = now()')
    expect(await askNow()).toMatchObject({ counts: { named: 0, snapshots: 1 } })
    await world.database.em().execute('update agent set revoked_at = null')
    expect((await askNow()).counts.named).toBe(1)
  })

  test('for snapshots that are deleted', async () => {
    const id = await agent.backUp(treeOf(kept))
    await loseSome()
    await world.database.em().execute(`update snapshot set deleted_at = now(), undo_until = now() + interval '1 day'`)
    expect(await askNow()).toMatchObject({ state: 'done', counts: { named: 0 } })
    await world.database.em().execute(`update snapshot set deleted_at = null, undo_until = null`)
    expect((await askNow()).counts.named).toBe(1)
    expect(id).toBeDefined()
  })

  test('twice where the hub ended between the order and its note', async () => {
    await agent.backUp(treeOf(kept))
    await loseSome()
    await askNow()
    await world.database.em().execute('delete from heal_request')
    await world.start()
    expect((await askNow()).counts.named).toBe(0)
    expect(await outlooks()).toEqual(['asked'])
  })

  test('where one cannot be asked: the others are', async () => {
    await agent.backUp(treeOf(kept))
    const other = await world.enrol('other')
    await other.backUp(treeOf({ 'own.bin': piece(), 'more.bin': piece() }))
    for (const pack of await packsOfKind(world, 1)) await harm(world, agent, pack, flipBit)
    await scrubAndName(world)
    const order = world.healers.order.bind(world.healers)
    let calls = 0
    world.healers.order = (work) => (calls++ === 0 ? Promise.reject(new Error('the database is slow')) : order(work))
    expect((await askNow()).counts.named).toBe(1)
    expect(world.logged('heal.not-ordered')).toHaveLength(1)
    world.healers.order = order
    expect((await askNow()).counts.named).toBe(1)
    expect((await asked()).toSorted()).toEqual(['laptop', 'other'])
  })
})

test('found damage is asked for, and its end seen, without anybody asking: by the queue of jobs', async () => {
  const id = await agent.backUp(treeOf(kept))
  const [pack] = await packsOfKind(world, 1)
  await harm(world, agent, pack ?? '', flipBit)
  await world.jobs.start([])
  await care(world, 'scrub')
  const wait = { timeout: 60_000, interval: 50 }
  await vi.waitUntil(async () => (await world.healers.asked()).length === 1, wait)
  await vi.waitUntil(async () => (await outlooks())[0] === 'asked', wait)
  await world.healers.end(await newestAsk(), 'failed')
  await world.events.emit('run.finished', { runId: await newestAsk(), agentId: agent.agentId, state: 'failed' })
  await vi.waitUntil(async () => (await outlooks())[0] === 'waiting', wait)
  await agent.backUp(treeOf(kept))
  await vi.waitUntil(async () => (await damagedPaths(world, agent)).length === 0, wait)
  await vi.waitUntil(async () => (await world.database.em().execute('select 1 from heal_request')).length === 0, wait)
  await expectRestored(agent, id, kept)
  await collect(world)
})

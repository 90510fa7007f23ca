import { packKey, packPrefix } from '@holdfast/engine/format'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { collect, dayMs, expectRestored, expectSound, piece, treeOf, type Files } from '../testing/collection-world.ts'
import { care, damagedPaths, flipBit, harm, packsOfKind, scrubAndName, seeCare } from '../testing/damage-world.ts'
import type { TestAgent } from '../testing/test-agent.ts'
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

const backUp = (files: Files) => agent.backUp(treeOf(files))
const firstPack = async (kind: 1 | 2 = 1): Promise<string> => (await packsOfKind(world, kind))[0] ?? ''
const problems = async (): Promise<string[]> => (await world.vaults.runFsck(null, { readData: true })).problems.map(({ code }) => code)

describe('what was damaged', () => {
  test('comes back with the next backup of who still has it, for old snapshots too', async () => {
    const id = await backUp(kept)
    const pack = await firstPack()
    await harm(world, agent, pack, flipBit)
    await scrubAndName(world)
    const [named] = await damagedPaths(world, agent)
    await expect(expectRestored(agent, id, kept)).rejects.toThrow(/./)

    const session = await agent.open()
    // Its newest snapshot may be built on, as long as this one file is read again.
    expect(session.usableBaseSnapshots).toEqual([id])
    expect(session.readAgain).toEqual([{ path: named?.path }])
    const { snapshotId } = await agent.commit(session, await agent.prepare(session, treeOf(kept)))
    expect(await care(world, 'audit', null)).toMatchObject({ state: 'done', counts: { problems: 0 } })
    expect(await damagedPaths(world, agent)).toEqual([])
    expect((await seeCare(world, agent)).damage).toMatchObject({ segmentsLost: 1, snapshots: 0, named: 0, snapshotsHealed: 1 })
    await expectRestored(agent, id, kept)
    await expectRestored(agent, snapshotId, kept)
    // People read it as devices do.
    const tree = await world.vaults.openSnapshotTree(world.database.em(), id)
    const name = named?.path.split('/').pop() ?? ''
    const entry = await tree.find([Buffer.from('home'), Buffer.from(name)])
    if (entry?.type !== 'file') throw new Error('There should be a file')
    const parts: Uint8Array[] = []
    for await (const part of tree.read(entry, 0, entry.size)) parts.push(Buffer.from(part))
    expect(Buffer.concat(parts).equals(kept[name] ?? Buffer.alloc(0))).toBe(true)
  })

  test('is told by a check as long as it lies there, and goes with a collection; then all is sound, and a new database finds its way', async () => {
    const id = await backUp(kept)
    const pack = await firstPack()
    await harm(world, agent, pack, flipBit)
    await scrubAndName(world)
    // Nobody has sent it again: it stays, whatever is collected.
    await collect(world)
    expect(await packsOfKind(world, 1)).toContain(pack)
    await backUp(kept)
    await care(world, 'audit', null)
    // The damaged pack, and nothing of the snapshots.
    expect(await problems()).toEqual(['pack.checksum-mismatch'])
    world.nowMs += 30 * dayMs
    await collect(world)
    await collect(world)
    expect(await packsOfKind(world, 1)).not.toContain(pack)
    const report = await world.vaults.runFsck(null, { readData: true })
    expect(report).toMatchObject({ problems: [], counts: { snapshotsHealed: 1 } })
    await expectRestored(agent, id, kept)
    expect((await seeCare(world, agent)).damage).toMatchObject({ packsDamaged: 0, segmentsLost: 0, snapshots: 0 })
    await world.start()
    await expectRestored(agent, id, kept)
    await expectSound(world)

    const other = await world.withEmptyDatabase()
    await care(other, 'audit', null)
    expect((await other.vaults.runFsck(null, { readData: true })).problems).toEqual([])
    await other.closeDatabase()
  })

  test('comes back from another device that has the same', async () => {
    const id = await backUp(kept)
    await harm(world, agent, await firstPack(), flipBit)
    await scrubAndName(world)
    const twin = await world.enrol('twin')
    await twin.backUp(treeOf(kept))
    await care(world, 'audit', null)
    await expectRestored(agent, id, kept)
    // The first one is still asked to read what it would name in the lost place.
    expect((await agent.open()).readAgain).toHaveLength(1)
  })

  test('or missing as a whole is no trouble any more once it was sent again', async () => {
    const id = await backUp(kept)
    await world.removePack(Buffer.from(await firstPack(), 'hex'))
    await care(world, 'list')
    await care(world, 'damage', null)
    expect((await seeCare(world, agent)).damage).toMatchObject({ packsLost: 1, snapshots: 1 })
    const session = await agent.open()
    expect(session.readAgain?.length).toBeGreaterThan(0)
    await agent.commit(session, await agent.prepare(session, treeOf(kept)))
    await care(world, 'audit', null)
    // It asks for this itself, where there is a queue.
    await care(world, 'damage', null)
    expect((await seeCare(world, agent)).damage).toMatchObject({ packsLost: 0, snapshots: 0 })
    await expectRestored(agent, id, kept)
    await expectSound(world)
    await world.start()
    await expectRestored(agent, id, kept)
    await expectSound(world)
  })

  test('is not taken for needless before every snapshot was asked, and is whole when it is back', async () => {
    const id = await backUp(kept)
    await care(world, 'audit', null)
    const packId = Buffer.from(await firstPack(), 'hex')
    const bytes = await world.store.get(packKey(packId))
    await world.removePack(packId)
    // Whoever reads meets it; nobody has looked who needs it when the nightly audit comes.
    await expect(expectRestored(agent, id, kept)).rejects.toThrow(/./)
    await care(world, 'audit', null)
    expect((await seeCare(world, agent)).damage).toMatchObject({ packsLost: 1 })
    await world.store.put(packKey(packId), bytes)
    await world.start()
    await expectRestored(agent, id, kept)
    await expectSound(world)
  })

  test('is named also where it is found while other damage is being named', async () => {
    await backUp(kept)
    const [first, other] = await packsOfKind(world, 1)
    await harm(world, agent, first ?? '', flipBit)
    await care(world, 'scrub')
    // By the first list of folders that it reads, it has asked all snapshots already.
    let isMet = false
    world.store.before = async (step, key) => {
      if (isMet || step !== 'get' || key?.startsWith(packPrefix) !== true) return
      isMet = true
      await world.removePack(Buffer.from(other ?? '', 'hex'))
      await care(world, 'list')
    }
    await care(world, 'damage', null)
    expect(isMet).toBe(true)
    // One file of the first pack, and all that the other held.
    expect((await damagedPaths(world, agent)).length).toBeGreaterThan(1)
  })

  test('is no base for the next backup where a new database does not know what is missing', async () => {
    const id = await backUp(kept)
    const packId = Buffer.from(await firstPack(), 'hex')
    expect((await agent.open()).usableBaseSnapshots).toEqual([id])
    await world.removePack(packId)
    // As after a rebuild: rows are of what is stored.
    await world.database.em().execute('delete from pack where pack_id = ?', [packId])
    await world.start()
    expect((await agent.open()).usableBaseSnapshots).toEqual([])
  })

  test('stays named where nobody has it any more', async () => {
    await backUp(kept)
    await harm(world, agent, await firstPack(), flipBit)
    await scrubAndName(world)
    await backUp({ 'other.bin': piece() })
    expect(await care(world, 'audit', null)).toMatchObject({ state: 'damaged', counts: { problems: 1 } })
    expect(await damagedPaths(world, agent)).toHaveLength(1)
  })

  test('in lists of folders has the device read everything, and so does an agent that knows no better', async () => {
    const id = await backUp(kept)
    await harm(world, agent, await firstPack(), flipBit)
    await scrubAndName(world)
    agent.canReadAgain = false
    const old = await agent.open()
    expect([old.usableBaseSnapshots, old.readAgain]).toEqual([[], undefined])
    agent.canReadAgain = true
    await harm(world, agent, await firstPack(2), flipBit)
    await scrubAndName(world)
    expect(await damagedPaths(world, agent)).toMatchObject([{ isFolder: true }])
    await world.finishRun(old.runId, agent.agentId)
    const session = await agent.open()
    expect([session.usableBaseSnapshots, session.readAgain]).toEqual([[], undefined])
    await agent.commit(session, await agent.prepare(session, treeOf(kept)))
    await care(world, 'audit', null)
    await expectRestored(agent, id, kept)
  })

  test('is looked for and named by itself, and healed by itself, also over the end of a hub', async () => {
    const id = await backUp(kept)
    await harm(world, agent, await firstPack(), flipBit)
    // Found, and the hub ends before anything is named.
    await care(world, 'scrub')
    await world.start()
    await world.jobs.start([])
    await vi.waitUntil(async () => (await damagedPaths(world, agent)).length === 1, { timeout: 30_000, interval: 50 })
    await backUp(kept)
    await vi.waitUntil(async () => (await damagedPaths(world, agent)).length === 0, { timeout: 30_000, interval: 50 })
    await expectRestored(agent, id, kept)
  })
})

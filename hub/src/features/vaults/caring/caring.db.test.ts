import { randomBytes } from 'node:crypto'
import { rename, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { toHex } from '@holdfast/engine/bytes'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buildPack } from '../testing/build-pack.ts'
import { collect, dayMs, expectRestored, expectSound, packKeys, piece, treeOf, type Files } from '../testing/collection-world.ts'
import { care, damagedPaths, flipBit, flipFooterBit, harm, packsOfKind, scrubAndName, seeCare } from '../testing/damage-world.ts'
import type { TestAgent } from '../testing/test-agent.ts'
import { VaultsUnderTest } from '../testing/vaults-under-test.ts'

let world: VaultsUnderTest
let agent: TestAgent
beforeEach(async () => {
  world = await VaultsUnderTest.open()
  agent = await world.enrol()
})
afterEach(() => world.close())

const backUp = (files: Files) => agent.backUp(treeOf(files))
const rows = <T>(statement: string) => world.database.em().execute<T[]>(statement)
const onePack = async (kind: 1 | 2 = 1): Promise<string> => (await packsOfKind(world, kind))[0] ?? ''
const pathOf = (pack: string): string => join(world.storeDir, agent.vaultId, 'p', pack.slice(0, 2), pack)
const files = (count: number): Files => Object.fromEntries(Array.from({ length: count }, (_, index) => [`${index}.bin`, piece()]))

describe('of a sound vault', () => {
  test('every kind comes to its end, finds nothing and is told with what it looked at', async () => {
    await backUp(files(4))
    for (const kind of ['list', 'scrub', 'sample', 'audit', 'damage', 'collection', 'drills'] as const)
      expect([kind, (await care(world, kind)).state]).toEqual([kind, 'done'])
    const { works, damage, scrubbed } = await seeCare(world, agent)
    const counts = Object.fromEntries(works.map(({ kind, last }) => [kind, last?.counts]))
    const packs = (await packKeys(world)).length
    expect(counts).toMatchObject({
      list: { packs, snapshots: 1, problems: 0 },
      scrub: { packs, problems: 0 },
      sample: { problems: 0 },
      audit: { snapshots: 1 },
      drills: { named: 1 },
    })
    expect(counts['sample']?.blobs).toBeGreaterThan(4)
    expect(scrubbed).toMatchObject({ packs, packsTotal: packs, bytes: scrubbed.bytesTotal, allSinceMs: expect.any(Number) as number })
    expect(damage).toEqual({
      canBeNamed: true,
      packsLost: 0,
      packsDamaged: 0,
      segmentsLost: 0,
      snapshots: 0,
      named: 0,
      hasMore: false,
      snapshotsHealed: 0,
    })
    expect(works.find(({ kind }) => kind === 'list')?.last).toMatchObject({ startedBy: 'Ada', state: 'done' })
  })

  test('a scrub goes on where it stopped, and leaves alone what was read this week', async () => {
    for (let round = 0; round < 3; round++) await backUp(files(1))
    const packs = (await packKeys(world)).length
    const read = async (startedBy: string | null) => (await care(world, 'scrub', startedBy)).counts.packs
    let gets = 0
    world.store.before = (step) => {
      if (step === 'get' && ++gets === 3) throw new Error('The disk is away after the second pack')
    }
    expect(await care(world, 'scrub', null)).toMatchObject({ state: 'failed', counts: { packs: 2 } })
    world.store.before = () => undefined
    await world.start()
    expect(await read(null)).toBe(packs - 2)
    expect(await read(null)).toBe(0)
    expect(await read('Ada')).toBe(packs)
    world.nowMs += 8 * dayMs
    expect(await read(null)).toBe(packs)
  })

  test('a scrub does not wait for a clock that was ahead', async () => {
    await backUp(files(1))
    world.nowMs += 365 * dayMs
    await care(world, 'scrub')
    world.nowMs -= 365 * dayMs
    expect((await care(world, 'scrub', null)).counts.packs).toBe((await packKeys(world)).length)
  })
})

describe('lists', () => {
  test('find a pack that is missing or cut short, one that is back, and one that nobody knows', async () => {
    const kept = files(2)
    const id = await backUp(kept)
    const pack = await onePack()
    await rename(pathOf(pack), `${world.storeDir}.away`)
    expect(await care(world, 'list')).toMatchObject({ state: 'damaged', counts: { problems: 1 } })
    expect(await rows(`select state from pack where encode(pack_id, 'hex') = '${pack}'`)).toEqual([{ state: 'lost' }])
    await care(world, 'damage', null)
    expect((await damagedPaths(world, agent)).length).toBeGreaterThan(0)
    await rename(`${world.storeDir}.away`, pathOf(pack))
    expect(await care(world, 'list')).toMatchObject({ counts: { problems: 1 } })
    await care(world, 'damage', null)
    expect(await damagedPaths(world, agent)).toEqual([])
    await expectRestored(agent, id, kept)
    await expectSound(world)
    await world.database.em().execute(`delete from pack where encode(pack_id, 'hex') = ?`, [pack])
    expect(await care(world, 'list')).toMatchObject({ counts: { problems: 1 } })
    expect(await care(world, 'list')).toMatchObject({ state: 'done', counts: { problems: 0 } })
    await expectSound(world)
    await truncate(pathOf(pack), 100)
    expect(await care(world, 'list')).toMatchObject({ state: 'damaged' })
  })

  test('find a snapshot that is missing, and one that is back', async () => {
    await backUp(files(1))
    const folder = join(world.storeDir, agent.vaultId, 's', agent.agentId)
    await rename(folder, `${world.storeDir}.away`)
    expect(await care(world, 'list')).toMatchObject({ state: 'damaged', counts: { problems: 1 } })
    expect(await rows('select state from snapshot')).toEqual([{ state: 'lost' }])
    await rename(`${world.storeDir}.away`, folder)
    await care(world, 'list')
    expect(await rows('select state from snapshot')).toEqual([{ state: 'committed' }])
  })

  test('of a disk that is not there say nothing of the vault', async () => {
    await backUp(files(1))
    await rename(join(world.storeDir, agent.vaultId), `${world.storeDir}.away`)
    for (const kind of ['list', 'scrub', 'sample'] as const)
      expect([kind, await care(world, kind)]).toMatchObject([kind, { state: 'failed', error: { code: 'store.unavailable', cure: /./ } }])
    await rename(`${world.storeDir}.away`, join(world.storeDir, agent.vaultId))
    expect(await rows(`select 1 from pack where state <> 'live'`)).toEqual([])
    expect(await care(world, 'list')).toMatchObject({ state: 'done' })
  })
})

describe('damage that reading finds', () => {
  test('costs the segment it is in and no other, and is named file by file', async () => {
    const kept = files(6)
    const id = await backUp(kept)
    const pack = await onePack()
    await harm(world, agent, pack, flipBit)
    expect(await scrubAndName(world)).toMatchObject({ state: 'damaged', counts: { problems: 1 } })
    expect((await seeCare(world, agent)).damage).toMatchObject({
      packsLost: 0,
      packsDamaged: 1,
      segmentsLost: 1,
      snapshots: 1,
      named: 1,
      hasMore: false,
    })
    const [named, ...others] = await damagedPaths(world, agent)
    expect(others).toEqual([])
    expect(named).toMatchObject({ snapshotId: id, agentId: agent.agentId, deviceName: 'laptop', isFolder: false })
    expect(named?.path).toMatch(/^\/home\/\d\.bin$/)
    // Also after the hub was started anew.
    await world.start()
    expect((await seeCare(world, agent)).damage).toMatchObject({ segmentsLost: 1, snapshots: 1, named: 1 })
    // What was lost is sent again, and nothing else: the others are offered still.
    const before = (await packsOfKind(world, 1)).length
    await backUp(kept)
    expect((await packsOfKind(world, 1)).length).toBe(before + 1)
  })

  test('in the lists of folders is named by folder', async () => {
    await backUp(files(2))
    await harm(world, agent, await onePack(2), flipBit)
    await scrubAndName(world)
    expect(await damagedPaths(world, agent)).toMatchObject([{ isFolder: true }])
  })

  test('in a footer costs nothing: what is whole is copied to where its footer is whole too', async () => {
    const kept = files(3)
    const id = await backUp(kept)
    const pack = await onePack()
    await harm(world, agent, pack, flipFooterBit)
    expect(await scrubAndName(world)).toMatchObject({ state: 'damaged' })
    expect(await damagedPaths(world, agent)).toEqual([])
    await expectRestored(agent, id, kept)
    await collect(world)
    await collect(world)
    expect(await packsOfKind(world, 1)).not.toContain(pack)
    await expectSound(world)
    const other = await world.withEmptyDatabase()
    expect((await other.vaults.runFsck(null, { readData: true })).problems).toEqual([])
    await other.closeDatabase()
  })

  test('is forgotten where the pack is put right from a copy', async () => {
    const kept = files(2)
    const id = await backUp(kept)
    const mend = await harm(world, agent, await onePack(), flipBit)
    await scrubAndName(world)
    await mend()
    expect(await scrubAndName(world)).toMatchObject({ counts: { problems: 0 } })
    expect((await seeCare(world, agent)).damage).toMatchObject({ segmentsLost: 0, snapshots: 0, named: 0, snapshotsHealed: 0 })
    await expectRestored(agent, id, kept)
    await expectSound(world)
  })

  test('is found by a sample where the checksums are of the damage itself, and no scrub takes that back', async () => {
    const session = await agent.open()
    const pack = await buildPack({ ...session.keys, dataKey: randomBytes(32) }, 1, 3000)
    await agent.putPack(session, pack)
    expect(await care(world, 'scrub')).toMatchObject({ counts: { problems: 0 } })
    expect(await care(world, 'sample')).toMatchObject({ state: 'damaged' })
    const lost = async () => rows(`select 1 from pack where lost_segments is not null and encode(pack_id, 'hex') = '${toHex(pack.packId)}'`)
    expect(await lost()).toHaveLength(1)
    await care(world, 'scrub')
    expect(await lost()).toHaveLength(1)
  })

  test('is found by who only wants to read', async () => {
    const id = await backUp(files(1))
    await harm(world, agent, await onePack(2), flipBit)
    const tree = await world.vaults.openSnapshotTree(world.database.em(), id)
    await expect(tree.list([], { after: 0, limit: 10 })).rejects.toMatchObject({ code: 'vault.corrupt' })
    await expect.poll(async () => (await seeCare(world, agent)).damage.segmentsLost).toBe(1)
  })
})

import type { SnapshotId } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { collect, expectRestored, expectSound, treeOf } from '../testing/collection-world.ts'
import { small, storedOf } from '../testing/purge-world.ts'
import type { TestAgent } from '../testing/test-agent.ts'
import { VaultsUnderTest } from '../testing/vaults-under-test.ts'

let world: VaultsUnderTest
let agent: TestAgent

beforeEach(async () => {
  world = await VaultsUnderTest.open()
  agent = await world.enrol()
})
afterEach(() => world.close())

const version = (number: number): Buffer => small(`version ${number} `)
const stays = { 'stays.txt': small('stays') }
const snapshots = () => world.vaults.snapshots.list(world.database.em(), { visibleTo: null })

/** Five backups of a file that changed each time, oldest first. */
async function fiveBackups(): Promise<void> {
  for (let number = 1; number <= 5; number++)
    await agent.backUp(treeOf({ 'changing.txt': version(number), ...stays }), {
      files: 2,
      bytes: version(number).length + stays['stays.txt'].length,
      folders: 1,
    })
}

const limit = async (versionsPerFile: number, protectedIds: readonly SnapshotId[] = []) => {
  const newestFirst = (await snapshots()).toReversed()
  return {
    versionsPerFile,
    signal: new AbortController().signal,
    snapshots: newestFirst.map((snapshot, index) => ({ snapshot, isProtected: index === 0 || protectedIds.includes(snapshot.id) })),
  }
}

test('of each file the newest versions stay; all snapshots stay, and as they were they can be had back', async () => {
  await fiveBackups()
  const before = await snapshots()
  expect(await world.vaults.rewriting.previewVersions(await limit(3))).toMatchObject({ snapshots: 2, entries: 2, ofEntries: 10 })
  expect(await snapshots()).toEqual(before)
  const { replaced } = await world.vaults.rewriting.limitVersions({ ...(await limit(3)), by: 'retention of plan Home' })
  expect([...replaced.keys()].toSorted()).toEqual(
    before
      .slice(0, 2)
      .map(({ id }) => id)
      .toSorted(),
  )
  const after = await snapshots()
  expect(after.map(({ rewritten }) => rewritten?.of ?? null)).toEqual([before[0]!.id, before[1]!.id, null, null, null])
  expect(after.map(({ seq, receivedAtMs }) => [seq, receivedAtMs])).toEqual(before.map(({ seq, receivedAtMs }) => [seq, receivedAtMs]))
  for (const [index, { id }] of after.entries())
    await expectRestored(agent, id, { ...stays, ...(index < 2 ? {} : { 'changing.txt': version(index + 1) }) })
  await expectSound(world)
  await world.vaults.deletion.undelete([before[0]!.id])
  await expectRestored(agent, before[0]!.id, { ...stays, 'changing.txt': version(1) })
  expect((await snapshots()).length).toBe(5)
  await expectSound(world)
})

test('what is protected loses nothing, and what is beyond the limit goes with a collection once it cannot be had back', async () => {
  await fiveBackups()
  const [first] = await snapshots()
  await world.vaults.rewriting.limitVersions({ ...(await limit(1, [first!.id])), by: 'test' })
  expect((await snapshots()).map(({ rewritten }) => rewritten !== null)).toEqual([false, true, true, true, false])
  await expectRestored(agent, first!.id, { ...stays, 'changing.txt': version(1) })
  world.nowMs += 20 * 24 * 60 * 60 * 1000
  await collect(world)
  expect(await world.vaults.snapshots.list(world.database.em(), { visibleTo: null, isDeleted: true })).toEqual([])
  // One left as garbage in a pack of its own each; the first stays.
  expect(await storedOf(world, agent, version(1), version(2), version(3), version(4), version(5))).toBe(2)
  await expectSound(world)
})

test('once it was limited there is nothing beyond the limit', async () => {
  await fiveBackups()
  await world.vaults.rewriting.limitVersions({ ...(await limit(2)), by: 'test' })
  expect(await world.vaults.rewriting.previewVersions(await limit(2))).toMatchObject({ snapshots: 0, entries: 0 })
  expect((await world.vaults.rewriting.limitVersions({ ...(await limit(2)), by: 'test' })).replaced.size).toBe(0)
})

test('one that is held meanwhile is left as it is, and told', async () => {
  await fiveBackups()
  const order = await limit(1)
  const [first] = await snapshots()
  await world.vaults.deletion.hold(first!.id, { by: 'Ada', reason: 'keep' })
  await expect(world.vaults.rewriting.limitVersions({ ...order, by: 'test' })).rejects.toMatchObject({ code: 'snapshot.held' })
  await expectRestored(agent, first!.id, { ...stays, 'changing.txt': version(1) })
})

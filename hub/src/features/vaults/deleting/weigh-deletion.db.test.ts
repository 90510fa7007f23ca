import type { SnapshotId } from '@holdfast/shared-types'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { dayMs, deleteFinally, piece, treeOf, type Files } from '../testing/collection-world.ts'
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
const weigh = (...ids: SnapshotId[]) => world.vaults.deletion.weigh(world.database.em(), ids)
/** A folder list and what seals take, beside what a test stores. */
const aLittle = 20_000
const about = (bytes: number, figure: number | undefined) => {
  expect(figure).toBeGreaterThanOrEqual(bytes)
  expect(figure).toBeLessThan(bytes + aLittle)
}

describe('what deleting frees', () => {
  test('is what nobody else needs; of each what no other one needs either, going or not', async () => {
    const [both, all] = [piece(300_000), piece(400_000)]
    const first = await backUp({ 'a.bin': piece(100_000), both, all })
    const second = await backUp({ 'b.bin': piece(200_000), both, all })
    const third = await backUp({ 'c.bin': piece(), all })
    const told = await weigh(first, second)
    about(600_000, told.freed)
    about(100_000, told.ownById.get(first))
    about(200_000, told.ownById.get(second))
    expect(told.undoDays).toBe(14)
    const alone = await weigh(first)
    about(100_000, alone.freed)
    about(100_000, alone.ownById.get(first))
    const everything = await weigh(first, second, third)
    about(1_200_000, everything.freed)
  })

  test('counts what shares with others that are deleted already, and of none is nothing', async () => {
    const shared = piece()
    const first = await backUp({ shared })
    const second = await backUp({ shared, 'b.bin': piece(100_000) })
    about(0, (await weigh(first)).freed)
    await deleteFinally(world, second)
    about(200_000, (await weigh(first)).freed)
    expect(await weigh()).toEqual({ freed: 0, ownById: new Map(), undoDays: 0 })
  })
})

describe('a rule’s word', () => {
  const byRule = (snapshotIds: readonly SnapshotId[], isAgeConfirmed: boolean) =>
    world.vaults.deletion.delete({ snapshotIds, by: 'a rule', isConfirmed: false, isAgeConfirmed, isFinal: false })

  test('covers young snapshots where it says so, and never a device’s last whole one', async () => {
    const [first, second] = [await backUp({ a: piece() }), await backUp({ b: piece() })]
    await expect(byRule([first], false)).rejects.toMatchObject({ code: 'snapshot.deletion-unconfirmed' })
    await expect(byRule([first, second], true)).rejects.toMatchObject({ code: 'snapshot.deletion-unconfirmed' })
    world.told.length = 0
    expect(await byRule([first], true)).toMatchObject([{ id: first, state: 'deleted' }])
    expect(world.told).toEqual([['snapshots', 'snapshots.changed', { agentIds: [agent.agentId] }]])
    world.nowMs += 30 * dayMs
    await expect(byRule([second], true)).rejects.toMatchObject({ code: 'snapshot.deletion-unconfirmed' })
  })
})

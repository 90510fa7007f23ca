import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CollectionPreview } from '@holdfast/shared-types'
import { collect, dayMs, deleteFinally, piece, snapshotKeys, treeOf, type Files } from '../testing/collection-world.ts'
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

describe('browsers', () => {
  const changed = () => world.told.filter(([, type]) => type === 'snapshots.changed').map(([, , body]) => body)

  test('learn when snapshots are on their way, and when they are gone, of which devices', async () => {
    const other = await world.enrol('desktop')
    const gone = await backUp({ 'a.bin': piece() })
    await other.backUp(treeOf({ 'b.bin': piece() }))
    await backUp({ 'c.bin': piece() })
    await deleteFinally(world, gone)
    world.told.length = 0
    await collect(world)
    expect(changed()).toEqual([{ agentIds: [agent.agentId] }, { agentIds: [agent.agentId] }])
  })

  test('are told nothing by a collection that takes no snapshot', async () => {
    await backUp({ 'a.bin': piece() })
    world.told.length = 0
    await collect(world)
    expect(changed()).toEqual([])
  })

  test('learn of what a killed hub had decided, once the next one has removed it', async () => {
    const gone = await backUp({ 'a.bin': piece() })
    await backUp({ 'c.bin': piece() })
    await deleteFinally(world, gone)
    world.store.after = (step, key) => {
      if (step === 'put' && key?.startsWith('g/') === true) throw new Error('killed')
    }
    await expect(collect(world)).rejects.toThrow()
    world.told.length = 0
    await world.start()
    expect(await snapshotKeys(world)).toHaveLength(1)
    expect(changed()).toEqual([{ agentIds: [agent.agentId] }])
  })
})

describe('a preview', () => {
  const preview = async (): Promise<CollectionPreview> => {
    const { vaultId } = await world.vaults.placeFor(null)
    const asked = { params: { vaultId } }
    return (await world.vaults.feature.routes?.previewCollection?.(asked as never)) as unknown as CollectionPreview
  }

  test('of a vault without garbage finds nothing', async () => {
    await backUp({ 'a.bin': piece() })
    expect(await preview()).toEqual({ snapshots: 0, packsFound: 0, bytesFound: 0, percentFound: 0, mostPercent: 20 })
  })

  test('says what the collection then does, and does nothing of it', async () => {
    const gone = await backUp({ 'a.bin': piece(), 'b.bin': piece() })
    await backUp({ 'c.bin': piece() })
    await deleteFinally(world, gone)
    const told = await preview()
    expect(told.snapshots).toBe(1)
    expect(told.percentFound).toBeGreaterThan(told.mostPercent)
    expect(await snapshotKeys(world)).toHaveLength(2)
    const { packsFound, bytesFound, percentFound, snapshotsRemoved } = await collect(world)
    expect({ packsFound, bytesFound, percentFound, snapshots: snapshotsRemoved, mostPercent: 20 }).toEqual(told)
  })

  test('leaves out what can still be had back', async () => {
    const deleted = await backUp({ 'a.bin': piece() })
    await backUp({ 'c.bin': piece() })
    await world.vaults.deletion.delete({ snapshotIds: [deleted], by: 'Ada', isConfirmed: true, isFinal: false })
    expect(await preview()).toMatchObject({ snapshots: 0, packsFound: 0 })
    world.nowMs += 15 * dayMs
    expect(await preview()).toMatchObject({ snapshots: 1 })
  })
})

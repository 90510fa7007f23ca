import type { SnapshotId, VaultCare } from '@holdfast/shared-types'
import { toHex } from '@holdfast/engine/bytes'
import { decodeSnapshotObject, readLocation, Refset, vaultFileKey } from '@holdfast/engine/format'
import { openDirectoryStore } from '@holdfast/engine/store'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { deleteFinally, expectRestored, piece, treeOf, type Files } from '../testing/collection-world.ts'
import { asPerson, createPrivate, enrolApproved, lookThroughAll, type MadeVault } from '../testing/private-world.ts'
import { VaultsUnderTest } from '../testing/vaults-under-test.ts'

let world: VaultsUnderTest
let made: MadeVault

beforeEach(async () => {
  world = await VaultsUnderTest.open()
  made = await createPrivate(world)
})
afterEach(() => world.close())

const storeOf = () => openDirectoryStore(join(world.storeDir, made.vaultId), { mark: vaultFileKey })
const rowOf = (id: SnapshotId) => world.vaults.snapshots.find(world.database.em(), id)
const expectSound = async (): Promise<void> => expect((await world.vaults.runFsck(made.vaultId, { readData: true })).problems).toEqual([])
const collect = () => world.vaults.collect(made.vaultId, { startedBy: 'test', isLargeApproved: true })
const packs = async (): Promise<number> => {
  const [row] = await world.database
    .em()
    .execute<{ n: number }[]>(`select count(*)::int as n from pack where state = 'live' and vault_id = ?`, [made.vaultId])
  return row!.n
}

describe('looking through snapshots', () => {
  test('is asked of devices, and a collection removes only after', async () => {
    const agent = await enrolApproved(world, made, 'ada')
    const [gone, stays]: Files[] = [{ 'a.bin': piece() }, { 'b.bin': piece() }]
    const goneId = await agent.backUp(treeOf(gone!))
    const staysId = await agent.backUp(treeOf(stays!))
    await deleteFinally(world, goneId)
    const before = await packs()
    const collecting = collect()
    // Both wait for the device, which is there: it looks as soon as it is asked.
    while ((await lookThroughAll(world, agent)) === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await collecting).toMatchObject({ state: 'done', snapshotsRemoved: 1 })
    expect(await packs()).toBeLessThan(before)
    await expectRestored(agent, staysId, stays!)
    expect(await rowOf(goneId)).toBeNull()
    await expectSound()
  })

  test('a collection removes nothing as long as no device is there to look', async () => {
    const agent = await enrolApproved(world, made, 'ada')
    await deleteFinally(world, await agent.backUp(treeOf({ 'a.bin': piece() })))
    await world.agents.setOnline(agent.agentId, false)
    const before = await packs()
    await expect(collect()).rejects.toMatchObject({
      code: 'vault.collection-unsafe',
      message: expect.stringContaining('No device has looked through'),
    })
    expect(await packs()).toBe(before)
    // Asked for once, and again by nobody: it is done when the device comes back.
    await expect(collect()).rejects.toMatchObject({ code: 'vault.collection-unsafe' })
    await world.agents.setOnline(agent.agentId, true)
    expect(await lookThroughAll(world, agent)).toBe(1)
    expect(await collect()).toMatchObject({ state: 'done', snapshotsRemoved: 1 })
  })

  test('is done by another device of the vault where the first is gone for good', async () => {
    const lost = await enrolApproved(world, made, 'lost')
    const other = await enrolApproved(world, made, 'other')
    await lost.backUp(treeOf({ 'a.bin': piece() }))
    await world.agents.setOnline(lost.agentId, false)
    const care = await world.vaults.care(made.vaultId, 'audit', null)
    expect(care).toMatchObject({ state: 'done', counts: { named: 1 } })
    expect(await lookThroughAll(world, lost)).toBe(0)
    expect(await lookThroughAll(world, other)).toBe(1)
    expect(await collect()).toMatchObject({ state: 'done' })
  })

  test('finds what a snapshot needs and does not name, and that is kept', async () => {
    const agent = await enrolApproved(world, made, 'ada')
    const files: Files = { 'a.bin': piece() }
    const whole = await agent.backUp(treeOf(files))
    const session = await agent.open()
    const parts = await agent.prepareParts(session, treeOf(files))
    const row = Refset.decode(decodeSnapshotObject(await agent.snapshotObject(await agent.startRestore(whole))).refset)
    // Of all it needs it names the folder lists alone.
    const lists = new Refset()
    const { runId, source } = await agent.source(whole)
    const place = readLocation(await agent.locate(runId, parts.root), 0)!
    for (const { packIdHex, ordinal } of row.segments()) if (packIdHex === toHex(place.packId)) lists.add(packIdHex, ordinal)
    expect(source).toBeDefined()
    await agent.endRun(runId)
    const { snapshotId } = await agent.commit(session, agent.seal(session, { ...parts, refset: lists.encode() }))
    await world.database.em().execute(`update run set state = 'failed' where kind = 'restore'`)
    await world.vaults.care(made.vaultId, 'audit', null)
    await lookThroughAll(world, agent)
    expect(world.logged('snapshot.named-too-little')).toMatchObject([{ snapshotId }])
    await deleteFinally(world, whole)
    expect(await collect()).toMatchObject({ state: 'done' })
    await expectRestored(agent, snapshotId, files)
  })

  test('says that something is lost, and never what', async () => {
    const agent = await enrolApproved(world, made, 'ada')
    const id = await agent.backUp(treeOf({ 'secret-name.bin': piece() }))
    await world.vaults.care(made.vaultId, 'audit', null)
    await lookThroughAll(world, agent)
    const store = await storeOf()
    const dataPack = await world.database
      .em()
      .execute<{ id: string }[]>(`select encode(pack_id, 'hex') as id from pack where kind = 1 and vault_id = ?`, [made.vaultId])
    await store.delete(`p/${dataPack[0]!.id.slice(0, 2)}/${dataPack[0]!.id}`)
    await store.close()
    await world.vaults.care(made.vaultId, 'list', null)
    await world.vaults.care(made.vaultId, 'damage', null)
    expect(await lookThroughAll(world, agent)).toBe(1)
    const care = await asPerson<VaultCare>(world, 'getVaultCare', { params: { vaultId: made.vaultId } })
    expect(care.works.map(({ kind }) => kind)).not.toContain('sample')
    expect(care.damage).toMatchObject({ canBeNamed: false, snapshots: 1, named: 0, packsLost: 1 })
    expect((await agent.open()).usableBaseSnapshots).not.toContain(id)
    agent.canReadAgain = true
    expect((await agent.open()).readAgain).toBeUndefined()
  })
})

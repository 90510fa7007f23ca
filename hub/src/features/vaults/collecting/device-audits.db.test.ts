import { randomBytes } from 'node:crypto'
import type { SnapshotId, VaultCare } from '@holdfast/shared-types'
import { toHex } from '@holdfast/engine/bytes'
import { decodeSnapshotObject, readLocation, Refset, vaultFileKey } from '@holdfast/engine/format'
import { openDirectoryStore } from '@holdfast/engine/store'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { deleteFinally, expectRestored, piece, treeOf, type Files } from '../testing/collection-world.ts'
import { aSummary, asPerson, createPrivate, enrolApproved, lookThroughAll, type MadeVault } from '../testing/private-world.ts'
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
    for (let looked = 0; looked < 2; looked += await lookThroughAll(world, agent)) await new Promise((resolve) => setTimeout(resolve, 20))
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

  test('is done by who is there where the one that was asked stays away', async () => {
    const lost = await enrolApproved(world, made, 'lost')
    const other = await enrolApproved(world, made, 'other')
    await lost.backUp(treeOf({ 'a.bin': piece() }))
    for (const { agentId } of [lost, other]) await world.agents.setOnline(agentId, false)
    await expect(collect()).rejects.toMatchObject({ code: 'vault.collection-unsafe' })
    // As a real one does that nobody takes.
    const setState = (state: string) => world.database.em().execute('update run set state = ? where agent_id = ?', [state, lost.agentId])
    expect(await world.runs.auditsFor(lost.agentId)).toHaveLength(1)
    await setState('queued')
    await world.agents.setOnline(other.agentId, true)
    const collecting = collect()
    while ((await lookThroughAll(world, other)) === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await collecting).toMatchObject({ state: 'done' })
    // Nobody is asked a second time, and what the first one still says is no harm.
    expect(await world.runs.auditsFor(other.agentId)).toEqual([])
    await setState('running')
    expect(await lookThroughAll(world, lost)).toBe(1)
    expect(await collect()).toMatchObject({ state: 'done' })
  })

  test.each(['lists', 'content'] as const)(
    'finds what a snapshot that names its %s alone needs besides, and that is kept, however often it is looked through',
    async (named) => {
      const agent = await enrolApproved(world, made, 'ada')
      const files: Files = { 'a.bin': piece() }
      const whole = await agent.backUp(treeOf(files))
      const session = await agent.open()
      const parts = await agent.prepareParts(session, treeOf(files))
      const all = Refset.decode(decodeSnapshotObject(await agent.snapshotObject(await agent.startRestore(whole))).refset)
      const { runId } = await agent.source(whole)
      const place = readLocation(await agent.locate(runId, parts.root), 0)!
      const some = new Refset()
      for (const { packIdHex, ordinal } of all.segments())
        if ((packIdHex === toHex(place.packId)) === (named === 'lists')) some.add(packIdHex, ordinal)
      await agent.endRun(runId)
      const { snapshotId } = await agent.commit(session, agent.seal(session, { ...parts, refset: some.encode() }))
      await world.database.em().execute(`update run set state = 'failed' where kind = 'restore'`)
      for (let look = 1; look <= 2; look++) {
        await world.vaults.care(made.vaultId, 'audit', null)
        await lookThroughAll(world, agent)
        expect(world.logged('snapshot.named-too-little').filter((line) => line['snapshotId'] === snapshotId)).toHaveLength(look)
        // As when something was lost meanwhile; over a restart of the hub.
        await world.database.em().execute('update snapshot set audited_at = null')
        await world.start()
      }
      await world.vaults.care(made.vaultId, 'audit', null)
      await lookThroughAll(world, agent)
      await deleteFinally(world, whole)
      expect(await collect()).toMatchObject({ state: 'done' })
      await expectRestored(agent, snapshotId, files)
    },
  )

  test('notes damage, and is through, also where more is lacking than a device can name', async () => {
    const agent = await enrolApproved(world, made, 'ada')
    const id = await agent.backUp(treeOf({ 'a.bin': piece() }))
    await world.vaults.care(made.vaultId, 'audit', null)
    const [run] = await world.runs.auditsFor(agent.agentId)
    const missing = Array.from({ length: 10_000 }, () => randomBytes(32).toString('hex')) as never
    const audit = { summary: aSummary, missing, isWhole: false }
    const result = { kind: 'verify', snapshotId: id, files: 3, bytes: 1, blobsChecked: 12_000, problems: 12_000, audit } as const
    await world.runs.finishVerify(run!.id, result)
    await world.events.emit('run.finished', { runId: run!.id, agentId: agent.agentId, state: 'succeeded' })
    expect(world.logged('snapshot.lacking')).toMatchObject([{ snapshotId: id, blobs: 12_000 }])
    const care = await asPerson<VaultCare>(world, 'getVaultCare', { params: { vaultId: made.vaultId } })
    expect(care.damage).toMatchObject({ canBeNamed: false, snapshots: 1 })
    expect(await collect()).toMatchObject({ state: 'done' })
    expect(await world.runs.auditsFor(agent.agentId)).toEqual([])
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

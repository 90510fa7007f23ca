import { setTimeout as delay } from 'node:timers/promises'
import { toHex } from '@holdfast/engine/bytes'
import { journalPrefix, Refset } from '@holdfast/engine/format'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { KyselyPlugin, QueryId } from 'kysely'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  collect,
  dayMs,
  deleteFinally,
  expectRestored,
  expectSound,
  keysUnder,
  packKeys,
  piece,
  snapshotKeys,
  treeOf,
  type Files,
} from '../testing/collection-world.ts'
import type { Database } from '../../../platform/database/database.ts'
import { buildPack } from '../testing/build-pack.ts'
import type { OpenedSession, TestAgent } from '../testing/test-agent.ts'
import { VaultsUnderTest } from '../testing/vaults-under-test.ts'

let world: VaultsUnderTest
let agent: TestAgent

beforeEach(async () => {
  world = await VaultsUnderTest.open()
  agent = await world.enrol()
})
afterEach(() => world.close())

const backUp = (files: Files) => agent.backUp(treeOf(files))
const manyFiles = (name: string, count: number): Files =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${name}-${index}.bin`, piece()]))
const state = async (): Promise<string | undefined> =>
  (await world.database.em().execute<{ state: string }[]>(`select collection ->> 'state' as state from vault`))[0]?.state
const unapproved = { startedBy: 'test', isLargeApproved: false }

/** Runs `work` whenever a query on packs has its answer, before who asked has it. */
const afterPackQueries = (database: Database, work: () => Promise<void>): void => {
  const em = database.em.bind(database)
  const asked = new WeakSet<QueryId>()
  const plugin: KyselyPlugin = {
    transformQuery({ node, queryId }) {
      if (/"pack"|from pack /.test(JSON.stringify(node))) asked.add(queryId)
      return node
    },
    async transformResult({ result, queryId }) {
      if (asked.has(queryId)) await work()
      return result
    },
  }
  const hooked = (own: EntityManager): EntityManager => {
    const getKysely = own.getKysely.bind(own)
    return Object.assign(own, { getKysely: (options: object) => getKysely(options).withPlugin(plugin) })
  }
  Object.assign(database, { em: () => hooked(em()) })
}

describe('a collection', () => {
  test('removes what only deleted snapshots needed, and nothing else', async () => {
    const shared = piece()
    const first = { 'a.bin': piece(), 'shared.bin': shared }
    const second = { 'b.bin': piece(), 'shared.bin': shared }
    const [firstId, secondId] = [await backUp(first), await backUp(second)]
    const before = await packKeys(world)
    await deleteFinally(world, firstId)
    const story = await collect(world)
    expect(story).toMatchObject({ state: 'done', snapshotsRemoved: 1, error: null })
    expect(story.bytesRemoved + story.bytesMoved).toBeGreaterThan(0)
    expect(await snapshotKeys(world)).toHaveLength(1)
    expect((await packKeys(world)).length).toBeLessThanOrEqual(before.length)
    await expectRestored(agent, secondId, second)
    await expectSound(world)
    expect(await world.vaults.snapshots.find(world.database.em(), firstId)).toBeNull()
  })

  test('of a vault without garbage changes nothing', async () => {
    const id = await backUp({ 'a.bin': piece() })
    const before = [...(await packKeys(world)), ...(await snapshotKeys(world))]
    expect(await collect(world)).toMatchObject({ state: 'done', packsFound: 0, bytesFound: 0, packsRemoved: 0, bytesMoved: 0 })
    expect([...(await packKeys(world)), ...(await snapshotKeys(world))]).toEqual(before)
    expect(await keysUnder(world, journalPrefix)).toEqual([])
    expect(await world.vaults.snapshots.find(world.database.em(), id)).not.toBeNull()
  })

  test('moves what is needed out of packs that are mostly garbage, and the next one removes these', async () => {
    // So many that nearly each of the packs, which segments go to at random, has some of both; one of garbage alone goes with the first.
    const stays = manyFiles('stays', 8)
    const firstId = await backUp({ ...stays, ...manyFiles('goes', 24) })
    const secondId = await backUp(stays)
    const before = await packKeys(world)
    await deleteFinally(world, firstId)
    const first = await collect(world)
    expect(first.bytesMoved).toBeGreaterThan(8 * 200_000)
    await expectRestored(agent, secondId, stays)
    await expectSound(world)
    const second = await collect(world)
    expect(first.bytesRemoved + second.bytesRemoved).toBeGreaterThan(32 * 200_000)
    expect(second.percentFound).toBe(0)
    await expectRestored(agent, secondId, stays)
    await expectSound(world)
    expect((await packKeys(world)).filter((key) => before.includes(key)).length).toBeLessThan(before.length)
    await world.start()
    await expectRestored(agent, secondId, stays)
    await expectSound(world)
    expect(await collect(world)).toMatchObject({ packsFound: 0 })
  })

  test('leaves a pack alone that a session brings while small ones are chosen', async () => {
    const session = await agent.open()
    const parts = await agent.prepareParts(session, treeOf({ 'a.bin': piece() }))
    const refset = Refset.decode(parts.refset)
    for (let number = 0; number < 32; number++) {
      const pack = await buildPack(session.keys, 1, 1000)
      await agent.putPack(session, pack)
      refset.add(toHex(pack.packId), 0)
    }
    await agent.commit(session, agent.seal(session, { ...parts, refset: refset.encode() }))
    const late = await world.enrol('late')
    const uploading: { session: OpenedSession | null; object: Uint8Array } = { session: null, object: new Uint8Array() }
    afterPackQueries(world.database, async () => {
      if (uploading.session !== null || (await state()) !== 'compacting') return
      uploading.session = await late.open()
      uploading.object = await late.prepare(uploading.session, treeOf({ 'b.bin': piece() }))
    })
    expect((await collect(world)).bytesMoved).toBeGreaterThan(32 * 1000)
    await late.commit(uploading.session!, uploading.object)
    await expectSound(world)
  })

  test('lets a snapshot be had back until it condemned it, and not afterwards', async () => {
    const files = { 'a.bin': piece() }
    const id = await backUp(files)
    await backUp({ 'b.bin': piece() })
    await world.vaults.deletion.delete({ snapshotIds: [id], by: 'Ada', isConfirmed: true, isFinal: false })
    world.nowMs += 13 * dayMs
    await collect(world)
    await world.vaults.deletion.undelete([id])
    await expectRestored(agent, id, files)
    await world.vaults.deletion.delete({ snapshotIds: [id], by: 'Ada', isConfirmed: true, isFinal: false })
    world.nowMs += 15 * dayMs
    // Its time is over, but nothing has begun to remove it.
    await world.vaults.deletion.undelete([id])
    await world.vaults.deletion.delete({ snapshotIds: [id], by: 'Ada', isConfirmed: true, isFinal: false })
    world.nowMs += 15 * dayMs
    expect(await collect(world)).toMatchObject({ snapshotsRemoved: 1 })
    await expect(world.vaults.deletion.undelete([id])).rejects.toMatchObject({ code: 'snapshot.not-found' })
    await expectSound(world)
  })

  test('asks before it removes more than a fifth of the vault', async () => {
    const [files, other] = [{ 'a.bin': piece(), 'b.bin': piece() }, { 'c.bin': piece() }]
    const [id, kept] = [await backUp(files), await backUp(other)]
    await deleteFinally(world, id)
    const before = await packKeys(world)
    const story = await world.vaults.collect(null, unapproved)
    expect(story.state).toBe('approval-needed')
    expect(story.percentFound).toBeGreaterThan(50)
    expect(await packKeys(world)).toEqual(before)
    await world.vaults.deletion.undelete([id])
    await expectRestored(agent, id, files)
    await expectRestored(agent, kept, other)
  })

  test('leaves what an interrupted backup brought for its next try, but not for ever', async () => {
    await backUp({ 'a.bin': piece() })
    const session = await agent.open()
    await agent.prepare(session, treeOf({ 'big.bin': piece(3_000_000) }))
    await world.finishRun(session.runId, agent.agentId)
    expect(await collect(world)).toMatchObject({ packsFound: 0 })
    world.nowMs += 15 * dayMs
    const story = await collect(world)
    expect(story.bytesRemoved).toBeGreaterThan(3_000_000)
    await expectSound(world)
  })

  test('does not remove what a snapshot needs without naming it', async () => {
    const files = { 'a.bin': piece(), 'b.bin': piece() }
    const session = await agent.open()
    const honest = await agent.prepareParts(session, treeOf(files))
    const { snapshotId } = await agent.commit(session, agent.seal(session, { ...honest, refset: honest.metadataRefset }))
    world.nowMs += 30 * dayMs
    expect(await collect(world)).toMatchObject({ packsFound: 0 })
    expect(world.logged('snapshot.named-too-little')).toHaveLength(1)
    const rows = await world.database.em().execute<{ lacking_blobs: number }[]>('select lacking_blobs from snapshot')
    expect(rows).toEqual([{ lacking_blobs: 0 }])
    await backUp(files)
    await deleteFinally(world, snapshotId)
    await collect(world)
    await expectSound(world)
  })

  test('refuses to go by a snapshot that is missing or cannot be read, and goes on when somebody deleted it', async () => {
    const id = await backUp({ 'a.bin': piece() })
    const kept = { 'b.bin': piece() }
    const keptId = await backUp(kept)
    const [key = ''] = await snapshotKeys(world)
    await world.store.delete(key)
    await world.start()
    await expect(collect(world)).rejects.toMatchObject({ code: 'vault.collection-unsafe' })
    await deleteFinally(world, id)
    expect(await collect(world)).toMatchObject({ state: 'done' })
    await expectRestored(agent, keptId, kept)
    await expectSound(world)
  })
})

describe('beside backups and restores', () => {
  test('waits for a session that was told of what it condemned, which then commits it', async () => {
    const files = { 'a.bin': piece(), 'b.bin': piece() }
    const first = await backUp(files)
    const session = await agent.open()
    const object = await agent.prepare(session, treeOf(files))
    await deleteFinally(world, first)
    const collecting = collect(world)
    await delay(1200)
    const { snapshotId } = await agent.commit(session, object)
    await collecting
    expect(await world.vaults.snapshots.find(world.database.em(), first)).toBeNull()
    await expectRestored(agent, snapshotId, files)
    await expectSound(world)
  })

  test('tells sessions that begin later of nothing it condemned, and refuses what names it all the same', async () => {
    const files = { 'a.bin': piece(), 'b.bin': piece() }
    const first = await backUp(files)
    await backUp({ 'c.bin': piece() })
    // Holds the collection up in its grace.
    const slow = await agent.open()
    const stale = await world.enrol('stale')
    const parts = await agent.prepareParts(slow, treeOf(files))
    await deleteFinally(world, first)
    const collecting = collect(world)
    await delay(1200)
    const later = await stale.open()
    expect(later.usableBaseSnapshots).toEqual([])
    await expect(stale.commit(later, stale.seal(later, parts))).rejects.toMatchObject({ code: 'session.rejected' })
    const again = await stale.prepare(later, treeOf(files))
    const { snapshotId } = await stale.commit(later, again)
    await world.finishRun(slow.runId, agent.agentId)
    await collecting
    await expectRestored(stale, snapshotId, files)
    await expectSound(world)
  })

  test('waits for no backup whose end nobody heard, nor for one that is gone with its device', async () => {
    const [first, gone, ended] = [await backUp({ 'a.bin': piece() }), await (await world.enrol('gone')).open(), await agent.open()]
    await backUp({ 'b.bin': piece() })
    await deleteFinally(world, first)
    await world.database.em().execute('delete from run where id = ?', [gone.runId])
    const collecting = collect(world)
    await expect.poll(state).toBe('waiting')
    await world.runs.expire(ended.runId)
    expect(await collecting).toMatchObject({ state: 'done', snapshotsRemoved: 1 })
  })

  test('gives a snapshot that was written, and not noted, when the hub was killed what it names', async () => {
    const files = { 'a.bin': piece(), 'b.bin': piece() }
    const first = await backUp(files)
    const session = await agent.open()
    const object = await agent.prepare(session, treeOf(files))
    await deleteFinally(world, first)
    const collecting = collect(world).catch(() => 'killed')
    await delay(1000)
    world.dieAfter(Infinity)
    const { after } = world.store
    world.store.after = (step, key) => {
      if (step === 'put' && key?.startsWith('s/') === true) world.mortality.dieAfter(1)
      return after(step, key)
    }
    await expect(agent.commit(session, object)).rejects.toThrow('killed')
    expect(await collecting).toBe('killed')
    await world.start()
    const [only] = await world.vaults.snapshots.list(world.database.em(), { visibleTo: null })
    await collect(world)
    await expectRestored(agent, only?.id ?? first, files)
    await expectSound(world)
  })

  test('looks through what came last while commits wait, but lets them go on where that takes too long', async () => {
    const first = await backUp({ 'a.bin': piece() })
    await backUp({ 'b.bin': piece() })
    await deleteFinally(world, first)
    const [one, other] = [await world.enrol('one'), await world.enrol('other')]
    // Holds the collection up until it has no patience any more.
    const slow = await agent.open()
    const collecting = collect(world)
    await vi.waitUntil(async () => (await state()) === 'waiting', { timeout: 60_000 })
    await delay(6000)
    const [inHand, waiting] = [await one.open(), await other.open()]
    const [object, next] = [
      await one.prepare(inHand, treeOf({ 'c.bin': piece() })),
      await other.prepare(waiting, treeOf({ 'd.bin': piece() })),
    ]
    // Between the last audit and the decision one more is committed, and the store is slow when it is looked through …
    const listReadingRuns = world.runs.listReadingRuns.bind(world.runs)
    const committed = Promise.withResolvers<void>()
    let isCommitted = false
    world.runs.listReadingRuns = async (em) => {
      if (!isCommitted) {
        isCommitted = true
        const { snapshotId } = await one.commit(inHand, object)
        const { before } = world.store
        world.store.before = async (step, key) => {
          if (step === 'get' && key?.includes(snapshotId) === true) {
            // … until another device has committed, which waits for the same lock.
            other.commit(waiting, next).then(() => committed.resolve(), committed.reject)
            world.store.before = before
            await committed.promise
          }
          return before(step, key)
        }
      }
      return listReadingRuns(em)
    }
    await world.finishRun(slow.runId, agent.agentId)
    await collecting
    await committed.promise
    expect(await packKeys(world)).not.toHaveLength(0)
    await expectSound(world)
  })

  test('leaves a snapshot alone that a run reads', async () => {
    const files = { 'a.bin': piece() }
    const id = await backUp(files)
    await backUp({ 'b.bin': piece() })
    const { runId } = await agent.source(id)
    await expect(deleteFinally(world, id)).rejects.toMatchObject({ code: 'snapshot.in-use' })
    await agent.endRun(runId)
    await deleteFinally(world, id)
    // A run that was ordered in the same moment.
    const late = await agent.startRestore(id)
    const collecting = collect(world)
    await delay(1200)
    await agent.endRun(late)
    expect(await collecting).toMatchObject({ snapshotsRemoved: 0 })
    expect(await world.vaults.snapshots.find(world.database.em(), id)).not.toBeNull()
    expect(await collect(world)).toMatchObject({ snapshotsRemoved: 1 })
  })

  test('does not wait for a drill that a device has not begun, for it may be switched off for months', async () => {
    const id = await backUp({ 'a.bin': piece() })
    await backUp({ 'b.bin': piece() })
    const drill = await agent.startRestore(id)
    await world.database.em().execute(`update run set kind = 'verify', state = 'queued' where id = ?`, [drill])
    await deleteFinally(world, id)
    expect(await collect(world)).toMatchObject({ state: 'done', snapshotsRemoved: 1 })
  })

  test('leaves alone what a backup that is under way keeps deleted files from', async () => {
    const id = await backUp({ 'a.bin': piece() })
    await world.database.em().execute(`update run set state = 'succeeded'`)
    const runId = await agent.startBackup()
    const keeps = `update run set source_key = 'same', request = request || '{"deletedFiles": "keep"}' where kind = 'backup'`
    await world.database.em().execute(keeps)
    const session = await agent.open(runId)
    expect(session.keepBase).toMatchObject({ snapshotId: id })
    await deleteFinally(world, id)
    const collecting = collect(world)
    await delay(1200)
    await world.finishRun(runId, agent.agentId)
    expect(await collecting).toMatchObject({ state: 'done', snapshotsRemoved: 0 })
    expect(await collect(world)).toMatchObject({ snapshotsRemoved: 1 })
  })
})

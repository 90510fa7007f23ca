import { randomBytes, randomUUID } from 'node:crypto'
import { SnapshotId, VaultId } from '@holdfast/shared-types'
import { blobTypes, locationRecordBytes, readLocation } from '@holdfast/engine/format'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { lockCollection } from '../tables/collecting.queries.ts'
import { blobIdOf, buildPack } from '../testing/build-pack.ts'
import { folder } from '../testing/build-tree.ts'
import type { TestAgent } from '../testing/test-agent.ts'
import { VaultsUnderTest } from '../testing/vaults-under-test.ts'

let world: VaultsUnderTest
let agent: TestAgent

beforeAll(async () => {
  world = await VaultsUnderTest.open()
  agent = await world.enrol()
})
afterAll(() => world.close())

const grantRows = async (): Promise<number> =>
  Number((await world.database.em().execute<{ n: string }[]>('select count(*) as n from session_grant'))[0]?.n)

const waitingForLocks = async (): Promise<number> =>
  (
    await world.database.em().execute(`
      select 1 from pg_locks where locktype = 'advisory' and not granted
        and database = (select oid from pg_database where datname = current_database())`)
  ).length

describe('opening a session', () => {
  test('gives the agent the keys of its domain, and nobody else', async () => {
    const session = await agent.open()
    expect(Buffer.from(session.keys.idKey).length).toBe(32)
    expect(session).toMatchObject({ hasBlobs: false, nextSnapshotSeq: 1, usableBaseSnapshots: [] })
  })

  test('gives the same session again for the same run, also after a restart and with a newer fence', async () => {
    const runId = await agent.startBackup()
    const first = await agent.open(runId)
    expect(await agent.open(runId)).toMatchObject({ sessionId: first.sessionId, nextSnapshotSeq: first.nextSnapshotSeq })
    await world.start()
    expect((await agent.open(runId)).sessionId).toBe(first.sessionId)
    await world.runs.raiseFence(runId)
    expect((await agent.open(runId, 2)).sessionId).toBe(first.sessionId)
    await expect(agent.have(first, randomBytes(32))).rejects.toMatchObject({ code: 'run.fence-stale' })
  })

  test('makes one session when the same run asks several times at once', async () => {
    const runId = await agent.startBackup()
    const opened = await Promise.all(Array.from({ length: 5 }, () => agent.open(runId)))
    expect(new Set(opened.map(({ sessionId }) => sessionId)).size).toBe(1)
  })

  test('promises each snapshot number once, also to sessions opened at once', async () => {
    const runs = await Promise.all(Array.from({ length: 6 }, () => agent.startBackup()))
    const opened = await Promise.all(runs.map((runId) => agent.open(runId)))
    expect(new Set(opened.map(({ nextSnapshotSeq }) => nextSnapshotSeq)).size).toBe(6)
  })

  test('waits for a step of a collection without using up the connections of everything else', async () => {
    const runs = await Promise.all(Array.from({ length: 24 }, () => agent.startBackup()))
    const { promise: stepIsOver, resolve: endStep } = Promise.withResolvers<void>()
    const { promise: isLocked, resolve: setLocked } = Promise.withResolvers<void>()
    const step = world.database.transaction(async (em) => {
      await lockCollection(em, agent.vaultId, 'alone')
      setLocked()
      await stepIsOver
    })
    await isLocked
    const opening = Promise.all(runs.map((runId) => agent.open(runId)))
    try {
      await vi.waitFor(async () => expect(await waitingForLocks()).toBe(8), { timeout: 60_000 })
      // Whoever is still on the way has had its turn at the other questions of a session.
      for (let question = 0; question < 100; question++) await world.database.ping()
      expect(await waitingForLocks()).toBe(8)
    } finally {
      endStep()
      await step
      await opening
    }
    expect(new Set((await opening).map(({ sessionId }) => sessionId)).size).toBe(24)
  })

  test('is refused with a stale fence, for another agent\u2019s run, another vault, a restore and a run that ended', async () => {
    const runId = await agent.startBackup()
    await expect(agent.open(runId, 2)).rejects.toMatchObject({ code: 'run.fence-stale' })
    const other = await world.enrol('other')
    await expect(other.open(runId)).rejects.toMatchObject({ code: 'run.not-found' })
    await expect(agent.open(runId, 1, VaultId.parse(randomUUID()))).rejects.toMatchObject({ code: 'vault.not-found' })
    const restore = await agent.startRestore(SnapshotId.parse('0'.repeat(32)))
    await expect(agent.open(restore)).rejects.toMatchObject({ code: 'run.not-found' })
    await world.finishRun(runId, agent.agentId)
    await expect(agent.open(runId)).rejects.toMatchObject({ code: 'run.already-finished' })
  })
})

describe('asking what the vault has', () => {
  test('answers in the order asked, zeroes for what is unknown', async () => {
    const session = await agent.open()
    const pack = await buildPack(session.keys, 3, 5000)
    await agent.putPack(session, pack)
    const locations = await agent.have(session, Buffer.concat([pack.ids.subarray(64, 96), randomBytes(32), pack.ids.subarray(0, 32)]))
    expect(locations.length).toBe(3 * locationRecordBytes)
    expect([0, 1, 2].map((index) => readLocation(locations, index)?.ordinal)).toEqual([2, undefined, 0])
  })

  test('is refused for more than 4096 ids and for a part of one', async () => {
    const session = await agent.open()
    await expect(agent.have(session, new Uint8Array(4097 * 32))).rejects.toMatchObject({ code: 'protocol.invalid-message' })
    await expect(agent.have(session, new Uint8Array(33))).rejects.toMatchObject({ code: 'protocol.invalid-message' })
    expect((await agent.have(session, new Uint8Array(0))).length).toBe(0)
  })

  test('notes once what of others\u2019 it told, and forgets it with the session', async () => {
    const bringer = await agent.open()
    const pack = await buildPack(bringer.keys, 2, 5000)
    await agent.putPack(bringer, pack)
    const session = await agent.open()
    const before = await grantRows()
    await agent.have(session, pack.ids)
    await agent.have(session, pack.ids)
    expect(await grantRows()).toBe(before + 1)
    await agent.have(bringer, pack.ids)
    expect(await grantRows()).toBe(before + 1)
    await world.finishRun(session.runId, agent.agentId)
    expect(await grantRows()).toBe(before)
  })

  test('offers nothing of a pack that turned out to be missing', async () => {
    const session = await agent.open()
    const content = randomBytes(400_000)
    const snapshotId = await agent.backUp(folder({ home: folder({ 'big.bin': content }) }))
    const id = blobIdOf(session.keys, blobTypes.data, content)
    const location = readLocation(await agent.have(session, id), 0)
    if (location === null) throw new Error('The blob should be known')
    await world.removePack(location.packId)
    const { runId } = await agent.source(snapshotId)
    const record = await agent.have(session, id)
    await expect(agent.readSegments(runId, record)).rejects.toMatchObject({ code: 'vault.corrupt' })
    expect(readLocation(await agent.have(session, id), 0)).toBeNull()
    expect(world.logged('pack.lost')).toHaveLength(1)
    const { usableBaseSnapshots } = await agent.open()
    expect(usableBaseSnapshots).not.toContain(snapshotId)
  })
})

describe('a restart of the hub', () => {
  test('closes the sessions of runs that ended meanwhile and leaves the others open', async () => {
    const ended = await agent.open()
    const active = await agent.open()
    await world.runs.expire(ended.runId)
    await world.start()
    const rows = await world.database
      .em()
      .execute<{ id: string; state: string }[]>('select id, state from backup_session where id in (?, ?)', [
        ended.sessionId,
        active.sessionId,
      ])
    expect(Object.fromEntries(rows.map(({ id, state }) => [id, state]))).toEqual({
      [ended.sessionId]: 'closed',
      [active.sessionId]: 'open',
    })
  })
})

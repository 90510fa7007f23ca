import { setTimeout as delay } from 'node:timers/promises'
import { EngineError } from '@holdfast/engine/errors'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  collect,
  dayMs,
  deleteFinally,
  expectRestored,
  expectSound,
  packKeys,
  piece,
  snapshotKeys,
  treeOf,
  type Files,
} from '../testing/collection-world.ts'
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

describe('a database that is older than the store', () => {
  /** Rows of everything that a collection looks at. */
  const tables = ['vault', 'pack', 'snapshot', 'backup_session', 'session_grant'] as const
  const copy = async (): Promise<void> => {
    for (const table of tables) await world.database.em().execute(`create table "old_${table}" as table "${table}"`)
  }
  const putBack = async (): Promise<void> => {
    await world.stop()
    const em = world.database.em()
    await em.execute(`truncate session_grant, backup_session, snapshot, pack, vault cascade`)
    for (const table of tables) await em.execute(`insert into "${table}" select * from "old_${table}"`)
    await em.execute(`select setval(pg_get_serial_sequence('pack', 'seq'), (select coalesce(max(seq), 1) from pack))`)
    await world.start()
  }

  test('learns from the journal what was removed, and takes nothing of it for lost', async () => {
    const gone = await backUp({ 'a.bin': piece(), 'b.bin': piece() })
    const files = { 'c.bin': piece() }
    const kept = await backUp(files)
    await copy()
    await deleteFinally(world, gone)
    await collect(world)
    const later = { 'd.bin': piece(), ...files }
    const laterId = await backUp(later)
    await putBack()
    expect(world.logged('pack.lost')).toEqual([])
    expect(world.logged('snapshot.lost')).toEqual([])
    expect(world.logged('vault.database-older')).toHaveLength(1)
    expect(await world.vaults.snapshots.find(world.database.em(), gone)).toBeNull()
    await expectRestored(agent, kept, files)
    await expectRestored(agent, laterId, later)
    await expectSound(world)
    const again = { 'a.bin': piece(), ...later }
    await expectRestored(agent, await backUp(again), again)
    await collect(world)
    await expectSound(world)
  })

  test('ends the sessions that it remembers', async () => {
    await backUp({ 'a.bin': piece() })
    const session = await agent.open()
    const object = await agent.prepare(session, treeOf({ 'b.bin': piece() }))
    await copy()
    await deleteFinally(world, await backUp({ 'x.bin': piece() }))
    world.nowMs += 15 * dayMs
    await world.finishRun(session.runId, agent.agentId)
    await collect(world)
    await putBack()
    await world.database.em().execute(`update run set state = 'running' where id = ?`, [session.runId])
    await expect(agent.commit(session, object)).rejects.toMatchObject({ code: 'session.not-found' })
    await expectSound(world)
  })
})

describe('a database that is lost', () => {
  test('in the grace of a collection: everything is kept, and looked through again', async () => {
    const files = { 'a.bin': piece() }
    const gone = await backUp(files)
    const kept = await backUp({ 'b.bin': piece() })
    const slow = await agent.open()
    await deleteFinally(world, gone)
    const collecting = collect(world).catch(() => 'stopped')
    await delay(1000)
    const before = [...(await packKeys(world)), ...(await snapshotKeys(world))]
    await world.stop()
    expect(await collecting).toBe('stopped')
    const fresh = await world.withEmptyDatabase()
    try {
      expect([...(await packKeys(fresh)), ...(await snapshotKeys(fresh))]).toEqual(before)
      const ids = (await fresh.vaults.snapshots.list(fresh.database.em(), { visibleTo: null })).map(({ id }) => id)
      expect(ids.toSorted()).toEqual([gone, kept].toSorted())
      await expectSound(fresh)
      expect(await collect(fresh)).toMatchObject({ state: 'done', packsRemoved: 0 })
    } finally {
      await fresh.closeDatabase()
    }
    await world.start()
    await world.finishRun(slow.runId, agent.agentId)
  })

  test('is not begun anew while the store takes nothing away: what a journal names is never taken on', async () => {
    const gone = await backUp({ 'a.bin': piece(), 'b.bin': piece() })
    await backUp({ 'c.bin': piece() })
    await deleteFinally(world, gone)
    world.store.before = (step, key) => {
      if (step === 'delete' && key?.startsWith('p/') === true) throw new EngineError('store.io-error', 'Nothing is deleted here.')
    }
    await expect(collect(world)).rejects.toThrow()
    // The same hub serves on, with rows that say what is being removed.
    await world.start(undefined, (store) => {
      store.before = (step) => {
        if (step === 'delete') throw new EngineError('store.io-error', 'Nothing is deleted here.')
      }
    })
    expect(world.logged('collection.not-removed')).not.toEqual([])
    const fresh = world.withEmptyDatabase((store) => {
      store.before = (step) => {
        if (step === 'delete') throw new EngineError('store.io-error', 'Nothing is deleted here.')
      }
    })
    await expect(fresh).rejects.toMatchObject({ code: 'store.unavailable' })
  })

  test('after what was decided was written down: it is carried out', async () => {
    const gone = await backUp({ 'a.bin': piece(), 'b.bin': piece() })
    await backUp({ 'c.bin': piece() })
    await deleteFinally(world, gone)
    world.dieAfter(Infinity)
    world.store.after = (step, key) => {
      if (step === 'put' && key?.startsWith('g/') === true) throw new Error('killed')
    }
    await expect(collect(world)).rejects.toThrow()
    expect(await snapshotKeys(world)).toHaveLength(2)
    const fresh = await world.withEmptyDatabase()
    try {
      expect(await snapshotKeys(fresh)).toHaveLength(1)
      await expectSound(fresh)
    } finally {
      await fresh.closeDatabase()
    }
  })
})

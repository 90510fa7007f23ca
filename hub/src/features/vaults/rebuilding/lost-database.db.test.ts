import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { collect, deleteFinally, expectRestored, expectSound, packKeys, piece, treeOf, type Files } from '../testing/collection-world.ts'
import { loseDatabaseAt, rebuildVaults } from '../testing/lost-database.ts'
import type { TestAgent } from '../testing/test-agent.ts'
import { VaultsUnderTest } from '../testing/vaults-under-test.ts'

// The fault suite tries every step.
test.each([
  [3, 'start'],
  [14, 'rebuild'],
  [22, 'start'],
  [30, 'rebuild'],
] as const)(
  'a database that is lost in the middle of a collection, at step %i, loses nothing: %s',
  { timeout: 120_000 },
  async (step, recovery) => {
    expect(await loseDatabaseAt(step, recovery)).toBe(true)
  },
)

describe('a database that is put back from an older copy', () => {
  const tables = ['vault', 'pack', 'snapshot', 'backup_session', 'session_grant'] as const
  let world: VaultsUnderTest
  let agent: TestAgent
  beforeEach(async () => {
    world = await VaultsUnderTest.open()
    agent = await world.enrol()
  })
  afterEach(() => world.close())

  const sql = <T>(statement: string): Promise<T> => world.database.em().execute(statement) as Promise<T>
  const backUp = (files: Files) => agent.backUp(treeOf(files))
  async function copy(): Promise<void> {
    for (const table of tables) await sql(`create table ${table}_copy as select * from ${table}`)
  }
  async function putBack(): Promise<void> {
    await world.stop()
    for (const table of tables.toReversed()) await sql(`delete from ${table}`)
    for (const table of tables) await sql(`insert into ${table} select * from ${table}_copy`)
  }

  test.each(['start', 'rebuild'] as const)(
    'loses nothing that came since, and offers nothing that went: %s',
    { timeout: 60_000 },
    async (how) => {
      const [old, stays, later] = [{ 'old.bin': piece() }, { 'stays.bin': piece() }, { 'later.bin': piece(), 'more.bin': piece() }]
      const oldId = await backUp(old)
      const staysId = await backUp(stays)
      const session = await agent.open()
      await copy()
      await agent.endRun(session.runId)
      const laterId = await backUp(later)
      await deleteFinally(world, oldId)
      await collect(world)
      await collect(world)
      const stored = await packKeys(world)
      await putBack()
      if (how === 'rebuild') await rebuildVaults(world)
      await world.start()
      expect(await packKeys(world), 'nothing is stored that was not').toEqual(stored)
      const listed = await world.vaults.snapshots.list(world.database.em(), { visibleTo: null })
      expect(listed.map(({ id }) => id)).toEqual([staysId, laterId])
      await expectRestored(agent, staysId, stays)
      await expectRestored(agent, laterId, later)
      expect(await sql(`select count(*)::int as n from backup_session where state = 'open'`)).toEqual([{ n: 0 }])
      await expectSound(world)
      // What went is sent again, and not taken for known.
      const again = await backUp(old)
      await expectRestored(agent, again, old)
      await collect(world)
      await expectRestored(agent, again, old)
      await expectRestored(agent, laterId, later)
      await expectSound(world)
    },
  )

  test('gives everybody time to take a deletion back once more that was taken back since', async () => {
    const files = { 'a.bin': piece() }
    const id = await backUp(files)
    const other = await backUp({ 'b.bin': piece() })
    await world.vaults.deletion.delete({ snapshotIds: [id], by: 'Ada', isConfirmed: true, isFinal: false })
    await sql(`update snapshot set undo_until = '2026-01-01' where deleted_at is not null`)
    await copy()
    await world.vaults.deletion.undelete([id])
    await deleteFinally(world, other)
    await backUp({ 'c.bin': piece() })
    await collect(world)
    await putBack()
    await world.start()
    await collect(world)
    await world.vaults.deletion.undelete([id])
    await expectRestored(agent, id, files)
  })
})

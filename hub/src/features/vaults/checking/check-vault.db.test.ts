import { randomBytes } from 'node:crypto'
import { rename, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { packKey, snapshotPrefix } from '@holdfast/engine/format'
import type { SnapshotId } from '@holdfast/shared-types'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buildPack } from '../testing/build-pack.ts'
import { folder } from '../testing/build-tree.ts'
import type { TestAgent } from '../testing/test-agent.ts'
import { VaultsUnderTest } from '../testing/vaults-under-test.ts'

let world: VaultsUnderTest
let agent: TestAgent
let snapshotId: SnapshotId

beforeEach(async () => {
  world = await VaultsUnderTest.open()
  agent = await world.enrol()
  snapshotId = await agent.backUp(folder({ home: folder({ 'a.bin': randomBytes(400_000) }) }))
})
afterEach(() => world.close())

const problems = async (readData = true): Promise<string[]> =>
  (await world.vaults.runFsck(null, { readData })).problems.map(({ code }) => code)
const sql = (statement: string): Promise<unknown> => world.database.em().execute(statement)
const onePack = async (): Promise<string> =>
  (await world.database.em().execute<{ id: string }[]>(`select encode(pack_id, 'hex') as id from pack where kind = 1`))[0]?.id ?? ''
const pathOf = (pack: string): string => join(world.storeDir, agent.vaultId, 'p', pack.slice(0, 2), pack)

describe('a sound vault', () => {
  test('has no problems, and is counted', async () => {
    expect(await world.vaults.runFsck(agent.vaultId, { readData: true })).toMatchObject({
      ok: true,
      problems: [],
      counts: { snapshots: 1, packs: 2 },
    })
  })

  test('has none either while packs arrive', async () => {
    const session = await agent.open()
    const packs = await Promise.all(Array.from({ length: 10 }, () => buildPack(session.keys, 1, 3000)))
    const [report] = await Promise.all([
      world.vaults.runFsck(null, { readData: false }),
      ...packs.map((pack) => agent.putPack(session, pack)),
    ])
    expect(report.problems).toEqual([])
  })

  test('has none while a pack lies between its object and its row', async () => {
    const session = await agent.open()
    const pack = await buildPack(session.keys, 1, 3000)
    // Rows can be read meanwhile, and not written.
    const release = Promise.withResolvers<void>()
    const held = Promise.withResolvers<void>()
    const holding = world.database.em().transactional(async (em) => {
      await em.execute('lock table pack in exclusive mode')
      held.resolve()
      await release.promise
    })
    await held.promise
    const arriving = agent.putPack(session, pack)
    try {
      await expect.poll(() => world.store.head(packKey(pack.packId))).not.toBeNull()
      expect(await problems(false)).toEqual([])
    } finally {
      release.resolve()
    }
    await Promise.all([holding, arriving])
    expect(await problems(false)).toEqual([])
  })

  test('has none while a snapshot is stored and its commit is not through', async () => {
    const stored = Promise.withResolvers<void>()
    const release = Promise.withResolvers<void>()
    world.store.after = async (step, key) => {
      if (step !== 'put' || !key?.startsWith(snapshotPrefix)) return
      stored.resolve()
      await release.promise
    }
    const committing = agent.backUp(folder({ home: folder({ 'b.bin': randomBytes(1000) }) }))
    await stored.promise
    try {
      expect(await problems(false)).toEqual([])
    } finally {
      release.resolve()
    }
    await committing
    expect(await problems(false)).toEqual([])
  })
})

describe('rows that differ from the store', () => {
  test('are found: a pack without a row, a row without its pack, a wrong row, a pack that counts as lost', async () => {
    await sql(`update pack set blobs = blobs + 1 where kind = 1`)
    expect(await problems()).toEqual(['row.differs'])
    await sql(`update pack set blobs = blobs - 1 where kind = 1`)
    await sql(`update pack set state = 'lost' where kind = 1`)
    expect(await problems()).toEqual(['row.stale'])
    await sql(`delete from pack where kind = 1`)
    expect(await problems()).toEqual(['row.missing'])
    await world.start()
    expect(await problems()).toEqual([])
    await rename(pathOf(await onePack()), `${world.storeDir}.away`)
    expect(await problems()).toContain('object.missing')
    await rename(`${world.storeDir}.away`, pathOf(await onePack()))
  })

  test('are found: a snapshot without a row, a wrong row, a row without its snapshot', async () => {
    await sql(`update snapshot set files = files + 1`)
    expect(await problems()).toEqual(['row.differs'])
    await sql(`update snapshot set files = files - 1, received_at = received_at + interval '1 ms'`)
    expect(await problems()).toEqual(['row.differs'])
    await sql('delete from snapshot')
    expect(await problems()).toEqual(['row.missing'])
    await world.start()
    expect(await problems()).toEqual([])
    const from = join(world.storeDir, agent.vaultId, 's', agent.agentId)
    await rename(from, `${world.storeDir}.away`)
    expect(await problems()).toEqual(['object.missing'])
    await rename(`${world.storeDir}.away`, from)
    expect(snapshotId).toMatch(/^[0-9a-f]{32}$/)
  })
})

describe('damage', () => {
  test('is told by the engine, once', async () => {
    await truncate(pathOf(await onePack()), 1000)
    const codes = await problems()
    expect(codes).toContain('pack.invalid')
    expect(codes).not.toContain('row.differs')
  })
})

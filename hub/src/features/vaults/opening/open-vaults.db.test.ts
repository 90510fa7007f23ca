import { randomBytes, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toHex } from '@holdfast/engine/bytes'
import { blobTypes, packKey, readLocation } from '@holdfast/engine/format'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buildPack } from '../testing/build-pack.ts'
import { folder } from '../testing/build-tree.ts'
import type { TestAgent } from '../testing/test-agent.ts'
import { VaultsUnderTest } from '../testing/vaults-under-test.ts'
import { storeMarkName } from './store-mark.ts'

let world: VaultsUnderTest
let agent: TestAgent

beforeEach(async () => {
  world = await VaultsUnderTest.open()
  agent = await world.enrol()
})
afterEach(() => world.close())

const someFiles = () => folder({ home: folder({ 'a.bin': randomBytes(300_000), 'b.txt': randomBytes(5000) }) })
const vaultDir = (): string => join(world.storeDir, agent.vaultId)
/** Everything in the vault but what stores need while they are open. */
const objects = async (): Promise<string[]> =>
  (await readdir(vaultDir(), { recursive: true }))
    .filter((name) => !name.startsWith('+tmp'))
    .toSorted((left, right) => left.localeCompare(right))
const packStates = async (of = world): Promise<Record<string, string>> => {
  const rows = await of.database.em().execute<{ id: string; state: string }[]>(`select encode(pack_id, 'hex') as id, state from pack`)
  return Object.fromEntries(rows.map(({ id, state }) => [id, state]))
}
const expectSound = async (of = world): Promise<void> =>
  expect(await of.vaults.runFsck(null, { readData: true })).toMatchObject({ ok: true, problems: [] })

describe('the first start', () => {
  test('makes the default vault, once', async () => {
    const { vaultId } = await world.vaults.placeFor(null)
    await world.start()
    expect((await world.vaults.placeFor(null)).vaultId).toBe(vaultId)
    expect(await readdir(world.storeDir)).toEqual([vaultId, storeMarkName])
    expect(await world.vaults.vaultsWithoutRecoveryKey(world.database.em())).toEqual([vaultId])
  })

  test('takes on a vault whose row was never written', async () => {
    const { vaultId } = await world.vaults.placeFor(null)
    await world.database.em().execute('delete from vault')
    await world.start()
    expect((await world.vaults.placeFor(null)).vaultId).toBe(vaultId)
    expect(await readdir(world.storeDir)).toEqual([vaultId, storeMarkName])
  })

  test('ignores a folder without vault.json, which a crash may have left', async () => {
    await world.database.em().execute('delete from vault')
    await rm(vaultDir(), { recursive: true })
    await mkdir(join(world.storeDir, '0d5e2f5c-3c2f-4f0e-9c58-2f4a1c0f1a11', 'keys'), { recursive: true })
    await world.start()
    expect(await readdir(world.storeDir)).toHaveLength(3)
  })
})

describe('a wrong secret', () => {
  test('is told with its cure, and changes nothing', async () => {
    const before = await objects()
    await expect(world.start(randomBytes(32))).rejects.toMatchObject({
      code: 'vault.wrong-key',
      cure: expect.stringContaining('HOLDFAST_SECRET'),
    })
    expect(await objects()).toEqual(before)
    await world.start()
    await expectSound()
  })

  test('is told too where only the database is new: no second vault is made', async () => {
    await world.database.em().execute('delete from vault')
    await expect(world.start(randomBytes(32))).rejects.toMatchObject({ code: 'vault.wrong-key' })
    expect(await readdir(world.storeDir)).toHaveLength(2)
  })
})

describe('a store that is not there', () => {
  test('is never taken for an empty one', async () => {
    const away = `${world.storeDir}.away`
    for (const leftOver of [false, true]) {
      await rename(world.storeDir, away)
      // An unmounted disk leaves its empty mount point.
      if (leftOver) await mkdir(world.storeDir)
      await expect(world.start()).rejects.toMatchObject({ code: 'store.unavailable', cure: expect.stringContaining('HOLDFAST_STORE') })
      expect(await readdir(world.storeDir).catch(() => [])).toEqual([])
      await rm(world.storeDir, { recursive: true, force: true })
      await rename(away, world.storeDir)
    }
    await world.start()
  })

  test('that goes away while the hub runs refuses packs, reports itself ill, and counts nothing as lost', async () => {
    const snapshotId = await agent.backUp(someFiles())
    const session = await agent.open()
    const { runId, source } = await agent.source(snapshotId)
    const pack = await buildPack(session.keys)
    const root = (await world.vaults.snapshots.find(world.database.em(), snapshotId))?.root ?? randomBytes(32)
    const record = await agent.have(session, root)
    await rename(vaultDir(), `${vaultDir()}.away`)
    await expect(agent.putPack(session, pack)).rejects.toMatchObject({ code: 'store.unavailable' })
    await expect(world.vaults.feature.healthChecks?.['store']?.()).rejects.toMatchObject({ code: 'store.unavailable' })
    // What lies where is known without the store.
    await agent.locate(runId, root)
    await expect(agent.readSegments(runId, record)).rejects.toMatchObject({ code: 'store.unavailable' })
    await expect(agent.snapshotObject(runId)).rejects.toMatchObject({ code: 'store.unavailable' })
    expect(await readdir(world.storeDir)).toEqual([`${agent.vaultId}.away`, storeMarkName])
    await rename(`${vaultDir()}.away`, vaultDir())
    expect(new Set(Object.values(await packStates()))).toEqual(new Set(['live']))
    await agent.putPack(session, pack)
    await world.vaults.feature.healthChecks?.['store']?.()
    expect((await source.read(blobTypes.treePage, root)).length).toBeGreaterThan(0)
  })
})

describe('an empty folder where vaults were', () => {
  const forgetVaults = () => world.database.em().execute('delete from vault')

  test('is not taken for a new store, also where the database is lost', async () => {
    await forgetVaults()
    const away = `${world.storeDir}.away`
    await rename(world.storeDir, away)
    await mkdir(world.storeDir)
    await expect(world.start()).rejects.toMatchObject({
      code: 'store.unavailable',
      message: expect.stringContaining(world.storeDir),
      cure: expect.stringContaining('store.json'),
    })
    expect(await readdir(world.storeDir)).toEqual([])
    await rm(world.storeDir, { recursive: true })
    await rename(away, world.storeDir)
    await world.start()
    expect((await world.vaults.placeFor(null)).vaultId).toBe(agent.vaultId)
  })

  test('nor is the empty store of another hub', async () => {
    await forgetVaults()
    const away = `${world.storeDir}.away`
    await rename(world.storeDir, away)
    await mkdir(world.storeDir)
    await writeFile(join(world.storeDir, storeMarkName), JSON.stringify({ storeId: randomUUID() }))
    await expect(world.start()).rejects.toMatchObject({ code: 'store.unavailable' })
    expect(await readdir(world.storeDir)).toEqual([storeMarkName])
    await rm(world.storeDir, { recursive: true })
    await rename(away, world.storeDir)
  })

  test('is used where somebody says so: they remove what HOLDFAST_DATA remembers', async () => {
    await forgetVaults()
    await rm(world.storeDir, { recursive: true })
    await mkdir(world.storeDir)
    await expect(world.start()).rejects.toMatchObject({ code: 'store.unavailable' })
    await rm(join(world.dataDir, 'store.json'))
    await world.start()
    expect((await world.vaults.placeFor(null)).vaultId).not.toBe(agent.vaultId)
  })

  test('a store that lost its mark, or was moved, is marked as the one it was', async () => {
    const mark = await readFile(join(world.storeDir, storeMarkName), 'utf8')
    await rm(join(world.storeDir, storeMarkName))
    await world.start()
    expect(await readFile(join(world.storeDir, storeMarkName), 'utf8')).toBe(mark)
    // Cut short by a full disk.
    await writeFile(join(world.storeDir, storeMarkName), '{"sto')
    await world.start()
    expect(await readFile(join(world.storeDir, storeMarkName), 'utf8')).toBe(mark)
  })

  test('that takes the place of a vault while the hub runs is written by nothing, and the vault serves again when it is back', async () => {
    const session = await agent.open()
    const pack = await buildPack(session.keys)
    await rename(vaultDir(), `${vaultDir()}.away`)
    await mkdir(vaultDir())
    await expect(agent.putPack(session, pack)).rejects.toMatchObject({ code: 'store.unavailable' })
    await expect(world.enrol('phone')).rejects.toMatchObject({ code: 'store.unavailable' })
    await expect(world.vaults.runFsck(null, { readData: false })).rejects.toMatchObject({ code: 'store.unavailable' })
    await expect(world.vaults.feature.healthChecks?.['store']?.()).rejects.toMatchObject({
      code: 'store.unavailable',
      message: expect.stringContaining(vaultDir()),
      context: { folder: vaultDir() },
    })
    expect(await readdir(vaultDir())).toEqual([])
    await rm(vaultDir(), { recursive: true })
    await rename(`${vaultDir()}.away`, vaultDir())
    await agent.putPack(session, pack)
    await world.enrol('phone')
    await expectSound()
  })
})

describe('a start after a crash', () => {
  test('adopts a pack whose row was never written', async () => {
    const session = await agent.open()
    const pack = await buildPack(session.keys)
    await world.database.em().execute('alter table pack rename to pack_away')
    await expect(agent.putPack(session, pack)).rejects.toThrow()
    await world.database.em().execute('alter table pack_away rename to pack')
    const rowsWhenMadeDurable: unknown[] = []
    await world.start(undefined, (store) => {
      store.before = async (step, key) => {
        if (step === 'makeDurable' && key === packKey(pack.packId)) rowsWhenMadeDurable.push(await packStates())
      }
    })
    expect(rowsWhenMadeDurable).toEqual([{}])
    expect(await packStates()).toEqual({ [toHex(pack.packId)]: 'live' })
    expect(readLocation(await agent.have(session, pack.ids), 1)?.ordinal).toBe(1)
    // The agent, which never heard an answer, sends it again.
    await agent.putPack(session, pack)
    await expectSound()
  })

  test('finds everything again', async () => {
    const content = randomBytes(2_500_000)
    const snapshotId = await agent.backUp(folder({ home: folder({ 'big.bin': content }) }))
    await world.start()
    const session = await agent.open()
    expect(session).toMatchObject({ hasBlobs: true, nextSnapshotSeq: 2, usableBaseSnapshots: [snapshotId] })
    const sink = agent.sink(session)
    sink.add(1, content.subarray(0, 1024 * 1024))
    await sink.finish()
    expect(sink.statistics).toMatchObject({ blobsNew: 0, blobsKnown: 1 })
    await expectSound()
  })
})

describe('a store that changed behind the hub\u2019s back', () => {
  test('has lost packs noted, told as errors, and back when they are back', async () => {
    const first = await agent.backUp(someFiles())
    const [id = ''] = Object.keys(await packStates())
    const path = join(vaultDir(), 'p', id.slice(0, 2), id)
    await rename(path, `${world.storeDir}.pack`)
    await world.start()
    expect((await packStates())[id]).toBe('lost')
    expect(world.logged('pack.lost')).toMatchObject([{ level: 'error', packId: id }])
    expect((await agent.open()).usableBaseSnapshots).not.toContain(first)
    expect(await world.vaults.runFsck(null, { readData: false })).toMatchObject({ ok: false })
    await world.start()
    expect(world.logged('pack.lost')).toHaveLength(1)
    await rename(`${world.storeDir}.pack`, path)
    await world.start()
    expect((await packStates())[id]).toBe('live')
    expect((await agent.open()).usableBaseSnapshots).toContain(first)
    await expectSound()
  })

  test('has lost snapshots noted and listed no more, until they are back', async () => {
    const id = await agent.backUp(someFiles())
    const folderPath = join(vaultDir(), 's', agent.agentId)
    const [name = ''] = await readdir(folderPath)
    await rename(join(folderPath, name), `${world.storeDir}.snapshot`)
    await world.start()
    expect(world.logged('snapshot.lost')).toMatchObject([{ level: 'error', snapshotId: id }])
    expect(await world.vaults.snapshots.list(world.database.em(), { visibleTo: null })).toEqual([])
    await rename(`${world.storeDir}.snapshot`, join(folderPath, name))
    await world.start()
    expect(await world.vaults.snapshots.list(world.database.em(), { visibleTo: null })).toMatchObject([{ id }])
  })

  test('does not get damaged objects adopted, and they are left where they are', async () => {
    await agent.backUp(someFiles())
    const folderPath = join(vaultDir(), 's', agent.agentId)
    const [name = ''] = await readdir(folderPath)
    const object = await readFile(join(folderPath, name))
    object[200]! ^= 1
    const damaged = name.replace(/^\d+/, '000000000009')
    await writeFile(join(folderPath, damaged), object)
    const pack = randomBytes(16).toString('hex')
    await mkdir(join(vaultDir(), 'p', pack.slice(0, 2)), { recursive: true })
    await writeFile(join(vaultDir(), 'p', pack.slice(0, 2), pack), randomBytes(1000))
    await world.start()
    expect(world.logged('snapshot.damaged')).toHaveLength(1)
    expect(world.logged('pack.damaged')).toMatchObject([{ packId: pack }])
    expect(await packStates()).not.toHaveProperty(pack)
    expect(await world.vaults.snapshots.list(world.database.em(), { visibleTo: null })).toHaveLength(1)
    expect(await readdir(folderPath)).toContain(damaged)
  })

  test('does not get a snapshot adopted that another hub, without the vault\u2019s key, stated', async () => {
    const session = await agent.open()
    const object = await agent.prepare(session, someFiles())
    const folderPath = join(vaultDir(), 's', agent.agentId)
    await mkdir(folderPath, { recursive: true })
    const name = `000000000001-${Buffer.from(object.subarray(64, 80)).toString('hex')}`
    await writeFile(join(folderPath, name), Buffer.concat([object, Buffer.from('HFHUB1\n\0'), Buffer.alloc(24), randomBytes(32)]))
    await world.start()
    expect(world.logged('snapshot.damaged')).toHaveLength(1)
    expect(await world.vaults.snapshots.list(world.database.em(), { visibleTo: null })).toEqual([])
  })
})

describe('several vaults', () => {
  /** Leaves two vaults of this hub in its store, and no row. */
  async function makeTwo(): Promise<string[]> {
    const { vaultId: first } = await world.vaults.placeFor(null)
    await rename(vaultDir(), `${world.storeDir}.first`)
    await world.database.em().execute('delete from vault')
    await rm(world.storeDir, { recursive: true })
    await rm(join(world.dataDir, 'store.json'))
    await world.start()
    const { vaultId: second } = await world.vaults.placeFor(null)
    await rename(`${world.storeDir}.first`, join(world.storeDir, first))
    return [first, second].toSorted()
  }
  const rowIds = async (): Promise<string[]> =>
    (await world.database.em().execute<{ id: string }[]>('select id from vault order by id')).map(({ id }) => id)

  test('are all taken on, also when the first try was interrupted between two of them', async () => {
    const ids = await makeTwo()
    await world.database.em().execute('delete from vault')
    await world.database.em().execute(`create function only_one() returns trigger language plpgsql as
      $$ begin if exists (select from vault) then raise exception 'interrupted'; end if; return new; end $$`)
    await world.database.em().execute('create trigger only_one before insert on vault for each row execute function only_one()')
    await expect(world.start()).rejects.toThrow()
    await world.database.em().execute('drop trigger only_one on vault')
    await world.start()
    expect(await rowIds()).toEqual(ids)
    expect(world.logged('vault.adopted').map(({ vaultId }) => vaultId)).toEqual(ids)
  })

  test('of which the database does not know one: that one is named, and left as it is', async () => {
    const ids = await makeTwo()
    const [known = ''] = await rowIds()
    await world.start()
    expect(world.logged('vault.unknown')).toMatchObject([{ level: 'warn', vaultId: ids.find((id) => id !== known) }])
    expect(await rowIds()).toEqual([known])
  })
})

describe('a new database beside an old store', () => {
  test('is filled from the store: the same rows, and the same bytes read', async () => {
    const content = randomBytes(1_500_000)
    const ids = [await agent.backUp(folder({ home: folder({ 'big.bin': content }) })), await agent.backUp(someFiles())]
    const rebuilt = await world.withEmptyDatabase()
    try {
      const rows = async (of: VaultsUnderTest): Promise<unknown> => {
        const listed = await of.vaults.snapshots.list(of.database.em(), { visibleTo: null })
        // The run is the one thing that only the lost database knew.
        return listed.map((row) => Object.assign(row, { runId: null }))
      }
      expect(await rows(rebuilt)).toEqual(await rows(world))
      expect(await packStates(rebuilt)).toEqual(await packStates(world))
      expect(rebuilt.logged('vault.adopted')).toHaveLength(1)
      expect(rebuilt.committed.map(({ snapshotId }) => snapshotId)).toEqual(ids)
      await expectSound(rebuilt)
      const [vault] = await rebuilt.database.em().execute<{ epoch: string }[]>('select epoch from vault')
      expect(Number(vault?.epoch)).toBeGreaterThan(1)
    } finally {
      await rebuilt.closeDatabase()
    }
  })
})

import { randomBytes } from 'node:crypto'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CollectionPreview, SnapshotId, VaultCollection, VaultDetails } from '@holdfast/shared-types'
import { EngineError } from '@holdfast/engine/errors'
import { journalKey } from '@holdfast/engine/format'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { DiskSpace } from '../../../platform/disk-space/disk-space.ts'
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
} from '../testing/collection-world.ts'
import { loseVaultRows, rebuildVaults } from '../testing/lost-database.ts'
import { asPerson } from '../testing/private-world.ts'
import { purgeOf } from '../testing/purge-world.ts'
import type { TestAgent } from '../testing/test-agent.ts'
import { VaultsUnderTest } from '../testing/vaults-under-test.ts'

let world: VaultsUnderTest
let agent: TestAgent

beforeEach(async () => {
  world = await VaultsUnderTest.open()
  agent = await world.enrol()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await world.close()
})

const [files, others] = [{ 'a.bin': piece() }, { 'b.bin': piece() }]
const place = (key: string): string => join(world.storeDir, agent.vaultId, key)
const change = async (key: string, how: (bytes: Buffer) => void): Promise<Buffer> => {
  const before = await readFile(place(key))
  const bytes = Buffer.from(before)
  how(bytes)
  await writeFile(place(key), bytes)
  return before
}
const keysOf = async ({ agentId }: TestAgent): Promise<string[]> =>
  (await readdir(place(`s/${agentId}`))).toSorted().map((name) => `s/${agentId}/${name}`)
const stored = async (): Promise<string[]> => [...(await packKeys(world)), ...(await snapshotKeys(world))]

/** Everything that rows knew is gone, and so much time that what nobody names may be removed. */
async function loseDatabase(): Promise<void> {
  await world.stop()
  await loseVaultRows(world)
  await rebuildVaults(world)
  await world.start()
  world.nowMs += 30 * dayMs
}
/** As `holdfast-hub gc --give-up` has it. */
const giveUp = (...givesUp: string[]): Promise<VaultCollection> =>
  world.vaults.feature.adminCommands!['gc']!.run(
    { vaultId: null, isLargeApproved: true, givesUp },
    world.database.em(),
  ) as Promise<VaultCollection>
const untaken = async (): Promise<VaultDetails['untaken']> =>
  (await asPerson<VaultDetails>(world, 'getVault', { params: { vaultId: agent.vaultId } })).untaken
const unsafe = (object: string) => ({
  code: 'vault.collection-unsafe',
  context: { object },
  message: expect.stringContaining(object) as string,
})

const ofVersion2 = (key: string): Promise<Buffer> => change(key, (bytes) => void bytes.writeUInt16LE(2, 8))
const withFlippedBit = (key: string): Promise<Buffer> => change(key, (bytes) => void (bytes[bytes.length - 1]! ^= 1))

describe('a snapshot that cannot be read', () => {
  let other: TestAgent
  let kept: SnapshotId
  let key: string

  async function damaged(damage: (key: string) => Promise<Buffer>): Promise<Buffer> {
    other = await world.enrol('other')
    kept = await other.backUp(treeOf(others))
    await agent.backUp(treeOf(files))
    key = (await keysOf(agent))[0]!
    const whole = await damage(key)
    await loseDatabase()
    return whole
  }

  test.each<[string, (key: string) => Promise<Buffer>, string]>([
    ['of version 2', ofVersion2, 'newer'],
    ['with a flipped bit in the hub\u2019s part', withFlippedBit, 'damaged'],
  ])('%s keeps a collection from removing anything, and says so, until it is back', async (_, damage, cure) => {
    const whole = await damaged(damage)
    await deleteFinally(world, await other.backUp(treeOf({ 'c.bin': piece() })))
    const before = await stored()
    expect(await untaken()).toMatchObject({ count: 1, objects: [{ object: key, cure }] })
    expect(world.vaults.untaken()).toEqual([{ vault: 'Default vault', objects: 1 }])
    await expect(collect(world)).rejects.toMatchObject(unsafe(key))
    expect(await world.vaults.care(null, 'list', null)).toMatchObject({ state: 'damaged', counts: { problems: 1 } })
    await world.start()
    await expect(collect(world)).rejects.toMatchObject(unsafe(key))
    expect(await stored()).toEqual(before)
    await writeFile(place(key), whole)
    expect(await collect(world)).toMatchObject({ state: 'done', snapshotsRemoved: 1 })
    expect(await untaken()).toEqual({ count: 0, objects: [] })
    const back = (await world.vaults.snapshots.list(world.database.em(), { visibleTo: agent.agentId })).map(({ id }) => id)
    expect(back).toHaveLength(1)
    await expectRestored(agent, back[0]!, files)
    await expectRestored(other, kept, others)
    await expectSound(world)
  })

  test('goes with what it alone needs once a person has given it up, and is not taken on again', async () => {
    const whole = await damaged(ofVersion2)
    const packs = await packKeys(world)
    expect(await giveUp(key)).toMatchObject({ state: 'done' })
    expect(await keysOf(agent)).toEqual([])
    expect((await packKeys(world)).length).toBeLessThan(packs.length)
    await expectRestored(other, kept, others)
    await expectSound(world)
    await writeFile(place(key), whole)
    await world.start()
    expect(await keysOf(agent)).toEqual([])
    expect(await untaken()).toEqual({ count: 0, objects: [] })
  })
})

test('a snapshot that the database knows is believed only as it came: a bit that turned in what it names loses nothing', async () => {
  const id = await agent.backUp(treeOf(files))
  await collect(world)
  world.nowMs += 30 * dayMs
  const before = await stored()
  const [key] = await keysOf(agent)
  // In the id of a pack that it needs: it names another one, and is as long as before.
  const whole = await change(key!, (bytes) => void (bytes[100]! ^= 1))
  await expect(collect(world)).rejects.toMatchObject({ code: 'vault.collection-unsafe', context: { snapshotId: id } })
  expect(await stored()).toEqual(before)
  await writeFile(place(key!), whole)
  expect(await collect(world)).toMatchObject({ state: 'done', packsRemoved: 0 })
  await expectRestored(agent, id, files)
})

test('all snapshots of a device whose key is damaged keep what they need, and are given up together', async () => {
  const ids = [await agent.backUp(treeOf(files)), await agent.backUp(treeOf({ ...files, ...others }))]
  await change(`a/${agent.agentId}`, (bytes) => void (bytes[bytes.length - 10]! ^= 1))
  await loseDatabase()
  const before = await stored()
  expect(await untaken()).toMatchObject({ count: ids.length })
  await expect(collect(world)).rejects.toMatchObject({ code: 'vault.collection-unsafe', context: { objects: ids.length } })
  expect(await stored()).toEqual(before)
  await giveUp(`s/${agent.agentId}/`)
  expect(await stored()).toEqual([])
})

test('journals that cannot be read, copies under another name and files that are no snapshots are given up alike, and nothing else', async () => {
  const id = await agent.backUp(treeOf(files))
  const [key] = await keysOf(agent)
  const [journal, copy, strange] = [journalKey(42), key!.replace('/000000000001-', '/000000000009-'), `s/${agent.agentId}/strange`]
  for (const untakable of [journal, strange]) await world.store.put(untakable, piece(100))
  await world.store.put(copy, await world.store.get(key!))
  await world.start()
  expect((await untaken()).objects.map(({ object }) => object)).toEqual([journal, copy, strange])
  const before = await stored()
  await expect(collect(world)).rejects.toMatchObject(unsafe(journal))
  for (const none of ['s/none', key!]) await expect(giveUp(journal, none)).rejects.toMatchObject({ code: 'request.invalid' })
  expect(await stored()).toEqual(before)
  // Its collection would still have nothing to do.
  await expect(giveUp(journal, copy)).rejects.toMatchObject({
    code: 'request.invalid',
    message: expect.stringContaining(strange) as string,
  })
  expect(await stored()).toEqual(before)
  expect(await world.store.head(journal)).not.toBeNull()
  expect(await giveUp(journal, copy, strange)).toMatchObject({ state: 'done' })
  await world.start()
  expect(await keysOf(agent)).toEqual([key])
  await expectRestored(agent, id, files)
  await expectSound(world)
})

test('what turns up while a collection waits keeps it from removing what it condemned', async () => {
  await agent.backUp(treeOf(others))
  await deleteFinally(world, await agent.backUp(treeOf(files)))
  const slow = await agent.open()
  const collecting = collect(world)
  collecting.catch(() => undefined)
  await expect
    .poll(async () => (await world.database.em().execute(`select collection->>'state' as state from vault`))[0])
    .toEqual({
      state: 'waiting',
    })
  const before = await stored()
  const strange = `s/${agent.agentId}/000000000077-${'ab'.repeat(16)}`
  await world.store.put(strange, piece(500))
  await agent.endRun(slow.runId)
  await expect(collecting).rejects.toMatchObject(unsafe(strange))
  expect(await packKeys(world)).toEqual(before.filter((key) => key.startsWith('p/')))
})

describe('what is whole and only waits is not given up:', () => {
  /** In the store, and without a row. */
  async function unknown(): Promise<string> {
    await agent.backUp(treeOf(files))
    await world.database.em().execute('delete from snapshot')
    return (await keysOf(agent))[0]!
  }

  async function expectNotGivenUp(key: string, cure: string): Promise<void> {
    const before = await stored()
    await expect(collect(world)).rejects.toMatchObject({ ...unsafe(key), cure: expect.stringContaining(cure) as string })
    await expect(giveUp(key)).rejects.toMatchObject({ code: 'request.invalid', cure: expect.stringContaining(cure) as string })
    expect(await stored()).toEqual(before)
  }

  test('a snapshot of a later time than the database, for a start', async () => {
    await world.database.em().execute('update vault set epoch = epoch + 5')
    const key = await unknown()
    await world.database.em().execute('update vault set epoch = 1')
    await expectNotGivenUp(key, 'Start the hub again')
    expect((await untaken()).objects).toMatchObject([{ object: key, cure: 'restart' }])
    await world.start()
    expect(await collect(world)).toMatchObject({ state: 'done', packsRemoved: 0 })
  })

  test('one that the hub is not permitted to read, for its rights', async () => {
    const key = await unknown()
    const context = { key, systemCode: 'EACCES' }
    world.store.before = (step, of) => {
      if (step === 'get' && of === key)
        throw new EngineError('store.io-error', 'The folder of the store does not permit this.', { context })
    }
    await expectNotGivenUp(key, 'the user that the hub runs as')
    world.store.before = () => undefined
    expect(await collect(world)).toMatchObject({ state: 'done', packsRemoved: 0 })
  })
})

test.each(['start', 'collection'])(
  'what was decided and not written down stays while something cannot be read, and goes with the next %s',
  async (next) => {
    await agent.backUp(treeOf(others))
    await deleteFinally(world, await agent.backUp(treeOf(files)))
    world.store.before = (step, key) => {
      if (step === 'put' && key?.startsWith('g/') === true) throw new Error('killed')
    }
    await expect(collect(world)).rejects.toThrow()
    const before = await stored()
    const strange = `s/${agent.agentId}/strange`
    await writeFile(place(strange), 'strange')
    await world.start()
    expect((await stored()).toSorted()).toEqual([...before, strange].toSorted())
    await rm(place(strange))
    if (next === 'start') await world.start()
    else expect(await collect(world)).toMatchObject({ state: 'done', snapshotsRemoved: 1 })
    expect(await snapshotKeys(world)).toHaveLength(1)
    expect((await packKeys(world)).length).toBeLessThan(before.length - 2)
    await expectSound(world)
  },
)

test('what is back since the last look keeps neither a preview nor a purge', async () => {
  await agent.backUp(treeOf({ ...files, ...others }))
  const strange = `s/${agent.agentId}/strange`
  const preview = world.vaults.feature.routes!.previewCollection as unknown as (request: object) => Promise<CollectionPreview>
  const asked = { params: { vaultId: agent.vaultId } }
  for (const goOn of [
    async () => expect(await preview(asked)).toMatchObject({ snapshots: 0 }),
    async () => {
      await purgeOf(world, { paths: [{ path: '/home/a.bin' }], keepsUndo: true })
      expect(await world.database.em().execute('select error from purge')).toEqual([{ error: null }])
    },
  ]) {
    await writeFile(place(strange), 'strange')
    await expect(collect(world)).rejects.toMatchObject(unsafe(strange))
    await rm(place(strange))
    await goOn()
  }
})

test('a journal that is forgotten while the lists are compared is no damage', async () => {
  await agent.backUp(treeOf(others))
  await deleteFinally(world, await agent.backUp(treeOf(files)))
  await collect(world)
  world.store.before = async (step, key) => {
    if (step === 'get' && key?.startsWith('g/') === true) await rm(place(key))
  }
  expect(await world.vaults.care(null, 'list', null)).toMatchObject({ counts: { problems: 0 } })
  expect(await untaken()).toEqual({ count: 0, objects: [] })
  expect(world.logged('journal.damaged')).toEqual([])
})

test('a snapshot whose id has the row of another is no backup that came, and nothing is removed past it', async () => {
  const other = await world.enrol('other')
  const snapshotId = randomBytes(16)
  const backUp = async (device: TestAgent, of: typeof files | typeof others): Promise<void> => {
    const session = await device.open()
    await device.commit(session, await device.prepare(session, treeOf(of), { snapshotId }))
  }
  await backUp(other, others)
  const [hidden] = await keysOf(other)
  await world.database.em().execute('delete from snapshot')
  await backUp(agent, files)
  world.committed.length = 0
  for (const look of [() => world.start(), () => collect(world).catch(() => undefined)]) {
    await look()
    expect((await untaken()).objects).toMatchObject([{ object: hidden, cure: 'damaged' }])
  }
  expect([world.committed, world.logged('snapshot.adopted')]).toEqual([[], []])
  await expect(collect(world)).rejects.toMatchObject(unsafe(hidden!))
  await giveUp(hidden!)
  expect([await keysOf(other), (await keysOf(agent)).length]).toEqual([[], 1])
})

test('giving up has the reserve of a full disk', async () => {
  const strange = `s/${agent.agentId}/000000000077-${'ab'.repeat(16)}`
  await world.store.put(strange, piece(500))
  const makeWay = vi.spyOn(DiskSpace.prototype, 'makeWay')
  const waysMade: number[] = []
  world.store.before = (step, key) => {
    if (step === 'put' && key?.startsWith('g/') === true) waysMade.push(makeWay.mock.calls.length)
  }
  await giveUp(strange)
  expect(waysMade).toEqual([1])
})

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { EngineError } from '@holdfast/engine/errors'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  collect,
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
import { care, flipBit, flipFooterBit, harm, packFile, packsOfKind, seeCare } from '../testing/damage-world.ts'
import type { TestAgent } from '../testing/test-agent.ts'
import { VaultsUnderTest } from '../testing/vaults-under-test.ts'
import { findCollection } from '../tables/vaults.queries.ts'

let world: VaultsUnderTest
let agent: TestAgent

beforeEach(async () => {
  world = await VaultsUnderTest.open()
  agent = await world.enrol()
})
afterEach(() => world.close())

const backUp = (files: Files) => agent.backUp(treeOf(files))
const contentPacks = () => packsOfKind(world, 1)
const execute = <Row>(sql: string, params: unknown[] = []) => world.database.em().execute<Row[]>(sql, params)

/** What is condemned of packs, as their rows say. */
async function condemnedPacks(): Promise<string[]> {
  const rows = await execute<{ id: string }>(
    `select encode(pack_id, 'hex') as id from pack where condemned is not null and state in ('live', 'lost')`,
  )
  return rows.map(({ id }) => id)
}

/** Has all that is whole in a pack copied into another, as a collection would copy it. @returns the new one */
async function copyOf(pack: string): Promise<string> {
  const before = await contentPacks()
  const putRight = await harm(world, agent, pack, flipFooterBit)
  await care(world, 'scrub')
  await putRight()
  const [copy = '', ...more] = (await contentPacks()).filter((id) => !before.includes(id))
  expect([copy.length, more]).toEqual([32, []])
  return copy
}

/** Begins a collection, which condemns and then waits for a backup that was open before, until that ends. */
async function collectBesideBackup(): Promise<{ readonly letGo: () => Promise<unknown>; readonly ended: Promise<unknown> }> {
  const slow = await world.enrol('slow')
  const { runId } = await slow.open()
  const ended = collect(world).catch((error: unknown) => error)
  const state = async () => (await findCollection(world.database.em(), agent.vaultId))?.state
  await expect.poll(state, { timeout: 20_000, interval: 20 }).toBe('waiting')
  return {
    ended,
    async letGo() {
      await world.finishRun(runId, slow.agentId)
      return ended
    },
  }
}

/** Behind the hub's back. @returns what brings it back */
async function takeAway(path: string): Promise<() => Promise<void>> {
  const elsewhere = join(world.dataDir, 'elsewhere')
  await rename(path, elsewhere)
  return () => rename(elsewhere, path)
}

describe('segments that lie in several packs', () => {
  test('stay in one of them whatever order a restart meets the packs in', async () => {
    const files = { 'a.bin': piece() }
    const id = await backUp(files)
    const [born = ''] = await contentPacks()
    const copies = [await copyOf(born)]
    // A start adds packs in the order of their ids: the newest copy is not to be the last of them.
    while (copies.length < 2 || copies.at(-1)! > copies.at(-2)!) copies.push(await copyOf(copies.at(-1)!))
    const { ended, letGo } = await collectBesideBackup()
    expect((await condemnedPacks()).toSorted()).toEqual([born, ...copies.slice(0, -1)].toSorted())
    await world.start()
    await ended
    await letGo()
    // Who begins now is offered it, and may name it.
    const session = await agent.open()
    const object = await agent.prepare(session, treeOf(files))
    expect(await contentPacks()).toHaveLength(copies.length + 1)
    const { snapshotId } = await agent.commit(session, object)
    await collect(world)
    expect(await contentPacks()).toEqual([copies.at(-1)])
    await expectRestored(agent, id, files)
    await expectRestored(agent, snapshotId, files)
    await expectSound(world)
  })

  test.each(['damaged', 'missing', 'missing at a start'] as const)('are kept where they were when the copy is %s', async (how) => {
    const files = { 'a.bin': piece() }
    const id = await backUp(files)
    const [born = ''] = await contentPacks()
    const copy = await copyOf(born)
    const { ended, letGo } = await collectBesideBackup()
    expect(await condemnedPacks()).toEqual([born])
    if (how === 'damaged') await harm(world, agent, copy, flipBit)
    else await world.removePack(Buffer.from(copy, 'hex'))
    if (how === 'missing at a start') {
      await world.start()
      await ended
    } else await care(world, how === 'damaged' ? 'scrub' : 'list')
    // Who began since builds on the snapshot and names what it names.
    const session = await agent.open()
    expect(session.usableBaseSnapshots).toEqual([id])
    const { snapshotId } = await agent.commit(session, await agent.prepare(session, treeOf(files)))
    expect(await contentPacks()).toContain(born)
    await letGo()
    await collect(world)
    await expectRestored(agent, id, files)
    await expectRestored(agent, snapshotId, files)
  })

  test('are kept where they were when a reader finds the copy gone', async () => {
    const files = { 'a.bin': piece() }
    const id = await backUp(files)
    const [born = ''] = await contentPacks()
    const copy = await copyOf(born)
    const { letGo } = await collectBesideBackup()
    await world.removePack(Buffer.from(copy, 'hex'))
    await expect(expectRestored(agent, id, files)).rejects.toThrow()
    await expectRestored(agent, id, files)
    await letGo()
    expect(await contentPacks()).toEqual([born])
    await expectRestored(agent, id, files)
  })

  test('are kept by the last look when what memory and rows say was wrong', async () => {
    const files = { 'a.bin': piece() }
    const id = await backUp(files)
    const { letGo } = await collectBesideBackup()
    // As an older version wrote it.
    await execute(`update pack set condemned = '\\x01' where kind = 1`)
    await letGo()
    expect(await contentPacks()).toHaveLength(1)
    expect(await condemnedPacks()).toEqual([])
    await expectRestored(agent, id, files)
  })
})

describe('what was just found damaged', () => {
  test('is not condemned before anybody has looked whose it is', async () => {
    const files = { 'a.bin': piece() }
    const id = await backUp(files)
    await collect(world)
    const [pack = ''] = await contentPacks()
    const putRight = await harm(world, agent, pack, flipBit)
    // Found, and not named yet.
    await care(world, 'scrub')
    await world.vaults.collect(null, { startedBy: 'test', isLargeApproved: false })
    expect(await condemnedPacks()).toEqual([])
    expect(await contentPacks()).toEqual([pack])
    // It was the cable.
    await putRight()
    await care(world, 'scrub')
    await expectRestored(agent, id, files)
    await care(world, 'damage', null)
    expect((await seeCare(world, agent)).damage).toMatchObject({ segmentsLost: 0, snapshots: 0 })
  })

  test('is not condemned either when it is found while a collection marks', async () => {
    const files = { 'a.bin': piece() }
    const id = await backUp(files)
    await care(world, 'audit', null)
    const [pack = ''] = await contentPacks()
    const putRight = await harm(world, agent, pack, flipBit)
    let isFound = false
    world.store.after = async (step, key) => {
      if (step !== 'get' || key?.startsWith('s/') !== true || isFound) return
      isFound = true
      await care(world, 'scrub')
    }
    await collect(world)
    expect(isFound).toBe(true)
    expect(await contentPacks()).toEqual([pack])
    await putRight()
    await care(world, 'scrub')
    await expectRestored(agent, id, files)
  })

  test('is not removed when it was given up for a copy that is damaged while the collection waits', async () => {
    const files = { 'a.bin': piece() }
    const id = await backUp(files)
    const [first = ''] = await contentPacks()
    const putFirstRight = await harm(world, agent, first, flipBit)
    await care(world, 'scrub')
    await care(world, 'damage', null)
    // Sent again, into a pack of its own.
    const session = await agent.open()
    await agent.commit(session, await agent.prepare(session, treeOf(files)))
    await care(world, 'audit', null)
    const { letGo } = await collectBesideBackup()
    expect(await condemnedPacks()).toEqual([first])
    const second = (await contentPacks()).find((pack) => pack !== first) ?? ''
    await harm(world, agent, second, flipBit)
    await care(world, 'scrub')
    await letGo()
    expect(await contentPacks()).toContain(first)
    await putFirstRight()
    await care(world, 'scrub')
    await expectRestored(agent, id, files)
  })
})

describe('a pack that is missing at a start and comes back', () => {
  test('is condemned as before: what is sent again is not removed with it', async () => {
    const files = { 'a.bin': piece() }
    const gone = await backUp(files)
    await backUp({ 'b.bin': piece() })
    await deleteFinally(world, gone)
    const { ended, letGo } = await collectBesideBackup()
    const condemned = await condemnedPacks()
    const pack = (await contentPacks()).find((id) => condemned.includes(id)) ?? ''
    await world.stop()
    await ended
    const bringBack = await takeAway(packFile(world, agent, pack))
    await world.start()
    await bringBack()
    await care(world, 'list')
    const before = await packKeys(world)
    const id = await backUp(files)
    // Nothing of it was offered.
    expect((await packKeys(world)).length).toBeGreaterThan(before.length)
    await letGo()
    await collect(world)
    await expectRestored(agent, id, files)
    await expectSound(world)
  })

  test('is damaged where it was', async () => {
    await backUp({ 'a.bin': piece() })
    const [pack = ''] = await contentPacks()
    await harm(world, agent, pack, flipBit)
    await care(world, 'scrub')
    await world.stop()
    const bringBack = await takeAway(packFile(world, agent, pack))
    await world.start()
    await bringBack()
    await care(world, 'list')
    expect((await seeCare(world, agent)).damage).toMatchObject({ packsLost: 0, packsDamaged: 1, segmentsLost: 1 })
  })
})

describe('what is named while something of it is gone', () => {
  const isCondemned = async (): Promise<Record<string, boolean>> => {
    const rows = await execute<{ id: string; condemned: Buffer | null }>(`select encode(pack_id, 'hex') as id, condemned from pack`)
    return Object.fromEntries(rows.map(({ id, condemned }) => [id, condemned !== null]))
  }

  test('is given back as far as it is there when a start adopts the snapshot', async () => {
    await backUp({ 'a.bin': piece() })
    const [content = ''] = await contentPacks()
    const [lists = ''] = await packsOfKind(world, 2)
    // Killed before its commit was through, and condemned since.
    await execute('delete from snapshot')
    await execute(`update pack set condemned = '\\x01'`)
    await world.removePack(Buffer.from(content, 'hex'))
    await world.start()
    expect(world.logged('snapshot.adopted')).toHaveLength(1)
    expect(await isCondemned()).toEqual({ [content]: true, [lists]: false })
  })

  test('is given back as far as it is there by an audit, which does not count as done', async () => {
    const files = { 'a.bin': piece(), 'b.bin': piece() }
    await backUp({ 'a.bin': files['a.bin'] })
    const [first = ''] = await contentPacks()
    const session = await agent.open()
    const parts = await agent.prepareParts(session, treeOf(files))
    const { snapshotId } = await agent.commit(session, agent.seal(session, { ...parts, refset: parts.metadataRefset }))
    const second = (await contentPacks()).find((id) => id !== first) ?? ''
    await execute(`update pack set condemned = '\\x01' where kind = 1`)
    await world.start()
    await execute(`update pack set state = 'lost' where encode(pack_id, 'hex') = ?`, [first])
    await care(world, 'audit')
    const audited = async () =>
      (await execute<{ at: string | null }>(`select audited_at as at from snapshot where encode(id, 'hex') = ?`, [snapshotId]))[0]?.at ??
      null
    expect([await audited(), await isCondemned()]).toMatchObject([null, { [second]: false }])
    await execute(`update pack set state = 'live' where encode(pack_id, 'hex') = ?`, [first])
    expect(await care(world, 'audit')).toMatchObject({ state: 'done' })
    expect([await audited(), await isCondemned()]).toMatchObject([expect.any(String), { [first]: false, [second]: false }])
    await expectRestored(agent, snapshotId, files)
  })
})

describe('snapshots that are back after a power failure', () => {
  /** Deletes one, has it collected, and has what the disk had not forgotten come back. */
  async function removedAndBack(files: Files): Promise<readonly string[]> {
    const gone = await backUp(files)
    const kept = await backUp({ 'b.bin': piece() })
    const before = new Map<string, Buffer>()
    for (const key of [...(await snapshotKeys(world)), ...(await packKeys(world))])
      before.set(key, await readFile(join(world.storeDir, agent.vaultId, key)))
    await deleteFinally(world, gone)
    await collect(world)
    await world.stop()
    const left = new Set([...(await keysUnder(world, 's/')), ...(await keysUnder(world, 'p/'))])
    const back = [...before.keys()].filter((key) => !left.has(key))
    for (const key of back) {
      const path = join(world.storeDir, agent.vaultId, key)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, before.get(key) as Buffer)
    }
    expect(kept).not.toBe(gone)
    return back
  }

  test('are removed again before their packs, and never taken on', async () => {
    const back = await removedAndBack({ 'a.bin': piece() })
    expect(back.filter((key) => key.startsWith('s/'))).toHaveLength(1)
    const deleted: string[] = []
    await world.start(undefined, (store) => {
      store.before = (step, key) => {
        if (step === 'delete' && key !== null) deleted.push(key[0] ?? '')
      }
    })
    expect(world.logged('snapshot.adopted')).toEqual([])
    expect(deleted.join('')).toMatch(/^sp+$/)
    expect(await snapshotKeys(world)).toHaveLength(1)
    await expectSound(world)
  })

  test('are not taken on where the store takes nothing away either', async () => {
    await removedAndBack({ 'a.bin': piece() })
    await world.start(undefined, (store) => {
      store.before = (step) => {
        if (step === 'delete') throw new EngineError('store.io-error', 'Nothing is deleted here.')
      }
    })
    expect(world.logged('collection.not-removed')).toHaveLength(1)
    expect(await world.vaults.snapshots.list(world.database.em(), { visibleTo: null })).toHaveLength(1)
  })
})

test('snapshots that a collection removes are gone for good before the first pack is', async () => {
  const gone = await backUp({ 'a.bin': piece() })
  await deleteFinally(world, gone)
  const steps: string[] = []
  world.store.before = (step, key) => {
    if (step === 'delete' || step === 'makeDurable') steps.push(`${step} ${key?.slice(0, 2)}`)
  }
  await collect(world)
  expect(steps.slice(0, 3)).toEqual(['delete s/', 'makeDurable s/', 'delete p/'])
})

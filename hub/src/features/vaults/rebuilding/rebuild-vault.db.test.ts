import { randomBytes } from 'node:crypto'
import { existsSync, renameSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SnapshotId, VaultId } from '@holdfast/shared-types'
import { toHex } from '@holdfast/engine/bytes'
import { EngineError } from '@holdfast/engine/errors'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buildPack } from '../testing/build-pack.ts'
import { collect, dayMs, deleteFinally, expectRestored, expectSound, piece, treeOf, type Files } from '../testing/collection-world.ts'
import { loseVaultRows, rebuildVaults } from '../testing/lost-database.ts'
import type { StoreWithHooks } from '../testing/store-with-hooks.ts'
import type { TestAgent } from '../testing/test-agent.ts'
import { VaultsUnderTest } from '../testing/vaults-under-test.ts'
import type { RebuildProgress, RebuiltVault } from './rebuild-vault.ts'

let world: VaultsUnderTest
let agent: TestAgent
const progress: RebuildProgress[] = []
let onStep: () => void = () => undefined

beforeEach(async () => {
  progress.length = 0
  onStep = () => undefined
  world = await VaultsUnderTest.open()
  agent = await world.enrol()
})
afterEach(() => world.close())

const backUp = (files: Files) => agent.backUp(treeOf(files))
const vaultDir = (): string => join(world.storeDir, agent.vaultId)
const sql = <T>(statement: string, of = world): Promise<T> => of.database.em().execute(statement) as Promise<T>

const rebuild = (vaultId: VaultId | null = null): Promise<RebuiltVault> =>
  rebuildVaults(world, {
    vaultId,
    onProgress: (step) => {
      progress.push(step)
      onStep()
    },
  })

const rows = async (table: 'pack' | 'snapshot', of = world): Promise<unknown[]> => {
  const order = table === 'pack' ? 'pack_id' : 'id'
  const unlike = table === 'pack' ? ['seq'] : ['audited_at', 'unnamed_refset', 'lacking_blobs']
  const found = await sql<Record<string, unknown>[]>(`select to_jsonb(t) as row from ${table} t order by ${order}`, of)
  return found.map(({ row }) => Object.fromEntries(Object.entries(row as object).filter(([name]) => !unlike.includes(name))))
}

describe('a rebuild', () => {
  test('makes the very same rows again, whoever had changed them', async () => {
    const [first, second] = [{ 'a.bin': piece() }, { 'b.bin': piece(600_000) }]
    const ids = [await backUp(first), await backUp(second)]
    const before = [await rows('pack'), await rows('snapshot')]
    await sql(`update pack set footer = '\\x00', segments = 1, size_bytes = 7 where kind = 1`)
    await sql(`update snapshot set files = 77, host = 'wrong', root = id`)
    await sql(`delete from pack where kind = 2`)
    const rebuilt = await rebuild()
    expect(rebuilt).toMatchObject({
      vaultId: agent.vaultId,
      snapshots: 2,
      damagedPacks: 0,
      damagedSnapshots: 0,
      packsGone: 0,
      snapshotsGone: 0,
    })
    expect(rebuilt.packs).toBe(before[0]!.length)
    expect(progress.at(-1)).toMatchObject({ reading: 'snapshots', done: 2 })
    await world.start()
    const withoutKept = (list: unknown[]) => list.map((row) => Object.assign(row as object, { session_id: null, stored_at: null }))
    expect(withoutKept(await rows('pack'))).toEqual(withoutKept(before[0]!))
    expect(await rows('snapshot')).toEqual(before[1])
    await expectSound(world)
    await expectRestored(agent, ids[0]!, first)
    await expectRestored(agent, ids[1]!, second)
    expect((await agent.open()).usableBaseSnapshots).toContain(ids[1])
  })

  test('ends sessions, and goes on above every epoch that was seen', async () => {
    await backUp({ 'a.bin': piece() })
    const session = await agent.open()
    const [before] = await sql<{ epoch: string }[]>('select epoch from vault')
    await rebuild()
    await world.start()
    await expect(agent.putPack(session, await buildPack(session.keys))).rejects.toMatchObject({ code: 'session.not-found' })
    const [after] = await sql<{ epoch: string }[]>('select epoch from vault')
    expect(Number(after?.epoch)).toBeGreaterThan(Number(before?.epoch))
    await backUp({ 'b.bin': piece() })
    await expectSound(world)
  })

  test('keeps what people decided: holds, deletions, who and until when', async () => {
    const ids: SnapshotId[] = []
    for (let count = 0; count < 4; count++) ids.push(await backUp({ [`${count}.bin`]: piece() }))
    await world.vaults.deletion.hold(ids[0]!, { by: 'Ada', reason: 'audit of 2026' })
    await world.vaults.deletion.delete({ snapshotIds: [ids[1]!], by: 'Grace', isConfirmed: true, isFinal: false })
    const before = await rows('snapshot')
    const [deleted] = await sql<{ until: string }[]>('select undo_until as until from snapshot where deleted_at is not null')
    world.nowMs += 20 * dayMs
    expect(await rebuild()).toMatchObject({ held: 1, deleted: 1 })
    const withoutUntil = (all: readonly unknown[]) => all.map((row) => ({ ...(row as object), undo_until: null }))
    expect(withoutUntil(await rows('snapshot'))).toEqual(withoutUntil(before))
    // What gave it back may be an old copy, and the deletion taken back since: there is the whole time again.
    const [after] = await sql<{ until: string }[]>('select undo_until as until from snapshot where deleted_at is not null')
    expect(Math.round((Date.parse(after!.until) - Date.parse(deleted!.until)) / dayMs)).toBe(20)
    await world.start()
    await world.vaults.deletion.undelete([ids[1]!])
    await expect(deleteFinally(world, ids[0]!)).rejects.toMatchObject({ code: 'snapshot.held' })
  })

  test('takes nothing for condemned or gone that the database says is, and forgets its audits', async () => {
    const files = { 'a.bin': piece() }
    const id = await backUp(files)
    await backUp({ 'b.bin': piece() })
    await sql(`update pack set condemned = '\\xff'`)
    await sql(`update pack set state = 'gone', footer = '' where kind = 2`)
    await sql(`update snapshot set state = 'removing', condemned_in = 7, audited_at = now()`)
    await rebuild()
    expect(await sql(`select count(*)::int as n from pack where state <> 'live' or condemned is not null`)).toEqual([{ n: 0 }])
    expect(
      await sql(`select count(*)::int as n from snapshot where state <> 'committed' or condemned_in is not null or audited_at is not null`),
    ).toEqual([{ n: 0 }])
    await world.start()
    await expectRestored(agent, id, files)
    await expectSound(world)
  })

  test('does not forget what was found damaged, and has it named again', async () => {
    await backUp({ 'a.bin': piece() })
    await sql(`update pack set lost_segments = '\\x01', checked_at = now() where kind = 1`)
    await sql(`update snapshot set damage = '{"files": 1, "folders": 0, "isAllNamed": true, "isPending": false}'`)
    await rebuild()
    expect(await sql(`select distinct encode(lost_segments, 'hex') as lost, checked_at from pack where kind = 1`)).toEqual([
      { lost: '01', checked_at: null },
    ])
    expect(await sql(`select damage from snapshot`)).toMatchObject([{ damage: { isPending: true } }])
  })

  test('tells of rows without an object, and of damaged objects, which it leaves where they are', async () => {
    const kept = { 'a.bin': piece() }
    const keptId = await backUp(kept)
    const lostId = await backUp({ 'b.bin': piece() })
    await world.vaults.deletion.hold(lostId, { by: 'Ada', reason: 'it matters' })
    const snapshotsDir = join(vaultDir(), 's', agent.agentId)
    const names = (await readdir(snapshotsDir)).toSorted()
    await rm(join(snapshotsDir, names[1]!))
    const object = await readFile(join(snapshotsDir, names[0]!))
    object[200]! ^= 1
    const damaged = names[0]!.replace(/^\d+/, '000000000009')
    await writeFile(join(snapshotsDir, damaged), object)
    await writeFile(join(snapshotsDir, 'strange'), randomBytes(40))
    const pack = toHex(randomBytes(16))
    await mkdir(join(vaultDir(), 'p', pack.slice(0, 2)), { recursive: true })
    await writeFile(join(vaultDir(), 'p', pack.slice(0, 2), pack), randomBytes(1000))
    await mkdir(join(vaultDir(), 'g'), { recursive: true })
    await writeFile(join(vaultDir(), 'g', '0000000000000042'), randomBytes(100))
    expect(await rebuild()).toMatchObject({ snapshots: 1, damagedPacks: 1, damagedSnapshots: 2, snapshotsGone: 1, heldGone: 1, held: 0 })
    expect(await readdir(snapshotsDir)).toContain(damaged)
    await world.start()
    await expectRestored(agent, keptId, kept)
  })

  test('has every name on the disk before its rows count: a hub that was killed may not have come to it', async () => {
    await backUp({ 'a.bin': piece() })
    await loseVaultRows(world)
    const stores: StoreWithHooks[] = []
    const rowsBefore: unknown[][] = []
    await rebuildVaults(world, {
      onStore: (store) => {
        stores.push(store)
        store.before = async (step) => {
          if (step === 'makeDurable') rowsBefore.push(await rows('pack'), await rows('snapshot'))
        }
      },
    })
    expect(rowsBefore).toEqual([[], []])
    const objects = (await readdir(vaultDir(), { recursive: true })).filter((name) => /^(p|s)\/.*[0-9a-f]{32}/.test(name))
    const files = objects.filter((name) => !objects.some((other) => other.startsWith(`${name}/`)))
    expect(files.length).toBeGreaterThanOrEqual(3)
    expect(stores.flatMap(({ durableKeys }) => durableKeys).toSorted()).toEqual(files.toSorted())
    // And where that cannot be done, nothing is as if it were.
    const before = [await rows('pack'), await rows('snapshot')]
    const failing = rebuildVaults(world, {
      onStore: (store) => {
        store.before = (step) => {
          if (step === 'makeDurable') throw new EngineError('store.io-error', 'The disk failed.')
        }
      },
    })
    await expect(failing).rejects.toMatchObject({ code: 'store.unavailable' })
    expect([await rows('pack'), await rows('snapshot')]).toEqual(before)
  })

  test('fails as a whole where the store goes away, and the database is as it was', async () => {
    await backUp({ 'a.bin': piece() })
    const before = [await rows('pack'), await rows('snapshot')]
    const away = `${world.storeDir}.away`
    onStep = () => {
      if (existsSync(world.storeDir)) renameSync(world.storeDir, away)
    }
    await expect(rebuild()).rejects.toMatchObject({ code: 'store.unavailable' })
    expect(progress.length).toBeGreaterThan(0)
    await rename(away, world.storeDir)
    expect([await rows('pack'), await rows('snapshot')]).toEqual(before)
    await world.start()
    await expectSound(world)
  })

  test('with an empty database fills it, and the next start serves it', async () => {
    const files = { 'a.bin': piece() }
    const id = await backUp(files)
    await loseVaultRows(world)
    expect(await rebuild()).toMatchObject({ snapshots: 1 })
    await world.start()
    await expectRestored(agent, id, files)
    await expectSound(world)
  })

  test('ends what a collection had decided, also where the database never heard of it', async () => {
    const [gone, stays] = [{ 'a.bin': piece() }, { 'b.bin': piece() }]
    const goneId = await backUp(gone)
    const staysId = await backUp(stays)
    await deleteFinally(world, goneId)
    // The collection dies right after its journal was written: everything is still there.
    let isDead = false
    world.store.after = (step, key) => {
      isDead ||= step === 'put' && (key?.startsWith('g/') ?? false)
      if (isDead) throw new Error('killed')
    }
    world.store.before = () => {
      if (isDead) throw new Error('killed')
    }
    await collect(world).catch(() => undefined)
    expect(isDead).toBe(true)
    await loseVaultRows(world)
    expect(await rebuild()).toMatchObject({ snapshots: 1 })
    await world.start()
    await expectRestored(agent, staysId, stays)
    await expectSound(world)
  })

  test('takes on a vault of the store that the database does not know only when it is named', async () => {
    await backUp({ 'a.bin': piece() })
    const known = agent.vaultId
    await rename(vaultDir(), `${world.storeDir}.first`)
    await loseVaultRows(world)
    await rm(world.storeDir, { recursive: true })
    await rm(join(world.dataDir, 'store.json'))
    await world.start()
    const { vaultId: second } = await world.vaults.placeFor(null)
    await rename(`${world.storeDir}.first`, join(world.storeDir, known))
    expect(await rebuild()).toMatchObject({ vaultId: second, snapshots: 0 })
    expect(await rebuild(known)).toMatchObject({ vaultId: known, snapshots: 1 })
    await expect(rebuild('0d5e2f5c-3c2f-4f0e-9c58-2f4a1c0f1a11' as VaultId)).rejects.toMatchObject({ code: 'vault.not-found' })
  })
})

import { randomBytes } from 'node:crypto'
import { chmod, readFile, rename, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { packKey, snapshotPrefix } from '@holdfast/engine/format'
import type { SnapshotId, VaultDetails } from '@holdfast/shared-types'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { findLastCheck, findVaultRecord } from '../tables/vaults.queries.ts'
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

  test('is kept as found by reading only where lists would not find it', async () => {
    const isDeep = async (readData: boolean): Promise<boolean | undefined> => {
      await problems(readData)
      return (await findVaultRecord(world.database.em(), agent.vaultId))?.damage?.isDeep
    }
    await sql(`update pack set state = 'lost' where kind = 1`)
    expect(await isDeep(true)).toBe(false)
    await sql(`update pack set state = 'live'`)
    expect(await isDeep(false), 'mended').toBeUndefined()
    const path = pathOf(await onePack())
    const bytes = await readFile(path)
    bytes[1000]! ^= 1
    await chmod(path, 0o600)
    await writeFile(path, bytes)
    expect(await isDeep(true)).toBe(true)
    expect(await isDeep(false)).toBe(true)
  })
})

describe('a check that people start', () => {
  const start = () =>
    world.vaults.feature.routes?.startVaultCheck?.({ params: { vaultId: agent.vaultId }, actor: { name: 'Ada' } } as never)
  const look = async (): Promise<VaultDetails> =>
    (await world.vaults.feature.routes?.getVault?.({
      params: { vaultId: agent.vaultId },
      actor: { role: 'admin' },
      em: world.database.em(),
    } as never)) as VaultDetails
  const last = async () => (await look()).lastCheck
  /** Also where nothing runs any more: what the check itself noted last. */
  const stateInRow = async () => (await findLastCheck(world.database.em(), agent.vaultId))?.state
  const ended = () =>
    vi.waitUntil(
      async () => {
        const check = await last()
        return check?.state === 'running' ? null : check
      },
      { timeout: 30_000, interval: 20 },
    )

  test('runs beside the rest, once at a time, and its result outlives the hub', async () => {
    expect(await last()).toBeNull()
    const [first, second] = await Promise.all([start(), start()])
    expect(first).toMatchObject({ state: 'running', startedBy: 'Ada', isDeep: false, endedAtMs: null })
    expect(second).toMatchObject({ startedAtMs: first?.startedAtMs })
    expect(await ended()).toMatchObject({ state: 'sound', packs: 2, snapshots: 1, problemCount: 0, progress: null })
    await world.start()
    expect(await last()).toMatchObject({ state: 'sound', startedBy: 'Ada' })
    await rename(pathOf(await onePack()), `${world.storeDir}.away`)
    await start()
    expect(await ended()).toMatchObject({
      state: 'damaged',
      problems: expect.arrayContaining([expect.objectContaining({ code: 'object.missing' })]),
    })
    await rename(`${world.storeDir}.away`, pathOf(await onePack()))
    await world.vaults.runFsck(null, { readData: true })
    expect(await last()).toMatchObject({ state: 'sound', isDeep: true, startedBy: 'holdfast-hub fsck' })
  })

  test('has the next one wait, which then is the one that runs', async () => {
    const seen: unknown[] = []
    const watch = { looks: 0, isOn: true }
    const watching = async (): Promise<void> => {
      while (watch.isOn) {
        const check = await last()
        const line = `${check?.startedBy}: ${check?.state}`
        if (line !== seen.at(-1)) seen.push(line)
        watch.looks += 1
      }
    }
    // No check is too quick to be seen: it goes on reading only once somebody has looked, from beginning to end.
    world.store.before = async (step) => {
      const enough = watch.looks + 2
      if (step === 'get') while (watch.isOn && watch.looks < enough) await sleep(1)
    }
    await start()
    const watched = watching()
    expect(await world.vaults.runFsck(null, { readData: true })).toMatchObject({ ok: true })
    watch.isOn = false
    await watched
    // Neither ended the other's entry: nothing counted as interrupted in between.
    expect(seen.join(', ')).toMatch(/^Ada: running, (Ada: sound, )?holdfast-hub fsck: running(, holdfast-hub fsck: sound)?$/)
    expect(await last()).toMatchObject({ state: 'sound', isDeep: true, startedBy: 'holdfast-hub fsck' })
  })

  test('ends with the hub while rows are compared with packs, and also where the disk hangs', async () => {
    const session = await agent.open()
    for (let pack = 0; pack < 25; pack++) await agent.putPack(session, await buildPack(session.keys, 1, 1000))
    // Two of each pack are the engine's, and three of each are the comparison's.
    const heldAt = 27 * 2 + 20
    const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let gets = 0
    world.store.before = async (step) => {
      if (step !== 'get' || ++gets !== heldAt) return
      reached.resolve()
      await released.promise
    }
    await start()
    // What is too large to begin is told of all the same while it runs.
    await sql('update pack set blobs = blobs + 2000000')
    expect(await start()).toMatchObject({ state: 'running' })
    await sql('update pack set blobs = blobs - 2000000')
    await reached.promise
    const from = performance.now()
    const stopped = world.stop()
    released.resolve()
    await stopped
    // It ended of itself and was waited for, unless the machine was so slow that the hub's patience was over first.
    if (performance.now() - from < 1900) expect(await stateInRow()).toBe('interrupted')
    else await vi.waitUntil(async () => (await stateInRow()) === 'interrupted', { interval: 20, timeout: 20_000 })
    expect(gets).toBeLessThan(heldAt + 10)
    await world.start()
    expect(await last()).toMatchObject({ state: 'interrupted', startedBy: 'Ada' })

    let release = (): void => undefined
    const stuck = new Promise<void>((resolve) => (release = resolve))
    world.store.before = (step) => (step === 'get' ? stuck : undefined)
    await start()
    await world.stop()
    release()
    await world.start()
    expect(await last()).toMatchObject({ state: 'interrupted' })
  })

  test('counts as interrupted when the hub ends in its middle, however it ends', async () => {
    await start()
    await world.stop()
    await world.start()
    expect((await last())?.state).toMatch(/^(interrupted|sound)$/)
    // Killed: the row says that it runs, and nothing does.
    await sql(`update vault set last_check = jsonb_set(last_check, '{state}', '"running"')`)
    expect(await last()).toMatchObject({ state: 'interrupted', progress: null })
  })

  test('says nothing of the vault when the store goes away', async () => {
    await rename(join(world.storeDir, agent.vaultId), `${world.storeDir}.away`)
    try {
      expect((await look()).store).toMatchObject({ isReachable: false })
      await start()
      expect(await ended()).toMatchObject({ state: 'failed', error: { code: 'store.unavailable' } })
    } finally {
      await rename(`${world.storeDir}.away`, join(world.storeDir, agent.vaultId))
    }
  })
})

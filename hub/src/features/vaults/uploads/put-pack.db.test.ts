import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { toHex } from '@holdfast/engine/bytes'
import { EngineError } from '@holdfast/engine/errors'
import { packKey, readLocation } from '@holdfast/engine/format'
import { openDirectoryStore } from '@holdfast/engine/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildPack, buildTwin, type BuiltPack } from '../testing/build-pack.ts'
import type { OpenedSession, TestAgent } from '../testing/test-agent.ts'
import { VaultsUnderTest } from '../testing/vaults-under-test.ts'

let world: VaultsUnderTest
let agent: TestAgent
let session: OpenedSession
let vaultDir: string

beforeAll(async () => {
  world = await VaultsUnderTest.open()
  agent = await world.enrol()
  session = await agent.open()
  vaultDir = join(world.storeDir, agent.vaultId)
})
afterAll(() => world.close())

/** Names of all stored objects and of what is staged, apart from the folders and locks around them. */
const filesBelow = async (folder: string, name: RegExp): Promise<string[]> => {
  const entries = await readdir(join(vaultDir, folder), { recursive: true, withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isFile() && name.test(entry.name)).map((entry) => entry.name)
}
const stagedFiles = (): Promise<string[]> => filesBelow('+tmp', /^[0-9a-f]{24}$/)
const storedPacks = (): Promise<string[]> => filesBelow('p', /^/)
const rowCount = async (): Promise<number> =>
  Number((await world.database.em().execute<{ n: string }[]>('select count(*) as n from pack'))[0]?.n)
const isOffered = async (pack: BuiltPack): Promise<boolean> => readLocation(await agent.have(session, pack.ids), 0) !== null

async function expectNothingOf(pack: BuiltPack): Promise<void> {
  expect(await isOffered(pack)).toBe(false)
  expect(await storedPacks()).not.toContain(toHex(pack.packId))
  expect(await stagedFiles()).toEqual([])
}

test('stores a pack whole, with its row, and offers its blobs', async () => {
  const pack = await buildPack(session.keys)
  await agent.putPack(session, pack)
  const store = await openDirectoryStore(vaultDir)
  expect(Buffer.from(await store.get(packKey(pack.packId))).equals(pack.bytes)).toBe(true)
  await store.close()
  expect(readLocation(await agent.have(session, pack.ids), 1)).toEqual({ packId: new Uint8Array(pack.packId), ordinal: 1, position: 0 })
  const [row] = await world.database.em().execute('select size_bytes, segments, blobs, state, session_id from pack')
  expect(row).toEqual({ size_bytes: String(pack.bytes.length), segments: 2, blobs: 2, state: 'live', session_id: session.sessionId })
})

test('accepts the same bytes again, and refuses others under the same id', async () => {
  const pack = await buildPack(session.keys)
  await agent.putPack(session, pack)
  const before = await rowCount()
  await agent.putPack(session, pack)
  await expect(agent.putPack(session, await buildTwin(session.keys, pack.packId))).rejects.toMatchObject({ code: 'pack.conflict' })
  expect(await rowCount()).toBe(before)
  expect(await stagedFiles()).toEqual([])
})

test('makes one object and one row when the same pack comes several times at once', async () => {
  const pack = await buildPack(session.keys)
  const before = await rowCount()
  await Promise.all(Array.from({ length: 6 }, () => agent.putPack(session, pack)))
  expect(await rowCount()).toBe(before + 1)
  expect((await storedPacks()).filter((name) => name === toHex(pack.packId))).toHaveLength(1)
  expect(await isOffered(pack)).toBe(true)
  expect(await stagedFiles()).toEqual([])
})

test('keeps nothing of a damaged pack', async () => {
  const pack = await buildPack(session.keys)
  const bytes = Buffer.from(pack.bytes)
  bytes[100_000]! ^= 1
  await expect(agent.putPack(session, { packId: pack.packId, bytes })).rejects.toMatchObject({ code: 'pack.invalid' })
  await expectNothingOf(pack)
})

test('keeps nothing of an upload that is cut off, and takes the pack whole later', async () => {
  const pack = await buildPack(session.keys)
  async function* cutOff(): AsyncGenerator<Buffer> {
    yield Buffer.from(pack.bytes.subarray(0, 150_000))
    expect(await stagedFiles()).toHaveLength(1)
    throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' })
  }
  await expect(agent.putPack(session, pack, Readable.from(cutOff(), { objectMode: false }))).rejects.toThrow('aborted')
  await expectNothingOf(pack)
  await agent.putPack(session, pack)
  expect(await isOffered(pack)).toBe(true)
})

test.each([
  ['one segment after its header', 64],
  ['something that is no pack at all', 0],
])('refuses more than 64 MiB without reading on: %s', async (_, headBytes) => {
  const { bytes, packId } = await buildPack(session.keys, 1)
  let givenBytes = 0
  function* endless(): Generator<Buffer> {
    yield Buffer.from(bytes.subarray(0, headBytes))
    for (;;) {
      givenBytes += 1024 * 1024
      yield Buffer.alloc(1024 * 1024)
    }
  }
  const body = Readable.from(endless(), { objectMode: false })
  await expect(agent.putPack(session, { packId, bytes }, body)).rejects.toMatchObject({ code: 'request.too-large' })
  expect(givenBytes).toBeLessThan(70 * 1024 * 1024)
})

test('refuses a stale fence, a session of another agent, and one that is over', async () => {
  const pack = await buildPack(session.keys)
  await expect(agent.putPack({ ...session, fence: 2 }, pack)).rejects.toMatchObject({ code: 'run.fence-stale' })
  const other = await world.enrol('other')
  await expect(other.putPack(session, pack)).rejects.toMatchObject({ code: 'session.not-found' })
  const over = await agent.open()
  await world.finishRun(over.runId, agent.agentId)
  await expect(agent.putPack(over, pack)).rejects.toMatchObject({ code: 'session.not-found' })
  const expired = await agent.open()
  await world.runs.expire(expired.runId)
  await expect(agent.putPack(expired, pack)).rejects.toMatchObject({ code: 'run.fence-stale' })
  await expectNothingOf(pack)
})

test('tells a full disk, keeps nothing, and takes the same pack when there is room again', async () => {
  const pack = await buildPack(session.keys, 12)
  world.store.before = (step) => {
    if (step === 'write') throw new EngineError('store.full', 'No space left.')
  }
  await expect(agent.putPack(session, pack)).rejects.toMatchObject({ code: 'store.full' })
  world.store.before = () => undefined
  await expectNothingOf(pack)
  await agent.putPack(session, pack)
  expect(await isOffered(pack)).toBe(true)
})

test('writes object, row and offer in this order', async () => {
  const pack = await buildPack(session.keys)
  const seen: string[] = []
  world.store.after = async (step) => {
    if (step === 'commit') seen.push(`stored: ${await rowOf(pack)} row, offered ${await isOffered(pack)}`)
  }
  await agent.putPack(session, pack)
  world.store.after = () => undefined
  expect(seen).toEqual(['stored: 0 row, offered false'])
  expect(await rowOf(pack)).toBe(1)
})

const rowOf = async (pack: BuiltPack): Promise<number> =>
  Number(
    (
      await world.database
        .em()
        .execute<{ n: string }[]>(`select count(*) as n from pack where pack_id = decode(?, 'hex')`, [toHex(pack.packId)])
    )[0]?.n,
  )

test('takes no more of a large pack than the store has written, but for a few pieces', async () => {
  const pack = await buildPack(session.keys, 15, 4 * 1024 * 1024)
  expect(pack.bytes.length).toBeGreaterThan(60 * 1024 * 1024)
  const stagedBefore = world.store.stagedBytes
  const stagedBytes = (): number => world.store.stagedBytes - stagedBefore
  let givenBytes = 0
  let mostHeldBytes = 0
  function* parts(): Generator<Buffer> {
    for (let at = 0; at < pack.bytes.length; at += 65_536) {
      const part = Buffer.from(pack.bytes.subarray(at, at + 65_536))
      givenBytes += part.length
      mostHeldBytes = Math.max(mostHeldBytes, givenBytes - stagedBytes())
      yield part
    }
  }
  await agent.putPack(session, pack, Readable.from(parts(), { objectMode: false }))
  expect(stagedBytes()).toBe(pack.bytes.length)
  expect(mostHeldBytes).toBeLessThanOrEqual(4 * 1024 * 1024)
})

test('a pack that is stored when the database fails gets its row without being sent again', async () => {
  const [lost, taken] = [await buildPack(session.keys), await buildPack(session.keys)]
  const em = world.database.em()
  await em.execute(
    `create function refuse_packs() returns trigger language plpgsql as $$ begin raise exception 'the database went away'; end $$`,
  )
  await em.execute('create trigger refuse_packs before insert on pack execute function refuse_packs()')
  await expect(agent.putPack(session, lost)).rejects.toThrow('the database went away')
  await expect(agent.putPack(session, taken)).rejects.toThrow('the database went away')
  await em.execute('drop trigger refuse_packs on pack')
  await em.execute('drop function refuse_packs')
  expect(await storedPacks()).toEqual(expect.arrayContaining([lost, taken].map(({ packId }) => toHex(packId))))

  // The agent sends one again; nobody ever sends the other.
  await agent.putPack(session, taken)
  const { ok, problems } = await world.vaults.runFsck(null, { readData: false })
  expect({ ok, problems }).toEqual({ ok: true, problems: [] })
  expect([await isOffered(lost), await isOffered(taken)]).toEqual([true, true])
})

test('one that cannot be looked at is told with its reason, does not keep the others from their rows, and is no fault of unknown cause', async () => {
  const [unreadable, sound] = [await buildPack(session.keys), await buildPack(session.keys)]
  const em = world.database.em()
  await em.execute(`create function refuse_packs() returns trigger language plpgsql as $$ begin raise exception 'gone'; end $$`)
  await em.execute('create trigger refuse_packs before insert on pack execute function refuse_packs()')
  for (const pack of [unreadable, sound]) await expect(agent.putPack(session, pack)).rejects.toThrow('gone')
  await em.execute('drop function refuse_packs cascade')

  const key = packKey(unreadable.packId)
  world.store.before = (step, of) => {
    if (step === 'get' && of === key) throw new EngineError('store.io-error', 'The disk has a bad sector.')
  }
  const first = await world.vaults.runFsck(null, { readData: false })
  const again = await world.vaults.runFsck(null, { readData: false })
  for (const { problems } of [first, again])
    expect(problems).toEqual([
      { code: 'store.io-error', object: key, message: 'The disk has a bad sector.' },
      { code: 'row.in-doubt', object: key, message: expect.stringContaining('The disk has a bad sector.') },
    ])
  expect([await isOffered(unreadable), await isOffered(sound)]).toEqual([false, true])
  // Packs of the tests before may be looked at meanwhile.
  const told = world.logged('pack.in-doubt').filter(({ packId }) => packId === toHex(unreadable.packId))
  expect(told).toMatchObject([{ level: 'warn' }])
  world.store.before = () => undefined
  expect(await world.vaults.runFsck(null, { readData: false })).toMatchObject({ ok: true })
  expect(await isOffered(unreadable)).toBe(true)
})

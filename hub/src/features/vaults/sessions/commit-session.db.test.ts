import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SnapshotId } from '@holdfast/shared-types'
import { toHex } from '@holdfast/engine/bytes'
import { EngineError } from '@holdfast/engine/errors'
import { blobTypes, decodeSnapshotObject, Refset, snapshotKey, uuidToBytes } from '@holdfast/engine/format'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blobIdOf, buildPack } from '../testing/build-pack.ts'
import { buildTree, folder, type Folder } from '../testing/build-tree.ts'
import type { OpenedSession, TestAgent } from '../testing/test-agent.ts'
import { VaultsUnderTest } from '../testing/vaults-under-test.ts'

let world: VaultsUnderTest
let agent: TestAgent

beforeAll(async () => {
  world = await VaultsUnderTest.open()
  agent = await world.enrol()
})
afterAll(() => world.close())

const someFiles = (): Folder => folder({ home: folder({ 'a.bin': randomBytes(300_000), 'b.txt': randomBytes(5000) }) })
const snapshotFiles = async (of: TestAgent = agent): Promise<string[]> =>
  readdir(join(world.storeDir, of.vaultId, 's', of.agentId)).catch(() => [])
const committedRows = async (of: TestAgent = agent): Promise<number> =>
  Number((await world.database.em().execute<{ n: string }[]>('select count(*) as n from snapshot where agent_id = ?', [of.agentId]))[0]?.n)

/** Nothing of the commit is left, neither in the store nor in the database, and the session goes on. */
async function expectRefused(
  session: OpenedSession,
  object: Uint8Array,
  message: RegExp | string,
  code = 'session.rejected',
): Promise<void> {
  const before = [await snapshotFiles(), await committedRows()]
  await expect(agent.commit(session, object)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  expect([await snapshotFiles(), await committedRows()]).toEqual(before)
}

describe('a good snapshot', () => {
  test('is durable under its key with the hub\u2019s statement, has its row, ends its session and is told', async () => {
    const session = await agent.open()
    const object = await agent.prepare(session, someFiles(), { host: 'ada.lan', plan: 'nightly' })
    const { snapshotId, receivedAtMs } = await agent.commit(session, object)
    const { header, agentPart } = decodeSnapshotObject(object)
    const stored = decodeSnapshotObject(await world.store.get(snapshotKey(header.agentId, header.seq, header.snapshotId)))
    expect(Buffer.from(stored.agentPart).equals(agentPart)).toBe(true)
    expect(stored.hubHeader).toMatchObject({ receivedAtMs, epoch: 1 })
    expect(await world.vaults.snapshots.find(world.database.em(), snapshotId)).toMatchObject({
      id: toHex(header.snapshotId),
      agentId: agent.agentId,
      runId: session.runId,
      receivedAtMs,
      files: 2,
      bytes: 305_000,
      host: 'ada.lan',
      plan: 'nightly',
      roots: [{ path: '/home' }],
    })
    expect(world.committed.at(-1)).toEqual({ snapshotId, agentId: agent.agentId, runId: session.runId, createdAtMs: receivedAtMs })
    await expect(agent.have(session, randomBytes(32))).rejects.toMatchObject({ code: 'session.not-found' })
  })

  test('gets the same answer when it is committed again, and after a restart', async () => {
    const session = await agent.open()
    const object = await agent.prepare(session, someFiles())
    const first = await agent.commit(session, object)
    const told = world.committed.length
    expect(await agent.commit(session, object)).toEqual(first)
    await world.start()
    expect(await agent.commit(session, object)).toEqual(first)
    expect(world.committed.length).toBe(told)
    expect(await world.database.em().execute("select 1 from snapshot where id = decode(?, 'hex')", [first.snapshotId])).toHaveLength(1)
  })

  test('is committed once when it comes several times at once', async () => {
    const session = await agent.open()
    const object = await agent.prepare(session, someFiles())
    const before = await committedRows()
    const answers = await Promise.all(Array.from({ length: 4 }, () => agent.commit(session, object)))
    expect(new Set(answers.map(({ receivedAtMs }) => receivedAtMs)).size).toBe(1)
    expect(await committedRows()).toBe(before + 1)
  })

  test('gets its answer also when an earlier call goes through while it is looked at, and the run ends', async () => {
    const session = await agent.open()
    const object = await agent.prepare(session, someFiles())
    const original = world.runs.getRunForAgent.bind(world.runs)
    let first: unknown
    world.runs.getRunForAgent = async (...asked) => {
      world.runs.getRunForAgent = original
      first = await agent.commit(session, object)
      await world.runs.expire(session.runId)
      return original(...asked)
    }
    expect(await agent.commit(session, object)).toEqual(first)
    // Another snapshot in the same session is another matter.
    await expect(agent.commit(session, await agent.prepare(await agent.open(), someFiles()))).rejects.toMatchObject({
      code: 'session.not-found',
    })
  })

  test('is a base for the next session, whose segments it may name without asking', async () => {
    const files = someFiles()
    const first = await agent.backUp(files)
    const session = await agent.open()
    expect(session.usableBaseSnapshots[0]).toBe(first)
    const refset = await refsetOf(first)
    const root = (await world.vaults.snapshots.find(world.database.em(), first))?.root ?? fail()
    const parent = Buffer.from(first, 'hex')
    const { snapshotId } = await agent.commit(session, agent.seal(session, { refset, root, parent }))
    expect(await world.vaults.snapshots.find(world.database.em(), snapshotId)).toMatchObject({ parentId: first })
  })
})

const fail = (): never => {
  throw new Error('There should be a row')
}

async function refsetOf(snapshotId: string): Promise<Uint8Array> {
  const name = (await snapshotFiles()).find((file) => file.endsWith(snapshotId))
  return decodeSnapshotObject(await world.store.get(`s/${agent.agentId}/${name}`)).refset.slice()
}

describe('a snapshot that is not its session\u2019s', () => {
  test('is refused with a wrong number, signature, device or domain', async () => {
    const session = await agent.open()
    const tree = await agent.prepare(session, someFiles())
    const { refset } = decodeSnapshotObject(tree)
    const root = randomBytes(32)
    await expectRefused(session, await agent.prepare(session, someFiles(), { seq: session.nextSnapshotSeq + 1 }), /number/)
    const spoilt = Buffer.from(tree)
    spoilt[spoilt.length - 1]! ^= 1
    await expectRefused(session, spoilt, /signature/i)
    const { privateKey } = generateKeyPairSync('ed25519')
    await expectRefused(session, agent.seal(session, { refset, root, signKey: privateKey }), /signature/i)
    const other = await world.enrol('other')
    await expectRefused(session, agent.seal(session, { refset, root, agentId: other.agentId }), /another vault, domain, device/)
    const otherDomain = { ...session, keys: { ...session.keys, domainId: randomBytes(16) } }
    await expectRefused(session, agent.seal(otherDomain, { refset, root }), /another vault, domain, device/)
    const otherKeys = { ...session, keys: { ...session.keys, metadataKey: randomBytes(32) } }
    await expectRefused(session, agent.seal(otherKeys, { refset, root }), /verify|key/)
    await expectRefused(session, randomBytes(500), /not a snapshot/)
    await expectRefused(session, new Uint8Array(0), /not a snapshot/)
    await agent.commit(session, tree)
  })

  test('is refused where it says that it stands for another one: what it names would go', async () => {
    const of = Buffer.from(await agent.backUp(someFiles()), 'hex')
    const session = await agent.open()
    const rewriting = { of, why: 'purge', atMs: Number.MAX_SAFE_INTEGER, entriesDropped: 0, bytesDropped: 0 } as const
    await expectRefused(session, await agent.prepare(session, someFiles(), { rewriting }), /written anew/)
  })

  test('is refused with the id of another snapshot', async () => {
    const taken = await agent.backUp(someFiles())
    const session = await agent.open()
    await expectRefused(session, await agent.prepare(session, someFiles(), { snapshotId: Buffer.from(taken, 'hex') }), /has this id/)
  })
})

describe('a snapshot that names segments', () => {
  /** A tree sent in the session, and a refset with one segment more. */
  async function withExtra(session: OpenedSession, packIdHex: string, ordinal: number): Promise<Uint8Array> {
    const sink = agent.sink(session)
    const tree = buildTree(sink, session.keys, someFiles())
    await sink.finish()
    const refset = Refset.decode(sink.refset())
    refset.add(packIdHex, ordinal)
    return agent.seal(session, { ...tree, refset: refset.encode() })
  }

  test('that are not stored is refused, and the count told', async () => {
    const session = await agent.open()
    await expectRefused(session, await withExtra(session, 'ab'.repeat(16), 4), /names 1 segments that are not stored/)
  })

  test('that others brought, and that it was not told of, is refused', async () => {
    const other = await world.enrol('other')
    const theirs = await other.open()
    const pack = await buildPack(theirs.keys, 3, 5000)
    await other.putPack(theirs, pack)
    const session = await agent.open()
    const object = await withExtra(session, toHex(pack.packId), 1)
    await expectRefused(session, object, /names 1 segments that this session neither sent nor was told of/)
    // What another session of the same agent was told counts for that one alone.
    const another = await agent.open()
    await agent.have(another, pack.ids)
    await expectRefused(session, object, /neither sent nor was told of/)
    // Being told of one segment of a pack is not being told of its neighbours.
    await agent.have(session, pack.ids.subarray(0, 32))
    await expectRefused(session, object, /neither sent nor was told of/)
    await agent.have(session, pack.ids.subarray(32, 64))
    await agent.commit(session, object)
  })

  test('that it was told of before a restart of the hub is committed', async () => {
    const other = await world.enrol('other')
    const theirs = await other.open()
    const pack = await buildPack(theirs.keys, 2, 5000)
    await other.putPack(theirs, pack)
    const session = await agent.open()
    await agent.have(session, pack.ids)
    await world.start()
    await agent.commit(session, await withExtra(session, toHex(pack.packId), 1))
  })

  test('of a pack that was lost meanwhile is refused', async () => {
    const session = await agent.open()
    const pack = await buildPack(session.keys, 1, 5000)
    await agent.putPack(session, pack)
    await world.removePack(pack.packId)
    await world.start()
    await expectRefused(session, await withExtra(session, toHex(pack.packId), 0), /not stored/)
  })

  test('without the one its top folder lies in is refused', async () => {
    const session = await agent.open()
    const pack = await buildPack(session.keys, 1, 5000)
    await agent.putPack(session, pack)
    const refset = new Refset()
    refset.add(toHex(pack.packId), 0)
    await expectRefused(session, agent.seal(session, { refset: refset.encode(), root: randomBytes(32) }), /top folder/)
    const root = blobIdOf(session.keys, blobTypes.treePage, randomBytes(10))
    await expectRefused(session, agent.seal(session, { refset: refset.encode(), root }), /top folder/)
  })
})

describe('fences', () => {
  test('an expired run cannot commit', async () => {
    const session = await agent.open()
    const object = await agent.prepare(session, someFiles())
    await world.runs.expire(session.runId)
    await expectRefused(session, object, /./, 'run.fence-stale')
  })

  test('a run that expires while its snapshot is checked cannot commit', async () => {
    const session = await agent.open()
    const object = await agent.prepare(session, someFiles())
    const original = world.runs.markCommitting.bind(world.runs)
    world.runs.markCommitting = async (em, runId, fence) => {
      await world.runs.expire(runId)
      return original(em, runId, fence)
    }
    await expectRefused(session, object, /./, 'run.fence-stale')
    world.runs.markCommitting = original
  })

  test('an expiry in the middle of a commit waits for it, and then finds nothing to expire', async () => {
    const session = await agent.open()
    const object = await agent.prepare(session, someFiles())
    const order: string[] = []
    let expiry: Promise<void> | undefined
    world.store.before = async (step, key) => {
      if (step !== 'put' || !key?.startsWith('s/')) return
      expiry = world.runs.expire(session.runId).then(() => void order.push('expired'))
      await sleep(200)
      order.push('stored')
    }
    const { snapshotId } = await agent.commit(session, object)
    world.store.before = () => undefined
    await expiry
    expect(order).toEqual(['stored', 'expired'])
    expect(await world.vaults.snapshots.find(world.database.em(), snapshotId)).toMatchObject({ state: 'committed' })
  })

  test('of 20 races between commit and expiry none leaves a snapshot without the commit\u2019s word, or the other way round', async () => {
    for (let round = 0; round < 20; round++) {
      const session = await agent.open()
      const object = await agent.prepare(session, folder({ home: folder({ f: randomBytes(300) }) }))
      const id = toHex(decodeSnapshotObject(object).header.snapshotId)
      const [commit] = await Promise.allSettled([
        agent.commit(session, object),
        sleep(Math.random() * 15).then(() => world.runs.expire(session.runId)),
      ])
      const isStored = (await snapshotFiles()).some((name) => name.endsWith(id))
      expect(isStored).toBe(commit.status === 'fulfilled')
      if (commit.status === 'rejected') expect(commit.reason).toMatchObject({ code: 'run.fence-stale' })
    }
  })
})

describe('a commit that fails half-way', () => {
  test('leaves the session open when the store is full, and goes through when there is room', async () => {
    const session = await agent.open()
    const object = await agent.prepare(session, someFiles())
    world.store.before = (step, key) => {
      if (step === 'put' && key?.startsWith('s/')) throw new EngineError('store.full', 'No space left.')
    }
    await expectRefused(session, object, /space/, 'store.full')
    world.store.before = () => undefined
    await agent.commit(session, object)
  })

  test('with the object stored and the database gone is adopted at the next start, and the agent gets its answer then', async () => {
    const session = await agent.open()
    const object = await agent.prepare(session, someFiles())
    const id = toHex(decodeSnapshotObject(object).header.snapshotId)
    await failNextCommit()
    await expect(agent.commit(session, object)).rejects.toThrow()
    expect((await snapshotFiles()).some((name) => name.endsWith(id))).toBe(true)
    expect(await world.vaults.snapshots.find(world.database.em(), SnapshotId.parse(id))).toBeNull()
    await allowCommits()
    const before = await committedRows()
    const rowsWhenMadeDurable: number[] = []
    await world.start(undefined, (store) => {
      store.before = async (step, key) => {
        if (step === 'makeDurable' && key?.endsWith(id)) rowsWhenMadeDurable.push(await committedRows())
      }
    })
    expect(rowsWhenMadeDurable).toEqual([before])
    expect(world.logged('snapshot.adopted').at(-1)).toMatchObject({ snapshotId: id, level: 'warn' })
    const adopted = await world.vaults.snapshots.find(world.database.em(), SnapshotId.parse(id))
    expect(adopted).toMatchObject({ runId: session.runId, state: 'committed' })
    expect(await agent.commit(session, object)).toEqual({ snapshotId: id, receivedAtMs: adopted?.receivedAtMs })
    expect(world.committed.at(-1)).toMatchObject({ snapshotId: id, runId: session.runId })
  })

  test('with the object stored and the database gone goes through when the agent tries again, with the first time of receipt', async () => {
    const session = await agent.open()
    const object = await agent.prepare(session, someFiles())
    await failNextCommit()
    await expect(agent.commit(session, object)).rejects.toThrow()
    await allowCommits()
    const { header } = decodeSnapshotObject(object)
    const key = snapshotKey(uuidToBytes(agent.agentId), header.seq, header.snapshotId)
    const stored = decodeSnapshotObject(await world.store.get(key))
    const before = await committedRows()
    const made = { durable: 0 }
    world.store.before = (step, of) => {
      if (step === 'makeDurable' && of === key && made.durable++ === 0) throw new EngineError('store.io-error', 'The disk failed.')
    }
    // Not acknowledged before its name is sure to survive a power failure: whoever stored it may have been killed before that.
    await expect(agent.commit(session, object)).rejects.toMatchObject({ code: 'store.unavailable' })
    expect(await committedRows()).toBe(before)
    expect(await agent.commit(session, object)).toMatchObject({ receivedAtMs: stored.hubHeader?.receivedAtMs })
    expect(made.durable).toBe(2)
    world.store.before = () => undefined
  })

  /** Everything goes well up to the database's very commit. */
  const failNextCommit = (): Promise<unknown> =>
    world.database.em().execute(`
      create or replace function fail_commit() returns trigger language plpgsql as $$ begin raise exception 'no commit'; end $$;
      create constraint trigger fail_commit after insert on snapshot deferrable initially deferred for each row execute function fail_commit()`)
  const allowCommits = (): Promise<unknown> => world.database.em().execute('drop trigger fail_commit on snapshot')
})

test('every missing segment of a large refset is counted', async () => {
  const refset = new Refset()
  for (let index = 0; index < 30_000; index++) refset.add(randomBytes(16).toString('hex'), index % 50)
  const session = await agent.open()
  const object = agent.seal(session, { refset: refset.encode(), root: randomBytes(32) })
  await expectRefused(session, object, /names 30000 segments that are not stored/)
})

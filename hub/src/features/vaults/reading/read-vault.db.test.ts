import { randomBytes } from 'node:crypto'
import { readdir, rename, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import type { SnapshotId } from '@holdfast/shared-types'
import { concatBytes, toHex } from '@holdfast/engine/bytes'
import {
  blobTypes,
  decodeSnapshotObject,
  locationRecordBytes,
  readLocation,
  Refset,
  writeLocation,
  type SegmentPlace,
} from '@holdfast/engine/format'
import { checkPack } from '@holdfast/engine/vault'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blobIdOf, buildPack } from '../testing/build-pack.ts'
import { folder } from '../testing/build-tree.ts'
import { streamOf, type OpenedSession, type TestAgent } from '../testing/test-agent.ts'
import { VaultsUnderTest } from '../testing/vaults-under-test.ts'
import { ReadableRuns } from './readable-runs.ts'

let world: VaultsUnderTest
let agent: TestAgent
let other: TestAgent
let session: OpenedSession
let snapshotId: SnapshotId
const content = randomBytes(5_300_000)

beforeAll(async () => {
  world = await VaultsUnderTest.open()
  agent = await world.enrol()
  other = await world.enrol('other')
  session = await agent.open()
  snapshotId = (
    await agent.commit(
      session,
      await agent.prepare(session, folder({ home: folder({ 'big.bin': content, 'small.txt': randomBytes(3000) }) })),
    )
  ).snapshotId
})
afterAll(() => world.close())

const chunkIds = (): Buffer =>
  Buffer.concat(
    Array.from({ length: Math.ceil(content.length / 1048576) }, (_, index) =>
      blobIdOf(session.keys, blobTypes.data, content.subarray(index * 1048576, (index + 1) * 1048576)),
    ),
  )

function recordsOf(places: readonly SegmentPlace[]): Uint8Array {
  const records = new Uint8Array(places.length * locationRecordBytes)
  for (const [index, place] of places.entries()) writeLocation(records, index, { ...place, position: 0 })
  return records
}

describe('a restore run', () => {
  test('reads its snapshot\u2019s object, blobs and bytes', async () => {
    const { runId, source } = await agent.source(snapshotId)
    const object = decodeSnapshotObject(await agent.snapshotObject(runId))
    expect(toHex(object.header.snapshotId)).toBe(snapshotId)
    expect(object.hubHeader).not.toBeNull()
    const ids = Array.from({ length: 6 }, (_, index) => chunkIds().subarray(index * 32, (index + 1) * 32))
    const parts: Uint8Array[] = []
    for (const id of ids) parts.push(await source.read(blobTypes.data, id))
    expect(Buffer.from(concatBytes(parts)).equals(content)).toBe(true)
  })

  test('gets segments byte for byte in the order it asked, neighbours and strangers alike', async () => {
    const { runId } = await agent.source(snapshotId)
    const known = await agent.locate(runId, chunkIds())
    const places = Array.from({ length: 6 }, (_, index) => readLocation(known, index) ?? fail())
    const packs = await Promise.all(places.map(({ packId }) => world.store.get(`p/${toHex(packId).slice(0, 2)}/${toHex(packId)}`)))
    const expected = places.map(({ ordinal }, index) => {
      const pack = packs[index] ?? new Uint8Array(0)
      const segment = checkPack(pack).segments[ordinal]
      return segment === undefined ? new Uint8Array(0) : pack.subarray(segment.offset, segment.offset + segment.length)
    })
    for (const order of [
      [0, 1, 2, 3, 4, 5],
      [5, 4, 3, 2, 1, 0],
      [2, 2, 0, 5, 0],
    ]) {
      const bytes = await agent.readSegments(runId, recordsOf(order.map((index) => places[index] ?? fail())))
      expect(Buffer.from(bytes).equals(Buffer.from(concatBytes(order.map((index) => expected[index] ?? fail()))))).toBe(true)
    }
  })

  test('is not told of blobs outside of its snapshot, nor given their segments', async () => {
    const later = await agent.open()
    const pack = await buildPack(later.keys, 2, 5000)
    await agent.putPack(later, pack)
    const { runId } = await agent.source(snapshotId)
    expect([...(await agent.locate(runId, pack.ids))].every((byte) => byte === 0)).toBe(true)
    await expect(agent.readSegments(runId, recordsOf([{ packId: pack.packId, ordinal: 0 }]))).rejects.toMatchObject({
      code: 'access.denied',
    })
    await expect(agent.readSegments(runId, recordsOf([{ packId: randomBytes(16), ordinal: 0 }]))).rejects.toMatchObject({
      code: 'access.denied',
    })
  })

  test('belongs to its agent, its fence and its time', async () => {
    const runId = await agent.startRestore(snapshotId)
    await expect(other.locate(runId, randomBytes(32))).rejects.toMatchObject({ code: 'run.not-found' })
    await expect(other.snapshotObject(runId)).rejects.toMatchObject({ code: 'run.not-found' })
    const ofOthers = await other.startRestore(snapshotId)
    await expect(other.snapshotObject(ofOthers)).rejects.toMatchObject({ code: 'snapshot.not-found' })
    await expect(other.source(snapshotId)).rejects.toMatchObject({ code: 'snapshot.not-found' })
    await expect(agent.snapshotObject(await agent.startBackup())).rejects.toMatchObject({ code: 'run.not-found' })
    await world.runs.expire(runId)
    await expect(agent.locate(runId, randomBytes(32))).rejects.toMatchObject({ code: 'run.already-finished' })
  })

  test('reads nothing more once it has ended, and nobody else reads by it, though it read a moment before', async () => {
    const { runId } = await agent.source(snapshotId)
    expect((await agent.locate(runId, chunkIds())).length).toBe(6 * locationRecordBytes)
    await expect(other.locate(runId, chunkIds())).rejects.toMatchObject({ code: 'run.not-found' })
    await world.finishRun(runId, agent.agentId)
    await expect(agent.locate(runId, chunkIds())).rejects.toMatchObject({ code: 'run.already-finished' })
    await expect(agent.readSegments(runId, new Uint8Array(0))).rejects.toMatchObject({ code: 'run.already-finished' })
  })

  test('is asked about anew after two seconds, where nobody has told that it ended', async () => {
    let nowMs = 0
    const { runs, agents, events } = world
    const vaults = { get: () => ({}) } as never
    const readable = new ReadableRuns({ vaults, runs, agents, domainEvents: events }, () => nowMs)
    const claim = { agentId: agent.agentId, runId: await agent.startRestore(snapshotId) }
    const ask = () => readable.require(world.database.em(), claim)
    expect((await ask()).snapshot.id).toBe(snapshotId)
    await world.runs.expire(claim.runId)
    nowMs = 1_999
    expect((await ask()).snapshot.id).toBe(snapshotId)
    nowMs = 2_000
    await expect(ask()).rejects.toMatchObject({ code: 'run.already-finished' })
  })

  test('is refused bodies that are no whole records, or too many', async () => {
    const { runId } = await agent.source(snapshotId)
    await expect(agent.locate(runId, new Uint8Array(31))).rejects.toMatchObject({ code: 'protocol.invalid-message' })
    await expect(agent.locate(runId, new Uint8Array(4097 * 32))).rejects.toMatchObject({ code: 'request.too-large' })
    await expect(agent.readSegments(runId, new Uint8Array(23))).rejects.toMatchObject({ code: 'protocol.invalid-message' })
    await expect(agent.readSegments(runId, new Uint8Array(24))).rejects.toMatchObject({ code: 'protocol.invalid-message' })
    await expect(agent.readSegments(runId, new Uint8Array(24).fill(7))).rejects.toMatchObject({ code: 'protocol.invalid-message' })
    await expect(
      agent.readSegments(runId, recordsOf(Array.from({ length: 257 }, () => ({ packId: randomBytes(16), ordinal: 0 })))),
    ).rejects.toMatchObject({ code: 'request.too-large' })
    expect((await agent.readSegments(runId, new Uint8Array(0))).length).toBe(0)
  })

  test('reads no further ahead than its reader', async () => {
    const large = await agent.backUp(folder({ home: folder({ 'huge.bin': randomBytes(40 * 1024 * 1024) }) }))
    const { runId } = await agent.source(large)
    const row = await world.vaults.snapshots.find(world.database.em(), large)
    expect(row?.bytes).toBe(40 * 1024 * 1024)
    const sizes: number[] = []
    world.store.after = (step, key) => void (step === 'get' && key?.startsWith('p/') && sizes.push(1))
    const places = [...(await placesOf(large))]
    const handler = world.vaults.feature.routes?.readSegments ?? fail()
    const actor = { kind: 'agent', agentId: agent.agentId, name: 'laptop' } as const
    const answer = await handler({ actor, params: { runId }, body: streamOf(recordsOf(places)), em: world.database.em() } as never)
    if (!('stream' in answer)) throw new Error('Segments come as a stream')
    const iterator = answer.stream[Symbol.asyncIterator]()
    await iterator.next()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(sizes.length).toBeLessThanOrEqual(4)
    let bytes = 0
    for await (const part of answer.stream as AsyncIterable<Uint8Array>) bytes += part.length
    world.store.after = () => undefined
    expect(sizes.length).toBeGreaterThan(8)
    expect(bytes).toBeGreaterThan(30 * 1024 * 1024)
  })
})

/** Data segments of a snapshot, as its refset has them. */
async function placesOf(id: SnapshotId): Promise<SegmentPlace[]> {
  const name = (await readdir(join(world.storeDir, agent.vaultId, 's', agent.agentId))).find((file) => file.endsWith(id))
  const { refset } = decodeSnapshotObject(await world.store.get(`s/${agent.agentId}/${name}`))
  return [...Refset.decode(refset).segments()]
    .map(({ packIdHex, ordinal }) => ({ packId: Buffer.from(packIdHex, 'hex'), ordinal }))
    .slice(0, 200)
}

function fail(): never {
  throw new Error('There should be one')
}

describe('a pack that is not what it was', () => {
  test('breaks the stream off when that is found only after the first bytes were sent', async () => {
    const id = await agent.backUp(folder({ home: folder({ 'cut.bin': randomBytes(2 * 1024 * 1024) }) }))
    const root = (await world.vaults.snapshots.find(world.database.em(), id))?.root ?? fail()
    const { runId } = await agent.source(id)
    const top = readLocation(await agent.locate(runId, root), 0) ?? fail()
    const data = (await placesOf(id)).filter(({ packId }) => toHex(packId) !== toHex(top.packId))
    for (const pack of new Set(data.map(({ packId }) => toHex(packId))))
      await truncate(join(world.storeDir, agent.vaultId, 'p', pack.slice(0, 2), pack), 100)
    const handler = world.vaults.feature.routes?.readSegments ?? fail()
    const actor = { kind: 'agent', agentId: agent.agentId, name: 'laptop' } as const
    const answer = await handler({ actor, params: { runId }, body: streamOf(recordsOf([top, ...data])), em: world.database.em() } as never)
    if (!('stream' in answer)) throw new Error('Segments come as a stream')
    let bytes = 0
    const reading = (async () => {
      for await (const part of answer.stream as AsyncIterable<Uint8Array>) bytes += part.length
    })()
    await expect(reading).rejects.toMatchObject({ code: 'store.io-error' })
    expect(bytes).toBeLessThan(Number(answer.headers['content-length']))
  })

  test('is told as missing before anything is sent, and counts as lost from then on', async () => {
    const id = await agent.backUp(folder({ home: folder({ 'gone.bin': randomBytes(2 * 1024 * 1024) }) }))
    const places = await placesOf(id)
    const { runId } = await agent.source(id)
    const first = toHex(places[0]?.packId ?? fail())
    await rename(join(world.storeDir, agent.vaultId, 'p', first.slice(0, 2), first), `${world.storeDir}.gone`)
    await expect(agent.readSegments(runId, recordsOf(places))).rejects.toMatchObject({ code: 'vault.corrupt' })
    await rename(`${world.storeDir}.gone`, join(world.storeDir, agent.vaultId, 'p', first.slice(0, 2), first))
  })
})

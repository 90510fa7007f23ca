import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { decodeSnapshotObject, readLocation, Refset } from '@holdfast/engine/format'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { piece, treeOf } from '../testing/collection-world.ts'
import { asPerson, createPrivate, enrolApproved, type MadeVault } from '../testing/private-world.ts'
import { VaultsUnderTest } from '../testing/vaults-under-test.ts'

let world: VaultsUnderTest
let made: MadeVault

beforeEach(async () => {
  world = await VaultsUnderTest.open()
  made = await createPrivate(world)
})
afterEach(() => world.close())

describe('ciphertext for people', () => {
  test('is the very bytes that are stored, within what the snapshot needs', async () => {
    const agent = await enrolApproved(world, made, 'ada')
    const id = await agent.backUp(treeOf({ 'a.bin': piece() }))
    const other = await agent.backUp(treeOf({ 'b.bin': piece() }))
    const object = await asPerson<Uint8Array>(world, 'getStoredSnapshot', { params: { snapshotId: id } })
    const refset = Refset.decode(decodeSnapshotObject(object).refset)
    const foreign = Refset.decode(
      decodeSnapshotObject(await asPerson<Uint8Array>(world, 'getStoredSnapshot', { params: { snapshotId: other } })).refset,
    )
    const { runId, keys } = await agent.sourceWithKeys(id)
    expect(Buffer.compare(object, await agent.snapshotObject(runId))).toBe(0)
    expect(keys.domainId).toBeDefined()
    const records = recordsOf(refset)
    const answer = await asPerson<{ stream: Readable }>(world, 'readSnapshotSegments', {
      params: { snapshotId: id },
      body: Readable.from([records]),
    })
    expect(Buffer.compare(Buffer.concat(await answer.stream.toArray()), await agent.readSegments(runId, records))).toBe(0)
    const beyond = [...foreign.segments()].filter(({ packIdHex, ordinal }) => !refset.has(packIdHex, ordinal))
    expect(beyond.length).toBeGreaterThan(0)
    await expect(
      asPerson(world, 'readSnapshotSegments', { params: { snapshotId: id }, body: Readable.from([recordsOf({ segments: () => beyond })]) }),
    ).rejects.toMatchObject({ code: 'access.denied' })
    const located = await asPerson<Uint8Array>(world, 'locateSnapshotBlobs', {
      params: { snapshotId: id },
      body: Readable.from([randomBytes(32)]),
    })
    expect(readLocation(located, 0)).toBeNull()
    await expect(asPerson(world, 'getStoredSnapshot', { params: { snapshotId: 'ab'.repeat(16) } })).rejects.toMatchObject({
      code: 'snapshot.not-found',
    })
  })
})

function recordsOf(refset: { segments(): Iterable<{ packIdHex: string; ordinal: number }> }): Uint8Array {
  const parts = [...refset.segments()].map(({ packIdHex, ordinal }) => {
    const record = Buffer.alloc(24)
    Buffer.from(packIdHex, 'hex').copy(record)
    record.writeUInt32LE(ordinal, 16)
    record.writeUInt16LE(1, 22)
    return record
  })
  return Buffer.concat(parts)
}

import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DomainId, SessionId } from '@holdfast/shared-types'
import { toHex } from '@holdfast/engine/bytes'
import type { PackSegment } from '@holdfast/engine/format'
import { BlobIndex } from '@holdfast/engine/vault'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { VaultContents, type IndexedPack } from './vault-contents.ts'

const domainId = DomainId.parse('11111111-1111-4111-8111-111111111111')
const otherDomain = DomainId.parse('22222222-2222-4222-8222-222222222222')
const sessionId = SessionId.parse('33333333-3333-4333-8333-333333333333')

/** A pack with one blob a segment; births are its own unless given. */
function aPack(
  changes: Partial<IndexedPack> & { ids?: Uint8Array[]; births?: { packId: Uint8Array; ordinal: number }[] } = {},
): IndexedPack & { ids: Uint8Array[] } {
  const packId = changes.packId ?? randomBytes(16)
  const ids = changes.ids ?? [randomBytes(32), randomBytes(32)]
  let offset = 64
  const segments = ids.map((id, ordinal): PackSegment => {
    const length = 100 + ordinal
    const birth = changes.births?.[ordinal] ?? { packId, ordinal }
    const segment = {
      offset,
      length,
      flags: 0,
      crc32: 0,
      birthPackId: birth.packId,
      birthOrdinal: birth.ordinal,
      keyEpoch: 1,
      blobIds: [id],
    }
    offset += length
    return segment
  })
  return { domainId, sessionId, ...changes, packId, segments, ids }
}

const idOf = (pack: { ids: Uint8Array[] }, index: number): Uint8Array => pack.ids[index] ?? new Uint8Array(32)

let folder: string
let index: BlobIndex
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-contents-'))
  const fail = (reason: unknown): void => expect.fail(String(reason))
  index = new BlobIndex({ folder, onUnwritable: fail, onFailure: fail })
})
afterAll(async () => {
  await index.close()
  await rm(folder, { recursive: true })
})

describe('what a vault holds', () => {
  test('is found by blob and by birth, within its domain', async () => {
    const contents = new VaultContents(index)
    const pack = aPack()
    await contents.addPack(pack)
    expect(await contents.findBlob(domainId, idOf(pack, 1))).toMatchObject({
      packIdHex: toHex(pack.packId),
      ordinal: 1,
      position: 0,
      sessionId,
    })
    expect(await contents.findBlob(otherDomain, idOf(pack, 1))).toBeNull()
    expect(contents.findSegment(toHex(pack.packId), 1)).toMatchObject({ offset: 164, length: 101, domainId })
    expect(contents.findSegment(toHex(pack.packId), 2)).toBeNull()
    expect(contents.findSegment(toHex(randomBytes(16)), 0)).toBeNull()
    expect([contents.hasBlobs(domainId), contents.hasBlobs(otherDomain)]).toEqual([true, false])
  })

  test('counts a pack that is added twice once', async () => {
    const contents = new VaultContents(index)
    const pack = aPack()
    await contents.addPack(pack)
    await contents.addPack(pack)
    expect(contents.packCount).toBe(1)
  })

  test('is offered no more when its pack is lost, and again when it is back', async () => {
    const contents = new VaultContents(index)
    const pack = aPack()
    await contents.addPack(pack)
    expect(contents.markLost(toHex(pack.packId))).toBe(true)
    expect(contents.markLost(toHex(pack.packId))).toBe(false)
    expect(await contents.findBlob(domainId, idOf(pack, 0))).toBeNull()
    expect(contents.findSegment(toHex(pack.packId), 0)).toBeNull()
    expect(contents.hasLost).toBe(true)
    await contents.addPack(pack)
    expect(await contents.findBlob(domainId, idOf(pack, 0))).not.toBeNull()
    expect(contents.hasLost).toBe(false)
  })

  test('falls back to another copy of a blob when the first is lost or not accepted', async () => {
    const contents = new VaultContents(index)
    const first = aPack()
    const second = aPack({ ids: first.ids })
    await contents.addPack(first)
    await contents.addPack(second)
    expect((await contents.findBlob(domainId, idOf(first, 0)))?.packIdHex).toBe(toHex(first.packId))
    expect((await contents.findBlob(domainId, idOf(first, 0), (packIdHex) => packIdHex !== toHex(first.packId)))?.packIdHex).toBe(
      toHex(second.packId),
    )
    contents.markLost(toHex(first.packId))
    expect((await contents.findBlob(domainId, idOf(first, 0)))?.packIdHex).toBe(toHex(second.packId))
  })

  test('keeps the birth of segments that were moved into another pack', async () => {
    const contents = new VaultContents(index)
    const born = aPack()
    await contents.addPack(born)
    // Merged later: the second segment of the old pack, then one of a pack this hub never saw.
    const vanished = randomBytes(16)
    const merged = aPack({
      ids: [idOf(born, 1), randomBytes(32)],
      births: [
        { packId: born.packId, ordinal: 1 },
        { packId: vanished, ordinal: 7 },
      ],
      sessionId: null,
    })
    await contents.addPack(merged)
    expect(contents.findSegment(toHex(born.packId), 0)?.packIdHex).toBe(toHex(born.packId))
    expect(contents.findSegment(toHex(born.packId), 1)?.packIdHex).toBe(toHex(merged.packId))
    contents.markLost(toHex(merged.packId))
    expect(contents.findSegment(toHex(born.packId), 1)?.packIdHex).toBe(toHex(born.packId))
    await contents.addPack(merged)
    contents.markLost(toHex(born.packId))
    expect(contents.findSegment(toHex(born.packId), 0)).toBeNull()
    expect(contents.findSegment(toHex(born.packId), 1)).toMatchObject({ packIdHex: toHex(merged.packId), offset: 64, length: 100 })
    expect(contents.findSegment(toHex(vanished), 7)).toMatchObject({ packIdHex: toHex(merged.packId), offset: 164, length: 101 })
    expect(await contents.findBlob(domainId, idOf(merged, 1))).toMatchObject({ packIdHex: toHex(vanished), ordinal: 7 })
    expect(await contents.findBlob(domainId, idOf(born, 1))).toMatchObject({ packIdHex: toHex(born.packId), ordinal: 1 })
  })

  test('offers nothing that is condemned, and still finds it for whose snapshot names it', async () => {
    const contents = new VaultContents(index)
    const pack = aPack()
    const packIdHex = toHex(pack.packId)
    await contents.addPack({ ...pack, condemned: Uint8Array.of(0b10) })
    expect([contents.isOffered(packIdHex, 0), contents.isOffered(packIdHex, 1)]).toEqual([true, false])
    const isOffered = (hex: string, ordinal: number) => contents.isOffered(hex, ordinal)
    expect(await contents.findBlob(domainId, idOf(pack, 1), isOffered)).toBeNull()
    expect(await contents.findBlob(domainId, idOf(pack, 1))).not.toBeNull()
    expect(contents.findSegment(packIdHex, 1)).not.toBeNull()
    contents.setCondemned(packIdHex, null)
    expect(contents.isOffered(packIdHex, 1)).toBe(true)
  })

  test.each([['in the order of their making'], ['in another']])(
    'reads what is moved twice where it is not condemned, whatever order packs are added in: %s',
    async (order) => {
      const contents = new VaultContents(index)
      const born = aPack()
      const births = [{ packId: born.packId, ordinal: 0 }]
      const [older, newer] = [aPack({ ids: [idOf(born, 0)], births }), aPack({ ids: [idOf(born, 0)], births })]
      const condemned = Uint8Array.of(1)
      const packs = [{ ...born, condemned }, { ...older, condemned }, newer]
      for (const pack of order === 'in another' ? [newer, older, born] : packs)
        await contents.addPack(packs.find(({ packId }) => packId === pack.packId)!)
      const [bornHex, olderHex, newerHex] = [born, older, newer].map(({ packId }) => toHex(packId)) as [string, string, string]
      const placeHex = () => contents.findSegment(bornHex, 0)?.packIdHex
      expect([placeHex(), contents.isOffered(bornHex, 0)]).toEqual([newerHex, true])
      expect(contents.segmentOf(newerHex, 0)?.isMoved).toBe(false)
      expect(contents.copiesOf(newerHex, [0]).packIdsHex).toEqual(new Set([bornHex, olderHex]))
      // The others are as good as gone; still they are read where nothing better is.
      contents.setLostSegments(newerHex, Uint8Array.of(1))
      expect([bornHex, olderHex]).toContain(placeHex())
      expect(contents.isOffered(bornHex, 0)).toBe(false)
      contents.setCondemned(bornHex, null)
      expect([placeHex(), contents.isOffered(bornHex, 0)]).toEqual([bornHex, true])
    },
  )

  test('knows whether something was lost since somebody looked whose it is', async () => {
    const contents = new VaultContents(index)
    const pack = aPack()
    const packIdHex = toHex(pack.packId)
    await contents.addPack(pack)
    expect(contents.hasNewLosses).toBe(false)
    contents.setLostSegments(packIdHex, Uint8Array.of(1))
    const { losses } = contents
    contents.setLostSegments(packIdHex, Uint8Array.of(3))
    contents.noteLossesLookedAt(losses)
    expect(contents.hasNewLosses).toBe(true)
    contents.noteLossesLookedAt(contents.losses)
    contents.setLostSegments(packIdHex, Uint8Array.of(2))
    expect(contents.hasNewLosses).toBe(false)
    contents.markLost(packIdHex)
    expect(contents.hasNewLosses).toBe(true)
  })

  test('tells of each pack what lies in it, and what was moved out of it', async () => {
    const contents = new VaultContents(index)
    const born = aPack()
    await contents.addPack(born)
    const moved = aPack({ ids: [idOf(born, 0)], births: [{ packId: born.packId, ordinal: 0 }] })
    await contents.addPack(moved)
    const views = [...contents.packs()].map((pack) => [
      pack.packIdHex,
      ...Array.from({ length: pack.segmentCount }, (_, position) => pack.segment(position).isMoved),
    ])
    expect(views).toEqual([
      [toHex(born.packId), true, false],
      [toHex(moved.packId), false],
    ])
    contents.markGone(toHex(born.packId))
    expect([...contents.packs()].map(({ packIdHex }) => packIdHex)).toEqual([toHex(moved.packId)])
    expect(contents.findSegment(toHex(born.packId), 0)?.packIdHex).toBe(toHex(moved.packId))
    expect(contents.findSegment(toHex(born.packId), 1)).toBeNull()
    expect(contents.hasLost).toBe(false)
  })

  test('gives a blob one number wherever its copies lie, and others to all others', async () => {
    const contents = new VaultContents(index)
    const first = aPack()
    const second = aPack({ ids: [randomBytes(32), idOf(first, 1)] })
    await contents.addPack(first)
    await contents.addPack(second)
    const asked = [idOf(first, 0), idOf(first, 1), idOf(second, 0), idOf(second, 1), randomBytes(32)]
    const numbers = await contents.blobNumbers(domainId, Buffer.concat(asked))
    expect(numbers).toEqual([0, 1, 2, 1, null])
    contents.markLost(toHex(first.packId))
    expect(await contents.blobNumbers(domainId, Buffer.concat(asked))).toEqual(numbers)
  })

  test('finds the one place that is accepted among many', async () => {
    const contents = new VaultContents(index)
    const id = randomBytes(32)
    const packs = Array.from({ length: 20 }, () => aPack({ ids: [id] }))
    for (const pack of packs) await contents.addPack(pack)
    for (const wanted of [0, 7, 8, 19]) {
      const packIdHex = toHex(packs[wanted]!.packId)
      expect((await contents.findBlob(domainId, id, (candidate) => candidate === packIdHex))?.packIdHex).toBe(packIdHex)
    }
    expect(await contents.findBlob(domainId, id, () => false)).toBeNull()
  })
})

import { createHash, randomBytes } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Api, ResponseOf, VaultUsage } from '@holdfast/shared-types'
import { EngineError } from '@holdfast/engine/errors'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { folder, type Folder } from '../testing/build-tree.ts'
import type { TestAgent } from '../testing/test-agent.ts'
import { VaultsUnderTest } from '../testing/vaults-under-test.ts'
import { freshMs, storedByDay } from './vault-usage.ts'

let world: VaultsUnderTest
let laptop: TestAgent
let server: TestAgent

beforeEach(async () => {
  world = await VaultsUnderTest.open()
  laptop = await world.enrol('laptop')
  server = await world.enrol('server')
})
afterEach(() => world.close())

/** As a later visit sees it, when everything is counted: on a busy machine that takes longer than one answer waits. */
function usage(of: VaultsUnderTest = world): Promise<VaultUsage> {
  return vi.waitUntil(
    async () => {
      of.nowMs += freshMs + 1
      const handler = of.vaults.feature.routes?.getVaultUsage
      const answer = (await handler?.({ params: { vaultId: laptop.vaultId } } as never)) as ResponseOf<Api['getVaultUsage']>
      return answer.distinctState === 'counting' ? null : answer
    },
    { timeout: 30_000, interval: 20 },
  )
}

/** Bytes of the folder of packs, as `du --apparent-size` counts them. */
async function storedOnDisk(): Promise<number> {
  const packs = join(world.storeDir, laptop.vaultId, 'p')
  const names = await readdir(packs, { recursive: true, withFileTypes: true })
  const files = names.filter((name) => name.isFile())
  const sizes = await Promise.all(files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** Chunks of a test tree are 1 MiB: content counted once, with the tools of the system alone. */
function distinctOf(contents: readonly Uint8Array[]): number {
  const sizeByHash = new Map<string, number>()
  for (const content of contents)
    for (let at = 0; at < content.length; at += 1 << 20) {
      const chunk = content.subarray(at, at + (1 << 20))
      sizeByHash.set(createHash('sha256').update(chunk).digest('hex'), chunk.length)
    }
  return [...sizeByHash.values()].reduce((sum, size) => sum + size, 0)
}

const noise = randomBytes(2_500_000)
const other = randomBytes(300_000)
const text = Buffer.from('the same words again and again. '.repeat(40_000))

describe('the figures of a vault', () => {
  test('are those that counting files and the disk give', async () => {
    expect(await usage()).toMatchObject({ snapshots: 0, bytesLogical: 0, bytesStored: 0, days: [], devices: [], deviceCount: 0 })
    const first: Folder = folder({ home: folder({ 'noise.bin': noise, 'text.txt': text, empty: new Uint8Array() }) })
    await laptop.backUp(first)
    await laptop.backUp(first)
    // Another machine with a copy of one file, a file of its own, and a sparse one.
    await server.backUp(folder({ srv: folder({ copy: noise, own: other, sparse: [other.subarray(0, 1000), { holeBytes: 5_000_000 }] }) }))

    const counted = await usage()
    const ofLaptop = noise.length + text.length
    const ofServer = noise.length + other.length + 1000 + 5_000_000
    const distinct = distinctOf([noise, text, other, other.subarray(0, 1000)])
    expect(counted).toMatchObject({
      snapshots: 3,
      bytesLogical: 2 * ofLaptop + ofServer,
      bytesStored: await storedOnDisk(),
      distinctState: 'current',
      distinct: { bytes: distinct, logicalBytes: 2 * ofLaptop + ofServer, snapshots: 3 },
      bytesOfUnknown: 0,
      deviceCount: 2,
    })
    expect(counted.bytesData + counted.bytesMetadata).toBe(counted.bytesStored)
    // The text is stored in next to nothing; noise as it is, padded by 3 % at most (docs/vault-format.md §8).
    expect(counted.bytesStored).toBeLessThan((noise.length + other.length) * 1.03 + 40_000)
    expect(counted.devices.map(({ name, snapshots, bytesLogical, newest }) => [name, snapshots, bytesLogical, newest.bytes])).toEqual([
      ['server', 1, ofServer, ofServer],
      ['laptop', 2, 2 * ofLaptop, ofLaptop],
    ])
    const [ofServerSent, ofLaptopSent] = counted.devices.map(({ bytesSent }) => bytesSent) as [number, number]
    expect(ofServerSent + ofLaptopSent).toBe(counted.bytesStored)
    // What the laptop had sent cost the server nothing.
    expect(ofServerSent).toBeLessThan(other.length * 1.03 + 20_000)
    expect(counted.days.at(-1)?.bytesStored).toBe(counted.bytesStored)
  })

  test('are the same after a restart, and with a new database, where only who sent what is not known any more', async () => {
    await laptop.backUp(folder({ home: folder({ 'noise.bin': noise }) }))
    const before = await usage()
    await world.start()
    const { countedAtMs: _at, distinct, ...rest } = await usage()
    expect(before).toMatchObject({ ...rest, distinct: { bytes: distinct?.bytes, snapshots: 1 } })
    await world.stop()
    const renewed = await world.withEmptyDatabase()
    try {
      expect(await usage(renewed)).toMatchObject({
        bytesStored: before.bytesStored,
        bytesLogical: before.bytesLogical,
        distinct: { bytes: noise.length },
        bytesOfUnknown: before.bytesStored,
        devices: [{ bytesSent: 0, name: 'laptop.lan' }],
      })
    } finally {
      await renewed.closeDatabase()
    }
  })

  test('say so where a folder list cannot be read, and do not read the vault through with every look', async () => {
    await laptop.backUp(folder({ home: folder({ 'noise.bin': noise }) }))
    // The kind of failure after which the hub asks again: a pack that is missing counts as lost until the next start.
    world.store.before = (step, key) => {
      if (step === 'get' && key?.startsWith('p/')) throw new EngineError('store.io-error', 'The disk has a bad sector.')
    }
    for (let look = 0; look < 3; look++) expect(await usage()).toMatchObject({ distinct: null, distinctState: 'failed', snapshots: 1 })
    expect(world.logged('vault.not-counted')).toHaveLength(1)
    // Mended: after a while it is counted again, and the failure is forgotten.
    world.store.before = () => undefined
    world.nowMs += 11 * 60_000
    for (let look = 0; look < 2; look++)
      expect(await usage()).toMatchObject({ distinct: { bytes: noise.length, snapshots: 1 }, distinctState: 'current' })
  })

  test('settle again when a snapshot is gone', async () => {
    await laptop.backUp(folder({ home: folder({ 'noise.bin': noise }) }))
    const gone = await laptop.backUp(folder({ home: folder({ 'other.bin': other }) }))
    expect(await usage()).toMatchObject({ distinct: { bytes: noise.length + other.length, snapshots: 2 }, distinctState: 'current' })
    await world.database.em().execute(`update snapshot set state = 'lost' where id = decode(?, 'hex')`, [gone])
    for (let look = 0; look < 2; look++)
      expect(await usage()).toMatchObject({ distinct: { bytes: noise.length, snapshots: 1 }, distinctState: 'current' })
  })
})

describe('days', () => {
  const day = 86_400_000
  const nowMs = Date.UTC(2026, 10, 21, 9)
  test('have no gaps, end today, and begin a year ago at the earliest with all that was there', () => {
    expect(storedByDay([], nowMs)).toEqual([])
    expect(
      storedByDay(
        [
          { day: '2026-11-18', bytes: 5 },
          { day: '2026-11-20', bytes: 2 },
        ],
        nowMs,
      ).map(({ bytesStored }) => bytesStored),
    ).toEqual([5, 5, 7, 7])
    const old = storedByDay([{ day: '2020-01-01', bytes: 9 }], nowMs)
    expect([old.length, old[0]]).toEqual([366, { day: new Date(nowMs - 365 * day).toISOString().slice(0, 10), bytesStored: 9 }])
    // A clock that was ahead.
    expect(storedByDay([{ day: '2031-01-01', bytes: 9 }], nowMs)).toEqual([{ day: '2026-11-21', bytesStored: 9 }])
  })
})

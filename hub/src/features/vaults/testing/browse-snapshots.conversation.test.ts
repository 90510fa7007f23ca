import { randomBytes } from 'node:crypto'
import { truncate } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Problem, Snapshot, SnapshotEntry, SnapshotId } from '@holdfast/shared-types'
import { toHex } from '@holdfast/engine/bytes'
import { blobTypes, readLocation } from '@holdfast/engine/format'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blobIdOf } from './build-pack.ts'
import { folder } from './build-tree.ts'
import { serveVaults, type ServedVaults } from './serve-vaults.ts'
import type { TestAgent } from './test-agent.ts'
import { VaultsUnderTest } from './vaults-under-test.ts'

let world: VaultsUnderTest
let served: ServedVaults
let laptop: TestAgent
let server: TestAgent
/** Oldest first. */
let ofLaptop: SnapshotId[]
let ofServer: SnapshotId

const big = randomBytes(6_500_000)
const sparse = [randomBytes(300_000), { holeBytes: 3_000_000 }, randomBytes(100_000), { holeBytes: 200_000 }]
const sparseBytes = Buffer.concat(sparse.map((part) => (part instanceof Uint8Array ? part : Buffer.alloc(part.holeBytes))))
const many = Array.from({ length: 20_000 }, (_, index) => `file ${String(index).padStart(5, '0')}`)

beforeAll(async () => {
  world = await VaultsUnderTest.open()
  served = await serveVaults(world)
  laptop = await world.enrol('Laptop')
  server = await world.enrol('server')
  const files = folder([
    ['big.bin', big],
    ['sparse.img', sparse],
    ['empty', new Uint8Array(0)],
    ['short.txt', { node: Buffer.from('short enough to lie in the page'), mode: 0o640, mtimeNs: 0n, deletedAtMs: 7 }],
    ['link', { link: '/etc/passwd' }],
    ['Ünïcode "quoted" \\ 100%.txt', Buffer.from('x')],
    [Buffer.from([0x62, 0xff, 0x61, 0x64]), Buffer.from('a name that is not UTF-8')],
    ['many', folder(many.map((name): [string, Uint8Array] => [name, Buffer.from(name)]))],
  ])
  ofLaptop = [await laptop.backUp(folder({ home: folder({ ada: files }) })), await laptop.backUp(folder({ home: folder({}) }))]
  ofServer = await server.backUp(folder({ srv: folder({}) }), { status: 'complete-with-errors', errors: 3 })
}, 120_000)
afterAll(async () => {
  await served.close()
  await world.close()
})

const json = async <T>(path: string, as?: TestAgent): Promise<T> =>
  (await served.call(path, as === undefined ? {} : { as: as.agentId })).json() as Promise<T>
const codeOf = async (path: string, as?: TestAgent): Promise<string> => (await json<Problem>(path, as)).code
const ids = async (path: string, as?: TestAgent): Promise<string[]> =>
  (await json<{ items: Snapshot[] }>(path, as)).items.map(({ id }) => id)
interface Entries {
  folder: SnapshotEntry | null
  items: SnapshotEntry[]
  total: number
}
const entries = (query: string, id: string = ofLaptop[0] ?? ''): Promise<Entries> => json(`/snapshots/${id}/entries?${query}`)
const fileUrl = (path: string, id: string = ofLaptop[0] ?? ''): string => `/snapshots/${id}/file?path=${encodeURIComponent(path)}`

describe('the list of snapshots', () => {
  test('has all for a person, oldest first, and only its own for a device', async () => {
    expect(await ids('/snapshots')).toEqual([...ofLaptop, ofServer])
    expect(await ids('/snapshots', laptop)).toEqual(ofLaptop)
    const [first] = (await json<{ items: Snapshot[] }>('/snapshots')).items
    expect(first).toMatchObject({
      deviceName: 'Laptop',
      status: 'complete',
      plan: null,
      roots: [{ path: '/home' }],
      files: 20_006,
      errors: 0,
    })
  })

  test('is narrowed by device, by device name and by host name, in any case', async () => {
    expect(await ids(`/snapshots?agentId=${server.agentId}`)).toEqual([ofServer])
    expect(await ids('/snapshots?host=laptop')).toEqual(ofLaptop)
    expect(await ids('/snapshots?host=LAPTOP.lan')).toEqual(ofLaptop)
    expect(await ids('/snapshots?host=nobody')).toEqual([])
    expect(await ids(`/snapshots?agentId=${server.agentId}&host=laptop`)).toEqual([])
    expect(await ids('/snapshots?host=laptop', server)).toEqual([])
  })
})

describe('one snapshot', () => {
  test('is found by its id, by a unique prefix of it in any case, and as latest of one host', async () => {
    const [first = '', second] = ofLaptop
    expect(await json(`/snapshots/${first}`)).toMatchObject({ id: first })
    expect(await json(`/snapshots/${first.slice(0, 9).toUpperCase()}`)).toMatchObject({ id: first })
    expect(await json('/snapshots/latest?host=laptop')).toMatchObject({ id: second })
    expect(await json('/snapshots/latest?host=server.lan')).toMatchObject({ id: ofServer, status: 'complete-with-errors', errors: 3 })
    expect(await json('/snapshots/latest', laptop)).toMatchObject({ id: second })
  })

  test('is ambiguous as latest of several hosts, which names the cure, and by a prefix that is short or fits several', async () => {
    expect(await json('/snapshots/latest')).toMatchObject({ code: 'snapshot.ambiguous', cure: expect.stringContaining('--host') })
    expect(await codeOf(`/snapshots/${ofServer.slice(0, 7)}`)).toBe('snapshot.ambiguous')
    await world.database
      .em()
      .execute(`insert into snapshot select decode(? || '00', 'hex'), ${await columns()} from snapshot where id = decode(?, 'hex')`, [
        ofServer.slice(0, 30),
        ofServer,
      ])
    expect(await codeOf(`/snapshots/${ofServer.slice(0, 30)}`)).toBe('snapshot.ambiguous')
    await world.database.em().execute(`delete from snapshot where id = decode(? || '00', 'hex')`, [ofServer.slice(0, 30)])
  })

  test('is not found when there is none, when it is another device\u2019s, and when its name is nonsense', async () => {
    expect(await codeOf(`/snapshots/${'0'.repeat(32)}`)).toBe('snapshot.not-found')
    expect(await codeOf(`/snapshots/${ofServer}`, laptop)).toBe('snapshot.not-found')
    expect(await codeOf(`/snapshots/${ofServer}/entries`, laptop)).toBe('snapshot.not-found')
    expect(await codeOf(`/snapshots/${ofServer}/file?path=/x`, laptop)).toBe('snapshot.not-found')
    expect(await codeOf('/snapshots/latest?host=nobody')).toBe('snapshot.not-found')
    expect(await codeOf('/snapshots/notahexnumber')).toBe('snapshot.not-found')
  })
})

const columns = async (): Promise<string> => {
  const rows = await world.database
    .em()
    .execute<{ name: string }[]>(
      `select column_name as name from information_schema.columns where table_name = 'snapshot' and column_name <> 'id' order by ordinal_position`,
    )
  return rows.map(({ name }) => `"${name}"`).join(', ')
}

describe('a folder of a snapshot', () => {
  test('is the top when no path is given', async () => {
    expect(await entries('')).toMatchObject({
      folder: null,
      total: 1,
      items: [{ name: 'home', path: '/home', type: 'folder', subtree: { files: 20_006, errors: 0 } }],
    })
  })

  test('shows each kind of entry, sorted by the bytes of its name', async () => {
    const { folder: self, items, total } = await entries('path=/home/ada')
    expect(total).toBe(8)
    expect(self).toMatchObject({ path: '/home/ada', type: 'folder', subtree: { files: 20_006 } })
    expect(items.map(({ name }) => name)).toEqual([
      'big.bin',
      'b\uFFFDad',
      'empty',
      'link',
      'many',
      'short.txt',
      'sparse.img',
      'Ünïcode "quoted" \\ 100%.txt',
    ])
    expect(items[0]).toEqual({
      name: 'big.bin',
      path: '/home/ada/big.bin',
      type: 'file',
      mode: 0o640,
      uid: 1000,
      gid: 100,
      user: 'ada',
      group: null,
      size: big.length,
      mtimeNs: '1700000000123456789',
      symlinkTarget: null,
      deletedAtMs: null,
      subtree: null,
    })
    expect(items[1]).toMatchObject({
      path: '/home/ada/b\uFFFDad',
      pathBase64: Buffer.concat([Buffer.from('/home/ada/b'), Buffer.from([0xff]), Buffer.from('ad')]).toString('base64'),
    })
    expect(items[5]).toMatchObject({ name: 'short.txt', deletedAtMs: 7 })
    expect(items[3]).toMatchObject({ type: 'symlink', symlinkTarget: '/etc/passwd', size: 0 })
  })

  test('of 20,000 entries comes in pages without gap or repetition, and a page in the middle reads little', async () => {
    const names: string[] = []
    for (let after = 0; after < 20_000; after += 7000) {
      const page = await entries(`path=/home/ada/many&after=${after}&limit=7000`)
      expect(page.total).toBe(20_000)
      names.push(...page.items.map(({ name }) => name))
    }
    expect(names).toEqual(many)
    await world.start()
    await served.close()
    served = await serveVaults(world)
    let reads = 0
    world.store.after = (step, key) => void (step === 'get' && key?.startsWith('p/') && reads++)
    const page = await entries('path=/home/ada/many&after=12345&limit=10')
    world.store.after = () => undefined
    expect(page.items.map(({ name }) => name)).toEqual(many.slice(12_345, 12_355))
    // Folders on the way, the folder's own top page, and one or two of its leaves; the whole has about 60.
    expect(reads).toBeLessThanOrEqual(6)
    expect((await entries('path=/home/ada/many&after=20000')).items).toEqual([])
    expect((await entries('path=/home/ada/many&after=99999')).total).toBe(20_000)
  })

  test('is found by raw bytes too, and whatever slashes there are too many', async () => {
    const raw = Buffer.concat([Buffer.from('/home/ada/b'), Buffer.from([0xff]), Buffer.from('ad')]).toString('base64url')
    const file = await served.call(`/snapshots/${ofLaptop[0]}/file?pathBase64=${raw}`)
    expect(await file.text()).toBe('a name that is not UTF-8')
    expect((await entries('path=//home//ada/')).total).toBe(8)
  })

  test('is not found where there is nothing, or no folder; dots are refused', async () => {
    for (const path of ['/nope', '/home/ada/big.bin', '/home/ada/big.bin/x', '/home/ada/link'])
      expect(await codeOf(`/snapshots/${ofLaptop[0]}/entries?path=${path}`)).toBe('snapshot.path-not-found')
    expect(await codeOf(`/snapshots/${ofLaptop[0]}/entries?path=/home/../etc`)).toBe('request.invalid')
    expect(await codeOf(`/snapshots/${'0'.repeat(32)}/entries`)).toBe('snapshot.not-found')
  })
})

describe('a download', () => {
  test('is the file byte for byte: large, sparse, short, empty', async () => {
    for (const [path, expected] of [
      ['big.bin', big],
      ['sparse.img', sparseBytes],
      ['short.txt', Buffer.from('short enough to lie in the page')],
      ['empty', Buffer.alloc(0)],
    ] as const) {
      const answer = await served.call(fileUrl(`/home/ada/${path}`))
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-length')).toBe(String(expected.length))
      expect(Buffer.from(await answer.arrayBuffer()).equals(expected)).toBe(true)
    }
  })

  test('is a file to keep and never a page of the hub', async () => {
    const { headers } = await served.call(fileUrl('/home/ada/Ünïcode "quoted" \\ 100%.txt'))
    expect(headers.get('content-type')).toBe('application/octet-stream')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-disposition')).toBe(
      `attachment; filename="_n_code _quoted_ _ 100_.txt"; filename*=UTF-8''%C3%9Cn%C3%AFcode%20%22quoted%22%20%5C%20100%25.txt`,
    )
  })

  test('gives any range exactly', async () => {
    const size = sparseBytes.length
    const ranges: [string, number, number][] = [
      ['bytes=0-0', 0, 1],
      ['bytes=299999-300000', 299_999, 300_001],
      ['bytes=1000000-1000999', 1_000_000, 1_001_000],
      ['bytes=-5', size - 5, size],
      ['bytes=3250000-', 3_250_000, size],
      [`bytes=0-${size + 999}`, 0, size],
      ['bytes=-99999999', 0, size],
    ]
    for (const [range, from, end] of ranges) {
      const answer = await served.call(fileUrl('/home/ada/sparse.img'), { headers: { range } })
      expect([answer.status, answer.headers.get('content-range')]).toEqual([206, `bytes ${from}-${end - 1}/${size}`])
      expect(Buffer.from(await answer.arrayBuffer()).equals(sparseBytes.subarray(from, end))).toBe(true)
    }
    for (let round = 0; round < 20; round++) {
      const from = Math.floor(Math.random() * big.length)
      const end = from + 1 + Math.floor(Math.random() * (big.length - from))
      const answer = await served.call(fileUrl('/home/ada/big.bin'), { headers: { range: `bytes=${from}-${end - 1}` } })
      expect(Buffer.from(await answer.arrayBuffer()).equals(big.subarray(from, end))).toBe(true)
    }
  })

  test('answers impossible ranges with 416 and ignores what it does not understand', async () => {
    const beyond = await served.call(fileUrl('/home/ada/big.bin'), { headers: { range: `bytes=${big.length}-` } })
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${big.length}`])
    for (const range of ['bytes=5-3', 'bytes=0-1,5-6', 'lines=1-2', 'bytes=-', 'nonsense']) {
      const answer = await served.call(fileUrl('/home/ada/short.txt'), { headers: { range } })
      expect([answer.status, (await answer.text()).length]).toEqual([200, 31])
    }
    expect((await served.call(fileUrl('/home/ada/empty'), { headers: { range: 'bytes=0-' } })).status).toBe(416)
  })

  test('names its bytes by a tag, for going on later and for not sending twice', async () => {
    const first = await served.call(fileUrl('/home/ada/short.txt'))
    const etag = first.headers.get('etag') ?? ''
    expect(etag).toMatch(/^"[\w-]+"$/)
    expect((await served.call(fileUrl('/home/ada/short.txt'), { headers: { 'if-none-match': etag } })).status).toBe(304)
    expect((await served.call(fileUrl('/home/ada/short.txt'), { headers: { range: 'bytes=2-4', 'if-range': etag } })).status).toBe(206)
    expect((await served.call(fileUrl('/home/ada/short.txt'), { headers: { range: 'bytes=2-4', 'if-range': '"other"' } })).status).toBe(200)
    expect((await served.call(fileUrl('/home/ada/empty'))).headers.get('etag')).not.toBe(etag)
  })

  test('is refused for what is no file, and for what is not there', async () => {
    for (const path of ['/home/ada', '/home/ada/link', '/', '']) expect(await codeOf(fileUrl(path))).toBe('snapshot.not-a-file')
    expect(await codeOf(fileUrl('/home/ada/nope'))).toBe('snapshot.path-not-found')
  })

  test('reads no further ahead than its reader, and stops when the reader leaves', { timeout: 120_000 }, async () => {
    // 96 pieces of 1 MiB that compress well, so that the time goes into the download.
    const huge = Array.from({ length: 96 }, (_, index) => Buffer.alloc(1024 * 1024, `part ${index} `))
    const id = await laptop.backUp(folder({ 'huge.bin': huge }))
    let reads = 0
    world.store.after = (step, key) => void (step === 'get' && key?.startsWith('p/') && reads++)
    const answer = await served.call(fileUrl('/huge.bin', id))
    const reader = answer.body?.getReader()
    await reader?.read()
    await expectStill(() => reads)
    // What sockets buffer is the kernel's to say: up to some 40 MiB on loopback.
    expect(reads).toBeLessThan(70)
    const before = reads
    await reader?.cancel()
    await sleep(300)
    expect(reads).toBeLessThanOrEqual(before + 2)
    const whole = await served.call(fileUrl('/huge.bin', id))
    expect(Buffer.from(await whole.arrayBuffer()).equals(Buffer.concat(huge))).toBe(true)
    expect(reads).toBeGreaterThanOrEqual(96)
    world.store.after = () => undefined
  })

  /** Waits until a count has not changed for a while. */
  async function expectStill(count: () => number): Promise<void> {
    // Looks, not time: a machine that does nothing at all for half a second is not still.
    for (let last = -1, looks = 0; looks < 25; looks += 1, await sleep(20)) if (count() !== last) [last, looks] = [count(), 0]
  }
})

describe('damage', () => {
  test('found at once is a problem with its code', async () => {
    const id = await laptop.backUp(folder({ 'gone.bin': randomBytes(3_000_000) }))
    await cutDataPacks(100)
    expect(await codeOf(fileUrl('/gone.bin', id))).toMatch(/^(vault\.corrupt|store\.unavailable)$/)
  })

  test('found on the way breaks the connection, so that nobody takes the part for the whole', async () => {
    const content = randomBytes(12_000_000)
    const id = await laptop.backUp(folder({ 'half.bin': content }))
    // The first MiB is there, others are not.
    await cutDataPacks(100, content.subarray(0, 1024 * 1024))
    const raw = await rawGet(fileUrl('/half.bin', id))
    const head = raw.subarray(0, raw.indexOf('\r\n\r\n')).toString()
    const body = raw.subarray(raw.indexOf('\r\n\r\n') + 4)
    expect(head).toMatch(/^HTTP\/1\.1 200/)
    expect(head).toContain('content-length: 12000000')
    expect(body.length).toBeGreaterThan(0)
    expect(body.length).toBeLessThan(content.length)
    expect(body.equals(content.subarray(0, body.length))).toBe(true)
    expect(served.log.filter(({ event }) => event === 'response.broken').length).toBeGreaterThan(0)
  })

  /** Cuts what the newest session brought of data, as a failing disk would; but for the pack that holds `spared`. */
  async function cutDataPacks(sizeBytes: number, spared?: Uint8Array): Promise<void> {
    const packs = await world.database
      .em()
      .execute<{ id: string }[]>(
        `select encode(pack_id, 'hex') as id from pack where kind = 1 and session_id = (select id from backup_session order by opened_at desc, snapshot_seq desc limit 1)`,
      )
    const session = await laptop.open()
    const kept = spared === undefined ? null : readLocation(await laptop.have(session, blobIdOf(session.keys, blobTypes.data, spared)), 0)
    const cut = packs.filter(({ id }) => kept === null || id !== toHex(kept.packId))
    expect(cut.length).toBeGreaterThan(0)
    for (const { id } of cut) await truncate(join(world.storeDir, laptop.vaultId, 'p', id.slice(0, 2), id), sizeBytes)
  }

  /** All bytes until the hub ends the connection. */
  function rawGet(path: string): Promise<Buffer> {
    return new Promise((resolve) => {
      const parts: Buffer[] = []
      const socket = connect(served.port, '127.0.0.1', () =>
        socket.write(`GET /api/v1${path} HTTP/1.1\r\nHost: 127.0.0.1:${served.port}\r\nConnection: close\r\n\r\n`),
      )
      socket.on('data', (part) => parts.push(part))
      socket.on('error', () => undefined) // A reset is one way to break off.
      socket.on('close', () => resolve(Buffer.concat(parts)))
    })
  }
})

describe('the list of vaults', () => {
  test('says what each holds, and that its recovery key was never exported', async () => {
    const { items } = await json<{ items: unknown[] }>('/vaults')
    expect(items).toMatchObject([{ id: laptop.vaultId, kind: 'managed', storeKind: 'directory', recoveryKeyExported: false }])
    expect(items[0]).toHaveProperty('packs')
    const [row] = await world.database
      .em()
      .execute<{ packs: string; bytes: string; snapshots: string }[]>(
        `select count(*) as packs, sum(size_bytes) as bytes, (select count(*) from snapshot) as snapshots from pack where state = 'live'`,
      )
    expect(items[0]).toMatchObject({ packs: Number(row?.packs), bytesStored: Number(row?.bytes), snapshots: Number(row?.snapshots) })
  })
})

import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { lstat, mkdtemp, readdir, readFile, readlink, rm, truncate } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Problem, SnapshotId } from '@holdfast/shared-types'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { folder, type Folder } from './build-tree.ts'
import { serveVaults, type ServedVaults } from './serve-vaults.ts'
import type { TestAgent } from './test-agent.ts'
import { VaultsUnderTest } from './vaults-under-test.ts'

/** Names in UTF-8 whatever this machine speaks; the date of MS-DOS is a local one. */
const env = { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' }
const execute = promisify(execFile)
const run = (program: string, args: readonly string[]) => execute(program, args, { env })
let world: VaultsUnderTest
let served: ServedVaults
let laptop: TestAgent
let snapshotId: SnapshotId
let scratch: string

const text = Buffer.from('a line that packs well\n'.repeat(40_000))
const noise = randomBytes(3_300_000)
const old = { mtimeNs: 1_000_000_001_999_999_999n, mode: 0o4751 }
const ada = folder([
  ['Ünïcode 100%.txt', text],
  ['noise.bin', noise],
  ['sparse.img', [randomBytes(300_000), { holeBytes: 2_000_000 }, randomBytes(10)]],
  ['empty', new Uint8Array(0)],
  ['short.txt', Buffer.from('short')],
  ['script.sh', { node: Buffer.from('#!/bin/sh\n'), ...old }],
  ['link', { link: '../somewhere/elsewhere' }],
  ['nothing in here', { node: folder({}), mode: 0o700, mtimeNs: 1_234_567_890_000_000_000n }],
  ['a:b', Buffer.from('colon')],
  ['-rf', Buffer.from('dash')],
  ['deep', folder({ deeper: folder({ 'deepest.txt': Buffer.from('down here') }) })],
])

beforeAll(async () => {
  world = await VaultsUnderTest.open()
  served = await serveVaults(world)
  laptop = await world.enrol('Lap/top')
  snapshotId = await laptop.backUp(folder({ home: folder({ ada }), etc: folder({ fstab: Buffer.from('none') }) }))
  scratch = await mkdtemp(join(tmpdir(), 'holdfast-zips-'))
})
afterAll(async () => {
  await served.close()
  await world.close()
  await rm(scratch, { recursive: true })
})

const zipUrl = (query: string, id: string = snapshotId): string => `/snapshots/${id}/zip${query}`
let files = 0
async function save(url: string): Promise<{ path: string; answer: Response }> {
  const answer = await served.call(url)
  expect(answer.status).toBe(200)
  const path = join(scratch, `${files++}.zip`)
  await pipeline(Readable.fromWeb(answer.body as never), createWriteStream(path))
  return { path, answer }
}
const order = async (body: object, as?: TestAgent): Promise<Problem & { ticket: string }> => {
  const answer = await served.call(`/snapshots/${snapshotId}/zip-tickets`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(body)),
    ...(as === undefined ? {} : { as: as.agentId }),
  })
  return (await answer.json()) as Problem & { ticket: string }
}
const listOf = async (path: string): Promise<string[]> => (await run('unzip', ['-Z1', path])).stdout.trimEnd().split('\n').sort()

async function unpack(path: string, program: 'unzip' | 'bsdtar'): Promise<string> {
  const target = await mkdtemp(join(scratch, `${program}-`))
  // -K and -p: special bits too, which both leave out unless asked.
  if (program === 'unzip') await run('unzip', ['-qKo', path, '-d', target])
  else await run('bsdtar', ['-xpf', path, '-C', target])
  return target
}

/** Everything about a tree on disk that a zip carries. */
async function onDisk(path: string): Promise<unknown> {
  const stat = await lstat(path, { bigint: true })
  const kind = stat.isSymbolicLink()
    ? await readlink(path)
    : stat.isDirectory()
      ? await folderOnDisk(path)
      : (await readFile(path)).toString('base64')
  return stat.isSymbolicLink() ? { kind } : { kind, mode: Number(stat.mode & 0o7777n), second: String(stat.mtimeNs / 1_000_000_000n) }
}
const folderOnDisk = async (path: string): Promise<unknown> =>
  Object.fromEntries(await Promise.all((await readdir(path)).map(async (name) => [name, await onDisk(join(path, name))] as const)))

/** The same of the tree that was backed up. */
function expected(node: unknown, mode = 0o640, mtimeNs = 1_700_000_000_123_456_789n): unknown {
  const facts = { second: String(mtimeNs / 1_000_000_000n) }
  const is = node as { link?: string; node?: unknown; mode?: number; mtimeNs?: bigint } & Partial<Folder>
  if (is.link !== undefined) return { kind: is.link }
  if (is.node !== undefined) return expected(is.node, is.mode, is.mtimeNs)
  if (is.folder !== undefined)
    return {
      kind: Object.fromEntries([...is.folder].map(([name, child]) => [name, expected(child)])),
      mode: mode === 0o640 ? 0o755 : mode,
      ...facts,
    }
  const parts = node instanceof Uint8Array ? [node] : (node as readonly (Uint8Array | { holeBytes: number })[])
  const bytes = Buffer.concat(parts.map((part) => (part instanceof Uint8Array ? part : Buffer.alloc(part.holeBytes))))
  return { kind: bytes.toString('base64'), mode, ...facts }
}

describe('a folder as a zip', () => {
  test.each(['unzip', 'bsdtar'] as const)(
    'comes out of %s as it was: names, bytes, modes, times, links, empty folders',
    async (program) => {
      const { path, answer } = await save(zipUrl('?path=/home/ada'))
      expect(answer.headers.get('content-type')).toBe('application/zip')
      expect(answer.headers.get('content-disposition')).toContain(`filename="Lap_top ada 2026-11-21.zip"`)
      const target = await unpack(path, program)
      expect(await readdir(target)).toEqual(['ada'])
      expect(await onDisk(join(target, 'ada'))).toEqual(expected(ada))
    },
  )

  test('can be the whole snapshot, and is read by a program that gets it from its beginning only', async () => {
    const { path } = await save(zipUrl(''))
    const target = await unpack(path, 'unzip')
    expect((await readdir(target)).sort()).toEqual(['etc', 'home'])
    const streamed = await mkdtemp(join(scratch, 'streamed-'))
    await run('sh', ['-c', 'bsdtar -xf - -C "$0" < "$1" && cat "$1" | bsdtar -xf - -C "$0"', streamed, path])
    expect((await readFile(join(streamed, 'home/ada/noise.bin'))).equals(noise)).toBe(true)
    expect((await readFile(join(streamed, 'home/ada/Ünïcode 100%.txt'))).equals(text)).toBe(true)
  })

  test('packs what can be packed, and spends no time on the rest', async () => {
    const { path } = await save(zipUrl('?path=/home/ada'))
    const { stdout } = await run('unzip', ['-v', path])
    const packed = (name: string): number =>
      Number(
        stdout
          .split('\n')
          .find((line) => line.endsWith(name))
          ?.trim()
          .split(/\s+/)[2],
      )
    expect(packed('100%.txt')).toBeLessThan(text.length / 20)
    expect(packed('noise.bin')).toBeGreaterThanOrEqual(noise.length)
    expect(packed('noise.bin')).toBeLessThan(noise.length * 1.001)
  })
})

describe('chosen entries as a zip', () => {
  test('are those, at the top of it, however many', async () => {
    const { ticket } = await order({ path: '/home/ada', names: ['short.txt', 'deep', 'link', 'short.txt'] })
    const { path, answer } = await save(zipUrl(`?ticket=${ticket}`))
    expect(await listOf(path)).toEqual(['deep/', 'deep/deeper/', 'deep/deeper/deepest.txt', 'link', 'short.txt'])
    expect(answer.headers.get('content-disposition')).toContain('ada')
    const again = await served.call(zipUrl(`?ticket=${ticket}`))
    expect(again.status, 'a browser may ask again').toBe(200)
    await again.body?.cancel()
  })

  test('are held against the snapshot before there is a link', async () => {
    expect((await order({ path: '/home/ada', names: ['short.txt', 'nope'] })).code).toBe('snapshot.path-not-found')
    expect((await order({ path: '/home/nope' })).code).toBe('snapshot.path-not-found')
    expect((await order({ path: '/home/ada/short.txt' })).code).toBe('snapshot.path-not-found')
    expect((await order({ path: '/home/../etc' })).code).toBe('request.invalid')
    expect((await order({ path: '/home/ada', names: [] })).code).toBe('request.invalid')
    expect((await order({ path: '/home/ada', names: [], namesBase64: [] })).code).toBe('request.invalid')
    expect((await order({ path: '/home/ada', names: [], namesBase64: [Buffer.from('short.txt').toString('base64')] })).ticket).toBeDefined()
    expect((await order({ names: Array.from({ length: 20_001 }, (_, index) => `${index}`) })).code).toBe('request.invalid')
  })

  test('are nobody else\u2019s, and of no other snapshot', async () => {
    const { ticket } = await order({ path: '/home/ada' })
    const codeOf = async (url: string, as?: TestAgent): Promise<string> =>
      ((await (await served.call(url, as === undefined ? {} : { as: as.agentId })).json()) as Problem).code
    expect(await codeOf(zipUrl(`?ticket=${ticket}`), laptop)).toBe('snapshot.zip-ticket-gone')
    expect(await codeOf(zipUrl('?ticket=AAAAAAAAAAAAAAAAAAAAAA'))).toBe('snapshot.zip-ticket-gone')
    const other = await laptop.backUp(folder({ home: folder({ ada }) }))
    expect(await codeOf(zipUrl(`?ticket=${ticket}`, other))).toBe('snapshot.zip-ticket-gone')
    const stranger = await world.enrol('stranger')
    expect(await codeOf(zipUrl(''), stranger)).toBe('snapshot.not-found')
    expect((await order({}, stranger)).code).toBe('snapshot.not-found')
  })
})

test('names that some program would misread are written so that none does, and stay apart', async () => {
  const bad = Buffer.from([0x62, 0xff, 0x61])
  const id = await laptop.backUp(
    folder({
      odd: folder([
        [bad, Buffer.from('raw')],
        ['b%FFa', Buffer.from('looks the same')],
        ['..\\..\\evil.txt', Buffer.from('backslash')],
        ['two\nlines', Buffer.from('line')],
      ]),
    }),
  )
  const { path } = await save(zipUrl('?path=/odd', id))
  const target = join(await unpack(path, 'unzip'), 'odd')
  const contents = await Promise.all((await readdir(target)).sort().map(async (name) => [name, await readFile(join(target, name), 'utf8')]))
  expect(contents).toEqual([
    ['..%5C..%5Cevil.txt', 'backslash'],
    ['b%FFa', 'looks the same'],
    ['b%FFa%', 'raw'],
    ['two%0Alines', 'line'],
  ])
  const { stdout } = await run('bsdtar', ['-tf', path])
  expect(stdout.split('\n').filter((line) => line !== '')).toHaveLength(5)
})

test('times that some program would misread go by the date of MS-DOS, which begins in 1980 and goes on beyond 2038', async () => {
  const at = (day: number) => ({ node: Buffer.from('x'), mode: 0o600, mtimeNs: BigInt(day) * 1_000_000n })
  const id = await laptop.backUp(folder({ t: folder({ moon: at(Date.UTC(1969, 6, 20)), later: at(Date.UTC(2050, 0, 1)) }) }))
  const { path } = await save(zipUrl('?path=/t', id))
  for (const program of ['unzip', 'bsdtar'] as const) {
    const target = join(await unpack(path, program), 't')
    const yearOf = async (name: string): Promise<number> => (await lstat(join(target, name))).mtime.getUTCFullYear()
    expect([await yearOf('moon'), await yearOf('later')]).toEqual([1980, 2050])
  }
})

test('what a zip cannot hold is told at its end, under a name that is free', async () => {
  const id = await laptop.backUp(
    folder({
      run: folder({ pipe: { special: 'fifo' }, sock: { special: 'socket' }, null: { special: 'char-device' } }),
      'secret.key': { special: 'error' },
      'holdfast-left-out.txt': Buffer.from('mine'),
    }),
  )
  const { path } = await save(zipUrl('', id))
  expect(await listOf(path)).toEqual(['holdfast-left-out-2.txt', 'holdfast-left-out.txt', 'run/'])
  const { stdout } = await run('unzip', ['-p', path, 'holdfast-left-out-2.txt'])
  expect(stdout).toContain('run/pipe: a named pipe\n')
  expect(stdout).toContain('run/null: a device\n')
  expect(stdout).toContain('secret.key: could not be read when it was backed up (EACCES)\n')
})

test('damage on the way breaks the connection, and no program takes what came for a zip', async () => {
  const id = await laptop.backUp(folder([['a', randomBytes(2_000_000)], ...manyParts(24)]))
  const rows = await world.database
    .em()
    .execute<{ id: string }[]>(
      `select encode(pack_id, 'hex') as id from pack where kind = 1 and session_id = (select id from backup_session order by opened_at desc, snapshot_seq desc limit 1)`,
    )
  const packs = new Set(rows.map((row) => `p/${row.id.slice(0, 2)}/${row.id}`))
  expect(packs.size).toBeGreaterThan(0)
  let reads = 0
  // When much of it has been read, the disk loses the rest.
  world.store.before = async (step, key) => {
    if (step !== 'get' || key === null || !packs.has(key) || ++reads !== 8) return
    for (const pack of packs) await truncate(join(world.storeDir, laptop.vaultId, pack), 100)
  }
  const raw = await rawGet(zipUrl('', id))
  expect(raw.toString('latin1')).toMatch(/^HTTP\/1\.1 200/)
  expect(raw.subarray(-5).toString('latin1'), 'the end of a chunked answer').not.toBe('0\r\n\r\n')
  expect(raw.includes(Buffer.from([0x50, 0x4b, 5, 6])), 'the end of a zip').toBe(false)
  world.store.before = () => undefined
  expect(reads).toBeGreaterThanOrEqual(8)
  expect(served.log.filter(({ event }) => event === 'response.broken').length).toBeGreaterThan(0)
})

test('a few at once, no more than the packer is read, and none any more when the reader leaves', async () => {
  const id = await laptop.backUp(folder(manyParts(64)))
  let reads = 0
  world.store.after = (step, key) => void (step === 'get' && key?.startsWith('p/') && reads++)
  const one = await served.call(zipUrl('', id))
  const two = await served.call(zipUrl('', id))
  const refused = (await (await served.call(zipUrl('', id))).json()) as Problem
  expect([refused.code, refused.status]).toEqual(['snapshot.zips-busy', 429])
  expect((await order({})).code, 'and said before there is a link').toBe('snapshot.zips-busy')
  await still(() => reads)
  // What sockets buffer is the kernel's to say; 64 parts of 1 MiB would be all, twice.
  expect(reads).toBeLessThan(100)
  const before = reads
  await one.body?.cancel()
  await two.body?.cancel()
  await sleep(300)
  expect(reads).toBeLessThanOrEqual(before + 4)
  const after = await save(zipUrl('', id))
  expect((await run('unzip', ['-tq', after.path])).stdout).toContain('No errors')
  world.store.after = () => undefined
})

test('who asks for the head only, or leaves before the first byte, keeps nobody from a download', async () => {
  const id = await laptop.backUp(folder(manyParts(3)))
  for (let time = 0; time < 3; time++) {
    const head = await served.call(zipUrl('', id), { method: 'HEAD' })
    expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([200, 'application/zip', ''])
  }
  // Two, for reads of one and the same piece are one.
  const fresh = [await laptop.backUp(folder(manyParts(3))), await laptop.backUp(folder(manyParts(3)))] as const
  let waiting = 0
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  world.store.before = async (step, key) => void (step === 'get' && key?.startsWith('p/') && ++waiting && (await released))
  for (const [index, one] of fresh.entries()) {
    const leaving = new AbortController()
    const left = served.call(zipUrl('', one), { signal: leaving.signal })
    await vi.waitUntil(() => waiting > index, { interval: 5, timeout: 20_000 })
    leaving.abort()
    await expect(left).rejects.toThrow(/abort/)
  }
  // Whoever leaves is noticed when there would be something to send.
  expect(((await (await served.call(zipUrl('', id))).json()) as Problem).code).toBe('snapshot.zips-busy')
  world.store.before = () => undefined
  release()
  await vi.waitUntil(async () => (await order({})).ticket !== undefined, { interval: 20, timeout: 20_000 })
  const both = await Promise.all([save(zipUrl('', id)), save(zipUrl('', fresh[0]))])
  for (const { path } of both) expect((await run('unzip', ['-tq', path])).stdout).toContain('No errors')
})

const manyParts = (count: number): [string, Uint8Array][] =>
  Array.from({ length: count }, (_, index) => [`part ${String(index).padStart(3, '0')}`, randomBytes(1024 * 1024)])

async function still(count: () => number): Promise<void> {
  // Looks, not time: a machine that does nothing at all for half a second is not still.
  for (let last = -1, looks = 0; looks < 25; looks += 1, await sleep(20)) if (count() !== last) [last, looks] = [count(), 0]
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

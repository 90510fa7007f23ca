import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import type { SnapshotId } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { treeOf, deleteFinally, type Files } from '../testing/collection-world.ts'
import { asPerson, createPrivate, enrolApproved, lookThroughAll, passphrase, personTraffic } from '../testing/private-world.ts'
import { findKnown, type Known } from '../testing/spellings.ts'
import type { TestAgent } from '../testing/test-agent.ts'
import { VaultsUnderTest } from '../testing/vaults-under-test.ts'

/*
 * The promise of private vaults, looked at from outside: nothing that the hub has, stored, said or was told, holds a name or a piece of a file. The same search finds
 * both in a managed vault, so it can find them.
 */

let world: VaultsUnderTest
beforeEach(async () => {
  world = await VaultsUnderTest.open()
  personTraffic.length = 0
})
afterEach(() => world.close())

const names = ['Kündigung Müller.odt', 'geheim-tagebuch.txt', 'steuer-2031.ods', 'zz.x']
/** Compressible and not, small enough to be in a folder's list and larger than a bundle. */
const contents = [
  Buffer.from('The owl of Minerva spreads its wings only with the falling of the dusk. '.repeat(40)),
  randomBytes(400_000),
  Buffer.from('inline: a few words of a diary'),
  Buffer.from(Array.from({ length: 60_000 }, (_, index) => `row ${index};${index * 7919};\n`).join('')),
]
const files: Files = Object.fromEntries(names.map((name, index) => [name, contents[index]!]))

const known: readonly Known[] = [
  // What is shorter than this stands anywhere by chance.
  ...names.filter((name) => name.length > 5).map((name) => ({ what: `the name ${name}`, bytes: Buffer.from(name) })),
  ...contents.flatMap((content, index) =>
    [0, 0.5, 0.9].map((where) => {
      const at = Math.floor((content.length - 24) * where)
      return { what: `content ${index} at ${at}`, bytes: Buffer.from(content.subarray(at, at + 24)) }
    }),
  ),
  { what: 'the passphrase', bytes: Buffer.from(passphrase) },
]
const ofManaged = known.filter(({ what }) => what !== 'the passphrase')

const json = (value: unknown): Buffer =>
  Buffer.from(
    JSON.stringify(value, (_, part: unknown) =>
      part instanceof Uint8Array ? Buffer.from(part).toString('base64') : typeof part === 'bigint' ? String(part) : part,
    ) ?? '',
  )

/** All rows of all tables, bytes written out as they are. */
async function databaseDump(): Promise<Map<string, Buffer>> {
  const dump = new Map<string, Buffer>()
  const tables = await world.database.em().execute<{ name: string }[]>(
    `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables
     where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
  )
  for (const { name } of tables) {
    const rows = await world.database.em().execute<Record<string, unknown>[]>(`select * from ${name}`)
    const raw = rows.flatMap((row) => Object.values(row).filter((value): value is Uint8Array => value instanceof Uint8Array))
    dump.set(`table ${name}`, Buffer.concat([json(rows), ...raw]))
  }
  return dump
}

async function storedFiles(): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>()
  for (const folder of [world.storeDir, world.dataDir])
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
      if (entry.isFile())
        found.set(`file ${entry.name}`, Buffer.concat([Buffer.from(entry.name), await readFile(join(entry.parentPath, entry.name))]))
  return found
}

/** Everything that was sent either way, as bytes and as text. */
function traffic(agents: readonly TestAgent[]): Map<string, Buffer> {
  const found = new Map<string, Buffer>()
  const all = [...agents.flatMap((agent) => agent.traffic), ...personTraffic, ...world.told, ...world.log]
  for (const [index, message] of all.entries())
    found.set(`message ${index}`, message instanceof Uint8Array ? Buffer.from(message) : json(message))
  return found
}

const search = (places: ReadonlyMap<string, Buffer>, wanted: readonly Known[]): string[] =>
  [...places].flatMap(([place, bytes]) => findKnown(bytes, wanted).map((what) => `${what} in ${place}`))

/** A life: backed up, looked through, restored in part, damaged and collected. */
async function live(agent: TestAgent): Promise<SnapshotId> {
  const gone = await agent.backUp(treeOf({ ...files, [names[0]!]: randomBytes(1000) }))
  const id = await agent.backUp(treeOf(files))
  const { source, runId } = await agent.source(id)
  expect(source).toBeDefined()
  await agent.snapshotObject(runId)
  await agent.endRun(runId)
  await deleteFinally(world, gone)
  return id
}

test('neither database nor store nor anything said holds a name or a piece of a file', async () => {
  const made = await createPrivate(world)
  const agent = await enrolApproved(world, made, 'ada')
  const id = await live(agent)
  await world.vaults.care(made.vaultId, 'audit', null)
  expect(await lookThroughAll(world, agent)).toBe(2)
  await world.vaults.collect(made.vaultId, { startedBy: 'test', isLargeApproved: true })
  await asPerson(world, 'getKeyObjects', { params: { vaultId: made.vaultId } })
  await asPerson(world, 'getStoredSnapshot', { params: { snapshotId: id } })
  await world.vaults.runFsck(made.vaultId, { readData: true })
  const places = new Map([...(await databaseDump()), ...(await storedFiles()), ...traffic([agent])])
  expect(places.size).toBeGreaterThan(40)
  expect(search(places, known)).toEqual([])
  // It does know what a person typed into the order: the search reads what it says it reads.
  const source: Known = { what: 'the source', bytes: Buffer.from('"/home"') }
  expect(search(places, [source])).toContainEqual(expect.stringContaining('table public.run'))
})

test('the same search finds them where the hub reads: in what it tells of a managed vault', async () => {
  const agent = await world.enrol('ada')
  const id = await live(agent)
  const tree = await world.vaults.openSnapshotTree(world.database.em(), id)
  const told = new Map<string, Buffer>()
  const page = await tree.list([Buffer.from('home')], { after: 0, limit: 100 })
  for (const entry of page!.entries) {
    told.set(`entry ${told.size}`, Buffer.from(entry.name))
    if (entry.type !== 'file') continue
    const parts: Uint8Array[] = []
    for await (const part of tree.read(entry, 0, entry.size)) parts.push(part)
    told.set(`file ${told.size}`, Buffer.concat(parts))
  }
  const found = search(told, ofManaged)
  for (const { what } of ofManaged)
    expect(
      found.some((line) => line.startsWith(what)),
      what,
    ).toBe(true)
})

test('and in every spelling', () => {
  const [secret] = known
  const within = (bytes: Uint8Array): Buffer => Buffer.concat([randomBytes(37), bytes, randomBytes(11)])
  const text = Buffer.concat([Buffer.from('some text before '), secret!.bytes, Buffer.from(' and some after')])
  const spelt: Record<string, Buffer> = {
    plain: within(secret!.bytes),
    hex: Buffer.from(within(secret!.bytes).toString('hex')),
    base64: Buffer.from(within(secret!.bytes).toString('base64')),
    base64url: Buffer.from(within(Buffer.concat([Buffer.from('x'), secret!.bytes])).toString('base64url')),
    utf16: within(Buffer.from(secret!.bytes.toString('latin1'), 'utf16le')),
    url: Buffer.from(`?path=${encodeURIComponent(secret!.bytes.toString('latin1'))}`),
    gzip: within(gzipSync(text)),
    zlib: within(deflateSync(text)),
    zstd: within(zstdCompressSync(text)),
    'gzip in base64': Buffer.from(`{"body":"${gzipSync(text).toString('base64')}"}`),
    'zstd in hex': Buffer.from(`\\x${zstdCompressSync(text).toString('hex')}`),
  }
  for (const [how, bytes] of Object.entries(spelt)) expect(findKnown(bytes, [secret!]), how).toEqual([secret!.what])
})

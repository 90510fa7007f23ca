import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { concatBytes, fromHex, toHex } from '../src/bytes/index.ts'
import {
  decodeSnapshotObject,
  encodePackFooter,
  encodePackHeader,
  encodePackTrailer,
  packHeaderBytes,
  packKey,
  packKinds,
  packPrefix,
  Refset,
  trailerCrcOffset,
  packTrailerBytes,
  blobTypes,
} from '../src/format/index.ts'
import { openSnapshotBody, TreeReader } from '../src/reader/index.ts'
import { restore } from '../src/restorer/index.ts'
import { MemoryStore, type ObjectStore } from '../src/store/index.ts'
import { checkPack, InlineOpener, nodePrimitives, openStoreSource, openVault, usualReadRoom, type StoreSource } from '../src/vault/index.ts'
import { sha256 } from '../src/vault/crypto/node-primitives.ts'
import { realClock, Workplace } from './testing/backup-and-restore.ts'
import { differences, makeNastyTree } from './testing/nasty-tree.ts'
import { makeStoredVault, VaultLife, type Secrets } from './testing/stored-vault.ts'

let work: Workplace
let source: string
let store: MemoryStore
let secrets: Secrets
let snapshot: string
let opened: StoreSource[]
/** Keys that were told as damaged or missing. */
let told: { key: string; code: string }[]

beforeEach(async () => {
  work = new Workplace()
  source = work.path('source')
  mkdirSync(source)
  store = new MemoryStore()
  secrets = await makeStoredVault(store)
  opened = []
  told = []
})
afterEach(async () => {
  for (const one of opened) await one.close()
  work[Symbol.dispose]()
})

async function backUp(): Promise<void> {
  snapshot = (await (await VaultLife.open(store, secrets)).backUp(source, work.path('catalogue'))).key
}

/** Small files, and two that are cut into several pieces. */
function makePlainTree(): void {
  mkdirSync(join(source, 'folder'))
  for (let index = 0; index < 200; index++) writeFileSync(join(source, 'folder', `small-${index}`), randomBytes(900 + index))
  for (const name of ['large', 'other']) writeFileSync(join(source, name), randomBytes(5_000_000))
}

/** A store of which every call is counted, and that takes nothing. */
class ReadOnly implements ObjectStore {
  readonly reads: string[] = []
  readonly #store: ObjectStore

  constructor(inner: ObjectStore) {
    this.#store = inner
  }

  get(key: string, range?: { offset: number; length: number }): Promise<Uint8Array> {
    this.reads.push(range === undefined ? key : `${key} ${range.offset}+${range.length}`)
    return this.#store.get(key, range)
  }

  head = (key: string) => this.#store.head(key)
  list = (prefix: string) => this.#store.list(prefix)
  put = () => Promise.reject(new Error('nothing is written'))
  stage = () => Promise.reject(new Error('nothing is written'))
  delete = () => Promise.reject(new Error('nothing is deleted'))
  makeDurable = () => Promise.reject(new Error('nothing is deleted'))
}

async function open(reads: 'folders' | 'everything' = 'everything', from: ObjectStore = new ReadOnly(store)) {
  const vault = await openVault(store, secrets.hubSecret)
  const keys = vault.domainKeys(secrets.domainId)
  const object = decodeSnapshotObject(await store.get(snapshot))
  const body = await openSnapshotBody(nodePrimitives, object, keys)
  const read = await openStoreSource({
    store: from,
    keys,
    refset: Refset.decode(object.refset),
    reads,
    scratchFolder: work.path('scratch'),
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onDamage: (key, { code }) => void told.push({ key, code }),
    onUnwritable: () => undefined,
    opener: new InlineOpener(keys),
    room: usualReadRoom,
  })
  opened.push(read)
  return { source: read.source, body, keys }
}

async function restoreAll(target: string, from?: Awaited<ReturnType<typeof open>>) {
  const { source: blobs, body, keys } = from ?? (await open())
  const lost: string[] = []
  const outcome = await restore({
    source: blobs,
    idKey: keys.idKey,
    rootPage: body.root,
    roots: body.roots,
    selected: [],
    target: Buffer.from(target),
    flat: true,
    onItemError: (path) => {
      lost.push(Buffer.from(path).toString())
      return 'skip'
    },
    onProgress: () => undefined,
    signal: new AbortController().signal,
    clock: realClock,
  })
  return { outcome, lost }
}

const packKeys = async (): Promise<string[]> => {
  const keys = []
  for await (const { key } of store.list(packPrefix)) keys.push(key)
  return keys
}
const kindOf = async (key: string): Promise<number> => checkPack(await store.get(key)).header.kind
const packsOf = async (kind: number): Promise<string[]> => {
  const keys = await packKeys()
  const kinds = await Promise.all(keys.map(kindOf))
  return keys.filter((_, index) => kinds[index] === kind)
}

async function replace(key: string, change: (bytes: Uint8Array) => Uint8Array): Promise<void> {
  const bytes = Uint8Array.from(await store.get(key))
  await store.delete(key)
  await store.put(key, change(bytes))
}
const flipAt = (position: (length: number) => number) => (bytes: Uint8Array) => {
  bytes[position(bytes.length)]! ^= 1
  return bytes
}

/** Moves the segments of some packs into one new pack, backwards, as a hub does that makes few packs of many. */
async function movedInto(keys: readonly string[]): Promise<{ key: string; bytes: Uint8Array }> {
  const packId = new Uint8Array(randomBytes(16))
  const packs = await Promise.all(keys.map(async (key) => ({ bytes: await store.get(key), pack: checkPack(await store.get(key)) })))
  const segments = packs.flatMap(({ bytes, pack }) => pack.segments.map((segment) => ({ segment, bytes }))).toReversed()
  let offset = packHeaderBytes
  const moved = segments.map(({ segment }) => {
    const at = { ...segment, offset }
    offset += segment.length
    return at
  })
  const footer = encodePackFooter(moved)
  const trailer = encodePackTrailer({
    footerOffset: offset,
    footerBytes: footer.length,
    segmentCount: moved.length,
    blobCount: moved.reduce((sum, { blobIds }) => sum + blobIds.length, 0),
    footerSha256: sha256(footer),
    packCrc32: 0,
  })
  const bytes = concatBytes([
    encodePackHeader({ ...packs[0]!.pack.header, packId }),
    ...segments.map(({ segment, bytes: from }) => from.subarray(segment.offset, segment.offset + segment.length)),
    footer,
    trailer,
  ])
  const crcAt = bytes.length - packTrailerBytes + trailerCrcOffset
  new DataView(bytes.buffer).setUint32(crcAt, crc32(bytes.subarray(0, crcAt)), true)
  expect(checkPack(bytes).segments).toHaveLength(segments.length)
  return { key: packKey(packId), bytes }
}

async function move(keys: readonly string[]): Promise<void> {
  const { key, bytes } = await movedInto(keys)
  await store.put(key, bytes)
  for (const old of keys) await store.delete(old)
}

test('everything a file system can hold comes back from the store alone, which is only read', async () => {
  makeNastyTree(source)
  await backUp()
  const { outcome, lost } = await restoreAll(work.path('target'))
  expect([outcome.status, lost, told]).toEqual(['complete', [], []])
  expect(differences(source, work.path('target'))).toBe('')
})

test('segments that a hub has moved since are found where they are now', async () => {
  makePlainTree()
  await backUp()
  await move(await packsOf(packKinds.data))
  await move(await packsOf(packKinds.metadata))
  const { outcome } = await restoreAll(work.path('target'))
  expect([outcome.status, told]).toEqual(['complete', []])
  expect(differences(source, work.path('target'))).toBe('')
})

test('packs that are moved while they are read cost nothing', async () => {
  makePlainTree()
  await backUp()
  const read = await open()
  await move(await packsOf(packKinds.data))
  await move(await packsOf(packKinds.metadata))
  const { outcome } = await restoreAll(work.path('target'), read)
  expect([outcome.status, told]).toEqual(['complete', []])
  expect(differences(source, work.path('target'))).toBe('')
})

test('a pack that is in two places at once is read from the one that stays', async () => {
  makePlainTree()
  await backUp()
  const data = await packsOf(packKinds.data)
  const { key, bytes } = await movedInto(data)
  await store.put(key, bytes)
  const read = await open()
  for (const old of data) await store.delete(old)
  expect((await restoreAll(work.path('target'), read)).outcome.status).toBe('complete')
})

test('a pack without its end gives all that is whole in it, and is told', async () => {
  makePlainTree()
  await backUp()
  const [metadata] = await packsOf(packKinds.metadata)
  const data = await packsOf(packKinds.data)
  await replace(
    metadata!,
    flipAt((length) => length - 70),
  )
  await replace(data[0]!, (bytes) => bytes.subarray(0, bytes.length - packTrailerBytes))
  // The header alone: the segments behind it are as they were.
  if (data[1] !== undefined)
    await replace(
      data[1],
      flipAt(() => 3),
    )
  const { outcome, lost } = await restoreAll(work.path('target'))
  expect([outcome.status, lost]).toEqual(['complete', []])
  expect(differences(source, work.path('target'))).toBe('')
  expect(told.map(({ key }) => key).sort()).toEqual([metadata!, ...data.slice(0, 2)].sort())
})

test('of a pack that is lost the files are told and the pack once; all others come back', async () => {
  makePlainTree()
  await backUp()
  const lostKey = (await packsOf(packKinds.data))[0]!
  const ids = new Set(checkPack(await store.get(lostKey)).segments.flatMap(({ blobIds }) => blobIds.map(toHex)))
  await store.delete(lostKey)
  const read = await open()
  const { outcome, lost } = await restoreAll(work.path('target'), read)
  expect(outcome.status).toBe('complete-with-errors')
  expect(outcome.filesWritten + lost.length).toBe(202)
  expect(lost.length).toBeGreaterThan(0)
  expect(told).toEqual([{ key: lostKey, code: 'blob.missing' }])
  for (const id of ids) expect(await read.source.locate([fromHex(id)])).toEqual([null])
})

test('a byte that was changed costs the files in its segment and nothing else', async () => {
  writeFileSync(join(source, 'a'), randomBytes(600_000))
  writeFileSync(join(source, 'b'), randomBytes(600_000))
  await backUp()
  const [key] = await packsOf(packKinds.data)
  await replace(
    key!,
    flipAt(() => packHeaderBytes + 200),
  )
  const { outcome, lost } = await restoreAll(work.path('target'))
  expect(outcome).toMatchObject({ filesRequested: 2, filesWritten: 1, filesFailed: 1 })
  expect(lost).toHaveLength(1)
  expect(told).toEqual([])
})

test('a folder is listed without looking into packs with contents', async () => {
  makePlainTree()
  await backUp()
  const counted = new ReadOnly(store)
  const { source: blobs, body } = await open('folders', counted)
  const reader = new TreeReader((type, id) => blobs.read(type, id))
  const entry = await reader.resolve(
    body.root,
    [...source.slice(1).split('/'), 'folder'].map((name) => Buffer.from(name)),
  )
  expect(entry).toMatchObject({ type: 'folder', subtree: { files: 200 } })
  for (const key of await packsOf(packKinds.data)) expect(counted.reads.filter((read) => read.startsWith(key))).toEqual([`${key} 0+64`])
  await expect(blobs.read(blobTypes.data, randomBytes(32))).rejects.toMatchObject({ code: 'blob.missing' })
})

test('a store that is gone as a whole is no damage', async () => {
  makePlainTree()
  await backUp()
  const read = await open()
  const keys = []
  for await (const { key } of store.list('')) keys.push(key)
  for (const key of keys) await store.delete(key)
  const reader = new TreeReader((type, id) => read.source.read(type, id))
  await expect(reader.find(read.body.root, Buffer.from('x'))).rejects.toMatchObject({ code: 'store.unavailable' })
})

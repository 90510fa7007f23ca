import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toHex } from '../../src/bytes/index.ts'
import { snapshotPrefix } from '../../src/format/index.ts'
import { MemoryStore } from '../../src/store/index.ts'
import { newRecoveryWords, type KeySecret } from '../../src/unlock/index.ts'
import { InlineOpener, InlineSealer, nodePrimitives, WorkerOpener, WorkerSealer, type Opener, type Sealer } from '../../src/vault/index.ts'
import { TreeReader, type DomainKeys } from '../../src/reader/index.ts'
import { makeStoredVault, VaultLife, type Secrets } from '../testing/stored-vault.ts'
import { EngineInChromium } from './testing/chromium.ts'
import { doings } from './testing/in-both.ts'
import { filesOf, type ReadFile } from './testing/read-vault.ts'

/* One tree, written with the same keys by several numbers of threads, and read by others, on Node and in a browser. */

const words: KeySecret = { kind: 'recovery-words', words: await newRecoveryWords(nodePrimitives) }
const writers: Readonly<Record<string, (...given: ConstructorParameters<typeof InlineSealer>) => Sealer>> = {
  'no thread': (keys, onPack) => new InlineSealer(keys, onPack),
  'one thread': (keys, onPack) => new WorkerSealer(keys, onPack, 1),
  'three threads': (keys, onPack) => new WorkerSealer(keys, onPack, 3),
  'three threads, strongly': (keys, onPack) => new WorkerSealer(keys, onPack, 3, 'strong'),
}
const readers: Readonly<Record<string, (keys: DomainKeys) => Opener>> = {
  'no thread': (keys) => new InlineOpener(keys),
  'one thread': (keys) => new WorkerOpener(keys, 1),
  'three threads': (keys) => new WorkerOpener(keys, 3),
}

const folder = mkdtempSync(path.join(tmpdir(), 'hf-cross-'))
const source = path.join(folder, 'source')
/** By who wrote it. */
const lives = new Map<string, { life: VaultLife; store: MemoryStore; key: string }>()
let browser: EngineInChromium
let expected: ReadFile[]

beforeAll(async () => {
  makeTree()
  expected = filesUnder(source).map((file) => ({ path: file, sha256: createHash('sha256').update(readFileSync(file)).digest('hex') }))
  const first = new MemoryStore()
  const secrets = await makeStoredVault(first, null, words)
  for (const name of Object.keys(writers)) lives.set(name, await write(name, secrets, first))
  browser = await EngineInChromium.start()
})
afterAll(async () => {
  await browser.close()
  rmSync(folder, { recursive: true })
})

/** Bundles, files of one and of many chunks, some alike, some that do not compress, and holes. */
function makeTree(): void {
  for (let index = 0; index < 400; index++) {
    const below = path.join(source, `folder ${index % 7}`, 'below')
    mkdirSync(below, { recursive: true })
    writeFileSync(path.join(below, `file-${index}.txt`), `line ${index} of many, `.repeat(index * 3))
  }
  const random = randomBytes(5_000_000)
  writeFileSync(path.join(source, 'random'), random)
  writeFileSync(path.join(source, 'shifted'), Buffer.concat([Buffer.from('another beginning'), random]))
  writeFileSync(path.join(source, 'log'), '2026-11-23 03:21 INFO everything is as it was\n'.repeat(60_000))
  writeFileSync(path.join(source, 'empty'), '')
  writeFileSync(path.join(source, 'sparse'), 'at the start')
  truncateSync(path.join(source, 'sparse'), 3_000_000)
}

const filesUnder = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .flatMap((entry) => (entry.isFile() ? [path.join(entry.parentPath, entry.name)] : []))
    .toSorted((left, right) => (left < right ? -1 : 1))

/** The same vault in a store of its own, so that nobody finds what others have written. */
async function write(name: string, secrets: Secrets, first: MemoryStore): Promise<{ life: VaultLife; store: MemoryStore; key: string }> {
  const store = new MemoryStore()
  for await (const { key } of first.list('')) await store.put(key, await first.get(key))
  const life = await VaultLife.open(store, secrets)
  life.makeSealer = writers[name]!
  const { key } = await life.backUp(source, path.join(folder, `catalogue of ${name}`))
  return { life, store, key }
}

test('every number of threads writes the same tree, under the same ids', async () => {
  // Of the folder itself: those above it have changed since, for each backup puts its catalogue there.
  const components = source
    .split('/')
    .slice(1)
    .map((name) => Buffer.from(name))
  const pages = new Set<string>()
  for (const { life, key } of lives.values()) {
    const blobs = life.newSource()
    const reader = new TreeReader((type, id) => blobs.read(type, id))
    const entry = await reader.resolve((await life.bodyOf(key)).root, components)
    pages.add(entry?.type === 'folder' ? toHex(entry.page) : 'no folder')
    await blobs.close()
  }
  expect([...pages]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)])
})

describe.each(Object.keys(writers))('what was written with %s', (writer) => {
  test.each(Object.keys(readers))('is restored with %s', async (reader) => {
    const { life, key } = lives.get(writer)!
    const target = path.join(folder, `${writer} to ${reader}`)
    const read = life.newSource(readers[reader])
    const restored = await life.restore(key, target, { source: read, flat: false })
    await read.close()
    expect(restored).toEqual({ status: 'complete', told: [] })
    for (const file of expected)
      expect(
        createHash('sha256')
          .update(readFileSync(path.join(target, file.path)))
          .digest('hex'),
        file.path,
      ).toBe(file.sha256)
    rmSync(target, { recursive: true })
  })

  test('is read in a browser, and checks whole', async () => {
    const { life, store } = lives.get(writer)!
    const objects: Record<string, Uint8Array> = {}
    for await (const { key } of store.list('')) objects[key] = await store.get(key)
    expect(Object.keys(objects).filter((key) => key.startsWith(snapshotPrefix))).toHaveLength(1)
    const seen = await browser.do('readVault', objects, words)
    expect(filesOf(Object.values(seen).flat())).toEqual(expected)
    expect(seen).toEqual(await doings(nodePrimitives).readVault(objects, words))
    expect((await life.fsck()).ok).toBe(true)
  })
})

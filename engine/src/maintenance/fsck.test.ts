import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { Refset, packPrefix, snapshotPrefix, type SnapshotBody } from '../format/index.ts'
import { MemoryStore, type ObjectStore } from '../store/index.ts'
import { openVault } from '../vault/index.ts'
import { fsck } from './fsck.ts'
import { makeSmallVault } from './testing/small-vault.ts'

const keysUnder = async (store: ObjectStore, prefix: string): Promise<string[]> => {
  const keys = []
  for await (const { key } of store.list(prefix)) keys.push(key)
  return keys
}
const replace = async (store: ObjectStore, key: string, bytes: Uint8Array): Promise<void> => {
  await store.delete(key)
  await store.put(key, bytes)
}

test('a sound vault has no finding, with keys and without', async () => {
  const store = new MemoryStore()
  const { secret } = await makeSmallVault(store)
  const vault = await openVault(store, secret)
  const report = await fsck(store, { vault, readData: true })
  expect(report).toMatchObject({ ok: true, problems: [], counts: { snapshots: 1 } })
  // One metadata pack, and one or two data packs: segments are dealt at random.
  expect([2, 3]).toContain(report.counts.packs)
  // 40 small files, 2 halves of the big one, 1 piece of the sparse one, 2 pages
  expect(report.counts.blobsReached).toBe(45)
  expect((await fsck(store, { vault: null, readData: true })).ok).toBe(true)
  expect((await fsck(store, { vault, readData: false })).ok).toBe(true)
})

test('one flipped bit anywhere in any object is found', async () => {
  const store = new MemoryStore()
  const { secret } = await makeSmallVault(store)
  const vault = await openVault(store, secret)
  for (const key of await keysUnder(store, '')) {
    const whole = await store.get(key)
    const isJson = key === 'vault.json' || key.startsWith('a/')
    for (const at of [0, 0.1, 0.33, 0.5, 0.66, 0.9, 0.999]) {
      const flipped = Uint8Array.from(whole)
      const position = Math.floor((whole.length - 1) * at)
      flipped[position]! ^= 4
      await replace(store, key, flipped)
      // What a slot wraps shows when it is used.
      const opened = key.startsWith('keys/')
        ? await openVault(store, secret).then(
            () => 'opened',
            () => 'refused',
          )
        : 'refused'
      const { ok } = await fsck(store, { vault, readData: true })
      expect(ok && opened === 'opened', `${key} byte ${position}${isJson ? ' (JSON)' : ''}`).toBe(false)
    }
    await replace(store, key, whole)
  }
  expect((await fsck(store, { vault, readData: true })).ok).toBe(true)
}, 180_000)

test('every object cut short by a byte or lost is found', async () => {
  const store = new MemoryStore()
  const { vault } = await makeSmallVault(store)
  for (const key of [
    ...(await keysUnder(store, packPrefix)),
    ...(await keysUnder(store, snapshotPrefix)),
    ...(await keysUnder(store, 'a/')),
  ]) {
    const whole = await store.get(key)
    await replace(store, key, whole.subarray(0, whole.length - 1))
    expect((await fsck(store, { vault, readData: true })).ok, `${key} cut`).toBe(false)
    await store.delete(key)
    if (!key.startsWith(snapshotPrefix)) expect((await fsck(store, { vault, readData: true })).ok, `${key} lost`).toBe(false)
    await store.put(key, whole)
  }
})

test('a refset that leaves out a segment is found, and one that names a segment too many', async () => {
  const without = (encoded: Uint8Array): Uint8Array => {
    const smaller = new Refset()
    for (const { packIdHex, ordinal } of [...Refset.decode(encoded).segments()].slice(1)) smaller.add(packIdHex, ordinal)
    return smaller.encode()
  }
  const withMore = (encoded: Uint8Array): Uint8Array => {
    const larger = Refset.decode(encoded)
    larger.add(randomBytes(16).toString('hex'), 3)
    return larger.encode()
  }
  for (const [refset, codes] of [
    [without, ['refset.incomplete', 'blob.missing']],
    [withMore, ['segment.missing']],
  ] as const) {
    const store = new MemoryStore()
    const { vault } = await makeSmallVault(store, { refset })
    const report = await fsck(store, { vault, readData: true })
    expect(report.ok).toBe(false)
    expect(report.problems.every(({ code }) => (codes as readonly string[]).includes(code))).toBe(true)
  }
})

test('a snapshot that lies about its size is found', async () => {
  const store = new MemoryStore()
  const { vault } = await makeSmallVault(store, { body: (body) => ({ ...body, files: body.files + 1 }) })
  expect((await fsck(store, { vault, readData: true })).problems).toMatchObject([{ code: 'snapshot.invalid' }])
})

test('an object that belongs to no vault is found', async () => {
  const store = new MemoryStore()
  const { vault } = await makeSmallVault(store)
  await store.put('strange/x', randomBytes(3))
  // What a hub left that was killed while it tried the store.
  await store.put('connection-test/x', randomBytes(3))
  expect((await fsck(store, { vault, readData: false })).problems).toMatchObject([{ code: 'object.unknown', object: 'strange/x' }])
})

test('a wrong hub secret does not open the vault', async () => {
  const store = new MemoryStore()
  await makeSmallVault(store)
  await expect(openVault(store, { kind: 'hub-secret', secret: randomBytes(32) })).rejects.toMatchObject({ code: 'key-slot.wrong-secret' })
  await expect(openVault(new MemoryStore(), { kind: 'hub-secret', secret: randomBytes(32) })).rejects.toMatchObject({
    code: 'vault.not-found',
  })
})

test('what is deleted counts for nothing, and a folder that is holds only what is', async () => {
  const problemsOf = async (isMarkedWithin: boolean): Promise<string[]> => {
    const store = new MemoryStore()
    const body = (made: SnapshotBody): SnapshotBody => ({ ...made, files: 2, folders: 0, bytes: 5_300_000 })
    const { secret } = await makeSmallVault(store, { folder: { deletedAtMs: 7, isMarkedWithin }, ...(isMarkedWithin ? { body } : {}) })
    return (await fsck(store, { vault: await openVault(store, secret), readData: true })).problems.map(({ message }) => message)
  }
  expect(await problemsOf(true)).toEqual([])
  expect(await problemsOf(false)).toEqual(['Something in a folder that is marked as deleted is not marked.'])
})

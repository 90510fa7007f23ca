import { createHash, createHmac } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { HardLinks, keptGroupOf } from '../../src/archiver/hard-links.ts'
import { fromHex, toHex } from '../../src/bytes/index.ts'
import { featurePrefix, packPrefix } from '../../src/format/index.ts'
import { fsck } from '../../src/maintenance/index.ts'
import { MemoryStore } from '../../src/store/index.ts'
import { listSelfBackups, nodePrimitives, openVault, readJournal, readSelfBackup, type Vault } from '../../src/vault/index.ts'
import { doings } from '../../test/browser/testing/in-both.ts'
import { under } from '../../test/browser/testing/stored-objects.ts'
import type { ReadEntry } from '../../test/browser/testing/read-vault.ts'
import { fromText } from './codec-goldens.ts'
import { expectReopened } from './expect-reopened.ts'
import { managedSecrets, readManagedGolden, selfBackupPieces } from './managed-golden.ts'

/* The browser reads the same vault in engine/test/browser/vaults.test.ts. */

const golden = readManagedGolden()
const objects = fromText(golden.objects)
const store = new MemoryStore()
const { first, second, rewritten } = golden.snapshots
let vault: Vault

beforeAll(async () => {
  for (const [key, bytes] of Object.entries(objects)) await store.put(key, bytes)
  vault = await openVault(store, managedSecrets(golden)[0]!)
})

const bodyOf = (key: string) => golden.says[key] as { readonly [field: string]: unknown }
const at = (key: string, name: string): ReadEntry => golden.trees[key]!.find(({ path }) => path === `${golden.source}/${name}`)!

test('the vault checks whole, and its snapshots hold what they held', async () => {
  expect(toHex(vault.hubKey)).toBe(golden.hubKey)
  expect(await fsck(store, { vault, readData: true })).toMatchObject({ ok: true, counts: { snapshots: 2, packs: 4 } })
  expect(await doings(nodePrimitives).readVault(objects, managedSecrets(golden)[1]!)).toEqual(golden.trees)
})

test('every object says what it said, and is written again as it was', async () => {
  await expectReopened(objects, managedSecrets(golden)[2]!, golden.says)
})

test('what was written anew is signed by the vault, names what it was, and lost what had to go', async () => {
  expect(bodyOf(rewritten)).toMatchObject({
    isRewritten: true,
    seq: 1,
    rewriting: { of: first.slice(-32), why: 'purge', atMs: 9, entriesDropped: 1, bytesDropped: 500 },
  })
  expect(await vault.readRewritingKeyObject()).toEqual(objects['rewriting-key.json'])
  expect(at(rewritten, 'secret')).toBeUndefined()
  expect(at(second, 'secret')).toMatchObject({ type: 'file', size: 500 })
})

test('names of one file share a group, and those that are gone another', () => {
  const { idKey } = vault.domainKeys((golden.says['vault.json'] as { domains: { id: string }[] }).domains[0]!.id)
  const group = (...parts: readonly Uint8Array[]): string =>
    createHmac('sha256', idKey).update(Buffer.concat(parts)).digest('hex').slice(0, 32)
  const together = group(Uint8Array.of(0x10), Buffer.from(`${golden.source}/linked-a`))
  for (const name of ['linked-a', 'linked-b', 'linked-c']) expect(at(rewritten, name)['hardLinkGroup']).toBe(together)
  const gone = group(Uint8Array.of(0x11), fromHex(second.slice(-32)), fromHex(together))
  expect(at(second, 'linked-a')).toMatchObject({ hardLinkGroup: null, deletedAtMs: null })
  // As the archiver has them too.
  const inode = { device: 1n, inode: 2n, linkCount: 3, size: 540, mtimeNs: 0n }
  expect(toHex(new HardLinks(idKey).groupOf(inode, () => Buffer.from(`${golden.source}/linked-a`)).id)).toBe(together)
  expect(toHex(keptGroupOf(idKey, fromHex(second.slice(-32)), fromHex(together)))).toBe(gone)
  for (const name of ['linked-b', 'linked-c'])
    expect(at(second, name)).toMatchObject({ hardLinkGroup: gone, deletedAtMs: expect.any(Number) as number })
})

test('the vault holds one of everything that its description promises', () => {
  for (const name of ['gone', 'gone/below', 'gone/below/file']) expect(at(second, name)['deletedAtMs']).toEqual(expect.any(Number))
  expect(at(second, 'gone/below/file')['attributes']).toHaveLength(1)
  expect(at(second, 'small')['attributes']).toHaveLength(2)
  expect(at(second, 'listed')['content']).toBe('list')
  expect(at(second, 'many')).toMatchObject({ subtree: { files: 65 } })
  const packs = under(objects, packPrefix).map(
    ([key]) => golden.says[key] as { packId: string; segments: { birthPackId: string; codec: string; blobs: string[] }[] },
  )
  const births = packs.map(({ packId, segments }) => segments.filter(({ birthPackId }) => birthPackId !== packId).length)
  expect(Math.max(...births), 'moved segments').toBeGreaterThan(1)
  const segments = packs.flatMap((pack) => pack.segments)
  expect(new Set(segments.map(({ codec }) => codec))).toEqual(new Set(['stored', 'zstd']))
  expect(new Set(segments.flatMap(({ blobs }) => blobs))).toEqual(new Set(['data', 'treePage', 'contentList', 'attributes']))
})

test('the journal names a snapshot and packs, none of which is there', async () => {
  const journal = await readJournal(vault, 'g/0000000000000002')
  expect(journal.snapshotKeys).toEqual([first])
  expect(journal.packIds.length).toBeGreaterThan(1)
  const names = Object.keys(objects).join()
  for (const gone of [first, ...journal.packIds.map(toHex)]) expect(names).not.toContain(gone)
})

test('the self-backup and the revocation open', async () => {
  const [found] = await listSelfBackups(store)
  expect(found).toMatchObject({ parts: 2, isWhole: true, createdAtMs: 8 })
  const [text, expected] = [createHash('sha256'), createHash('sha256')]
  for await (const plain of readSelfBackup(vault, found!)) text.update(plain)
  for await (const piece of selfBackupPieces()) expected.update(piece)
  expect(text.digest('hex')).toBe(expected.digest('hex'))
  const revoked: string[] = []
  for await (const agentId of vault.revokedAgentIds()) revoked.push(agentId)
  expect(revoked).toHaveLength(1)
  for (const agentId of revoked) expect(await vault.readRevocation(agentId)).toEqual({ agentId, revokedAtMs: 7 })
})

test('with a feature that nobody knows yet, the vault is refused', async () => {
  const later = new MemoryStore()
  for (const [key, bytes] of Object.entries(objects)) await later.put(key, bytes)
  await later.put(`${featurePrefix}x`, new Uint8Array(0))
  const refused = { code: 'format.unsupported-version' }
  await expect(openVault(later, managedSecrets(golden)[0]!)).rejects.toMatchObject(refused)
  const { problems } = await fsck(later, { vault: null, readData: false })
  expect(problems).toContainEqual(expect.objectContaining({ ...refused, object: 'f/x' }))
})

import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { journalPrefix, keySlotKey, packPrefix, sealedKeysPrefix, snapshotPrefix, type KeySlotKind } from '../format/index.ts'
import { MemoryStore } from '../store/index.ts'
import { wrapKey, type KeySecret } from '../unlock/index.ts'
import {
  makeRecoveryWords,
  nodePrimitives,
  openSealedVault,
  openVault,
  writeHubSlot,
  writeJournal,
  type StoredVault,
} from '../vault/index.ts'
import { fsck } from './fsck.ts'
import { makeSmallVault } from './testing/small-vault.ts'

const words: KeySecret = { kind: 'recovery-words', words: await makeRecoveryWords() }
const hubSecret = randomBytes(32)

let store: MemoryStore
/** Who looks: with the words, as the hub, and without any key. */
let whole: StoredVault
let sealed: StoredVault

beforeEach(async () => {
  store = new MemoryStore()
  const { vault } = await makeSmallVault(store, { privateFor: [words] })
  await writeHubSlot(store, vault, hubSecret)
  whole = await openVault(store, words)
  sealed = await openSealedVault(store, hubSecret)
})

const problems = async (vault: StoredVault | null): Promise<string[]> =>
  (await fsck(store, { vault, readData: true })).problems.map(({ code }) => code)
const seen = async (): Promise<string[][]> => [await problems(whole), await problems(sealed), await problems(null)]

async function spoil(prefix: string, at: number): Promise<void> {
  for await (const { key } of store.list(prefix)) {
    const bytes = Uint8Array.from(await store.get(key))
    bytes[at < 0 ? bytes.length + at : at]! ^= 1
    await store.delete(key)
    await store.put(key, bytes)
    return
  }
}

describe('a private vault is checked', () => {
  test('and has no finding, whoever looks; only who has its keys reaches what is in it', async () => {
    expect(await seen()).toEqual([[], [], []])
    expect((await fsck(store, { vault: whole, readData: true })).counts.blobsReached).toBe(45)
    expect((await fsck(store, { vault: sealed, readData: true })).counts).toMatchObject({ snapshots: 1, blobsReached: 0 })
  })

  test('a changed statement of the hub is found by who has its key, a changed snapshot by everybody', async () => {
    await spoil(snapshotPrefix, -1)
    expect(await seen()).toEqual([['snapshot.signature-invalid'], ['snapshot.signature-invalid'], []])
    await spoil(snapshotPrefix, -1)
    await spoil(snapshotPrefix, 90)
    for (const found of await seen()) expect(found).not.toEqual([])
  })

  test('a journal that no hub wrote is found by who has its key', async () => {
    await writeJournal(
      { store, vaultId: sealed.vaultId, hubKey: randomBytes(32) },
      { vaultId: sealed.vaultId, epoch: 4, decidedAtMs: 1, snapshotKeys: [], packIds: [] },
    )
    expect(await seen()).toEqual([['journal.invalid'], ['journal.invalid'], []])
    for await (const { key } of store.list(journalPrefix)) await store.delete(key)
    await writeJournal(sealed, { vaultId: sealed.vaultId, epoch: 4, decidedAtMs: 1, snapshotKeys: [], packIds: [] })
    expect(await seen()).toEqual([[], [], []])
  })

  test('a revocation by the hub holds for who has the keys, and the other way round', async () => {
    await sealed.addRevocation({ agentId: '8c1b2a3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d', revokedAtMs: 3 })
    await whole.addRevocation({ agentId: '8c1b2a3d-4e5f-4a6b-8c7d-9e0f1a2b3c4e', revokedAtMs: 4 })
    expect(await seen()).toEqual([[], [], []])
    await spoil('r/', 120)
    expect((await seen()).map((found) => found.length)).toEqual([1, 1, expect.any(Number)])
  })

  test('sealed keys that are damaged, missing or nobody\u2019s', async () => {
    await spoil(sealedKeysPrefix, 100)
    expect(await seen()).toEqual(Array.from({ length: 3 }, () => ['vault.invalid']))
    for await (const { key } of store.list(sealedKeysPrefix)) await store.delete(key)
    expect(await seen()).toEqual(Array.from({ length: 3 }, () => ['vault.invalid']))
    await store.put(`${sealedKeysPrefix}nobody`, new Uint8Array(177).fill(1))
    expect(await seen()).toEqual(Array.from({ length: 3 }, () => ['vault.invalid', 'format.invalid']))
  })

  test('a slot by which a hub could read it', async () => {
    await addSlot('hub-secret')
    expect(await seen()).toEqual(Array.from({ length: 3 }, () => ['vault.invalid']))
  })

  test('a pack with a changed segment', async () => {
    await spoil(packPrefix, 110)
    for (const found of await seen()) expect(found).toContain('pack.checksum-mismatch')
  })
})

test('a managed vault has no slot of the other kind', async () => {
  store = new MemoryStore()
  const { vault } = await makeSmallVault(store)
  expect(await problems(vault)).toEqual([])
  await writeHubSlot(store, vault, hubSecret)
  expect(await problems(vault)).toEqual(['vault.invalid'])
})

async function addSlot(kind: KeySlotKind & 'hub-secret'): Promise<void> {
  const { slotId, bytes } = await wrapKey(nodePrimitives, randomBytes(32), whole.vaultId, { kind, secret: hubSecret })
  await store.put(keySlotKey(slotId), bytes)
}

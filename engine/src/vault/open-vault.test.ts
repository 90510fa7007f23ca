import { randomBytes, randomUUID } from 'node:crypto'
import { beforeEach, expect, test } from 'vitest'
import { decodeKeySlot, decodeVaultFile, keySlotPrefix, vaultFileText, withMac } from '../format/index.ts'
import { fsck } from '../maintenance/index.ts'
import { MemoryStore } from '../store/index.ts'
import { FaultyStore, scriptedFaults } from '../store/testing/index.ts'
import type { KeySecret } from '../unlock/index.ts'
import { makeRecoveryWords } from './crypto/node-keys.ts'
import { createVault, openVault } from './open-vault.ts'
import { openSealedVault } from './sealed-vault.ts'

const hub: KeySecret = { kind: 'hub-secret', secret: randomBytes(32) }
const recovery: KeySecret = { kind: 'recovery-words', words: await makeRecoveryWords() }
let store: MemoryStore
let slotKeys: Record<string, string>

beforeEach(async () => {
  store = new MemoryStore()
  slotKeys = {}
  await createVault(store, { vaultId: randomUUID(), domainId: randomUUID(), kind: 'managed', createdAtMs: 1, secrets: [hub, recovery] })
  for await (const { key } of store.list(keySlotPrefix)) slotKeys[decodeKeySlot(await store.get(key)).kind] = key
})

async function spoil(key: string, at: number): Promise<void> {
  const bytes = await store.get(key)
  bytes[at]! ^= 0xff
  await store.delete(key)
  await store.put(key, bytes)
}

test('a vault with something that this version does not know is opened by nobody, and found by a check', async () => {
  await store.put('f/shared-folders', new Uint8Array(0))
  const told = { code: 'format.unsupported-version', message: expect.stringContaining('shared-folders') }
  await expect(openVault(store, hub)).rejects.toMatchObject(told)
  await expect(openSealedVault(store, randomBytes(32))).rejects.toMatchObject(told)
  const { problems } = await fsck(store, { vault: null, readData: false })
  expect(problems).toMatchObject([{ object: 'f/shared-folders', code: 'format.unsupported-version' }])
})

test.each([
  ['a second circle of keys', [1, 1]],
  ['none', []],
  ['keys of another epoch', [2]],
])('vault.json with %s is of a version to come', (_, epochs) => {
  const domains = epochs.map((keyEpoch) => ({ id: randomUUID(), keyEpoch }))
  const text = vaultFileText({ vaultId: randomUUID(), kind: 'managed', createdAtMs: 1, features: [], domains })
  expect(() => decodeVaultFile(withMac(text, 'A'.repeat(43)))).toThrow(expect.objectContaining({ code: 'format.unsupported-version' }))
})

// Magic, version, kind, vault id, stretching, wrapped key.
test.each([0, 8, 10, 12, 44, 140])('a slot with byte %i damaged costs its own secret only', async (at) => {
  for (const [mine, other] of [
    [hub, recovery],
    [recovery, hub],
  ] as const) {
    await spoil(slotKeys[other.kind]!, at)
    await openVault(store, mine)
    await expect(openVault(store, other)).rejects.toMatchObject({
      code: expect.stringMatching(/^(vault\.invalid|format\.unsupported-version|key-slot\.wrong-secret)$/),
    })
    await spoil(slotKeys[other.kind]!, at)
  }
})

test('a slot on a defective sector costs its own secret only, and its owner hears of the disk, not of a wrong secret', async () => {
  const failing = new FaultyStore(store, {
    plan: scriptedFaults([
      { operation: 'get', keyPrefix: slotKeys['recovery-words']!, times: 10, fault: { kind: 'fail', code: 'store.io-error' } },
    ]),
  })
  await openVault(failing, hub)
  await expect(openVault(failing, recovery)).rejects.toMatchObject({ code: 'store.io-error' })
})

test('a store that is away is told as such, not as a wrong secret', async () => {
  const away = new FaultyStore(store, {
    plan: scriptedFaults([{ operation: 'get', keyPrefix: keySlotPrefix, fault: { kind: 'fail', code: 'store.unavailable' } }]),
  })
  await expect(openVault(away, hub)).rejects.toMatchObject({ code: 'store.unavailable' })
})

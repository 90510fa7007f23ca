import { beforeAll, expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/bytes/index.ts'
import { decodeSealedKeys, journalKey, sealedKeysKey, uuidToBytes } from '../../src/format/index.ts'
import { fsck } from '../../src/maintenance/index.ts'
import { MemoryStore } from '../../src/store/index.ts'
import { deviceFingerprint, openSealedDomainKeys, openSealedSelection, rawAgentKey } from '../../src/unlock/index.ts'
import { nodePrimitives, openSealedVault, openVault, readJournal } from '../../src/vault/index.ts'
import { doings } from '../../test/browser/testing/in-both.ts'
import { fromText } from './codec-goldens.ts'
import { expectReopened } from './expect-reopened.ts'
import { goldenSecrets, readPrivateGolden } from './private-golden.ts'

/* The browser reads the same vault in engine/test/browser/vaults.test.ts. */

const golden = readPrivateGolden()
const objects = fromText(golden.objects)
const node = doings(nodePrimitives)
const store = new MemoryStore()

beforeAll(async () => {
  for (const [key, bytes] of Object.entries(objects)) await store.put(key, bytes)
})

test.each(goldenSecrets(golden))('$kind opens the vault, it checks whole, and its files are what they were', async (secret) => {
  const vault = await openVault(store, secret)
  expect(vault.file).toMatchObject({ vaultId: golden.vaultId, kind: 'private' })
  expect(toHex(vault.hubKey)).toBe(golden.hubKey)
  expect(await vault.keys.fingerprint(golden.domainId)).toBe(golden.fingerprint)
  expect(await fsck(store, { vault, readData: true })).toMatchObject({ ok: true, counts: { snapshots: 1, blobsReached: 45 } })
  expect(await node.readVault(objects, secret)).toEqual(golden.trees)
})

test('every object says what it said, and is written again as it was', async () => {
  await expectReopened(objects, goldenSecrets(golden)[1]!, golden.says)
})

test('its hub opens what is a hub\u2019s', async () => {
  const vault = await openSealedVault(store, fromHex(golden.hubSecret))
  expect(toHex(vault.hubKey)).toBe(golden.hubKey)
  expect(await readJournal(vault, journalKey(3))).toMatchObject({ epoch: 3, decidedAtMs: 6 })
  expect(await vault.readRevocation(golden.revokedAgentId)).toMatchObject({ revokedAtMs: 7 })
  expect((await fsck(store, { vault, readData: true })).problems).toEqual([])
  const agent = await vault.readAgent(golden.agentId)
  const keys = { signPublicKey: rawAgentKey(agent.signPublicKey), boxPublicKey: rawAgentKey(agent.boxPublicKey) }
  expect(await deviceFingerprint(nodePrimitives, keys)).toBe(golden.deviceFingerprint)
})

test('its device opens its keys, and what somebody chose for it', async () => {
  const boxPrivateKey = fromHex(golden.boxPrivateKey)
  const agentId = uuidToBytes(golden.agentId)
  const id = { vaultId: uuidToBytes(golden.vaultId), domainId: uuidToBytes(golden.domainId), keyEpoch: 1, agentId }
  const keys = await openSealedDomainKeys(nodePrimitives, id, boxPrivateKey, decodeSealedKeys(objects[sealedKeysKey(agentId)]!))
  expect(keys).toEqual((await openVault(store, goldenSecrets(golden)[1]!)).domainKeys(golden.domainId))
  const { nonce, sealed, plain } = golden.selection
  const order = fromHex(nonce + sealed)
  expect(toHex((await openSealedSelection(nodePrimitives, keys, { agentId, boxPrivateKey }, order)).plain)).toBe(plain)
})

/*
 * Writes private-vault.json: see make-goldens.ts for when that may be done.
 *   node -C @holdfast/source engine/goldens/format-1/make-private-golden.ts
 */
import { writeFileSync } from 'node:fs'
import { toBase64Url, toHex } from '../../src/bytes/index.ts'
import { uuidToBytes } from '../../src/format/index.ts'
import { makeSmallVault } from '../../src/maintenance/testing/small-vault.ts'
import { MemoryStore } from '../../src/store/index.ts'
import { deviceFingerprint, rawAgentKey, sealSelection, type KeySecret } from '../../src/unlock/index.ts'
import { nodePrimitives, rawPrivateKey, writeHubSlot, writeJournal } from '../../src/vault/index.ts'
import { doings } from '../../test/browser/testing/in-both.ts'
import { requireNotFrozen } from './freeze.ts'
import { privateGoldenFile, type PrivateGolden } from './private-golden.ts'

requireNotFrozen()

const passphrase: KeySecret = { kind: 'passphrase', passphrase: 'Gr\u00fc\u00dfe aus \u2460 K\u00f6ln' }
const words: KeySecret = { kind: 'recovery-words', words: `${'abandon '.repeat(23)}art` }
const hubSecret = new Uint8Array(32).fill(5)
const revokedAgentId = '8c1b2a3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d'

const store = new MemoryStore()
const { vault, agentId, domainKeys, boxKey } = await makeSmallVault(store, { privateFor: [passphrase, words] })
await writeHubSlot(store, vault, hubSecret)
await writeJournal(vault, { vaultId: vault.vaultId, epoch: 3, decidedAtMs: 6, snapshotKeys: [], packIds: [new Uint8Array(16).fill(9)] })
await vault.addRevocation({ agentId: revokedAgentId, revokedAtMs: 7 })

const agent = await vault.readAgent(agentId)
const [signPublicKey, boxPublicKey] = [rawAgentKey(agent.signPublicKey), rawAgentKey(agent.boxPublicKey)]
const plain = new TextEncoder().encode('{"paths":["/folder/small-07"]}')
const selection = await sealSelection(nodePrimitives, domainKeys, { agentId: uuidToBytes(agentId), boxPublicKey }, plain)

const node = doings(nodePrimitives)
const objects: Record<string, Uint8Array> = {}
for await (const { key } of store.list('')) objects[key] = await store.get(key)

const golden: PrivateGolden = {
  passphrase: passphrase.passphrase,
  words: words.words,
  hubSecret: toHex(hubSecret),
  hubKey: toHex(vault.hubKey),
  vaultId: vault.file.vaultId,
  domainId: agent.domainId,
  agentId,
  revokedAgentId,
  fingerprint: await vault.keys.fingerprint(agent.domainId),
  deviceFingerprint: await deviceFingerprint(nodePrimitives, { signPublicKey, boxPublicKey }),
  boxPrivateKey: toHex(rawPrivateKey(boxKey)),
  selection: { nonce: toHex(selection.subarray(0, 16)), sealed: toHex(selection.subarray(16)), plain: toHex(plain) },
  says: Object.fromEntries(Object.entries(await node.reopenObjects(objects, words)).map(([key, { value }]) => [key, value])),
  trees: await node.readVault(objects, words),
  objects: Object.fromEntries(Object.entries(objects).map(([key, bytes]) => [key, toBase64Url(bytes)])),
}
writeFileSync(privateGoldenFile, `${JSON.stringify(golden, null, 1)}\n`)

import { generateKeyPairSync, randomBytes, randomUUID, sign, type KeyObject } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromText, readCodecGoldens } from '../../goldens/format-1/codec-goldens.ts'
import { expectReopened } from '../../goldens/format-1/expect-reopened.ts'
import { keySecrets, masterKey } from '../../goldens/format-1/golden-values.ts'
import { managedSecrets, readManagedGolden } from '../../goldens/format-1/managed-golden.ts'
import { goldenSecrets, readPrivateGolden } from '../../goldens/format-1/private-golden.ts'
import { givenOf, readRefusedGoldens } from '../../goldens/format-1/refused.ts'
import { toBase64Url, toHex } from '../../src/bytes/index.ts'
import {
  agentPrefix,
  keySlotPrefix,
  packPrefix,
  snapshotPrefix,
  uuidToBytes,
  vaultFileKey,
  type AgentFile,
} from '../../src/format/index.ts'
import { makeSmallVault, type SmallVault } from '../../src/maintenance/testing/small-vault.ts'
import { MemoryStore } from '../../src/store/index.ts'
import { boxKeySigningBytes, deriveDomainKeys, isSameFingerprint, newRecoveryWords, type KeySecret } from '../../src/unlock/index.ts'
import {
  createSealedVault,
  nodePrimitives,
  openSealedDomainKeys,
  openSealedVault,
  openVault,
  rawPrivateKey,
  rawPublicKey,
} from '../../src/vault/index.ts'
import { EngineInChromium } from './testing/chromium.ts'
import { doings } from './testing/in-both.ts'
import { filesOf } from './testing/read-vault.ts'
import type { StoredObjects } from './testing/stored-objects.ts'

const passphrase = { kind: 'passphrase', passphrase: 'Gr\u00fc\u00dfe aus \u2460 K\u00f6ln' } as const
/** The same to a person: decomposed letters, and a 1 without its circle. */
const typedOtherwise = { kind: 'passphrase', passphrase: 'Gru\u0308\u00dfe aus 1 Ko\u0308ln' } as const
const words: KeySecret = { kind: 'recovery-words', words: await newRecoveryWords(nodePrimitives) }
const node = doings(nodePrimitives)
const hubSecret = randomBytes(32)

let browser: EngineInChromium
let small: SmallVault
let objects: StoredObjects

beforeAll(async () => {
  browser = await EngineInChromium.start()
  const store = new MemoryStore()
  small = await makeSmallVault(store, { privateFor: [passphrase, words] })
  objects = await objectsOf(store)
})
afterAll(() => browser.close())

async function objectsOf(store: MemoryStore): Promise<Record<string, Uint8Array>> {
  const found: Record<string, Uint8Array> = {}
  for await (const { key } of store.list('')) found[key] = new Uint8Array(await store.get(key))
  return found
}

/** The objects with one changed. */
function spoilt(prefix: string, spoil: (bytes: Uint8Array) => Uint8Array): StoredObjects {
  const [key, bytes] = Object.entries(objects).find(([name]) => name.startsWith(prefix))!
  return { ...objects, [key]: spoil(Uint8Array.from(bytes)) }
}
const flipped =
  (at: number) =>
  (bytes: Uint8Array): Uint8Array => {
    bytes[at < 0 ? bytes.length + at : at]! ^= 1
    return bytes
  }

describe('a private vault that Node wrote, in a browser', () => {
  test('every file is read and proved, with the passphrase as with the words', async () => {
    const expected = await node.readVault(objects, passphrase)
    expect(filesOf(Object.values(expected).flat())).toHaveLength(42)
    for (const secret of [passphrase, typedOtherwise, words]) expect(await browser.do('readVault', objects, secret)).toEqual(expected)
  })

  test('its keys are those of Node', async () => {
    const slots = Object.entries(objects).flatMap(([key, bytes]) => (key.startsWith(keySlotPrefix) ? [bytes] : []))
    const there = await browser.do('unlock', objects[vaultFileKey]!, slots, words)
    expect(there).toEqual(await node.unlock(objects[vaultFileKey]!, slots, words))
    expect(there.domainKeys).toEqual(small.domainKeys)
    expect(there.fingerprint).toMatch(/^[0-9a-f]{4}(-[0-9a-f]{4}){4}$/)
  })

  test.each<readonly [string, () => StoredObjects, KeySecret, string]>([
    ['another passphrase', () => objects, { kind: 'passphrase', passphrase: 'Gruesse' }, 'key-slot.wrong-secret'],
    [
      'a slot that asks for 2 GiB',
      () => spoilt(keySlotPrefix, (bytes) => (new DataView(bytes.buffer).setUint32(44, 2 ** 21, true), bytes)),
      { kind: 'passphrase', passphrase: 'x' },
      'vault.invalid',
    ],
    [
      'vault.json with another time',
      () => spoilt(vaultFileKey, (bytes) => replaced(bytes, '"createdAtMs":1', '"createdAtMs":2')),
      passphrase,
      'vault.invalid',
    ],
    [
      'a managed vault where a private one was',
      () => spoilt(vaultFileKey, (bytes) => replaced(bytes, '"private"', '"managed"')),
      passphrase,
      'vault.invalid',
    ],
    [
      'an agent with another time',
      () => spoilt(agentPrefix, (bytes) => replaced(bytes, '"createdAtMs":2', '"createdAtMs":3')),
      passphrase,
      'vault.invalid',
    ],
    ['a snapshot with a flipped bit in its refset', () => spoilt(snapshotPrefix, flipped(100)), passphrase, 'snapshot.signature-invalid'],
    ['a snapshot whose hub header was changed', () => spoilt(snapshotPrefix, flipped(-1)), passphrase, 'snapshot.signature-invalid'],
    ['a pack whose first segment was changed', () => damagedPacks(), passphrase, 'segment.authentication-failed'],
  ])('%s is refused, as on Node', async (_, made, secret, code) => {
    const spoiltObjects = made()
    await expect(node.readVault(spoiltObjects, secret)).rejects.toMatchObject({ code })
    await expect(browser.do('readVault', spoiltObjects, secret)).rejects.toMatchObject({ code })
  })

  test('objects cut short anywhere are refused', async () => {
    for (const prefix of [vaultFileKey, agentPrefix, snapshotPrefix, packPrefix])
      for (const part of [0, 0.3, 0.9, 0.9999]) {
        const cut = spoilt(prefix, (bytes) => bytes.subarray(0, Math.floor(bytes.length * part)))
        await expect(browser.do('readVault', cut, words), `${prefix} ${part}`).rejects.toThrow()
      }
  })
})

const replaced = (bytes: Uint8Array, from: string, to: string): Uint8Array => {
  const text = Buffer.from(bytes).toString()
  expect(text).toContain(from)
  return new Uint8Array(Buffer.from(text.replace(from, to)))
}

const damagedPacks = (): StoredObjects =>
  Object.fromEntries(
    Object.entries(objects).map(([key, bytes]) => [key, key.startsWith(packPrefix) ? flipped(110)(Uint8Array.from(bytes)) : bytes]),
  )

describe('goldens of format 1, in a browser', () => {
  const reopen: typeof node.reopenObjects = (stored, secret) => browser.do('reopenObjects', stored, secret)

  test('codecs write what they read, and keys are derived as ever', async () => {
    const { codecs, objects: stored } = readCodecGoldens()
    expect({ vault: codecs.vault, ...(await browser.do('rewriteCodecs', codecs, masterKey)) }).toEqual(codecs)
    await expectReopened(stored, keySecrets[0], undefined, reopen)
  })

  test.each([
    ['private', readPrivateGolden, goldenSecrets(readPrivateGolden())],
    ['managed', readManagedGolden, managedSecrets(readManagedGolden())],
  ] as const)('the %s vault is read whole, and every object is written again as it was', async (_, read, secrets) => {
    const golden = read()
    const stored = fromText(golden.objects)
    expect(await browser.do('readVault', stored, secrets.at(-2)!)).toEqual(golden.trees)
    await expectReopened(stored, secrets.at(-1)!, golden.says, reopen)
  })

  test('what is refused is refused there, for the same reasons', async () => {
    const goldens = readRefusedGoldens()
    const outcomes = await browser.do('outcomesOf', givenOf(goldens))
    expect(goldens.map((golden, index) => ({ ...golden, outcome: outcomes[index] }))).toEqual(goldens)
  })
})

interface Device {
  readonly file: AgentFile
  readonly boxKey: KeyObject
}

function aDevice(domainId: string): Device {
  const signing = generateKeyPairSync('ed25519')
  const box = generateKeyPairSync('x25519')
  const boxPublicKey = rawPublicKey(box.publicKey)
  const file = {
    agentId: randomUUID(),
    domainId,
    signPublicKey: toBase64Url(rawPublicKey(signing.publicKey)),
    boxPublicKey: toBase64Url(boxPublicKey),
    boxSignature: toBase64Url(sign(null, boxKeySigningBytes(boxPublicKey), signing.privateKey)),
    createdAtMs: 5,
  }
  return { file, boxKey: box.privateKey }
}

describe('a private vault that a browser made', () => {
  test('is taken by a hub, opened on Node by both secrets, and its device gets its keys', async () => {
    const ids = { vaultId: randomUUID(), domainId: randomUUID() }
    const device = aDevice(ids.domainId)
    const made = await browser.do('makeVault', ids, [passphrase, words], device.file)
    const store = new MemoryStore()
    const sealed = await createSealedVault(store, made, hubSecret)
    await sealed.addAgent(device.file, { agentObject: made.agentObject, sealedKeys: made.sealedKeys })
    expect((await openSealedVault(store, hubSecret)).hubKey).toEqual(made.hubKey)
    for (const secret of [passphrase, typedOtherwise, words]) {
      const opened = await openVault(store, secret)
      expect(opened.hubKey).toEqual(made.hubKey)
      expect(await opened.readAgent(device.file.agentId)).toEqual(device.file)
      expect(isSameFingerprint(await opened.keys.fingerprint(ids.domainId), made.fingerprint.toUpperCase().replaceAll('-', ' '))).toBe(true)
      const id = { vaultId: uuidToBytes(ids.vaultId), domainId: uuidToBytes(ids.domainId), keyEpoch: 1 }
      const stored = await sealed.readSealedKeys(device.file.agentId)
      expect(await openSealedDomainKeys(stored!, id, uuidToBytes(device.file.agentId), device.boxKey)).toEqual(
        opened.domainKeys(ids.domainId),
      )
    }
    await expect(openVault(store, { kind: 'hub-secret', secret: hubSecret })).rejects.toMatchObject({ code: 'key-slot.wrong-secret' })
  })
})

test('boxes of keys and of selections, both ways', async () => {
  const ids = { vaultId: nodePrimitives.randomBytes(16), domainId: nodePrimitives.randomBytes(16), keyEpoch: 3 }
  const keys = await deriveDomainKeys(nodePrimitives, randomBytes(32), ids)
  const agentId = nodePrimitives.randomBytes(16)
  const box = generateKeyPairSync('x25519')
  const [boxPublicKey, boxPrivateKey] = [rawPublicKey(box.publicKey), rawPrivateKey(box.privateKey)]
  const plain = new TextEncoder().encode('/home/gr\u00fcn')
  type Boxes = Pick<typeof node, 'sealDomainKeys' | 'openSealedDomainKeys' | 'sealSelection' | 'openSelection'>
  const there: Boxes = {
    sealDomainKeys: (...given) => browser.do('sealDomainKeys', ...given),
    openSealedDomainKeys: (...given) => browser.do('openSealedDomainKeys', ...given),
    sealSelection: (...given) => browser.do('sealSelection', ...given),
    openSelection: (...given) => browser.do('openSelection', ...given),
  }
  for (const [from, to] of [
    [node, there],
    [there, node],
  ] as const) {
    const sealedKeys = await from.sealDomainKeys(keys, agentId, boxPublicKey)
    expect(await to.openSealedDomainKeys({ ...ids, agentId }, boxPrivateKey, sealedKeys)).toEqual(keys)
    const selection = await from.sealSelection(keys, { agentId, boxPublicKey }, plain)
    expect(await to.openSelection(keys, { agentId, boxPrivateKey }, selection)).toEqual({ nonce: selection.slice(0, 16), plain })
    const refused = { code: 'vault.key-mismatch' }
    // In the nonce, the ephemeral key, the ciphertext and the tag.
    for (const at of [0, 15, 17, 36, 56, -1])
      await expect(to.openSelection(keys, { agentId, boxPrivateKey }, flipped(at)(Uint8Array.from(selection)))).rejects.toMatchObject(
        refused,
      )
    for (const length of [0, 15, 16, 48])
      await expect(to.openSelection(keys, { agentId, boxPrivateKey }, selection.slice(0, length))).rejects.toMatchObject(refused)
    await expect(to.openSealedDomainKeys({ ...ids, agentId }, boxPrivateKey, selection.slice(16))).rejects.toMatchObject(refused)
    const zero = Uint8Array.of(1, ...new Uint8Array(32), ...sealedKeys.subarray(33))
    await expect(to.openSealedDomainKeys({ ...ids, agentId }, boxPrivateKey, zero)).rejects.toMatchObject(refused)
    await expect(from.sealDomainKeys(keys, agentId, new Uint8Array(32))).rejects.toMatchObject(refused)
    expect(toHex(await from.sealDomainKeys(keys, agentId, boxPublicKey))).not.toBe(toHex(sealedKeys))
  }
})

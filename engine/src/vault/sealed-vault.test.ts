import { generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { toBase64Url, withCrcTail } from '../bytes/index.ts'
import {
  agentKey,
  decodeKeySlot,
  encodeSealedKeys,
  keySlotPrefix,
  sealedKeysKey,
  uuidToBytes,
  vaultFileKey,
  type AgentFile,
} from '../format/index.ts'
import { MemoryStore } from '../store/index.ts'
import { FaultyStore, scriptedFaults } from '../store/testing/index.ts'
import { boxKeySigningBytes, createVaultObjects, rawAgentKey, type KeySecret, type NewKeySlot, type VaultObjects } from '../unlock/index.ts'
import { makeRecoveryWords } from './crypto/node-keys.ts'
import { nodePrimitives, rawPublicKey } from './crypto/node-primitives.ts'
import { openVault, type Vault } from './open-vault.ts'
import { createSealedVault, openSealedVault, type SealedVault } from './sealed-vault.ts'

const passphrase: KeySecret = { kind: 'passphrase', passphrase: 'correct horse' }
const words: KeySecret = { kind: 'recovery-words', words: await makeRecoveryWords() }
const domainId = randomUUID()
const hubSecret = randomBytes(32)

let made: VaultObjects
let store: MemoryStore
let sealed: SealedVault
let device: AgentFile
let objects: { agentObject: Uint8Array; sealedKeys: Uint8Array }

const make = (secrets: readonly KeySecret[], kind: 'managed' | 'private' = 'private'): Promise<VaultObjects> =>
  createVaultObjects(nodePrimitives, { vaultId: randomUUID(), domainId, kind, createdAtMs: 1, secrets })

function aDevice(): AgentFile {
  const signing = generateKeyPairSync('ed25519')
  const boxPublicKey = rawPublicKey(generateKeyPairSync('x25519').publicKey)
  return {
    agentId: randomUUID(),
    domainId,
    signPublicKey: toBase64Url(rawPublicKey(signing.publicKey)),
    boxPublicKey: toBase64Url(boxPublicKey),
    boxSignature: toBase64Url(sign(null, boxKeySigningBytes(boxPublicKey), signing.privateKey)),
    createdAtMs: 5,
  }
}

const approve = async (agent: AgentFile): Promise<typeof objects> => ({
  agentObject: await made.keys.agentObject(agent),
  sealedKeys: await made.keys.sealDomainKeys(domainId, agent.agentId, rawAgentKey(agent.boxPublicKey)),
})

beforeAll(async () => {
  made = await make([passphrase, words])
})
beforeEach(async () => {
  store = new MemoryStore()
  sealed = await createSealedVault(store, made, hubSecret)
  device = aDevice()
  objects = await approve(device)
})

async function kindsOfSlots(): Promise<string[]> {
  const kinds: string[] = []
  for await (const { key } of store.list(keySlotPrefix)) kinds.push(decodeKeySlot(await store.get(key)).kind)
  return kinds.toSorted()
}

describe('a private vault at its hub', () => {
  test('has a slot for each secret and one for the hub, and opens with the hub\u2019s secret only as far as a hub may', async () => {
    expect(await kindsOfSlots()).toEqual(['hub-statements', 'passphrase', 'recovery-words'])
    const opened = await openSealedVault(store, hubSecret)
    expect(opened.hubKey).toEqual(made.hubKey)
    expect(opened.selfBackupKey).toEqual((await openVault(store, words)).selfBackupKey)
    await expect(openSealedVault(store, randomBytes(32))).rejects.toMatchObject({ code: 'key-slot.wrong-secret' })
    await expect(openVault(store, { kind: 'hub-secret', secret: hubSecret })).rejects.toMatchObject({ code: 'key-slot.wrong-secret' })
    await expect(openSealedVault(new MemoryStore(), hubSecret)).rejects.toMatchObject({ code: 'vault.not-found' })
  })

  test('a hub with another secret is let in by who has the words, and nobody gives it more', async () => {
    const other = randomBytes(32)
    const vault: Vault = await openVault(store, words)
    await expect(vault.addKeySlot({ kind: 'hub-secret', secret: other })).rejects.toMatchObject({ code: 'vault.invalid' })
    await vault.letHubOpen(other)
    expect((await openSealedVault(store, other)).hubKey).toEqual(made.hubKey)
    await (await openSealedVault(store, other)).addHubSlot(hubSecret)
    expect((await kindsOfSlots()).filter((kind) => kind === 'hub-statements')).toHaveLength(3)
    expect(await kindsOfSlots()).not.toContain('hub-secret')
  })

  test('vault.json that was changed since is noticed', async () => {
    await sealed.checkFile()
    await store.delete(vaultFileKey)
    await expect(sealed.checkFile()).rejects.toMatchObject({ code: 'vault.not-found' })
    const text = Buffer.from(made.vaultFile).toString().replace('"createdAtMs":1', '"createdAtMs":2')
    await store.put(vaultFileKey, Buffer.from(text))
    await expect(sealed.checkFile()).rejects.toMatchObject({ code: 'vault.invalid' })
  })
})

describe('what somebody brings for a new one', () => {
  test('must be a private vault with a passphrase and words, and no more keys than a hub may have', async () => {
    const [onlyWords, managed, other] = await Promise.all([
      make([words, words]),
      make([passphrase, words], 'managed'),
      make([passphrase, words]),
    ])
    const { vaultFile, slots, hubKey } = made
    for (const brought of [
      onlyWords,
      managed,
      { vaultFile, slots: [], hubKey },
      { vaultFile, slots: slots.slice(0, 1), hubKey },
      { vaultFile, slots: other.slots, hubKey },
      { vaultFile, slots, hubKey: hubKey.subarray(1) },
      { vaultFile: vaultFile.subarray(1), slots, hubKey },
      { vaultFile, slots: slots.map(({ bytes }) => ({ slotId: randomBytes(16), bytes })), hubKey },
      { vaultFile, slots: [...slots, { ...slots[0]!, bytes: slots[0]!.bytes.subarray(1) }], hubKey },
    ]) {
      const empty = new MemoryStore()
      await expect(createSealedVault(empty, brought, hubSecret)).rejects.toMatchObject({ code: 'vault.invalid' })
      for await (const { key } of empty.list('')) throw new Error(`${key} was written`)
    }
    await expect(createSealedVault(store, other, hubSecret)).rejects.toMatchObject({ code: 'vault.exists' })
  })

  test.each([1, 2, 3, 4])('a crash at object %i leaves no vault, and the same ones again make it', async (from) => {
    const inner = new MemoryStore()
    const failing = new FaultyStore(inner, {
      plan: scriptedFaults([{ operation: 'put', from, fault: { kind: 'fail', code: 'store.full' } }]),
    })
    await expect(createSealedVault(failing, made, hubSecret)).rejects.toMatchObject({ code: 'store.full' })
    await expect(openSealedVault(inner, hubSecret)).rejects.toMatchObject({ code: 'vault.not-found' })
    const [slot, ...others] = made.slots
    const spoilt = slot!.bytes.slice(0, -4)
    spoilt[147]! ^= 1
    const changed = { slotId: slot!.slotId, bytes: withCrcTail(spoilt) }
    if (from > 1)
      await expect(createSealedVault(inner, { ...made, slots: [changed, ...others] }, hubSecret)).rejects.toMatchObject({
        code: 'store.exists',
      })
    store = inner
    expect((await createSealedVault(inner, made, hubSecret)).hubKey).toEqual(made.hubKey)
    expect(await kindsOfSlots()).toEqual(['hub-statements', 'passphrase', 'recovery-words'])
    expect((await openSealedVault(inner, hubSecret)).hubKey).toEqual(made.hubKey)
  })
})

test('a vault has 64 passphrases at most, and whatever else opens it', async () => {
  const slot = made.slots.find(({ bytes }) => bytes[10] === 2)!
  const other = (index: number): NewKeySlot => {
    const bytes = slot.bytes.slice()
    bytes[28] = index
    bytes[29]! ^= 1
    return { slotId: bytes.slice(28, 44), bytes: withCrcTail(bytes.subarray(0, -4)) }
  }
  for (let index = 1; index < 64; index++) await sealed.addKeySlot(other(index))
  await expect(sealed.addKeySlot(other(64))).rejects.toMatchObject({ code: 'vault.invalid', message: expect.stringContaining('64') })
  await sealed.addKeySlot(other(63))
  await sealed.addHubSlot(randomBytes(32))
})

describe('a device', () => {
  test('has keys when somebody with the vault\u2019s keys gave them, and the same may be brought again', async () => {
    expect(await sealed.readSealedKeys(device.agentId)).toBeNull()
    await sealed.addAgent(device, objects)
    await sealed.addAgent(device, objects)
    expect(await sealed.readSealedKeys(device.agentId)).toEqual(objects.sealedKeys)
    expect(await sealed.readAgent(device.agentId)).toEqual(device)
    expect(await (await openVault(store, words)).readAgent(device.agentId)).toEqual(device)
    await expect(sealed.addAgent(device, await approve(device))).rejects.toMatchObject({ code: 'store.exists' })
  })

  test.each([
    ['sealed keys', sealedKeysKey, (): Uint8Array => encodeSealedKeys(objects.sealedKeys)],
    ['agent object', agentKey, (): Uint8Array => objects.agentObject],
  ])('whose %s alone are there has none, and is mended by approving again', async (what, keyOf, bytesOf) => {
    await store.put(keyOf(uuidToBytes(device.agentId)), bytesOf())
    expect(await sealed.hasKeys(device.agentId)).toBe(false)
    expect(await sealed.readSealedKeys(device.agentId)).toBeNull()
    const again = { ...(await approve({ ...device, createdAtMs: 6 })) }
    await sealed.addAgent(device, again)
    expect(await sealed.readSealedKeys(device.agentId)).toEqual(again.sealedKeys)
    // What vouches for all that it has signed is not given up for another that says the same.
    expect(await sealed.readAgentObject(device.agentId)).toEqual(what === 'agent object' ? objects.agentObject : again.agentObject)
    expect(await sealed.hasKeys(device.agentId)).toBe(true)
  })

  test('whose sealed keys rotted waits for somebody to let it in again, and is given new ones then', async () => {
    await sealed.addAgent(device, objects)
    const key = sealedKeysKey(uuidToBytes(device.agentId))
    const bytes = await store.get(key)
    bytes[100]! ^= 1
    await store.delete(key)
    await store.put(key, bytes)
    expect(await sealed.hasKeys(device.agentId)).toBe(false)
    expect(await sealed.readSealedKeys(device.agentId)).toBeNull()
    const again = await approve(device)
    await sealed.addAgent(device, again)
    expect(await sealed.readSealedKeys(device.agentId)).toEqual(again.sealedKeys)
    expect(await sealed.readAgentObject(device.agentId)).toEqual(objects.agentObject)
  })

  test('whose agent object rotted is given both anew; on a full disk what is whole stays', async () => {
    await sealed.addAgent(device, objects)
    const key = agentKey(uuidToBytes(device.agentId))
    await store.delete(sealedKeysKey(uuidToBytes(device.agentId)))
    const full = new FaultyStore(store, {
      plan: scriptedFaults([{ operation: 'put', times: 9, fault: { kind: 'fail', code: 'store.full' } }]),
    })
    const again = await approve(device)
    await expect((await openSealedVault(full, hubSecret)).addAgent(device, again)).rejects.toMatchObject({ code: 'store.full' })
    expect(await sealed.readAgentObject(device.agentId)).toEqual(objects.agentObject)
    await store.delete(key)
    await store.put(key, new Uint8Array(9))
    await sealed.addAgent(device, again)
    expect(await sealed.readAgentObject(device.agentId)).toEqual(again.agentObject)
    expect(await sealed.readSealedKeys(device.agentId)).toEqual(again.sealedKeys)
  })

  test('is not given what was made for other keys, another device or domain, or is none', async () => {
    const other = aDevice()
    const swapped = { ...device, boxPublicKey: other.boxPublicKey, boxSignature: other.boxSignature, signPublicKey: other.signPublicKey }
    const ofOther = await approve(swapped)
    for (const [expected, brought] of [
      [device, { ...objects, agentObject: ofOther.agentObject }],
      [other, objects],
      [{ ...device, domainId: randomUUID() }, objects],
      [device, { ...objects, agentObject: objects.agentObject.subarray(1) }],
      [device, { ...objects, sealedKeys: objects.sealedKeys.subarray(1, 170) }],
      [device, { ...objects, sealedKeys: new Uint8Array(0) }],
    ] as const)
      await expect(sealed.addAgent(expected, brought)).rejects.toMatchObject({
        code: expect.stringMatching(/^(vault\.invalid|format\.unsupported-version)$/),
      })
    expect(await store.head(agentKey(uuidToBytes(device.agentId)))).toBeNull()
    expect(await sealed.readSealedKeys(device.agentId)).toBeNull()
  })
})

test('slots come from people, and of this vault alone', async () => {
  const slot = await made.keys.addSlot({ kind: 'passphrase', passphrase: 'rotated' })
  await sealed.addKeySlot(slot)
  await sealed.addKeySlot(slot)
  expect((await openVault(store, { kind: 'passphrase', passphrase: 'rotated' })).hubKey).toEqual(made.hubKey)
  const foreign = await (await make([words])).keys.addSlot(words)
  await expect(sealed.addKeySlot(foreign)).rejects.toMatchObject({ code: 'vault.invalid' })
  const { key, slotId } = await hubSlot()
  const bytes = await store.get(key)
  await expect(sealed.addKeySlot({ slotId, bytes })).rejects.toMatchObject({ code: 'vault.invalid' })
})

async function hubSlot(): Promise<{ key: string; slotId: Uint8Array }> {
  for await (const { key } of store.list(keySlotPrefix)) {
    const { kind, slotId } = decodeKeySlot(await store.get(key))
    if (kind === 'hub-statements') return { key, slotId }
  }
  throw new Error('There should be one.')
}

import { generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { toBase64Url, withCrcTail } from '../bytes/index.ts'
import { agentFileText, decodeKeySlot, withMac, type AgentFile } from '../format/index.ts'
import { nodePrimitives, rawPublicKey } from '../vault/index.ts'
import { boxKeySigningBytes } from './agent-objects.ts'
import { deviceFingerprint, isSameFingerprint, vaultFingerprint } from './fingerprints.ts'
import { openWithKept } from './kept-secrets.ts'
import { wrapKey, type KeySecret } from './key-slots.ts'
import type { UnlockPrimitives } from './primitives.ts'
import { newRecoveryWords } from './recovery-words.ts'
import { createVaultObjects, unlockVault, type VaultObjects } from './unlock-vault.ts'

const passphrase = { kind: 'passphrase', passphrase: 'correct horse' } as const
const words = { kind: 'recovery-words', words: await newRecoveryWords(nodePrimitives) } as const
const vaultId = randomUUID()
const domainId = randomUUID()

let made: VaultObjects
beforeAll(async () => {
  made = await createVaultObjects(nodePrimitives, { vaultId, domainId, kind: 'private', createdAtMs: 1, secrets: [passphrase, words] })
})

/** With the checksum that fits: as somebody leaves a slot who changes it on purpose. */
const checked = (slot: Uint8Array): Uint8Array => withCrcTail(slot.subarray(0, -4))

const slotsOf = (objects: VaultObjects): Uint8Array[] => objects.slots.map(({ bytes }) => bytes)
const unlock = (secret: KeySecret, slots = slotsOf(made), vaultFile = made.vaultFile, primitives = nodePrimitives) =>
  unlockVault(primitives, { vaultFile, slots }, secret)

function aDevice(domain = domainId): AgentFile {
  const signing = generateKeyPairSync('ed25519')
  const boxPublicKey = rawPublicKey(generateKeyPairSync('x25519').publicKey)
  return {
    agentId: randomUUID(),
    domainId: domain,
    signPublicKey: toBase64Url(rawPublicKey(signing.publicKey)),
    boxPublicKey: toBase64Url(boxPublicKey),
    boxSignature: toBase64Url(sign(null, boxKeySigningBytes(boxPublicKey), signing.privateKey)),
    createdAtMs: 1,
  }
}

describe('a vault of bytes', () => {
  test('unlocks by each of its secrets to the same keys, and by no other', async () => {
    for (const secret of [passphrase, words]) {
      const keys = await unlock(secret)
      expect(keys.hub).toEqual(made.keys.hub)
      expect(await keys.domainKeys(domainId)).toEqual(await made.keys.domainKeys(domainId))
    }
    for (const secret of [
      { kind: 'passphrase', passphrase: 'correct  horse' },
      { kind: 'hub-secret', secret: randomBytes(32) },
    ] as const)
      await expect(unlock(secret)).rejects.toMatchObject({ code: 'key-slot.wrong-secret' })
  })

  test('a slot that is added opens it, and without the others too', async () => {
    const rotated: KeySecret = { kind: 'passphrase', passphrase: 'another one' }
    const { bytes } = await (await unlock(words)).addSlot(rotated)
    expect((await unlock(rotated, [bytes])).hub).toEqual(made.keys.hub)
    await expect(unlock(passphrase, [bytes])).rejects.toMatchObject({ code: 'key-slot.wrong-secret' })
  })

  test('a slot is tried as the store gave it back', async () => {
    const next: KeySecret = { kind: 'recovery-words', words: await newRecoveryWords(nodePrimitives) }
    const { bytes } = await made.keys.addSlot(next)
    expect(await made.keys.isOpenedBy(bytes, next)).toBe(true)
    expect(await made.keys.isOpenedBy(bytes, words)).toBe(false)
    for (const at of [0, 20, 60, 147])
      expect(
        await made.keys.isOpenedBy(
          Uint8Array.from(bytes, (byte, index) => (index === at ? byte ^ 1 : byte)),
          next,
        ),
      ).toBe(false)
    expect(await made.keys.isOpenedBy(bytes.subarray(1), next)).toBe(false)
    // A whole one, of a vault of the same id that has another master key.
    const other = await createVaultObjects(nodePrimitives, { vaultId, domainId, kind: 'private', createdAtMs: 1, secrets: [next] })
    expect(await made.keys.isOpenedBy(other.slots[0]!.bytes, next)).toBe(false)
  })

  test('whatever somebody kept opens it: words with text around them, else the first line as the passphrase', async () => {
    const open = (text: string) => openWithKept(text, (secret) => unlock(secret))
    expect((await open(`Recovery kit\n\n${words.words.toUpperCase()}\n`)).secret.kind).toBe('recovery-words')
    expect((await open('correct horse\nof the family vault\n')).secret).toEqual(passphrase)
    const foreign = await newRecoveryWords(nodePrimitives)
    await expect(open(foreign)).rejects.toMatchObject({ code: 'key-slot.wrong-secret' })
    await expect(open('')).rejects.toMatchObject({ code: 'key-slot.wrong-secret' })
    // What is damaged may be the very one, and keeps nobody from the others.
    const damaged = { slots: [new Uint8Array(3), ...slotsOf(made).slice(1)] }
    const openDamaged = (text: string) => openWithKept(text, (secret) => unlock(secret, damaged.slots))
    expect((await openDamaged(`${foreign}\n${words.words}`)).secret).toEqual(words)
    await expect(openDamaged('correct horse')).rejects.toMatchObject({ code: 'vault.invalid' })
  })

  test('no slot holds the master key for a hub', async () => {
    const hub = { kind: 'hub-secret', secret: randomBytes(32) } as const
    await expect(made.keys.addSlot(hub)).rejects.toMatchObject({ code: 'vault.invalid' })
    const asked = { vaultId, domainId, kind: 'private', createdAtMs: 1, secrets: [words, hub] } as const
    await expect(createVaultObjects(nodePrimitives, asked)).rejects.toMatchObject({ code: 'vault.invalid' })
  })

  test('what a hub is given opens nothing but what is a hub\u2019s', async () => {
    const secret = randomBytes(32)
    const { bytes } = await wrapKey(nodePrimitives, made.hubKey, made.keys.vaultId, { kind: 'hub-statements', secret })
    await expect(unlock({ kind: 'hub-secret', secret }, [bytes])).rejects.toMatchObject({ code: 'key-slot.wrong-secret' })
    // As its other kind, by whoever can write the store: the seal is over the kind.
    bytes[10] = 1
    await expect(unlock({ kind: 'hub-secret', secret }, [checked(bytes)])).rejects.toMatchObject({ code: 'key-slot.wrong-secret' })
  })
})

test.each([
  ['half a character', 'correct \ud83d horse'],
  ['a character that Unicode has not assigned', 'correct \u{e01f5} horse'],
])('a passphrase with %s is not taken: another device might read another', async (_, text) => {
  await expect(made.keys.addSlot({ kind: 'passphrase', passphrase: text })).rejects.toMatchObject({
    code: 'vault.invalid',
    message: expect.stringContaining('without them'),
  })
})

test('words that are fewer than 24 open nothing and become no slot, also where they are valid elsewhere', async () => {
  const twelve = { kind: 'recovery-words', words: `${'abandon '.repeat(11)}about` } as const
  await expect(made.keys.addSlot(twelve)).rejects.toMatchObject({ code: 'key-slot.wrong-secret' })
  await expect(unlock(twelve)).rejects.toMatchObject({ code: 'key-slot.wrong-secret' })
})

describe('what is damaged is told apart from a wrong secret', () => {
  const changed = (at: number, slot = 0): Uint8Array[] =>
    slotsOf(made).map((bytes, index) => (index === slot ? Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ 0xff : byte)) : bytes))

  // Magic, version, kind, zero, vault id, what stretching costs, slot id, salt, nonce, sealed key, checksum.
  test.each([0, 8, 10, 11, 12, 47, 48, 52, 28, 60, 90, 120, 147, 150])('byte %i of a slot', async (at) => {
    await expect(unlock(passphrase, changed(at))).rejects.toMatchObject({
      code: 'vault.invalid',
    })
    expect((await unlock(words, changed(at))).hub).toEqual(made.keys.hub)
  })

  test('a slot cut short, one too long, and one that is empty', async () => {
    const whole = made.slots[0]!.bytes
    for (const bytes of [whole.subarray(0, 151), Uint8Array.of(...whole, 0), new Uint8Array(0)])
      await expect(unlock(passphrase, [bytes])).rejects.toMatchObject({ code: 'vault.invalid' })
  })

  test('what was changed on purpose, its checksum as well, is another secret’s or of a version to come', async () => {
    const forged = (at: number): Uint8Array => checked(changed(at)[0]!)
    for (const at of [28, 60, 90, 120])
      await expect(unlock(passphrase, [forged(at)])).rejects.toMatchObject({ code: 'key-slot.wrong-secret' })
    for (const at of [8, 10, 11])
      await expect(unlock(passphrase, [forged(at)])).rejects.toMatchObject({ code: 'format.unsupported-version' })
  })

  test('vault.json of another vault, in another form, or cut short', async () => {
    const other = await createVaultObjects(nodePrimitives, {
      vaultId: randomUUID(),
      domainId,
      kind: 'private',
      createdAtMs: 1,
      secrets: [words],
    })
    const same = await createVaultObjects(nodePrimitives, { vaultId, domainId, kind: 'private', createdAtMs: 1, secrets: [words] })
    const spaced = new TextEncoder().encode(new TextDecoder().decode(made.vaultFile).replace(',', ', '))
    for (const vaultFile of [other.vaultFile, same.vaultFile, spaced, made.vaultFile.subarray(0, 40), new Uint8Array(0)])
      await expect(unlock(words, slotsOf(made), vaultFile)).rejects.toMatchObject({ code: 'vault.invalid' })
  })
})

describe('a hub that hands out hostile slots', () => {
  const withCost = (memoryKiB: number, iterations: number, parallelism = 1): Uint8Array => {
    const bytes = Uint8Array.from(made.slots[0]!.bytes)
    const view = new DataView(bytes.buffer)
    view.setUint32(44, memoryKiB, true)
    view.setUint32(48, iterations, true)
    view.setUint32(52, parallelism, true)
    return checked(bytes)
  }
  /** Counts what is stretched; nothing of it is done. */
  const counting = (): { primitives: UnlockPrimitives; asked: number[] } => {
    const asked: number[] = []
    const argon2id: UnlockPrimitives['argon2id'] = (_password, _salt, { memoryKiB }) => (asked.push(memoryKiB), new Uint8Array(32))
    return { primitives: { ...nodePrimitives, argon2id }, asked }
  }

  test.each([
    [1024 * 1024 + 1, 1, 1],
    [2 ** 32 - 1, 1, 1],
    [19 * 1024 - 1, 3, 1],
    [64 * 1024, 33, 1],
    [64 * 1024, 0, 1],
    [64 * 1024, 3, 0],
    [64 * 1024, 3, 17],
  ])('%i KiB, %i passes and %i lanes are refused before any memory is taken', async (...cost) => {
    const { primitives, asked } = counting()
    await expect(unlock(passphrase, [withCost(...cost)], made.vaultFile, primitives)).rejects.toMatchObject({ code: 'vault.invalid' })
    expect(asked).toEqual([])
  })

  test('costly ones come after the honest one, which opens before they are tried', async () => {
    const { primitives, asked } = counting()
    const slots = [withCost(1024 * 1024, 32), withCost(512 * 1024, 4), made.slots[0]!.bytes]
    await expect(unlock(passphrase, slots, made.vaultFile, primitives)).rejects.toMatchObject({ code: 'key-slot.wrong-secret' })
    expect(asked).toEqual([64 * 1024, 512 * 1024, 1024 * 1024])
    expect((await unlock(passphrase, slots)).hub).toEqual(made.keys.hub)
  })

  test('however many there are, no more than 64 passphrases are tried', async () => {
    const { primitives, asked } = counting()
    await expect(unlock(passphrase, Array(200).fill(withCost(64 * 1024, 3)), made.vaultFile, primitives)).rejects.toMatchObject({
      code: 'key-slot.wrong-secret',
    })
    expect(asked).toHaveLength(64)
  })
})

describe('who vouches for a device', () => {
  test('is who has the keys: its object verifies, and a changed one does not', async () => {
    const device = aDevice()
    const object = await made.keys.agentObject(device)
    expect(await (await unlock(words)).verifyAgentObject(object)).toEqual(device)
    const swapped = withMac(agentFileText({ ...device, createdAtMs: 2 }), 'A'.repeat(43))
    for (const bytes of [swapped, object.subarray(1), Uint8Array.from(object, (byte, at) => (at === object.length - 10 ? byte ^ 1 : byte))])
      await expect(made.keys.verifyAgentObject(bytes)).rejects.toMatchObject({ code: 'vault.invalid' })
  })

  test('not of a device whose keys do not belong together, or of another domain', async () => {
    const device = aDevice()
    for (const agent of [
      { ...device, boxPublicKey: aDevice().boxPublicKey },
      { ...device, signPublicKey: aDevice().signPublicKey },
      aDevice(randomUUID()),
    ])
      await expect(made.keys.agentObject(agent)).rejects.toMatchObject({ code: 'vault.invalid' })
    await expect(made.keys.sealDomainKeys(domainId, device.agentId, new Uint8Array(32))).rejects.toMatchObject({
      code: 'vault.key-mismatch',
    })
  })
})

describe('fingerprints', () => {
  const counted = Uint8Array.from({ length: 32 }, (_, index) => index)

  test('are as the format says', async () => {
    const id = { vaultId: counted.subarray(0, 16), domainId: counted.subarray(16), keyEpoch: 1 }
    const keys = { ...id, idKey: counted, cdcKey: counted, dataKey: counted, metadataKey: counted }
    // By Python's hashlib and hmac.
    expect(await vaultFingerprint(nodePrimitives, keys)).toBe('2de3-d298-0e48-00e8-d3d1')
    expect(await deviceFingerprint(nodePrimitives, { signPublicKey: counted, boxPublicKey: counted })).toBe('2de7-31f9-b487-64fa-8f62')
  })

  test('are compared however they were written, and only whole', () => {
    const one = '3f2a-6c1e-0d4b-4c7a-9b7e'
    for (const same of [one, '3F2A 6C1E 0D4B 4C7A 9B7E', '3f2a6c1e0d4b4c7a9b7e', ` ${one}\n`])
      expect(isSameFingerprint(one, same)).toBe(true)
    for (const other of ['', one.slice(0, -1), `${one}0`, one.replace('3', '4')]) expect(isSameFingerprint(one, other)).toBe(false)
    expect(isSameFingerprint('', '')).toBe(false)
  })
})

test('locked keys work no more', async () => {
  const keys = await unlock(words)
  const before = await keys.domainKeys(domainId)
  keys.lock()
  expect(await keys.domainKeys(domainId)).not.toEqual(before)
  await expect(keys.verifyAgentObject(await made.keys.agentObject(aDevice()))).rejects.toMatchObject({ code: 'vault.invalid' })
  expect(decodeKeySlot((await made.keys.addSlot(words)).bytes).kind).toBe('recovery-words')
})

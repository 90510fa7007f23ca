import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { decodeKeySlot } from '../format/index.ts'
import { nodePrimitives } from '../vault/index.ts'
import { deriveDomainKeys } from './domain-keys.ts'
import { unwrapKey, wrapKey, type SlotSecret } from './key-slots.ts'
import { findRecoveryWords, newRecoveryWords } from './recovery-words.ts'
import { openSealedDomainKeys, sealDomainKeys } from './sealed-domain-keys.ts'

const words = await newRecoveryWords(nodePrimitives)
const secrets: readonly (readonly [right: SlotSecret, wrong: SlotSecret])[] = [
  [
    { kind: 'hub-secret', secret: Buffer.alloc(32, 1) },
    { kind: 'hub-secret', secret: Buffer.alloc(32, 2) },
  ],
  [
    { kind: 'recovery-words', words },
    { kind: 'recovery-words', words: await newRecoveryWords(nodePrimitives) },
  ],
  [
    { kind: 'passphrase', passphrase: 'Gr\u00fc\u00dfe' },
    { kind: 'passphrase', passphrase: 'Gruesse' },
  ],
  [
    { kind: 'hub-statements', secret: Buffer.alloc(32, 1) },
    { kind: 'hub-statements', secret: Buffer.alloc(32, 2) },
  ],
]

test.each(secrets)('a slot of $kind gives the master key to the right secret only', async (right, wrong) => {
  const masterKey = randomBytes(32)
  const { bytes } = await wrapKey(nodePrimitives, masterKey, randomBytes(16), right)
  const slot = decodeKeySlot(bytes)
  expect(Buffer.compare(await unwrapKey(nodePrimitives, slot, right), masterKey)).toBe(0)
  await expect(unwrapKey(nodePrimitives, slot, wrong)).rejects.toMatchObject({ code: 'key-slot.wrong-secret' })
  await expect(unwrapKey(nodePrimitives, { ...slot, vaultId: randomBytes(16) }, right)).rejects.toMatchObject({
    code: 'key-slot.wrong-secret',
  })
})

test('recovery words are 24, survive sloppy typing, and a wrong word is said to be wrong', async () => {
  expect(words.split(' ')).toHaveLength(24)
  const masterKey = randomBytes(32)
  const slot = decodeKeySlot((await wrapKey(nodePrimitives, masterKey, randomBytes(16), { kind: 'recovery-words', words })).bytes)
  expect(
    Buffer.compare(
      await unwrapKey(nodePrimitives, slot, { kind: 'recovery-words', words: `  ${words.toUpperCase().replaceAll(' ', '\n ')} ` }),
      masterKey,
    ),
  ).toBe(0)
  await expect(unwrapKey(nodePrimitives, slot, { kind: 'recovery-words', words: `${words} abandon` })).rejects.toThrow(/24 recovery words/)
})

test('the same passphrase typed with composed or decomposed letters opens the slot', async () => {
  const masterKey = randomBytes(32)
  const slot = decodeKeySlot(
    (await wrapKey(nodePrimitives, masterKey, randomBytes(16), { kind: 'passphrase', passphrase: '\u00fcber' })).bytes,
  )
  expect(Buffer.compare(await unwrapKey(nodePrimitives, slot, { kind: 'passphrase', passphrase: 'u\u0308ber' }), masterKey)).toBe(0)
})

test('sealed domain keys open for their agent, vault, domain and epoch only', async () => {
  const ids = { vaultId: randomBytes(16), domainId: randomBytes(16), keyEpoch: 1 }
  const keys = await deriveDomainKeys(nodePrimitives, randomBytes(32), ids)
  const agentId = randomBytes(16)
  const pair = await nodePrimitives.x25519KeyPair()
  const sealed = await sealDomainKeys(nodePrimitives, keys, agentId, pair.publicKey)
  const address = { ...keys, agentId }
  expect(await openSealedDomainKeys(nodePrimitives, address, pair.privateKey, sealed)).toEqual(keys)
  const stranger = await nodePrimitives.x25519KeyPair()
  for (const [other, privateKey] of [
    [{ ...address, agentId: randomBytes(16) }, pair.privateKey],
    [{ ...address, vaultId: randomBytes(16) }, pair.privateKey],
    [{ ...address, domainId: randomBytes(16) }, pair.privateKey],
    [{ ...address, keyEpoch: 2 }, pair.privateKey],
    [address, stranger.privateKey],
  ] as const)
    await expect(openSealedDomainKeys(nodePrimitives, other, privateKey, sealed)).rejects.toMatchObject({ code: 'vault.key-mismatch' })
})

test('recovery words are found in whatever a person has kept, and told what is wrong with them', async () => {
  const list = words.split(' ')
  const numbered = list.map((word, index) => `${index + 1}. ${word.toUpperCase()}`).join('\r\n')
  for (const kept of [words, `  ${list.join('\n')}\n`, numbered, `Recovery kit, keep it safe\n\n${numbered}\n\nUse: type the words`])
    expect((await findRecoveryWords(kept)).keys).toContain(words)
  const mistyped = [...list.slice(0, 6), 'abondon', ...list.slice(7)].join(' ')
  expect(await findRecoveryWords(mistyped)).toEqual({ keys: [], wordCount: 24, unknownWords: [7] })
  expect(await findRecoveryWords(list.slice(1).join(' '))).toEqual({ keys: [], wordCount: 23, unknownWords: [] })
  expect(await findRecoveryWords('')).toEqual({ keys: [], wordCount: 0, unknownWords: [] })
  // Every checksum of one word repeated is wrong but few: a page full of them must not become thousands of attempts.
  const many = await findRecoveryWords(Array.from({ length: 40 }, () => words).join(' '))
  expect(many.keys.length).toBeLessThanOrEqual(8)
})

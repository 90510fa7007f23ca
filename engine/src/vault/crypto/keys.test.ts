import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { decodeKeySlot } from '../../format/index.ts'
import { aDomain } from '../testing/test-keys.ts'
import { unwrapMasterKey, wrapMasterKey, type KeySecret } from './key-slots.ts'
import { findRecoveryWords, makeRecoveryWords } from './recovery-words.ts'
import { openSealedDomainKeys, rawPublicKey, sealDomainKeys } from './sealed-domain-keys.ts'

const words = await makeRecoveryWords()
const secrets: readonly (readonly [right: KeySecret, wrong: KeySecret])[] = [
  [
    { kind: 'hub-secret', secret: Buffer.alloc(32, 1) },
    { kind: 'hub-secret', secret: Buffer.alloc(32, 2) },
  ],
  [
    { kind: 'recovery-words', words },
    { kind: 'recovery-words', words: await makeRecoveryWords() },
  ],
  [
    { kind: 'passphrase', passphrase: 'Gr\u00fc\u00dfe' },
    { kind: 'passphrase', passphrase: 'Gruesse' },
  ],
]

test.each(secrets)('a slot of $kind gives the master key to the right secret only', async (right, wrong) => {
  const masterKey = randomBytes(32)
  const { bytes } = await wrapMasterKey(masterKey, randomBytes(16), right)
  const slot = decodeKeySlot(bytes)
  expect(Buffer.compare(await unwrapMasterKey(slot, right), masterKey)).toBe(0)
  await expect(unwrapMasterKey(slot, wrong)).rejects.toMatchObject({ code: 'key-slot.wrong-secret' })
  await expect(unwrapMasterKey({ ...slot, vaultId: randomBytes(16) }, right)).rejects.toMatchObject({ code: 'key-slot.wrong-secret' })
})

test('recovery words are 24, survive sloppy typing, and a wrong word is said to be wrong', async () => {
  expect(words.split(' ')).toHaveLength(24)
  const masterKey = randomBytes(32)
  const slot = decodeKeySlot((await wrapMasterKey(masterKey, randomBytes(16), { kind: 'recovery-words', words })).bytes)
  expect(
    Buffer.compare(
      await unwrapMasterKey(slot, { kind: 'recovery-words', words: `  ${words.toUpperCase().replaceAll(' ', '\n ')} ` }),
      masterKey,
    ),
  ).toBe(0)
  await expect(unwrapMasterKey(slot, { kind: 'recovery-words', words: `${words} abandon` })).rejects.toThrow(/24 recovery words/)
})

test('the same passphrase typed with composed or decomposed letters opens the slot', async () => {
  const masterKey = randomBytes(32)
  const slot = decodeKeySlot((await wrapMasterKey(masterKey, randomBytes(16), { kind: 'passphrase', passphrase: '\u00fcber' })).bytes)
  expect(Buffer.compare(await unwrapMasterKey(slot, { kind: 'passphrase', passphrase: 'u\u0308ber' }), masterKey)).toBe(0)
})

test('sealed domain keys open for their agent, vault, domain and epoch only', () => {
  const keys = aDomain()
  const agentId = randomBytes(16)
  const pair = generateKeyPairSync('x25519')
  const sealed = sealDomainKeys(keys, agentId, rawPublicKey(pair.publicKey))
  expect(openSealedDomainKeys(sealed, keys, agentId, pair.privateKey)).toEqual(keys)
  const refused = { code: 'vault.key-mismatch' }
  expect(() => openSealedDomainKeys(sealed, keys, randomBytes(16), pair.privateKey)).toThrow(expect.objectContaining(refused))
  expect(() => openSealedDomainKeys(sealed, { ...keys, vaultId: randomBytes(16) }, agentId, pair.privateKey)).toThrow(
    expect.objectContaining(refused),
  )
  expect(() => openSealedDomainKeys(sealed, { ...keys, keyEpoch: 2 }, agentId, pair.privateKey)).toThrow(expect.objectContaining(refused))
  expect(() => openSealedDomainKeys(sealed, keys, agentId, generateKeyPairSync('x25519').privateKey)).toThrow(
    expect.objectContaining(refused),
  )
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

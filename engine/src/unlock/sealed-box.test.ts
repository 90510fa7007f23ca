import { beforeAll, describe, expect, test } from 'vitest'
import { concatBytes } from '../bytes/index.ts'
import type { DomainKeys } from '../reader/index.ts'
import { nodePrimitives } from '../vault/index.ts'
import { deriveDomainKeys } from './domain-keys.ts'
import type { BoxKeyPair } from './primitives.ts'
import { openSealedToAgent, sealToAgent } from './sealed-box.ts'
import { openSealedDomainKeys, sealDomainKeys } from './sealed-domain-keys.ts'
import { openSealedSelection, sealSelection } from './sealed-selection.ts'

const randomBytes = (length: number): Uint8Array => nodePrimitives.randomBytes(length)
const plain = new TextEncoder().encode('/home/ada/letters')
const refused = { code: 'vault.key-mismatch' }
const agentId = randomBytes(16)

let pair: BoxKeyPair
let keys: DomainKeys
beforeAll(async () => {
  pair = await nodePrimitives.x25519KeyPair()
  keys = await someKeys()
})

const someKeys = (vaultId = randomBytes(16), domainId = randomBytes(16)): Promise<DomainKeys> =>
  deriveDomainKeys(nodePrimitives, randomBytes(32), { vaultId, domainId, keyEpoch: 1 })
const open = (sealed: Uint8Array, other: Partial<DomainKeys> = {}, to: { agentId?: Uint8Array } = {}) =>
  openSealedSelection(nodePrimitives, { ...keys, ...other }, { agentId, boxPrivateKey: pair.privateKey, ...to }, sealed)

describe('a selection', () => {
  test('opens for its order, agent and domain, and for nobody else', async () => {
    const sealed = await sealSelection(nodePrimitives, keys, { agentId, boxPublicKey: pair.publicKey }, plain)
    expect(await open(sealed)).toEqual({ nonce: sealed.subarray(0, 16), plain })
    await expect(open(sealed, {}, { agentId: randomBytes(16) })).rejects.toMatchObject(refused)
    await expect(open(concatBytes([randomBytes(16), sealed.subarray(16)]))).rejects.toMatchObject(refused)
    await expect(open(sealed, { vaultId: randomBytes(16) })).rejects.toMatchObject(refused)
    const stranger = await nodePrimitives.x25519KeyPair()
    await expect(openSealedSelection(nodePrimitives, keys, { agentId, boxPrivateKey: stranger.privateKey }, sealed)).rejects.toMatchObject(
      refused,
    )
  })

  test('is none when it was made without the domain\u2019s keys, as a hub could, or with those of another domain', async () => {
    const nonce = randomBytes(16)
    const purpose = { label: 'holdfast-1 sealed-selection', aad: [keys.vaultId, agentId, nonce] }
    const box = await sealToAgent(nodePrimitives, purpose, pair.publicKey, plain)
    await expect(open(concatBytes([nonce, box]))).rejects.toMatchObject(refused)
    const foreign = await someKeys(keys.vaultId)
    const sealed = await sealSelection(nodePrimitives, foreign, { agentId, boxPublicKey: pair.publicKey }, plain)
    await expect(open(sealed)).rejects.toMatchObject(refused)
  })
})

describe('a box', () => {
  const purpose = { label: 'a test', aad: [agentId] }

  test('with any byte changed, cut short or added to is refused', async () => {
    const box = await sealToAgent(nodePrimitives, purpose, pair.publicKey, plain)
    expect(await openSealedToAgent(nodePrimitives, purpose, pair.privateKey, box)).toEqual(plain)
    // The highest bit of a point does not count for X25519, but the box is bound to how it is spelled.
    for (const [at, bit] of [...Array.from({ length: box.length - 1 }, (_, index) => [index + 1, 1] as const), [32, 0x80] as const]) {
      const changed = Uint8Array.from(box, (byte, index) => (index === at ? byte ^ bit : byte))
      await expect(openSealedToAgent(nodePrimitives, purpose, pair.privateKey, changed), `byte ${at}`).rejects.toMatchObject(refused)
    }
    for (const bytes of [
      new Uint8Array(0),
      box.subarray(0, 1),
      box.subarray(0, 33),
      box.subarray(0, 48),
      box.subarray(0, -1),
      Uint8Array.of(...box, 0),
    ])
      await expect(openSealedToAgent(nodePrimitives, purpose, pair.privateKey, bytes)).rejects.toMatchObject(refused)
    const newer = Uint8Array.from(box, (byte, index) => (index === 0 ? 2 : byte))
    await expect(openSealedToAgent(nodePrimitives, purpose, pair.privateKey, newer)).rejects.toMatchObject({
      code: 'format.unsupported-version',
    })
  })

  test('of domain keys with more or less in it than keys is refused', async () => {
    const address = { ...keys, agentId }
    const epoch = Uint8Array.of(1, 0, 0, 0)
    const keysPurpose = { label: 'holdfast-1 sealed-box', aad: [keys.vaultId, keys.domainId, agentId, epoch] }
    const whole = await sealDomainKeys(nodePrimitives, keys, agentId, pair.publicKey)
    expect(await openSealedDomainKeys(nodePrimitives, address, pair.privateKey, whole)).toEqual(keys)
    for (const length of [0, 127, 129]) {
      const sealed = await sealToAgent(nodePrimitives, keysPurpose, pair.publicKey, new Uint8Array(length))
      await expect(openSealedDomainKeys(nodePrimitives, address, pair.privateKey, sealed), String(length)).rejects.toMatchObject(refused)
    }
  })
})

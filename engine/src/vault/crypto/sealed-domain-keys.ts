import { createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { ByteWriter, concatBytes, fromBase64Url } from '../../bytes/index.ts'
import { EngineError, isEngineError } from '../../errors/index.ts'
import type { DomainKeys } from '../../reader/primitives.ts'
import { decodeDomainKeys, encodeDomainKeys, type DomainKeyId } from './domain-keys.ts'
import { hkdfSha256, openAesGcm, publicKeyFromRaw } from './node-primitives.ts'
import { sealAesGcm } from './seal-aes-gcm.ts'

const version = 1
const info = new TextEncoder().encode('holdfast-1 sealed-box')
/** Sound because every box has a fresh ephemeral key, so its AES key is used once. */
const zeroNonce = new Uint8Array(12)

export const rawPublicKey = (key: KeyObject): Uint8Array => fromBase64Url(createPublicKeyOf(key).export({ format: 'jwk' })['x'] as string)
const createPublicKeyOf = (key: KeyObject): KeyObject => (key.type === 'public' ? key : createPublicKey(key))

const boxAad = (id: DomainKeyId, agentId: Uint8Array): Uint8Array =>
  new ByteWriter(64).bytes(id.vaultId).bytes(id.domainId).bytes(agentId).u32(id.keyEpoch).toBytes()

function boxKey(own: KeyObject, other: KeyObject, ephemeralRaw: Uint8Array, recipientRaw: Uint8Array): Uint8Array {
  return hkdfSha256(diffieHellman({ privateKey: own, publicKey: other }), concatBytes([ephemeralRaw, recipientRaw]), info)
}

/** Seals a domain's keys to an agent's X25519 key: only that agent, for that vault and domain, can open them. */
export function sealDomainKeys(keys: DomainKeys, agentId: Uint8Array, boxPublicKey: Uint8Array): Uint8Array {
  const ephemeral = generateKeyPairSync('x25519')
  const ephemeralRaw = rawPublicKey(ephemeral.publicKey)
  const key = boxKey(ephemeral.privateKey, publicKeyFromRaw('X25519', boxPublicKey), ephemeralRaw, boxPublicKey)
  return concatBytes([Uint8Array.of(version), ephemeralRaw, sealAesGcm(key, zeroNonce, encodeDomainKeys(keys), boxAad(keys, agentId))])
}

/** @throws EngineError `vault.key-mismatch` when the box is not for this agent, vault, domain and epoch. */
export function openSealedDomainKeys(sealed: Uint8Array, id: DomainKeyId, agentId: Uint8Array, boxPrivateKey: KeyObject): DomainKeys {
  if (sealed[0] !== version) throw new EngineError('format.unsupported-version', 'The hub sent keys in a newer form: update Holdfast.')
  const ephemeralRaw = sealed.subarray(1, 33)
  const key = boxKey(boxPrivateKey, publicKeyFromRaw('X25519', ephemeralRaw), ephemeralRaw, rawPublicKey(boxPrivateKey))
  try {
    return decodeDomainKeys(openAesGcm(key, zeroNonce, sealed.subarray(33), boxAad(id, agentId)), id)
  } catch (cause) {
    if (!isEngineError(cause)) throw cause
    throw new EngineError('vault.key-mismatch', 'The keys that the hub sent are not for this agent. Enrol it again.', { cause })
  }
}

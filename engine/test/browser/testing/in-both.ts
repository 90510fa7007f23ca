import { createBlobHasher } from '../../../src/blob-id/index.ts'
import type { AgentFile, BlobType, StretchCost } from '../../../src/format/index.ts'
import type { DomainKeys } from '../../../src/reader/index.ts'
import {
  createVaultObjects,
  deviceFingerprint,
  openSealedDomainKeys,
  openSealedSelection,
  rawAgentKey,
  sealDomainKeys,
  sealSelection,
  unlockVault,
  type KeySecret,
  type SealedKeysAddress,
  type UnlockPrimitives,
} from '../../../src/unlock/index.ts'
import { outcomesOf, type Given } from './outcomes-of-readers.ts'
import { readVault } from './read-vault.ts'
import { reopenObjects } from './reopen-objects.ts'
import { rewriteCodecs, type CodecGoldens } from './rewrite-codecs.ts'
import type { StoredObjects } from './stored-objects.ts'

type Key = Uint8Array

/**
 * What tests do alike on Node and in a browser, by name: the engine's portable rooms over the primitives of the one or the other. Bytes in, bytes and text out.
 */
export const doings = (p: UnlockPrimitives) => ({
  hmacSha256: (key: Key, ...parts: Uint8Array[]) => p.hmacSha256(key, ...parts),
  sha256: (...parts: Uint8Array[]) => p.sha256(...parts),
  hkdfSha256: (key: Key, salt: Uint8Array, info: Uint8Array) => p.hkdfSha256(key, salt, info),
  openAesGcm: (key: Key, nonce: Uint8Array, sealed: Uint8Array, aad: Uint8Array) => p.openAesGcm(key, nonce, sealed, aad),
  sealAesGcm: (key: Key, nonce: Uint8Array, plain: Uint8Array, aad: Uint8Array) => p.sealAesGcm(key, nonce, plain, aad),
  decompressZstd: (frame: Uint8Array, size: number) => p.decompressZstd(frame, size),
  verifyEd25519: (key: Key, signature: Uint8Array, message: Uint8Array) => p.verifyEd25519(key, signature, message),
  argon2id: (password: Uint8Array, salt: Uint8Array, cost: StretchCost) => p.argon2id(password, salt, cost),
  x25519: (privateKey: Key, publicKey: Key) => p.x25519(privateKey, publicKey),
  x25519PublicKey: (privateKey: Key) => p.x25519PublicKey(privateKey),
  x25519KeyPair: () => p.x25519KeyPair(),
  randomBytes: (length: number) => p.randomBytes(length),
  blobId: (idKey: Key, type: BlobType, bytes: Uint8Array) => createBlobHasher(idKey).idOf(type, bytes),
  deviceFingerprint: (signPublicKey: Key, boxPublicKey: Key) => deviceFingerprint(p, { signPublicKey, boxPublicKey }),
  sealDomainKeys: (keys: DomainKeys, agentId: Uint8Array, boxPublicKey: Key) => sealDomainKeys(p, keys, agentId, boxPublicKey),
  openSealedDomainKeys: (address: SealedKeysAddress, boxPrivateKey: Key, sealed: Uint8Array) =>
    openSealedDomainKeys(p, address, boxPrivateKey, sealed),
  sealSelection: (keys: DomainKeys, to: Parameters<typeof sealSelection>[2], plain: Uint8Array) => sealSelection(p, keys, to, plain),
  openSelection: (keys: DomainKeys, to: Parameters<typeof openSealedSelection>[2], sealed: Uint8Array) =>
    openSealedSelection(p, keys, to, sealed),

  /** Makes a private vault, with a device approved in it. */
  makeVault: async (ids: { vaultId: string; domainId: string }, secrets: KeySecret[], agent: AgentFile) => {
    const made = await createVaultObjects(p, { ...ids, kind: 'private', createdAtMs: 7, secrets })
    return {
      vaultFile: made.vaultFile,
      slots: made.slots,
      hubKey: made.hubKey,
      agentObject: await made.keys.agentObject(agent),
      sealedKeys: await made.keys.sealDomainKeys(ids.domainId, agent.agentId, rawAgentKey(agent.boxPublicKey)),
      fingerprint: await made.keys.fingerprint(ids.domainId),
    }
  },

  /** What is derived from a vault's keys. */
  unlock: async (vaultFile: Uint8Array, slots: Uint8Array[], secret: KeySecret) => {
    const keys = await unlockVault(p, { vaultFile, slots }, secret)
    const [domain] = keys.file.domains
    const id = domain?.id ?? ''
    return { hub: keys.hub, domainKeys: await keys.domainKeys(id), fingerprint: await keys.fingerprint(id) }
  },

  /** All that the snapshots of a stored vault hold. */
  readVault: (objects: StoredObjects, secret: KeySecret) => readVault(p, objects, secret),

  /** Every object of a stored vault, and as it is written again. */
  reopenObjects: (objects: StoredObjects, secret: KeySecret) => reopenObjects(p, objects, secret),

  /** Codecs by themselves, written again. */
  rewriteCodecs: (goldens: CodecGoldens, masterKey: Key) => rewriteCodecs(p, goldens, masterKey),

  /** What readers make of bytes. */
  outcomesOf: (given: readonly Given[]) => outcomesOf(p, given),
})

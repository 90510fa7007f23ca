import { sign, type KeyObject } from 'node:crypto'
import { concatBytes } from '../bytes/index.ts'
import {
  encodeHubStatement,
  encodeSnapshotBody,
  encodeSnapshotHeader,
  sealedBodyLength,
  snapshotSigningBytes,
  type HubStatement,
  type SnapshotBody,
  type SnapshotHeader,
} from '../format/index.ts'
import type { DomainKeys } from '../reader/primitives.ts'
import { hkdfSha256, hmacSha256, sha256 } from './crypto/node-primitives.ts'
import { sealAesGcm } from './crypto/seal-aes-gcm.ts'

const keyInfo = new TextEncoder().encode('holdfast-1 snapshot')
/** Sound because the key is derived from the fresh random snapshot id and used once. */
const zeroNonce = new Uint8Array(12)

export interface SnapshotToSeal {
  /** Vault, domain and epoch come from the keys. */
  readonly header: Pick<SnapshotHeader, 'agentId' | 'snapshotId' | 'seq'>
  /** Encoded. */
  readonly refset: Uint8Array
  readonly body: SnapshotBody
}

/**
 * The agent's part of a snapshot object, sealed and signed.
 * @param signPrivateKey the agent's Ed25519 key; where the body says that it was rewritten, the vault's rewriting key.
 */
export function sealSnapshot(snapshot: SnapshotToSeal, keys: DomainKeys, signPrivateKey: KeyObject): Uint8Array {
  const plain = encodeSnapshotBody(snapshot.body)
  const isRewritten = snapshot.body.rewriting !== undefined
  const header = encodeSnapshotHeader(
    { ...snapshot.header, isRewritten, vaultId: keys.vaultId, domainId: keys.domainId, keyEpoch: keys.keyEpoch },
    snapshot.refset.length,
    sealedBodyLength(plain.length),
  )
  const key = hkdfSha256(keys.metadataKey, snapshot.header.snapshotId, keyInfo)
  const sealed = sealAesGcm(key, zeroNonce, plain, concatBytes([header, sha256(snapshot.refset)]))
  const unsigned = concatBytes([header, snapshot.refset, sealed])
  return concatBytes([unsigned, sign(null, snapshotSigningBytes(unsigned, isRewritten), signPrivateKey)])
}

/** The whole object as it is stored: the agent's part with what the hub says of it. */
export function appendHubHeader(agentPart: Uint8Array, statement: HubStatement, hubKey: Uint8Array): Uint8Array {
  const stated = encodeHubStatement(statement)
  return concatBytes([agentPart, stated, hmacSha256(hubKey, sha256(agentPart), stated)])
}

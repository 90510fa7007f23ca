import { concatBytes, equalBytes } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'
import { decodeSnapshotBody, type SnapshotBody, type SnapshotObject } from '../format/index.ts'
import type { DomainKeys, Primitives } from './primitives.ts'

const keyInfo = new TextEncoder().encode('holdfast-1 snapshot')
const zeroNonce = new Uint8Array(12)

/** @param signPublicKey raw Ed25519 key of the agent that the object names; of a rewritten one the vault's rewriting key. @throws EngineError `snapshot.signature-invalid` */
export async function verifySnapshotSignature(primitives: Primitives, snapshot: SnapshotObject, signPublicKey: Uint8Array): Promise<void> {
  if (!(await primitives.verifyEd25519(signPublicKey, snapshot.signature, snapshot.signedBytes))) {
    throw new EngineError(
      'snapshot.signature-invalid',
      'The signature of a snapshot does not verify: it was changed, or is not by whom it says.',
    )
  }
}

/** @throws EngineError `snapshot.signature-invalid` when the hub's statement is missing or was changed. */
export async function verifyHubHeader(primitives: Primitives, snapshot: SnapshotObject, hubKey: Uint8Array): Promise<void> {
  const hub = snapshot.hubHeader
  if (
    hub === null ||
    !equalBytes(await primitives.hmacSha256(hubKey, await primitives.sha256(snapshot.agentPart), hub.macedBytes), hub.mac)
  ) {
    throw new EngineError('snapshot.signature-invalid', 'What the hub noted on a snapshot does not verify.')
  }
}

/** @throws EngineError `vault.key-mismatch`, `segment.authentication-failed`, `snapshot.invalid` */
export async function openSnapshotBody(primitives: Primitives, snapshot: SnapshotObject, keys: DomainKeys): Promise<SnapshotBody> {
  const { header } = snapshot
  const isOurs = equalBytes(header.vaultId, keys.vaultId) && equalBytes(header.domainId, keys.domainId) && header.keyEpoch === keys.keyEpoch
  if (!isOurs) throw new EngineError('vault.key-mismatch', 'The snapshot belongs to another vault, domain or key epoch.')
  const key = await primitives.hkdfSha256(keys.metadataKey, header.snapshotId, keyInfo)
  const aad = concatBytes([snapshot.headerBytes, await primitives.sha256(snapshot.refset)])
  return decodeSnapshotBody(await primitives.openAesGcm(key, zeroNonce, snapshot.sealedBody, aad), header.isRewritten)
}

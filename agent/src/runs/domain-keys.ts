import { createPrivateKey, type KeyObject } from 'node:crypto'
import { uuidToBytes } from '@holdfast/engine/format'
import type { DomainKeys } from '@holdfast/engine/reader'
import { vaultFingerprint } from '@holdfast/engine/unlock'
import { nodePrimitives, openSealedDomainKeys } from '@holdfast/engine/vault'
import type { RunContext } from './run-context.ts'
import type { SealedKeys } from './worker-messages.ts'

/**
 * The keys of the domain, opened with this device's own and compared with those it was let in with, before anything is done with them.
 * @throws EngineError `vault.key-mismatch`; AppError `vault.keys-changed`
 */
export async function openDomainKeys({ order, hub }: RunContext, sealed: SealedKeys): Promise<DomainKeys> {
  const { vaultId, vaultKind = 'managed', domainId, keyEpoch, sealedDomainKeys } = sealed
  const id = { vaultId: uuidToBytes(vaultId), domainId: uuidToBytes(domainId), keyEpoch }
  const keys = await openSealedDomainKeys(sealedDomainKeys, id, uuidToBytes(order.agentId), privateKey(order.boxKey))
  const fingerprint = await vaultFingerprint(nodePrimitives, keys)
  await hub.ask('vault.accept', { vaultId, vaultKind, domainId, keyEpoch, sealedDomainKeys, fingerprint })
  return keys
}

export const privateKey = (pkcs8: Uint8Array): KeyObject => createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })

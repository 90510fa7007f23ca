import { createPrivateKey, type KeyObject } from 'node:crypto'
import { uuidToBytes } from '@holdfast/engine/format'
import type { DomainKeys } from '@holdfast/engine/reader'
import { openSealedDomainKeys } from '@holdfast/engine/vault'
import type { RunOrder, SealedKeys } from './worker-messages.ts'

/** The keys of the domain, opened with this device's own. @throws EngineError `vault.key-mismatch` */
export function openDomainKeys(order: RunOrder, sealed: SealedKeys): Promise<DomainKeys> {
  const id = { vaultId: uuidToBytes(sealed.vaultId), domainId: uuidToBytes(sealed.domainId), keyEpoch: sealed.keyEpoch }
  return openSealedDomainKeys(sealed.sealedDomainKeys, id, uuidToBytes(order.agentId), privateKey(order.boxKey))
}

export const privateKey = (pkcs8: Uint8Array): KeyObject => createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })

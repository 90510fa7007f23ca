import { uuidToBytes } from '@holdfast/engine/format'
import type { DomainKeys } from '@holdfast/engine/reader'
import { vaultFingerprint } from '@holdfast/engine/unlock'
import { nodePrimitives, openSealedDomainKeys } from '@holdfast/engine/vault'
import { AppError } from '@holdfast/shared-types'
import type { EnrolledAgent } from './identity.ts'

/**
 * The keys of the private vault as this device got them with its first run: for its own commands, which show what the hub cannot.
 * @throws AppError `vault.keys-awaited`, `vault.keys-changed`; EngineError `vault.key-mismatch`
 */
export async function openOwnDomainKeys({ identity, keys, trust }: EnrolledAgent): Promise<DomainKeys> {
  const { pin } = trust
  if (pin === null || pin.keys === null)
    throw new AppError('vault.keys-awaited', {
      message: 'This device has carried out no run with the keys of its private vault yet, so it cannot look into it.',
      cure: 'Let it in on the vault\u2019s page if that was not done, and make a first backup.',
    })
  const { domainId, keyEpoch, sealedDomainKeys } = pin.keys
  const id = { vaultId: uuidToBytes(pin.vaultId), domainId: uuidToBytes(domainId), keyEpoch }
  const opened = await openSealedDomainKeys(Buffer.from(sealedDomainKeys, 'base64url'), id, uuidToBytes(identity.agentId), keys.boxKey)
  if ((await vaultFingerprint(nodePrimitives, opened)) !== pin.fingerprint)
    throw new AppError('vault.keys-changed', {
      message: 'The keys in the agent\u2019s state folder are not those of the fingerprint beside them.',
    })
  return opened
}

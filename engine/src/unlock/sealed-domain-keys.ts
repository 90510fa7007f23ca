import { ByteWriter } from '../bytes/index.ts'
import { EngineError, isEngineError } from '../errors/index.ts'
import type { DomainKeys } from '../reader/index.ts'
import { decodeDomainKeys, encodeDomainKeys, type DomainKeyId } from './domain-keys.ts'
import type { UnlockPrimitives } from './primitives.ts'
import { openSealedToAgent, sealToAgent, type BoxPurpose } from './sealed-box.ts'

/** For whom, and of which domain; the agent's id is 16 bytes. */
export interface SealedKeysAddress extends DomainKeyId {
  readonly agentId: Uint8Array
}

const purposeOf = ({ vaultId, domainId, agentId, keyEpoch }: SealedKeysAddress): BoxPurpose => ({
  label: 'holdfast-1 sealed-box',
  aad: [vaultId, domainId, agentId, new ByteWriter(16).u32(keyEpoch).toBytes()],
})

/** Seals a domain's keys to an agent's X25519 key: only that agent, for that vault and domain, can open them. @throws EngineError `vault.key-mismatch` */
export const sealDomainKeys = (
  primitives: UnlockPrimitives,
  keys: DomainKeys,
  agentId: Uint8Array,
  boxPublicKey: Uint8Array,
): Promise<Uint8Array> => sealToAgent(primitives, purposeOf({ ...keys, agentId }), boxPublicKey, encodeDomainKeys(keys))

/**
 * A box does not say who made it: in a private vault its reader compares the fingerprint with the one it knows (docs/threat-model.md).
 * @throws EngineError `vault.key-mismatch` when the box is not for this agent, vault, domain and epoch; `format.unsupported-version`
 */
export async function openSealedDomainKeys(
  primitives: UnlockPrimitives,
  address: SealedKeysAddress,
  boxPrivateKey: Uint8Array,
  sealed: Uint8Array,
): Promise<DomainKeys> {
  try {
    return decodeDomainKeys(await openSealedToAgent(primitives, purposeOf(address), boxPrivateKey, sealed), address)
  } catch (cause) {
    if (!isEngineError(cause)) throw cause
    if (cause.code === 'format.unsupported-version')
      throw new EngineError(cause.code, 'The hub sent keys in a newer form: update Holdfast.', { cause })
    throw new EngineError('vault.key-mismatch', 'The keys that the hub sent are not for this agent. Enrol it again.', { cause })
  }
}

import { concatBytes } from '../bytes/index.ts'
import type { DomainKeys } from '../reader/index.ts'
import type { UnlockPrimitives } from './primitives.ts'
import { openSealedToAgent, sealToAgent, type BoxPurpose } from './sealed-box.ts'

const encoder = new TextEncoder()

/** 16 random bytes, made for one order alone: so an agent knows an order that it has carried out. */
const nonceBytes = 16

export interface OpenedSelection {
  /** 16 bytes. */
  readonly nonce: Uint8Array
  readonly plain: Uint8Array
}

/** Whoever has only the agent's public key, such as a hub, can make none: a key that only this domain has is part of it. */
const purposeOf = async (primitives: UnlockPrimitives, keys: DomainKeys, agentId: Uint8Array, nonce: Uint8Array): Promise<BoxPurpose> => ({
  label: 'holdfast-1 sealed-selection',
  aad: [keys.vaultId, agentId, nonce],
  sharedKey: await primitives.hkdfSha256(keys.metadataKey, keys.vaultId, encoder.encode('holdfast-1 selection')),
})

/**
 * Seals what a person chose for a restore, so that the hub that passes it on learns no name.
 * @param to 16 bytes of the agent's id, and its raw X25519 key
 * @returns the order's nonce of 16 bytes ‖ the box
 * @throws EngineError `vault.key-mismatch`
 */
export async function sealSelection(
  primitives: UnlockPrimitives,
  keys: DomainKeys,
  { agentId, boxPublicKey }: { readonly agentId: Uint8Array; readonly boxPublicKey: Uint8Array },
  plain: Uint8Array,
): Promise<Uint8Array> {
  const nonce = primitives.randomBytes(nonceBytes)
  return concatBytes([nonce, await sealToAgent(primitives, await purposeOf(primitives, keys, agentId, nonce), boxPublicKey, plain)])
}

/**
 * @param sealed as {@link sealSelection} gives it
 * @throws EngineError `vault.key-mismatch` when it is of another order, vault or agent, or by somebody without the domain's keys
 */
export async function openSealedSelection(
  primitives: UnlockPrimitives,
  keys: DomainKeys,
  { agentId, boxPrivateKey }: { readonly agentId: Uint8Array; readonly boxPrivateKey: Uint8Array },
  sealed: Uint8Array,
): Promise<OpenedSelection> {
  const nonce = sealed.subarray(0, nonceBytes)
  const purpose = await purposeOf(primitives, keys, agentId, nonce)
  return { nonce, plain: await openSealedToAgent(primitives, purpose, boxPrivateKey, sealed.subarray(nonceBytes)) }
}

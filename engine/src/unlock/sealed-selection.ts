import type { DomainKeys } from '../reader/index.ts'
import type { UnlockPrimitives } from './primitives.ts'
import { openSealedToAgent, sealToAgent, type BoxPurpose } from './sealed-box.ts'

const encoder = new TextEncoder()

/** One order to one agent. */
export interface SelectionAddress {
  /** 16 bytes. */
  readonly agentId: Uint8Array
  /** 16 random bytes, made for this order alone: a selection of another order is refused. */
  readonly nonce: Uint8Array
}

/** Whoever has only the agent's public key, such as a hub, can make none: a key that only this domain has is part of it. */
const purposeOf = async (primitives: UnlockPrimitives, keys: DomainKeys, { agentId, nonce }: SelectionAddress): Promise<BoxPurpose> => ({
  label: 'holdfast-1 sealed-selection',
  aad: [keys.vaultId, agentId, nonce],
  sharedKey: await primitives.hkdfSha256(keys.metadataKey, keys.vaultId, encoder.encode('holdfast-1 selection')),
})

/** Seals what a person chose for a restore, so that the hub that passes it on learns no name. @throws EngineError `vault.key-mismatch` */
export const sealSelection = async (
  primitives: UnlockPrimitives,
  keys: DomainKeys,
  to: SelectionAddress & { readonly boxPublicKey: Uint8Array },
  plain: Uint8Array,
): Promise<Uint8Array> => sealToAgent(primitives, await purposeOf(primitives, keys, to), to.boxPublicKey, plain)

/** @throws EngineError `vault.key-mismatch` when it is of another order, vault or agent, or by somebody without the domain's keys */
export const openSealedSelection = async (
  primitives: UnlockPrimitives,
  keys: DomainKeys,
  to: SelectionAddress & { readonly boxPrivateKey: Uint8Array },
  sealed: Uint8Array,
): Promise<Uint8Array> => openSealedToAgent(primitives, await purposeOf(primitives, keys, to), to.boxPrivateKey, sealed)

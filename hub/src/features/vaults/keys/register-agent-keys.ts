import { AppError, type AgentId, type DomainId } from '@holdfast/shared-types'
import { toBase64Url } from '@holdfast/engine/bytes'
import { isEngineError } from '@holdfast/engine/errors'
import type { ManagedVaults } from '../contents/managed-vault.ts'

/** The public halves of an agent's keys, raw. */
export interface AgentKeys {
  readonly agentId: AgentId
  readonly domainId: DomainId
  readonly signPublicKey: Uint8Array
  readonly boxPublicKey: Uint8Array
  /** Ed25519 over the X25519 key (docs/vault-format.md §5). */
  readonly boxSignature: Uint8Array
}

/** Puts an agent's keys into the default vault, durably. The same keys again are accepted. @throws AppError `agent.identity-invalid`; EngineError `store.*` */
export async function registerAgentKeys(
  { vaults, now }: { readonly vaults: ManagedVaults; readonly now: () => number },
  keys: AgentKeys,
): Promise<void> {
  const { vault } = vaults.default
  const { agentId, domainId } = keys
  const raw = {
    signPublicKey: toBase64Url(keys.signPublicKey),
    boxPublicKey: toBase64Url(keys.boxPublicKey),
    boxSignature: toBase64Url(keys.boxSignature),
  }
  try {
    await vault.addAgent({ agentId, domainId, ...raw, createdAtMs: now() })
  } catch (error) {
    if (isEngineError(error, 'vault.invalid')) throw new AppError('agent.identity-invalid', { message: error.message, cause: error })
    if (!isEngineError(error, 'store.exists')) throw error
    const known = await vault.readAgent(agentId)
    if (known.signPublicKey !== raw.signPublicKey || known.boxPublicKey !== raw.boxPublicKey || known.domainId !== domainId) throw error
  }
}

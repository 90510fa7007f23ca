import type { VaultId } from '@holdfast/shared-types'
import type { AgentKeys } from '../contents/open-vault.ts'
import type { OpenVaults } from '../contents/open-vaults.ts'

export type { AgentKeys }

/**
 * Puts an agent's keys into the vault that it joins, durably. The same keys again are accepted.
 * @returns false where it has to wait until a person lets it in
 * @throws AppError `vault.not-found`, `agent.identity-invalid`; EngineError `store.*`
 */
export const registerAgentKeys = (
  { vaults, now }: { readonly vaults: OpenVaults; readonly now: () => number },
  vaultId: VaultId,
  keys: AgentKeys,
): Promise<boolean> => vaults.get(vaultId).takeAgent(keys, now())

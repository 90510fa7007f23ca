import { agentCapabilities, AppError, type AgentId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { AgentLinkHooks } from '../../../platform/http/define-feature.ts'
import type { OpenVaults } from '../contents/open-vaults.ts'
import type { VaultsState } from '../vaults-state.ts'

type Deps = Pick<VaultsState, 'agents'> & { readonly vaults: Pick<OpenVaults, 'has' | 'get'> }

/**
 * The agent of a private vault's device has to be one that tells no names: what an older one would tell, the hub could not unhear. Any other is refused at its hello, with
 * `agent.outdated`.
 */
export const discreetAgentsOnly = (deps: Deps): AgentLinkHooks => ({
  async onHello(em, agentId, { capabilities }) {
    if (!capabilities.includes(agentCapabilities.keepNames)) await requireNoPrivateVault(deps, em, agentId)
    return []
  },
})

/** @throws AppError `agent.outdated` */
async function requireNoPrivateVault({ vaults, agents }: Deps, em: EntityManager, agentId: AgentId): Promise<void> {
  const agent = await agents.findAgent(em, agentId)
  if (agent === null || !vaults.has(agent.vaultId) || vaults.get(agent.vaultId).kind === 'managed') return
  throw new AppError('agent.outdated', {
    message: 'The vault of this device is private, and its agent is too old to keep names of files to itself.',
    cure: 'Update Holdfast on the device.',
  })
}

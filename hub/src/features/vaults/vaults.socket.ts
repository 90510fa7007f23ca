import type { AgentMessageHandlers } from '../../platform/http/define-feature.ts'
import { withContractErrors } from './errors/translate-engine-error.ts'
import { unsealVault } from './reading/unseal-vault.ts'
import { haveBlobs, type HaveBlobsDeps } from './sessions/have-blobs.ts'
import { openSession, type OpenSessionDeps } from './sessions/open-session.ts'

export const vaultMessages = (deps: OpenSessionDeps & HaveBlobsDeps): AgentMessageHandlers => ({
  'session.open': ({ agentId, body }) => withContractErrors(() => openSession(deps, agentId, body)),
  'session.have': ({ agentId, body, em }) => withContractErrors(() => haveBlobs(deps, em, agentId, body)),
  'vault.unseal': ({ agentId, body, em }) => withContractErrors(() => unsealVault(deps, em, agentId, body)),
})

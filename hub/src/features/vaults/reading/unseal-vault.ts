import type { AckOf, AgentId, agentRequests, BodyOf } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { handKeys } from '../keys/hand-keys.ts'
import type { GiveKeysDeps } from '../keys/give-device-keys.ts'
import { requireReadableRun, type ReadableRunDeps } from './readable-run.ts'

type Asked = BodyOf<typeof agentRequests, 'vault.unseal'>
type Answer = AckOf<typeof agentRequests, 'vault.unseal'>

/** The keys that a restore or verify run needs, sealed to its agent. @throws AppError as `requireReadableRun`; `vault.keys-awaited` */
export async function unsealVault(
  deps: ReadableRunDeps & Pick<GiveKeysDeps, 'database' | 'log'>,
  em: EntityManager,
  agentId: AgentId,
  { runId, fence }: Asked,
): Promise<Answer> {
  const { agent, snapshot, vault } = await requireReadableRun(deps, em, { agentId, runId, fence })
  return {
    vaultId: vault.id,
    domainId: snapshot.domainId,
    ...(await handKeys(deps, vault, { ...agent, domainId: snapshot.domainId })),
  }
}

import { AgentId, DomainId, type VaultId } from '@holdfast/shared-types'
import { fromBase64Url } from '@holdfast/engine/bytes'
import { isEngineError } from '@holdfast/engine/errors'
import type { AgentFile } from '@holdfast/engine/format'
import type { Logger } from '../../../platform/logging/logger.ts'
import type { StoredVault } from '../contents/open-vault.ts'
import { isDamage } from '../errors/translate-engine-error.ts'

/** An agent as its vault vouches for it, whatever the database says. */
export interface RegisteredAgent {
  readonly id: AgentId
  readonly vaultId: VaultId
  readonly domainId: DomainId
  /** Raw, 32 bytes each. */
  readonly signPublicKey: Buffer
  readonly boxPublicKey: Buffer
  readonly enrolledAt: Date
  /** It was cut off for good: nobody may let it in again. */
  readonly revokedAt: Date | null
}

/** Everybody who ever joined, by the objects of the vault, or those that were cut off. One that is damaged is told in the log and left out. @throws EngineError `store.*` */
export async function listRegisteredAgents(
  { log, now }: { readonly log: Logger; readonly now: () => number },
  { id: vaultId, vault }: Pick<StoredVault, 'id' | 'vault'>,
  which: 'all' | 'revoked',
): Promise<RegisteredAgent[]> {
  const revoked = new Set<string>()
  for await (const id of vault.revokedAgentIds()) revoked.add(id)
  const found: RegisteredAgent[] = []
  for await (const id of vault.agentIds()) {
    if (which === 'revoked' && !revoked.has(id)) continue
    const file = await orTell(log, vaultId, () => vault.readAgent(id))
    if (file === null) continue
    // Whatever is wrong with a revocation: it was one.
    const revocation = revoked.has(id) ? ((await orTell(log, vaultId, () => vault.readRevocation(id)))?.revokedAtMs ?? now()) : null
    found.push(registered(file, vaultId, revocation))
  }
  return found
}

const registered = (file: AgentFile, vaultId: VaultId, revokedAtMs: number | null): RegisteredAgent => ({
  id: AgentId.parse(file.agentId),
  vaultId,
  domainId: DomainId.parse(file.domainId),
  signPublicKey: Buffer.from(fromBase64Url(file.signPublicKey)),
  boxPublicKey: Buffer.from(fromBase64Url(file.boxPublicKey)),
  enrolledAt: new Date(file.createdAtMs),
  revokedAt: revokedAtMs === null ? null : new Date(revokedAtMs),
})

async function orTell<T>(log: Logger, vaultId: VaultId, read: () => Promise<T>): Promise<T | null> {
  try {
    return await read()
  } catch (error) {
    if (!isEngineError(error) || !isDamage(error)) throw error
    log.error({ event: 'agent.damaged', vaultId, err: error }, 'What the vault keeps of a device cannot be read; it is left as it is')
    return null
  }
}

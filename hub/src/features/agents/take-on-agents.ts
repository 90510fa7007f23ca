import type { AgentId, DomainId, HostFacts, VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { AgentEntity } from './agent.entity.ts'
import { insertAgent } from './agents.queries.ts'

/** An agent as its vault knows it. */
export interface AgentToTakeOn {
  readonly id: AgentId
  readonly vaultId: VaultId
  readonly domainId: DomainId
  readonly signPublicKey: Buffer
  readonly boxPublicKey: Buffer
  readonly enrolledAt: Date
  readonly revokedAt: Date | null
}

/** What its newest snapshot says of its host. */
export interface LastSeenHost {
  readonly host: string
  /** Null where it is sealed for the hub; what stands in its place holds until the device comes again and says so. */
  readonly system: HostFacts['os'] | null
}

export interface TakenOn {
  /** Rows that were made. */
  readonly added: number
  /** Those that were in use by the database, and cut off by the vault. */
  readonly revoked: number
}

/**
 * Makes rows again of agents that the database does not know, in the transaction of `em`, and cuts off whoever the vault says was cut off: a revocation outlives the
 * database. Who has no snapshots stays away and can be enrolled anew: keys may lie in a vault although their enrolment failed (enrol-agent.ts), or their device was removed.
 *
 * @param hosts of those with snapshots
 */
export async function takeOnAgents(
  em: EntityManager,
  agents: readonly AgentToTakeOn[],
  hosts: ReadonlyMap<AgentId, LastSeenHost>,
): Promise<TakenOn> {
  const known = new Map((await em.find(AgentEntity, {})).map((row) => [row.id, row]))
  const sums = { added: 0, revoked: 0 }
  for (const agent of agents) {
    const row = known.get(agent.id)
    const host = hosts.get(agent.id)
    if (row === undefined && host !== undefined) {
      const { revokedAt: _, ...enrolled } = agent
      const added = await insertAgent(em, { ...enrolled, awaitingSignature: null, name: host.host, host: factsOf(host), version: '' })
      if (agent.revokedAt !== null) em.assign(added, { revokedAt: agent.revokedAt })
      sums.added++
    } else if (row !== undefined && agent.revokedAt !== null && (row.revokedAt ?? null) === null) {
      em.assign(row, { revokedAt: agent.revokedAt, online: false })
      sums.revoked++
    }
  }
  await em.flush()
  return sums
}

/** Until it says hello. */
const factsOf = ({ host, system }: LastSeenHost): HostFacts => ({
  hostname: host,
  os: system ?? 'linux',
  osVersion: '',
  arch: '',
  timeZone: 'UTC',
  cpuCount: 1,
  memoryBytes: 0,
})

import { AppError, type AgentId, type DomainId, type HostFacts, type VaultId } from '@holdfast/shared-types'
import { LockMode, type EntityManager } from '@mikro-orm/postgresql'
import type { KnownActor } from '../../platform/http/actor.ts'
import { AgentEntity, type AgentRow } from './agent.entity.ts'
import { maySeeAgent } from './agents.access.ts'

/** What other features know of an agent. */
export interface AgentRecord {
  readonly id: AgentId
  readonly name: string
  readonly host: HostFacts
  readonly vaultId: VaultId
  readonly domainId: DomainId
  /** Raw, 32 bytes each. */
  readonly signPublicKey: Buffer
  readonly boxPublicKey: Buffer
  readonly revokedAt: Date | null
}

const toRecord = (row: AgentRow): AgentRecord => ({
  id: row.id,
  name: row.name,
  host: row.host,
  vaultId: row.vaultId,
  domainId: row.domainId,
  signPublicKey: Buffer.from(row.signPublicKey),
  boxPublicKey: Buffer.from(row.boxPublicKey),
  revokedAt: row.revokedAt ?? null,
})

/** An agent, removed ones included: who asks decides what that means. */
export async function findAgent(em: EntityManager, agentId: AgentId): Promise<AgentRecord | null> {
  const row = await em.findOne(AgentEntity, { id: agentId })
  return row && toRecord(row)
}

/** An agent that an actor may see and that was not removed. @throws AppError `agent.not-found` */
export async function requireAgent(em: EntityManager, actor: KnownActor, agentId: AgentId): Promise<AgentRecord> {
  const agent = maySeeAgent(actor, agentId) ? await findAgent(em, agentId) : null
  if (agent === null || agent.revokedAt !== null) throw new AppError('agent.not-found')
  return agent
}

/** Rows of those in sight that were not removed, by name. */
export function listAgentRows(em: EntityManager, actor: KnownActor): Promise<AgentRow[]> {
  const seen = actor.kind === 'agent' ? { id: actor.agentId } : {}
  return em.find(AgentEntity, { ...seen, revokedAt: null }, { orderBy: { name: 'asc', id: 'asc' } })
}

/** Names of all devices, removed ones included. */
export async function deviceNames(em: EntityManager): Promise<ReadonlyMap<AgentId, string>> {
  const rows = await em.find(AgentEntity, {}, { fields: ['id', 'name'] })
  return new Map(rows.map((row) => [row.id, row.name]))
}

/** The row, locked until the end of the transaction. Lock order everywhere: agent, then run, then live topics. */
export const lockAgentRow = (em: EntityManager, agentId: AgentId): Promise<AgentRow | null> =>
  em.findOne(AgentEntity, { id: agentId }, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true })

export interface NewAgent extends Omit<AgentRecord, 'revokedAt'> {
  readonly version: string
  readonly enrolledAt: Date
}

export async function insertAgent(em: EntityManager, agent: NewAgent): Promise<AgentRow> {
  const row = em.create(AgentEntity, {
    ...agent,
    online: false,
    lastSeenAt: null,
    lastSnapshotAt: null,
    lastRunStatus: null,
    revokedAt: null,
  })
  await em.flush()
  return row
}

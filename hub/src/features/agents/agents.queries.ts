import { AppError, type AgentId, type DeviceLimits, type DomainId, type HostFacts, type VaultId } from '@holdfast/shared-types'
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
  /** Its vault is private, and nobody has let it in yet. */
  readonly waitsForKeys: boolean
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
  waitsForKeys: isWaiting(row),
  revokedAt: row.revokedAt ?? null,
})

const isWaiting = ({ awaitingSignature }: AgentRow): boolean => (awaitingSignature ?? null) !== null

/** A device of a vault, as far as it may be of use. */
export interface VaultDevice {
  readonly id: AgentId
  readonly domainId: DomainId
  readonly isOnline: boolean
  /** It is in use and has its keys. */
  readonly canRead: boolean
}

/** Revoked ones included. */
export async function listOfVault(em: EntityManager, vaultId: VaultId): Promise<VaultDevice[]> {
  const rows = await em.find(AgentEntity, { vaultId }, { orderBy: { enrolledAt: 'asc', id: 'asc' } })
  return rows.map((row) => ({
    id: row.id,
    domainId: row.domainId,
    isOnline: row.online,
    canRead: (row.revokedAt ?? null) === null && !isWaiting(row),
  }))
}

export interface WaitingAgent extends AgentRecord {
  /** Ed25519 over the X25519 key. */
  readonly boxSignature: Buffer
  readonly enrolledAt: Date
}

/** Those that wait for the keys of a private vault, oldest first. */
export async function listWaiting(em: EntityManager, vaultId: VaultId): Promise<WaitingAgent[]> {
  const rows = await em.find(
    AgentEntity,
    { vaultId, revokedAt: null, awaitingSignature: { $ne: null } },
    { orderBy: { enrolledAt: 'asc', id: 'asc' } },
  )
  return rows.map((row) => ({ ...toRecord(row), boxSignature: Buffer.from(row.awaitingSignature!), enrolledAt: row.enrolledAt }))
}

/** An agent, revoked ones included: who asks decides what that means. */
export async function findAgent(em: EntityManager, agentId: AgentId): Promise<AgentRecord | null> {
  const row = await em.findOne(AgentEntity, { id: agentId })
  return row && toRecord(row)
}

/** As `findAgent`, and nobody can revoke or change it until the end of the transaction: for what begins something there. */
export async function findAgentKept(em: EntityManager, agentId: AgentId): Promise<AgentRecord | null> {
  const row = await em.findOne(AgentEntity, { id: agentId }, { lockMode: LockMode.PESSIMISTIC_READ, refresh: true })
  return row && toRecord(row)
}

/** An agent that an actor may see and that is in use. @throws AppError `agent.not-found`, `agent.revoked` */
export const requireAgent = (em: EntityManager, actor: KnownActor, agentId: AgentId): Promise<AgentRecord> =>
  requireInUse(findAgent, em, actor, agentId)

/** The same by `findAgentKept`. */
export const requireAgentKept = (em: EntityManager, actor: KnownActor, agentId: AgentId): Promise<AgentRecord> =>
  requireInUse(findAgentKept, em, actor, agentId)

async function requireInUse(find: typeof findAgent, em: EntityManager, actor: KnownActor, agentId: AgentId): Promise<AgentRecord> {
  const agent = maySeeAgent(actor, agentId) ? await find(em, agentId) : null
  if (agent === null) throw new AppError('agent.not-found')
  if (agent.revokedAt !== null) throw new AppError('agent.revoked', { cure: 'Choose another device, or enrol this one anew.' })
  return agent
}

/** The row of one in sight, revoked ones included. @throws AppError `agent.not-found` */
export async function requireAgentRow(em: EntityManager, actor: KnownActor, agentId: AgentId): Promise<AgentRow> {
  const row = maySeeAgent(actor, agentId) ? await em.findOne(AgentEntity, { id: agentId }) : null
  if (row === null) throw new AppError('agent.not-found')
  return row
}

/** Rows of those in sight by name, revoked ones included: their snapshots are there. */
export function listAgentRows(em: EntityManager, actor: KnownActor): Promise<AgentRow[]> {
  const seen = actor.kind === 'agent' ? { id: actor.agentId } : {}
  return em.find(AgentEntity, seen, { orderBy: { name: 'asc', id: 'asc' } })
}

/** What a device is to be told; null where there is none. */
export async function findLimits(em: EntityManager, agentId: AgentId): Promise<DeviceLimits | null> {
  const row = await em.findOne(AgentEntity, { id: agentId })
  return row && limitsOf(row)
}

export const limitsOf = ({ uploadBytesPerSecond, isBackground }: AgentRow): DeviceLimits => ({
  uploadBytesPerSecond: uploadBytesPerSecond ?? null,
  isBackground,
})

/** Its runs go with it. */
export const deleteAgentRow = (em: EntityManager, agentId: AgentId): Promise<number> => em.nativeDelete(AgentEntity, { id: agentId })

/** Those that were cut off. */
export async function listRevoked(em: EntityManager): Promise<{ id: AgentId; vaultId: VaultId; revokedAt: Date }[]> {
  const rows = await em.find(AgentEntity, { revokedAt: { $ne: null } }, { fields: ['id', 'vaultId', 'revokedAt'] })
  return rows.map(({ id, vaultId, revokedAt }) => ({ id, vaultId, revokedAt: revokedAt! }))
}

/** Revoked ones included. */
export const countAgents = (em: EntityManager): Promise<number> => em.count(AgentEntity, {})

/** Names of all devices, revoked ones included. */
export async function deviceNames(em: EntityManager): Promise<ReadonlyMap<AgentId, string>> {
  const rows = await em.find(AgentEntity, {}, { fields: ['id', 'name'] })
  return new Map(rows.map((row) => [row.id, row.name]))
}

/** The row, locked until the end of the transaction. Lock order everywhere: agent, then run, then live topics. */
export const lockAgentRow = (em: EntityManager, agentId: AgentId): Promise<AgentRow | null> =>
  em.findOne(AgentEntity, { id: agentId }, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true })

export interface NewAgent extends Omit<AgentRecord, 'revokedAt' | 'waitsForKeys'> {
  /** Of one that has to wait for keys; null = it does not. */
  readonly awaitingSignature: Buffer | null
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
    uploadBytesPerSecond: null,
    // A backup is to disturb nobody, unless somebody says otherwise (docs/adr/0014-limits-of-a-device.md).
    isBackground: true,
    tags: [],
  })
  await em.flush()
  return row
}

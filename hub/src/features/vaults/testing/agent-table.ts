import { AppError, type AgentId, type Device, type VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { Database } from '../../../platform/database/database.ts'
import type { AgentRecord, AgentsDoor, RevokedAgent, VaultDevice, WaitingAgent } from '../doors/doors.ts'

const host = { hostname: 'ada', os: 'linux', osVersion: '6', arch: 'x64', timeZone: 'UTC', cpuCount: 1, memoryBytes: 1 }

/** The front door of agents on the real table, and the names that snapshots ask for. */
export class AgentTable implements AgentsDoor {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** @param awaitingSignature of one that waits for the keys of its private vault */
  async insert(agent: Omit<AgentRecord, 'host'>, awaitingSignature: Uint8Array | null = null): Promise<void> {
    const signature = awaitingSignature === null ? null : Buffer.from(awaitingSignature)
    await sql`insert into agent (id, name, host, version, sign_public_key, box_public_key, vault_id, domain_id, enrolled_at, online, awaiting_signature)
      values (${agent.id}, ${agent.name}, ${JSON.stringify({ ...host, hostname: `${agent.name}.lan` })}::jsonb, '1', ${Buffer.from(agent.signPublicKey)}, ${Buffer.from(agent.boxPublicKey)},
        ${agent.vaultId}, ${agent.domainId}, now(), true, ${signature})`.execute(this.#database.em().getKysely())
  }

  async findAgent(em: EntityManager, agentId: AgentId): Promise<AgentRecord | null> {
    const { rows } =
      await sql<AgentRecord>`select id, name, vault_id as "vaultId", domain_id as "domainId", sign_public_key as "signPublicKey", box_public_key as "boxPublicKey", host, revoked_at as "revokedAt"
      from agent where id = ${agentId}`.execute(em.getKysely())
    return rows[0] ?? null
  }

  async listRevoked(em: EntityManager): Promise<RevokedAgent[]> {
    const { rows } = await sql<{ id: AgentId; vaultId: VaultId; revokedAt: Date | string }>`
      select id, vault_id as "vaultId", revoked_at as "revokedAt" from agent where revoked_at is not null`.execute(em.getKysely())
    return rows.map((row) => ({ ...row, revokedAt: new Date(row.revokedAt) }))
  }

  async listOfVault(em: EntityManager, vaultId: VaultId): Promise<VaultDevice[]> {
    const { rows } = await sql<VaultDevice>`select id, domain_id as "domainId", online as "isOnline",
      revoked_at is null and awaiting_signature is null as "canRead" from agent where vault_id = ${vaultId} order by enrolled_at, id`.execute(
      em.getKysely(),
    )
    return rows
  }

  async listWaiting(em: EntityManager, vaultId: VaultId): Promise<WaitingAgent[]> {
    const { rows } = await sql<WaitingAgent>`select id, name, host, vault_id as "vaultId", domain_id as "domainId",
      sign_public_key as "signPublicKey", box_public_key as "boxPublicKey", revoked_at as "revokedAt", awaiting_signature as "boxSignature",
      enrolled_at as "enrolledAt" from agent where vault_id = ${vaultId} and awaiting_signature is not null and revoked_at is null`.execute(
      em.getKysely(),
    )
    return rows.map((row) => ({ ...row, enrolledAt: new Date(row.enrolledAt) }))
  }

  async keysGiven(em: EntityManager, agentId: AgentId): Promise<Device> {
    await sql`update agent set awaiting_signature = null where id = ${agentId}`.execute(em.getKysely())
    return { id: agentId, waitsForKeys: false } as Device
  }

  async keysAwaited(em: EntityManager, agentId: AgentId, boxSignature: Uint8Array): Promise<void> {
    const signature = Buffer.from(boxSignature)
    await sql`update agent set awaiting_signature = ${signature} where id = ${agentId} and awaiting_signature is null`.execute(
      em.getKysely(),
    )
  }

  async setOnline(agentId: AgentId, isOnline: boolean): Promise<void> {
    await sql`update agent set online = ${isOnline} where id = ${agentId}`.execute(this.#database.em().getKysely())
  }

  async deviceNames(em: EntityManager): Promise<ReadonlyMap<AgentId, string>> {
    const { rows } = await sql<{ id: AgentId; name: string }>`select id, name from agent`.execute(em.getKysely())
    return new Map(rows.map(({ id, name }) => [id, name]))
  }

  async findNamedDevice(em: EntityManager, wanted: string): Promise<AgentId> {
    const [found] = [...(await this.deviceNames(em))].filter(([id, name]) => id === wanted || name === wanted)
    if (found === undefined) throw new AppError('agent.not-found')
    return found[0]
  }
}

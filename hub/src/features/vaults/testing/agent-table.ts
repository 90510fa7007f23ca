import type { AgentId, VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { Database } from '../../../platform/database/database.ts'
import type { AgentRecord, AgentsDoor, RevokedAgent } from '../doors/doors.ts'

const host = { hostname: 'ada', os: 'linux', osVersion: '6', arch: 'x64', timeZone: 'UTC', cpuCount: 1, memoryBytes: 1 }

/** The front door of agents on the real table, and the names that snapshots ask for. */
export class AgentTable implements AgentsDoor {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async insert(agent: AgentRecord): Promise<void> {
    await sql`insert into agent (id, name, host, version, sign_public_key, box_public_key, vault_id, domain_id, enrolled_at, online)
      values (${agent.id}, ${agent.name}, ${JSON.stringify({ ...host, hostname: `${agent.name}.lan` })}::jsonb, '1', ${Buffer.from(agent.signPublicKey)}, ${Buffer.from(agent.boxPublicKey)},
        ${agent.vaultId}, ${agent.domainId}, now(), true)`.execute(this.#database.em().getKysely())
  }

  async findAgent(em: EntityManager, agentId: AgentId): Promise<AgentRecord | null> {
    const { rows } =
      await sql<AgentRecord>`select id, name, vault_id as "vaultId", domain_id as "domainId", sign_public_key as "signPublicKey", box_public_key as "boxPublicKey", revoked_at as "revokedAt"
      from agent where id = ${agentId}`.execute(em.getKysely())
    return rows[0] ?? null
  }

  async listRevoked(em: EntityManager): Promise<RevokedAgent[]> {
    const { rows } = await sql<{ id: AgentId; vaultId: VaultId; revokedAt: Date | string }>`
      select id, vault_id as "vaultId", revoked_at as "revokedAt" from agent where revoked_at is not null`.execute(em.getKysely())
    return rows.map((row) => ({ ...row, revokedAt: new Date(row.revokedAt) }))
  }

  async deviceNames(em: EntityManager): Promise<ReadonlyMap<AgentId, string>> {
    const { rows } = await sql<{ id: AgentId; name: string }>`select id, name from agent`.execute(em.getKysely())
    return new Map(rows.map(({ id, name }) => [id, name]))
  }
}

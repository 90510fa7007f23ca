import type { AgentId, DamageHealing, RunId, SnapshotId, SnapshotStatus, VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { tablesOf } from './database-tables.ts'
import { standing } from './damage.queries.ts'
import { idBytes, toId, toSnapshotRecord, type SnapshotRecord } from './snapshots.queries.ts'

/** A backup of a device that stands, as healing looks at it. */
export interface StandingBackup {
  readonly id: SnapshotId
  readonly agentId: AgentId
  readonly runId: RunId | null
  readonly plan: string | null
  /** Null where it is sealed for the hub, and nobody has said it. */
  readonly status: SnapshotStatus | null
}

/** Of every device that has snapshots which lack something; each device's newest first. */
export async function listBackupsOfDamaged(em: EntityManager, vaultId: VaultId): Promise<StandingBackup[]> {
  const rows = await standing(em, vaultId)
    .where(
      sql<boolean>`agent_id in (select d.agent_id from snapshot d where d.vault_id = ${vaultId} and d.state = 'committed' and d.condemned_in is null and d.lacking_blobs > 0)`,
    )
    .clearSelect()
    .select(['id', 'agent_id', 'run_id', 'plan', 'status'])
    .orderBy('agent_id')
    .orderBy('seq', 'desc')
    .execute()
  return rows.map((row) => ({ id: toId(row.id), agentId: row.agent_id, runId: row.run_id, plan: row.plan, status: row.status }))
}

/** Snapshots that lack something, deleted ones too as long as they can be had back. */
export async function listLacking(em: EntityManager, vaultId: VaultId): Promise<(SnapshotRecord & { readonly isKept: boolean })[]> {
  const rows = await standing(em, vaultId).where('lacking_blobs', '>', 0).orderBy('received_at', 'desc').orderBy('id').execute()
  return rows.map((row) => ({ ...toSnapshotRecord(row), isKept: row.deleted_at === null }))
}

/** Of snapshots whose damage is named. */
export async function setHealing(em: EntityManager, ids: readonly SnapshotId[], healing: Exclude<DamageHealing, 'healed'>): Promise<void> {
  if (ids.length === 0) return
  await sql`
    update snapshot set damage = damage || jsonb_build_object('healing', ${healing}::text)
    where id = any(${ids.map(idBytes)}::bytea[]) and damage is not null`.execute(tablesOf(em))
}

export interface HealRequest {
  readonly agentId: AgentId
  /** Key of what backs it up. */
  readonly work: string
  /** Encoded refset. */
  readonly lost: Uint8Array
  readonly tries: number
  readonly askedAt: Date
  readonly runId: RunId
}

export async function listAsked(em: EntityManager, vaultId: VaultId): Promise<HealRequest[]> {
  const rows = await tablesOf(em).selectFrom('heal_request').selectAll().where('vault_id', '=', vaultId).execute()
  return rows.map((row) => ({
    agentId: row.agent_id,
    work: row.work,
    lost: row.lost,
    tries: row.tries,
    askedAt: row.asked_at,
    runId: row.run_id,
  }))
}

export async function hasAsked(em: EntityManager, vaultId: VaultId): Promise<boolean> {
  const row = await tablesOf(em).selectFrom('heal_request').select('agent_id').where('vault_id', '=', vaultId).limit(1).executeTakeFirst()
  return row !== undefined
}

export async function noteAsked(em: EntityManager, vaultId: VaultId, { lost, ...request }: HealRequest): Promise<void> {
  const changeable = { lost: Buffer.from(lost), tries: request.tries, asked_at: request.askedAt, run_id: request.runId }
  await tablesOf(em)
    .insertInto('heal_request')
    .values({ vault_id: vaultId, agent_id: request.agentId, work: request.work, ...changeable })
    .onConflict((conflict) => conflict.columns(['vault_id', 'agent_id', 'work']).doUpdateSet(changeable))
    .execute()
}

/** It holds nothing any more that is lost: whatever is lost next is asked for anew. */
export async function forgetAsked(
  em: EntityManager,
  vaultId: VaultId,
  { agentId, work }: Pick<HealRequest, 'agentId' | 'work'>,
): Promise<void> {
  await tablesOf(em)
    .deleteFrom('heal_request')
    .where('vault_id', '=', vaultId)
    .where('agent_id', '=', agentId)
    .where('work', '=', work)
    .execute()
}

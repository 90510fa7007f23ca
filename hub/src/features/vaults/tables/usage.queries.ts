import type { AgentId, VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { tablesOf } from './database-tables.ts'

/*
 * Sums over all packs or snapshots of a vault. Each statement reads them once, locks nothing, and is asked for in one part of 20 of the
 * time at most (usage/vault-usage.ts). With 1,000,000 packs of 200,000 sessions (16 TiB) and 200,000 snapshots of 2,000 devices, on two
 * cores with a load of 7 (2026-11-21): packs 1.2 s, packs by device 5 s, snapshots 0.5 s.
 */

export interface PackSums {
  readonly packs: number
  readonly bytesData: number
  readonly bytesMetadata: number
  /** What was added on each day (UTC) that anything was, oldest first. */
  readonly days: readonly { readonly day: string; readonly bytes: number }[]
}

interface DayRow {
  readonly day: string
  readonly packs: string
  readonly data: string
  readonly metadata: string
}

export async function sumPacks(em: EntityManager, vaultId: VaultId): Promise<PackSums> {
  const { rows } = await sql<DayRow>`
    select to_char(day, 'YYYY-MM-DD') as day, packs, data, metadata
    from (
      select (stored_at at time zone 'UTC')::date as day, count(*) as packs,
        coalesce(sum(size_bytes) filter (where kind = 1), 0) as data, coalesce(sum(size_bytes) filter (where kind = 2), 0) as metadata
      from pack where vault_id = ${vaultId} and state = 'live' group by 1
    ) by_day order by by_day.day`.execute(tablesOf(em))
  const days = rows.map(({ day, data, metadata }) => ({ day, bytes: Number(data) + Number(metadata) }))
  const sum = (of: (row: DayRow) => string): number => rows.reduce((total, row) => total + Number(of(row)), 0)
  return { packs: sum((row) => row.packs), bytesData: sum((row) => row.data), bytesMetadata: sum((row) => row.metadata), days }
}

/** Sizes of packs by who sent them first; null where that is not known. */
export async function sumPacksByAgent(em: EntityManager, vaultId: VaultId): Promise<ReadonlyMap<AgentId | null, number>> {
  // By session first: a row for each pack would be joined otherwise.
  const { rows } = await sql<{ agent_id: AgentId | null; bytes: string }>`
    select s.agent_id, sum(p.bytes) as bytes
    from (select session_id, sum(size_bytes) as bytes from pack where vault_id = ${vaultId} and state = 'live' group by session_id) p
      left join backup_session s on s.id = p.session_id
    group by s.agent_id`.execute(tablesOf(em))
  return new Map(rows.map((row) => [row.agent_id, Number(row.bytes)]))
}

export interface DeviceSums {
  readonly agentId: AgentId
  /** What the newest snapshot calls it. */
  readonly host: string
  readonly snapshots: number
  readonly bytesLogical: number
  readonly newest: { readonly bytes: number; readonly files: number; readonly createdAtMs: number }
}

interface DeviceRow {
  readonly agent_id: AgentId
  readonly host: string
  readonly snapshots: string
  readonly logical: string
  readonly bytes: string
  readonly files: string
  readonly received: string
}

/** Devices with committed snapshots, the one with the largest newest snapshot first. */
export async function sumSnapshots(em: EntityManager, vaultId: VaultId): Promise<DeviceSums[]> {
  // The newest by number and not by time, as everywhere: a hub whose clock was ahead for a while has snapshots of tomorrow.
  const { rows } = await sql<DeviceRow>`
    select t.agent_id, n.host, t.snapshots, t.logical, n.bytes, n.files, floor(extract(epoch from n.received_at) * 1000) as received
    from (
      select agent_id, count(*) as snapshots, sum(bytes) as logical, max(seq) as seq
      from snapshot where vault_id = ${vaultId} and state = 'committed' and deleted_at is null group by agent_id
    ) t
    cross join lateral (
      select host, bytes, files, received_at from snapshot
      where vault_id = ${vaultId} and agent_id = t.agent_id and seq = t.seq and state = 'committed' limit 1
    ) n
    order by n.bytes desc, t.agent_id`.execute(tablesOf(em))
  return rows.map((row) => ({
    agentId: row.agent_id,
    host: row.host,
    snapshots: Number(row.snapshots),
    bytesLogical: Number(row.logical),
    newest: { bytes: Number(row.bytes), files: Number(row.files), createdAtMs: Number(row.received) },
  }))
}

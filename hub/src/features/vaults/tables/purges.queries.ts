import type { AgentId, Purge, SnapshotId, VaultId, WirePath } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { PurgeEntity, type PurgeRow } from './purge.entity.ts'

/** A purge as it was asked for, and how far it is. */
export interface PurgeRecord {
  readonly id: string
  readonly vaultId: VaultId
  readonly agentIds: AgentId[] | null
  readonly paths: WirePath[]
  readonly patterns: string[]
  readonly keepsUndo: boolean
  readonly state: Purge['state']
  readonly startedBy: string
  readonly startedAt: Date
  readonly endedAt: Date | null
  readonly snapshotsDone: number
  readonly snapshotsTotal: number
  readonly snapshotsRewritten: number
  readonly entries: number
  readonly bytes: number
  /** Snapshots that have it and were written anew, or lost their undo time. */
  readonly replaced: SnapshotId[]
  /** Segments that hold some of it, as an encoded refset; null = not looked for yet. */
  readonly segments: Uint8Array | null
  readonly error: Purge['error']
}

/** Newest first. */
export async function listPurgeRows(em: EntityManager, vaultId: VaultId, limit: number): Promise<PurgeRecord[]> {
  return (await em.find(PurgeEntity, { vaultId }, { orderBy: { startedAt: 'desc', id: 'asc' }, limit })).map(toRecord)
}

/** Those that are not over, oldest first. */
export async function listOpenPurges(em: EntityManager, vaultId: VaultId): Promise<PurgeRecord[]> {
  const open = ['rewriting', 'collecting'] as const
  return (await em.find(PurgeEntity, { vaultId, state: { $in: open } }, { orderBy: { startedAt: 'asc', id: 'asc' } })).map(toRecord)
}

export async function findPurge(em: EntityManager, vaultId: VaultId, id: string): Promise<PurgeRecord | null> {
  const row = await em.findOne(PurgeEntity, { id, vaultId })
  return row === null ? null : toRecord(row)
}

export async function writePurge(em: EntityManager, purge: PurgeRecord): Promise<void> {
  await em.upsert(PurgeEntity, { ...purge, segments: purge.segments === null ? null : Buffer.from(purge.segments) })
}

const toRecord = ({ agentIds, segments, error, endedAt, ...row }: PurgeRow): PurgeRecord => ({
  ...row,
  agentIds: agentIds ?? null,
  segments: segments ?? null,
  error: error ?? null,
  endedAt: endedAt ?? null,
})

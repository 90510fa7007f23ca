import type { Api, AuditEntry, QueryOf } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { AuditEntryEntity, type AuditEntryRow } from '../../platform/audit/audit-entry.entity.ts'
import type { Database } from '../../platform/database/database.ts'

export type AuditFilter = QueryOf<Api['listAudit']>

const presentEntry = (row: AuditEntryRow): AuditEntry => ({
  id: row.id,
  atMs: row.at.getTime(),
  actor: { kind: row.actorKind, id: row.actorId ?? null, name: row.actorName ?? null, viaTokenId: row.viaTokenId ?? null },
  action: row.action,
  object:
    typeof row.objectKind === 'string' && typeof row.objectId === 'string'
      ? { kind: row.objectKind, id: row.objectId, name: row.objectName ?? null }
      : null,
  address: row.address ?? null,
  outcome: row.outcome,
  code: row.code ?? null,
  requestId: row.requestId ?? null,
  details: row.details,
})

/** Newest first. */
export async function listAudit(em: EntityManager, filter: AuditFilter): Promise<{ items: AuditEntry[]; hasMore: boolean }> {
  const { actorId, action, objectId, outcome, sinceMs, untilMs, before, limit } = filter
  const rows = await em.find(
    AuditEntryEntity,
    {
      ...(actorId === undefined ? {} : { actorId }),
      ...(action === undefined ? {} : { action }),
      ...(objectId === undefined ? {} : { objectId }),
      ...(outcome === undefined ? {} : { outcome }),
      ...(before === undefined ? {} : { id: { $lt: before } }),
      ...(sinceMs === undefined && untilMs === undefined
        ? {}
        : {
            at: {
              ...(sinceMs === undefined ? {} : { $gte: new Date(sinceMs) }),
              ...(untilMs === undefined ? {} : { $lt: new Date(untilMs) }),
            },
          }),
    },
    { orderBy: { id: 'desc' }, limit: limit + 1 },
  )
  return { items: rows.slice(0, limit).map(presentEntry), hasMore: rows.length > limit }
}

/** Rows of one delete: short transactions beside the writers. */
const pruneBatch = 5000

/** Removes entries older than this, in portions. The trigger of the table lets nobody else delete, and nothing newer. */
export async function pruneAudit(database: Database, before: Date): Promise<number> {
  for (let removed = 0; ;) {
    const portion = await database.transaction(async (em) => {
      await em.execute(`select set_config('holdfast.audit_prune_before', ?, true)`, [before.toISOString()])
      const rows = await em.execute<unknown[]>(
        `delete from audit_entry where id in (select id from audit_entry where at < ? order by id limit ${pruneBatch}) returning id`,
        [before],
      )
      return rows.length
    })
    removed += portion
    if (portion < pruneBatch) return removed
  }
}

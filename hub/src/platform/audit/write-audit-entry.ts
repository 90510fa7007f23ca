import type { EntityManager } from '@mikro-orm/postgresql'
import { storableJson } from '../database/storable.ts'
import { AuditEntryEntity } from './audit-entry.entity.ts'
import type { AuditRecord } from './audit-trail.ts'

/** Texts from outside (names, addresses of a proxy) have an end here. */
const maxLetters = 400
const short = (text: string | null): string | null => storableJson(text)?.slice(0, maxLetters) ?? null

/** Adds the row with `em`: within its transaction, or at once where it has none. */
export async function writeAuditEntry(em: EntityManager, record: AuditRecord, at: Date): Promise<void> {
  const { actor, object } = record
  await em.insert(AuditEntryEntity, {
    at,
    actorKind: actor.kind,
    actorId: actor.id,
    actorName: short(actor.name),
    viaTokenId: actor.viaTokenId,
    action: record.action,
    objectKind: object?.kind ?? null,
    objectId: short(object?.id ?? null),
    objectName: short(object?.name ?? null),
    address: short(record.address),
    outcome: record.outcome,
    code: record.code,
    requestId: record.requestId,
    details: storableJson(record.details),
  })
}

import type { AuditActor, AuditEntry, AuditObject, AuditOutcome } from '@holdfast/shared-types'
import { defineEntity, p, type InferEntity } from '@mikro-orm/core'

/** One line of the audit log. Append-only: triggers in the migration refuse changes. Ids are text, for what they name may be gone. */
export const AuditEntryEntity = defineEntity({
  name: 'AuditEntry',
  tableName: 'audit_entry',
  properties: {
    id: p.bigint('number').primary().autoincrement(),
    at: p.datetime(3),
    actorKind: p.text().$type<AuditActor['kind']>(),
    actorId: p.text().nullable(),
    actorName: p.text().nullable(),
    viaTokenId: p.text().nullable(),
    action: p.text(),
    objectKind: p.text().$type<AuditObject['kind']>().nullable(),
    objectId: p.text().nullable(),
    objectName: p.text().nullable(),
    address: p.text().nullable(),
    outcome: p.text().$type<AuditOutcome>(),
    code: p.text().nullable(),
    requestId: p.text().nullable(),
    details: p.json().$type<AuditEntry['details']>(),
  },
  indexes: [
    { name: 'audit_entry_at_index', properties: ['at'] },
    { name: 'audit_entry_actor_id_index', properties: ['actorId', 'id'] },
    { name: 'audit_entry_object_id_index', properties: ['objectId', 'id'] },
    { name: 'audit_entry_action_index', properties: ['action', 'id'] },
  ],
  triggers: [
    {
      name: 'append_only',
      timing: 'before',
      events: ['update', 'delete'],
      // Pruning names in its transaction what it may remove; nothing newer goes. (A second trigger, which only the migration knows for the
      // ORM cannot see it, refuses `truncate`.)
      body: `if tg_op = 'DELETE' and old.at < nullif(current_setting('holdfast.audit_prune_before', true), '')::timestamptz then return old; end if; raise exception 'audit_entry is append-only';`,
    },
  ],
})
export type AuditEntryRow = InferEntity<typeof AuditEntryEntity>

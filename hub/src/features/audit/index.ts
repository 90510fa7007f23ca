import { AuditEntryEntity } from '../../platform/audit/audit-entry.entity.ts'

export const auditEntities = [AuditEntryEntity] as const
export { createAudit } from './create-audit.ts'

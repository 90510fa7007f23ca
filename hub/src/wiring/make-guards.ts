import { createAuditTrail, type AuditTrail } from '../platform/audit/audit-trail.ts'
import { writeAuditEntry } from '../platform/audit/write-audit-entry.ts'
import { createRequestLimits, type RequestLimits } from '../platform/limits/request-limits.ts'
import type { HubServices } from '../platform/services.ts'

/** What stands at every door of the hub. */
export interface Guards {
  readonly audit: AuditTrail
  readonly limits: RequestLimits
}

export const makeGuards = ({ config, database, log, now }: Pick<HubServices, 'config' | 'database' | 'log' | 'now'>): Guards => ({
  audit: createAuditTrail({ log, write: (record, em) => writeAuditEntry(em ?? database.em(), record, new Date(now())) }),
  limits: createRequestLimits(config.rateLimit),
})

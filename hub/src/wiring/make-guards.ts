import { createAuditTrail, type AuditTrail } from '../platform/audit/audit-trail.ts'
import { writeAuditEntry } from '../platform/audit/write-audit-entry.ts'
import { afterCommit } from '../platform/database/unit-of-work.ts'
import { createRequestLimits, type RequestLimits } from '../platform/limits/request-limits.ts'
import type { HubServices } from '../platform/services.ts'

/** What stands at every door of the hub. */
export interface Guards {
  readonly audit: AuditTrail
  readonly limits: RequestLimits
}

type GuardServices = Pick<HubServices, 'config' | 'database' | 'domainEvents' | 'log' | 'now'>

export const makeGuards = ({ config, database, domainEvents, log, now }: GuardServices): Guards => ({
  audit: createAuditTrail({
    log,
    async write(record, em) {
      await writeAuditEntry(em ?? database.em(), record, new Date(now()))
      const { action, outcome } = record
      const tell = () => domainEvents.emit('action.recorded', { action, outcome })
      if (em === null) await tell()
      else afterCommit(em, tell)
    },
  }),
  limits: createRequestLimits(config.rateLimit),
})

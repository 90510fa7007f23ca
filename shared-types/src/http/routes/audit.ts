import { z } from 'zod'
import { AuditEntry, AuditOutcome } from '../../model/audit-entry.ts'
import { route, type RouteContract } from '../route.ts'
import { AtMs, Limit, page, v1 } from './parts.ts'

export const auditRoutes = {
  listAudit: route({
    method: 'get',
    path: `${v1}/audit`,
    summary: 'What was done, by whom and when, newest first',
    tag: 'Audit',
    actor: 'user',
    query: z.object({
      actorId: z.string().max(100).optional(),
      action: z.string().max(100).optional().describe('An operation id, or `command:` and a command'),
      objectId: z.string().max(100).optional(),
      outcome: AuditOutcome.optional(),
      sinceMs: AtMs.optional(),
      untilMs: AtMs.optional().describe('Not included itself'),
      before: z.coerce.number().int().min(1).optional().describe('Only entries older than this one: the last id of the answer before'),
      limit: Limit.default(100),
    }),
    response: page(AuditEntry),
  }),
} as const satisfies Record<string, RouteContract>

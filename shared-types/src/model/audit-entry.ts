import { z } from 'zod'
import { TimeMs } from '../primitives/wire-path.ts'

/** Who did something. `nobody`: not proved, as with a sign-in that failed; `command-line`: whoever owns the hub's own machine; `rule`: the hub, by what a plan says. */
export const AuditActor = z.object({
  kind: z.enum(['person', 'device', 'command-line', 'nobody', 'rule']),
  id: z.string().nullable(),
  /** As it was then. */
  name: z.string().nullable(),
  /** The API token that was used, where it was one. */
  viaTokenId: z.string().nullable(),
})
export type AuditActor = z.infer<typeof AuditActor>

/** `refused`: it was not allowed, or could not be done as asked. `failed`: something went wrong. */
export const AuditOutcome = z.enum(['done', 'refused', 'failed'])
export type AuditOutcome = z.infer<typeof AuditOutcome>

export const AuditObject = z.object({
  kind: z.enum(['account', 'sign-in', 'api-token', 'device', 'plan', 'run', 'snapshot', 'vault', 'other']),
  id: z.string(),
  /** As it was then. */
  name: z.string().nullable(),
})
export type AuditObject = z.infer<typeof AuditObject>

/** One thing that somebody did, or was kept from doing. Never changed once written. */
export const AuditEntry = z
  .object({
    id: z.int().min(1),
    atMs: TimeMs,
    actor: AuditActor,
    /** Operation id of the API, or `command:` and the name of an administrative command. */
    action: z.string(),
    object: AuditObject.nullable(),
    address: z.string().nullable(),
    outcome: AuditOutcome,
    /** Why not, in the words of the error registry. */
    code: z.string().nullable(),
    requestId: z.string().nullable(),
    /** Named values that say more, such as the role before and after. Never a secret. */
    details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  })
  .meta({ id: 'AuditEntry', description: 'One line of the audit log' })
export type AuditEntry = z.infer<typeof AuditEntry>

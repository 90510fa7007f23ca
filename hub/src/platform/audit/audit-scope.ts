import { AsyncLocalStorage } from 'node:async_hooks'
import type { AuditActor, AuditEntry, AuditObject } from '@holdfast/shared-types'

/** What an action says of itself. Ids, names, roles: never a secret, never a path of a user's file. */
export interface AuditFacts {
  /** Who, where it was only found out by the action: a sign-in, an enrolment. */
  readonly actor?: AuditActor
  readonly object?: AuditObject
  readonly details?: AuditEntry['details']
}

/** An action that is going on. */
export interface AuditScope {
  facts: AuditFacts
  /** A transaction under way writes the row. */
  isJoined: boolean
  /** The action has ended. */
  isOver: boolean
  /** The row is committed. */
  isWritten: boolean
  readonly write: (scope: AuditScope, em: unknown) => Promise<void>
}

export const auditScope = new AsyncLocalStorage<AuditScope>()

/** Tells the audit log more of the action that is going on; what was told before stays. Outside of one nothing happens. */
export function tellAudit(facts: AuditFacts): void {
  const scope = auditScope.getStore()
  if (scope === undefined) return
  scope.facts = { ...scope.facts, ...facts, details: { ...scope.facts.details, ...facts.details } }
}

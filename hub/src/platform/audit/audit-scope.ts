import { AsyncLocalStorage } from 'node:async_hooks'
import { isDeepStrictEqual } from 'node:util'
import type { AuditActor, AuditDetailName, AuditEntry, AuditObject } from '@holdfast/shared-types'

export type AuditDetails = { readonly [Name in AuditDetailName]?: AuditEntry['details'][string] }

/** So that no name comes in by a spread: such a literal is not looked through for names that are too much. */
type NothingElse<D> = { readonly [Name in Exclude<NamesOf<D>, AuditDetailName>]?: never }
/** Of whatever it may be. */
type NamesOf<D> = D extends unknown ? keyof D : never

/** What an action says of itself. Ids, names, roles: never a secret, never a path of a user's file. */
export interface AuditFacts {
  /** Who, where it was only found out by the action: a sign-in, an enrolment. */
  readonly actor?: AuditActor
  readonly object?: AuditObject
  readonly details?: AuditDetails
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
  /** Something new was told when the row could take it no more: a defect of the use case. */
  readonly onTooLate: (facts: AuditFacts) => void
}

export const auditScope = new AsyncLocalStorage<AuditScope>()

/**
 * Tells the audit log more of the action that is going on; what was told before stays. Outside of one nothing happens. To be called before the action's first transaction ends, for
 * that writes the row: what is told later is in no row, and the log of the hub has it as a defect.
 */
export function tellAudit<D extends AuditDetails>(facts: Omit<AuditFacts, 'details'> & { readonly details?: D & NothingElse<D> }): void {
  const scope = auditScope.getStore()
  if (scope === undefined) return
  const told = { ...scope.facts, ...facts, details: { ...scope.facts.details, ...facts.details } }
  if ((scope.isWritten || scope.isOver) && !isDeepStrictEqual(told, scope.facts)) scope.onTooLate(facts)
  scope.facts = told
}

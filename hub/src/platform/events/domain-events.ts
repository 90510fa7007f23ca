import type { AgentId, ApiTokenId, AuditOutcome, PlanId, RunId, RunOutcome, SnapshotId, UserId, UserRole } from '@holdfast/shared-types'

/**
 * Facts that one feature tells the others in process, after the transaction that made them true. They are not kept: who must not
 * miss one reads the database at its start.
 */
export interface DomainEvents {
  'agent.enrolled': { readonly agentId: AgentId }
  'agent.revoked': { readonly agentId: AgentId }
  'snapshot.committed': {
    readonly snapshotId: SnapshotId
    readonly agentId: AgentId
    readonly runId: RunId | null
    readonly createdAtMs: number
  }
  'run.finished': { readonly runId: RunId; readonly agentId: AgentId; readonly state: RunOutcome }
  /** Somebody changed what it does, or switched it on or off. */
  'plan.changed': { readonly planId: PlanId; readonly agentId: AgentId }
  /** A line of the audit log was written. */
  'action.recorded': { readonly action: string; readonly outcome: AuditOutcome }
  'sign-in.ended': { readonly signInIds: readonly string[]; readonly userId: UserId }
  'api-token.ended': { readonly tokenIds: readonly ApiTokenId[] }
  'account.changed': { readonly userId: UserId; readonly name: string; readonly role: UserRole }
  /** Disabled or removed: whatever was opened in its name ends. */
  'account.closed': { readonly userId: UserId }
}
export type DomainEventName = keyof DomainEvents
export type DomainListener<N extends DomainEventName> = (event: DomainEvents[N]) => void | Promise<void>

export interface DomainEventBus {
  /** Listeners run in the order they were added, each after the one before; what one throws is logged and stops no other. */
  on<N extends DomainEventName>(name: N, listener: DomainListener<N>): void
  /** Resolves when every listener has run. Emit after commit (`afterCommit`), never inside the transaction. */
  emit<N extends DomainEventName>(name: N, event: DomainEvents[N]): Promise<void>
}

type AnyListener = (event: never) => void | Promise<void>

export function createDomainEventBus(onListenerError: (name: DomainEventName, error: unknown) => void): DomainEventBus {
  const listeners = new Map<DomainEventName, AnyListener[]>()
  return {
    on(name, listener) {
      listeners.set(name, [...(listeners.get(name) ?? []), listener])
    },
    async emit(name, event) {
      for (const listener of listeners.get(name) ?? []) {
        try {
          await listener(event as never)
        } catch (error) {
          onListenerError(name, error)
        }
      }
    },
  }
}

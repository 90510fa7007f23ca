import { AppError, errorFacts, type AuditActor, type AuditObject, type AuditOutcome } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Actor } from '../access/actor.ts'
import { afterCommit, afterRollback, beforeCommit } from '../database/unit-of-work.ts'
import type { Logger } from '../logging/logger.ts'
import { auditScope, type AuditFacts, type AuditScope } from './audit-scope.ts'

/** An action as its edge knows it; what the use case tells (`tellAudit`) comes on top. */
export interface AuditedAction {
  readonly actor: AuditActor
  readonly action: string
  readonly object: AuditObject | null
  readonly address: string | null
  readonly requestId: string | null
}

export interface AuditRecord extends AuditedAction {
  readonly outcome: AuditOutcome
  readonly code: string | null
  readonly details: NonNullable<AuditFacts['details']>
}

export interface AuditTrail {
  /**
   * Does `work` and writes its row: with its first transaction, or straight after. Work that throws leaves a row that says so, unless it
   * was only told to wait.
   */
  around<T>(action: AuditedAction, work: () => Promise<T>): Promise<T>
  /** A row for what was refused before any work. Never throws: the refusal is the answer. */
  refused(action: AuditedAction, error: AppError): Promise<void>
}

export interface AuditTrailOptions {
  /** @param em of the transaction that the row belongs to; null = a transaction of its own */
  readonly write: (record: AuditRecord, em: EntityManager | null) => Promise<void>
  readonly log: Logger
}

export function createAuditTrail({ write, log }: AuditTrailOptions): AuditTrail {
  /** After the fact: what was done is done, and its answer must not be an error. */
  const writeAfter = async (record: AuditRecord): Promise<void> => {
    try {
      await write(record, null)
    } catch (error) {
      log.error(
        { event: 'audit.unwritten', operation: record.action, outcome: record.outcome, err: error },
        'A line of the audit log is missing',
      )
    }
  }
  return {
    async around(action, work) {
      const scope: AuditScope = {
        facts: {},
        isJoined: false,
        isOver: false,
        isWritten: false,
        write: (told, em) => write(recordOf(action, told.facts, null), em as EntityManager),
        onTooLate: ({ object, details = {} }) =>
          log.error(
            {
              event: 'audit.told-too-late',
              operation: action.action,
              facts: [...(object === undefined ? [] : ['object']), ...Object.keys(details)],
            },
            'A line of the audit log lacks what was told after it was written; this is a defect of the hub',
          ),
      }
      try {
        const result = await auditScope.run(scope, work)
        if (!scope.isWritten) await writeAfter(recordOf(action, scope.facts, null))
        return result
      } catch (error) {
        if (!isWait(error)) await writeAfter(recordOf(action, scope.facts, error))
        throw error
      } finally {
        // What the action has set going and goes on after it is no part of it.
        scope.isOver = true
        scope.isJoined = true
      }
    },
    refused: (action, error) => writeAfter(recordOf(action, {}, error)),
  }
}

/** Makes the row of the action that is going on a part of this transaction; the first one of an action has it. */
export function joinTransaction(em: EntityManager): void {
  const scope = auditScope.getStore()
  if (scope === undefined || scope.isJoined) return
  scope.isJoined = true
  // Made again after a lost race, it takes its row along again; unless the action is over by then.
  afterRollback(em, () => void (scope.isJoined = scope.isOver))
  beforeCommit(em, () => scope.write(scope, em))
  afterCommit(em, () => void (scope.isWritten = true))
}

/** Who was told to wait is asked to come again, and then has a row: an attacker must not fill the log with these. */
const isWait = (error: unknown): boolean => error instanceof AppError && errorFacts(error.code).category === 'rate-limited'

function recordOf(action: AuditedAction, facts: AuditFacts, error: unknown): AuditRecord {
  return {
    ...action,
    actor: facts.actor ?? action.actor,
    object: facts.object ?? action.object,
    details: facts.details ?? {},
    ...outcomeOf(error),
  }
}

function outcomeOf(error: unknown): { outcome: AuditOutcome; code: string | null } {
  if (error === null) return { outcome: 'done', code: null }
  if (!(error instanceof AppError)) return { outcome: 'failed', code: 'internal' }
  const isFailure = errorFacts(error.code).status >= 500
  return { outcome: isFailure ? 'failed' : 'refused', code: error.code }
}

/** An actor as the log keeps it. */
export function auditActorOf(actor: Actor): AuditActor {
  if (actor.kind === 'user') return { kind: 'person', id: actor.userId, name: actor.name, viaTokenId: actor.token?.id ?? null }
  if (actor.kind === 'agent') return { kind: 'device', id: actor.agentId, name: actor.name, viaTokenId: null }
  return { kind: 'nobody', id: null, name: null, viaTokenId: null }
}

const objectKinds = {
  userId: 'account',
  signInId: 'sign-in',
  tokenId: 'api-token',
  planId: 'plan',
  agentId: 'device',
  runId: 'run',
  vaultId: 'vault',
  snapshotId: 'snapshot',
} as const

/** What a call is about, as its address says. */
export function auditObjectOf(params: unknown): AuditObject | null {
  if (typeof params !== 'object' || params === null) return null
  for (const [name, kind] of Object.entries(objectKinds)) {
    const id: unknown = name in params ? params[name as keyof typeof params] : undefined
    if (typeof id === 'string') return { kind, id, name: null }
  }
  return null
}

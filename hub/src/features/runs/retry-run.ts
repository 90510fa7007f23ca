import type { EntityManager } from '@mikro-orm/postgresql'
import { addToQueue, makeRun } from './make-run.ts'
import type { RunRow } from './run.entity.ts'
import { mayPass, policyOfRetry } from './run-policy.ts'
import type { RunsState } from './runs-state.ts'
import { findPending } from './runs.queries.ts'

export interface NextTry {
  readonly run: RunRow
  readonly notBefore: Date
}

/**
 * Makes the next try of a run that has just ended, in the transaction of its end: so there is exactly one, whatever is cut off. None
 * where its plan wants none, where another try would not help, and where a run of it waits already.
 */
export async function retryRun(state: RunsState, em: EntityManager, ended: RunRow): Promise<NextTry | null> {
  const policy = ended.policy ?? null
  const { planId, planName } = ended
  if (policy === null || typeof planId !== 'string' || !mayPass(ended.state, ended.error?.code ?? null)) return null
  const rest = policyOfRetry(policy)
  if (rest === null) return null
  const { agentId, sourceKey, request, requestedBy, trigger } = ended
  if ((await findPending(em, { agentId, sourceKey, planId })) !== null) return null
  const notBefore = new Date(state.now() + policy.retries.firstDelayMs)
  const run = makeRun(state, em, {
    agentId,
    sourceKey,
    request,
    requestedBy,
    trigger,
    plan: { id: planId, name: planName ?? '', policy: rest },
    attempt: ended.attempt + 1,
    startNotBefore: notBefore,
  })
  await addToQueue(state, em, run)
  return { run, notBefore }
}

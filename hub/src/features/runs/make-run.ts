import { randomUUID } from 'node:crypto'
import { RunId, type AgentId, type PlanId, type RunRequest, type RunTrigger } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { afterCommit } from '../../platform/database/unit-of-work.ts'
import { RunEntity, type RunRow } from './run.entity.ts'
import type { RunPolicy } from './run-policy.ts'
import type { RunsState } from './runs-state.ts'
import { addLogLines, addRunEvent, insertRun } from './runs.queries.ts'
import { tellRun } from './tell-run.ts'

export interface RunToOrder {
  readonly agentId: AgentId
  readonly request: RunRequest
  readonly requestedBy: string
  readonly trigger: RunTrigger
  readonly plan: OrderingPlan | null
}

export interface OrderingPlan {
  readonly id: PlanId
  readonly name: string
  readonly policy: RunPolicy
}

/** Inserts a run that was made, with the first line of its history, and has it offered. */
export async function addToQueue(state: RunsState, em: EntityManager, run: RunRow): Promise<void> {
  addRunEvent(em, run, { input: run.attempt > 1 ? 'retried' : 'ordered', fromState: 'queued', reason: null, at: run.createdAt })
  if (run.trigger === 'heal' && run.attempt === 1)
    addLogLines(em, run, [{ at: run.createdAt, fence: null, n: null, path: null, level: 'info', event: 'run.heal', message: whyHeal }])
  await insertRun(em, run)
  await tellRun(state, em, run)
  afterCommit(em, () => state.offerSoon(run.agentId))
}

const whyHeal =
  'Files that this device backed up were found damaged in the vault. It is asked to read them and to send them again, so that older snapshots are whole again.'

export interface RunToMake extends RunToOrder {
  readonly sourceKey: string
  readonly attempt: number
  readonly startNotBefore: Date | null
}

export function makeRun(state: RunsState, em: EntityManager, { plan, request, ...run }: RunToMake): RunRow {
  return em.create(RunEntity, {
    ...run,
    id: RunId.parse(randomUUID()),
    kind: request.kind,
    request,
    planId: plan?.id ?? null,
    planName: plan?.name ?? null,
    policy: plan?.policy ?? null,
    state: 'queued',
    fence: 0,
    createdAt: new Date(state.now()),
    startedAt: null,
    finishedAt: null,
    leaseExpiresAt: null,
    offerCount: 0,
    offerNotBefore: null,
    pausedAt: null,
    deadlineAt: null,
    timedOutAt: null,
    cancelRequestedAt: null,
    progress: null,
    result: null,
    error: null,
    warnings: [],
    warningCount: 0,
    lastLogSeq: 0,
    lastEventNumber: 0,
  })
}

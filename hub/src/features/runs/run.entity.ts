import type {
  AgentId,
  PlanId,
  RunError,
  RunId,
  RunKind,
  RunProgressSample,
  RunRequest,
  RunResult,
  RunState,
  RunWarning,
} from '@holdfast/shared-types'
import { activeRunStates, endRunStates, RunTrigger } from '@holdfast/shared-types'
import { defineEntity, p, type InferEntity } from '@mikro-orm/core'
import { AgentEntity } from '../agents/index.ts'
import type { RunPolicy } from './run-policy.ts'

/** A condition of SQL, word for word as queries that are to use the index have it. */
export const goodBackup = `kind = 'backup' and state in ('succeeded', 'warning')`

/** One execution of a backup, restore or verification. Only `applyToRun` changes `state` and `fence`. */
export const RunEntity = defineEntity({
  name: 'Run',
  tableName: 'run',
  properties: {
    id: p.uuid().$type<RunId>().primary(),
    agentId: () => p.manyToOne(AgentEntity).mapToPk().fieldName('agent_id').deleteRule('cascade').$type<AgentId>(),
    kind: p.enum(['backup', 'restore', 'verify'] as const).$type<RunKind>(),
    state: p.enum([...activeRunStates, ...endRunStates] as const).$type<RunState>(),
    /** Grows whenever somebody loses the right to report on or commit this run. */
    fence: p.integer(),
    /** What must not be worked on twice at once: hash of kind and sources (source-key.ts). */
    sourceKey: p.text(),
    request: p.json().$type<RunRequest>(),
    requestedBy: p.text(),
    trigger: p.enum(RunTrigger.options).$type<RunTrigger>().default('order'),
    /** No foreign key: plans stand above runs, and take their id out of them when they go. */
    planId: p.uuid().$type<PlanId>().nullable(),
    planName: p.text().nullable(),
    /** What its plan said of retries, time and size when it was asked for. */
    policy: p.json().$type<RunPolicy>().nullable(),
    /** Which try of its plan this is, from 1. */
    attempt: p.integer().default(1),
    createdAt: p.datetime(3),
    startedAt: p.datetime(3).nullable(),
    finishedAt: p.datetime(3).nullable(),
    leaseExpiresAt: p.datetime(3).nullable(),
    /** Offers so far, and the time before which there is no other: a device that declines is not asked in a circle. */
    offerCount: p.integer(),
    offerNotBefore: p.datetime(3).nullable(),
    /** A retry waits until then, however free its device is. */
    startNotBefore: p.datetime(3).nullable(),
    /** Set while it rests: a flag of `running`. */
    pausedAt: p.datetime(3).nullable(),
    /** When its plan gives it no more time; moved on by what it rested. */
    deadlineAt: p.datetime(3).nullable(),
    timedOutAt: p.datetime(3).nullable(),
    cancelRequestedAt: p.datetime(3).nullable(),
    progress: p.json().$type<RunProgressSample>().nullable(),
    result: p.json().$type<RunResult>().nullable(),
    error: p.json().$type<RunError>().nullable(),
    warnings: p.json().$type<RunWarning[]>(),
    warningCount: p.integer(),
    /** Last sequence given out in run_log and run_event. */
    lastLogSeq: p.integer(),
    lastEventNumber: p.integer(),
  },
  indexes: [
    { name: 'run_created_at_index', properties: ['createdAt'] },
    { name: 'run_agent_id_created_at_index', properties: ['agentId', 'createdAt'] },
    { name: 'run_plan_id_created_at_index', properties: ['planId', 'createdAt'] },
    // Of the few that failed or work among very many that are done.
    { name: 'run_state_created_at_index', properties: ['state', 'createdAt'] },
    { name: 'run_finished_at_index', properties: ['finishedAt'] },
    { name: 'run_agent_id_finished_at_index', properties: ['agentId', 'finishedAt'] },
    { name: 'run_good_backup_index', properties: ['agentId', 'sourceKey', 'finishedAt'], where: goodBackup },
  ],
  uniques: [
    { name: 'run_one_active_unique', properties: ['agentId', 'sourceKey'], where: `state in ('offered', 'running', 'committing')` },
    { name: 'run_one_pending_unique', properties: ['agentId', 'sourceKey'], where: `state = 'queued'` },
    { name: 'run_one_active_of_plan_unique', properties: ['planId'], where: `state in ('offered', 'running', 'committing')` },
    { name: 'run_one_pending_of_plan_unique', properties: ['planId'], where: `state = 'queued'` },
  ],
})
export type RunRow = InferEntity<typeof RunEntity>

/** One transition of a run: what came in and what it became. Never changed. */
export const RunEventEntity = defineEntity({
  name: 'RunEvent',
  tableName: 'run_event',
  properties: {
    runId: () => p.manyToOne(RunEntity).mapToPk().fieldName('run_id').primary().deleteRule('cascade').$type<RunId>(),
    n: p.integer().primary(),
    at: p.datetime(3),
    input: p.text(),
    fromState: p.text().$type<RunState>(),
    toState: p.text().$type<RunState>(),
    fence: p.integer(),
    /** Code of the reason, where there is one. */
    reason: p.text().nullable(),
  },
})

/** One line of a run's log, kept for good. */
export const RunLogEntity = defineEntity({
  name: 'RunLog',
  tableName: 'run_log',
  properties: {
    runId: () => p.manyToOne(RunEntity).mapToPk().fieldName('run_id').primary().deleteRule('cascade').$type<RunId>(),
    seq: p.integer().primary(),
    /** The agent's own number of the line under that fence, by which a repeated report is known; null for the hub's lines. */
    fence: p.integer().nullable(),
    n: p.integer().nullable(),
    at: p.datetime(3),
    level: p.enum(['info', 'warn', 'error'] as const),
    event: p.text(),
    message: p.text(),
    path: p.text().nullable(),
  },
  uniques: [{ name: 'run_log_line_unique', properties: ['runId', 'fence', 'n'] }],
})
export type RunLogRow = InferEntity<typeof RunLogEntity>

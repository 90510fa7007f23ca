import { AppError, errorFacts, isEndState, type AgentId, type RunId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { afterCommit } from '../../platform/database/unit-of-work.ts'
import { explainMove } from './explain-move.ts'
import { freeHands } from './free-hands.ts'
import { shrunkError } from './honest-outcome.ts'
import { retryRun } from './retry-run.ts'
import type { RunRow } from './run.entity.ts'
import { stepRun, type RunFacts, type RunInput, type RunStep } from './run-machine.ts'
import { shrinkage } from './run-policy.ts'
import type { RunsState } from './runs-state.ts'
import { addLogLines, addRunEvent, findPending, lockRun, type NewLogLine } from './runs.queries.ts'
import { presentLogLine } from './runs.present.ts'
import { tellRun } from './tell-run.ts'

export interface RunChange {
  readonly input: RunInput
  /** Only a run of this agent; another one's is not found. */
  readonly agentId?: AgentId
  /** Looked at when the row is locked: false = the input is out of date and nothing happens. */
  readonly stillHolds?: (run: RunRow) => boolean
  /** Further changes that belong to the move. */
  readonly change?: (run: RunRow) => void
  /** Why, for the log of the run, where the input does not say it all. */
  readonly explain?: string
}

export interface Applied {
  readonly run: RunRow
  readonly step: RunStep
}

/** Inputs by which the hub may end a run: then it matters whether its snapshot is there already. */
const mayEndByHub: ReadonlySet<RunInput['type']> = new Set<RunInput['type']>([
  'cancel',
  'cancel-unconfirmed',
  'timed-out',
  'lease-elapsed',
  'agent-lost',
])

/**
 * The only way a run changes its state: row locked, machine asked, row and history written, browsers and other features told with the
 * commit. The lock is held until the transaction ends.
 *
 * @throws AppError `run.not-found`, or what the machine refuses the input with
 */
export async function applyToRun(state: RunsState, em: EntityManager, runId: RunId, change: RunChange): Promise<Applied> {
  const { input } = change
  const run = await lockRun(em, runId)
  if (change.agentId !== undefined && run.agentId !== change.agentId) throw new AppError('run.not-found')
  if (change.stillHolds?.(run) === false) return { run, step: { kind: 'kept', alive: false } }
  const { facts, tooSmall } = await factsOf(state, em, run, input)
  const asked = stepRun(facts, input)
  const step = await instead(em, run, { facts, asked })
  if (step.kind === 'refused') throw new AppError(step.code)
  if (step.kind === 'kept') {
    if (step.alive) run.leaseExpiresAt = leaseEnd(state)
    await em.flush()
    return { run, step }
  }
  await record(state, em, run, { change, step, shrinkage: tooSmall })
  return { run, step }
}

/** A run that would wait again does not where nobody wants it any more, and where another one for the same work waits. */
async function instead(em: EntityManager, run: RunRow, { facts, asked }: { facts: RunFacts; asked: RunStep }): Promise<RunStep> {
  if (asked.kind !== 'moved' || asked.state !== 'queued' || facts.state === 'queued') return asked
  // Whoever asked to cancel it does not want it offered a second time.
  if (isSet(run.cancelRequestedAt)) return stepRun(facts, { type: 'cancel-unconfirmed' })
  const { agentId, sourceKey } = run
  const pending = await findPending(em, { agentId, sourceKey, planId: run.planId ?? null })
  return pending === null ? asked : stepRun(facts, { type: 'superseded' })
}

interface KnownOfRun {
  readonly facts: RunFacts
  /** By how much its snapshot is too small, in words. */
  readonly tooSmall: string | null
}

async function factsOf(state: RunsState, em: EntityManager, run: RunRow, input: RunInput): Promise<KnownOfRun> {
  const mayHaveSnapshot = run.kind === 'backup' && mayEndByHub.has(input.type)
  const snapshot = mayHaveSnapshot ? await state.snapshots.committedBy(em, run.id) : null
  const tooSmall = snapshot === null ? null : shrinkage(run.policy?.shrink ?? null, snapshot)
  // Too small is as good as with errors: never green.
  const committed = snapshot?.status === 'complete' && tooSmall !== null ? 'complete-with-errors' : (snapshot?.status ?? null)
  return { facts: { state: run.state, fence: run.fence, committed, isTimedOut: isSet(run.timedOutAt) }, tooSmall }
}

const leaseEnd = ({ now, leaseMs }: RunsState): Date => new Date(now() + leaseMs)

interface Move {
  readonly change: RunChange
  readonly step: Extract<RunStep, { kind: 'moved' }>
  readonly shrinkage: string | null
}

async function record(state: RunsState, em: EntityManager, run: RunRow, { change, step, shrinkage: tooSmall }: Move): Promise<void> {
  const { input } = change
  const at = new Date(state.now())
  const fromState = run.state
  run.state = step.state
  if (step.fence === 'next') run.fence += 1
  const isHeld = run.state === 'offered' || run.state === 'running' || run.state === 'committing'
  run.leaseExpiresAt = isHeld ? leaseEnd(state) : null
  if (run.state === 'running' || run.state === 'committing' || input.type === 'finished') beginRun(run, at)
  // Who was let rest until its lease was over rests on: nobody wants it to begin anew by itself.
  const isLeftResting = isSet(run.pausedAt) && input.type === 'lease-elapsed'
  if (run.state !== 'running') run.pausedAt = null
  if (isEndState(run.state)) {
    endRun(state, run, step, at)
    if (tooSmall !== null && run.state === 'warning') run.error = shrunkError(tooSmall)
  }
  change.change?.(run)
  addRunEvent(em, run, { input: input.type, fromState, reason: step.reason, at })
  const told = [explainMove(input, step, change.explain), isLeftResting ? null : await explainRetry(state, em, run)].filter(
    (line) => line !== null,
  )
  const lines = addLogLines(
    em,
    run,
    told.map((line): NewLogLine => ({ at, fence: null, n: null, path: null, ...line })),
  )
  await em.flush()
  await tellRun(state, em, run, lines.map(presentLogLine))
  afterCommit(em, () => followMove(state, run, { fromState, input }))
}

function beginRun(run: RunRow, at: Date): void {
  if (isSet(run.startedAt)) return
  run.startedAt = at
  const timeoutMs = run.policy?.timeoutMs ?? null
  if (timeoutMs !== null) run.deadlineAt = new Date(at.getTime() + timeoutMs)
}

function endRun(state: RunsState, run: RunRow, step: Move['step'], at: Date): void {
  run.finishedAt = at
  run.cancelRequestedAt = null
  run.deadlineAt = null
  const newest = state.progress.get(run.id)
  if (newest?.fence === run.fence || step.fence === 'next') run.progress = newest?.sample ?? run.progress ?? null
  if (step.reason !== null) run.error = errorOf(step)
}

/** The next try belongs to the transaction of the end: what is cut off has neither. */
async function explainRetry(state: RunsState, em: EntityManager, run: RunRow): Promise<ReturnType<typeof explainMove>> {
  if (!isEndState(run.state)) return null
  const next = await retryRun(state, em, run)
  if (next === null) return null
  return { level: 'info', event: 'run.retried', message: `The plan tries it again, not before ${next.notBefore.toISOString()}.` }
}

const isSet = (at: Date | null | undefined): boolean => at !== null && at !== undefined

function errorOf({ reason }: Move['step']): RunRow['error'] {
  if (reason === null) return null
  const { title, cure } = errorFacts(reason)
  return { code: reason, message: title, cure }
}

async function followMove(
  state: RunsState,
  run: RunRow,
  { fromState, input }: { fromState: RunRow['state']; input: RunInput },
): Promise<void> {
  const facts = { runId: run.id, agentId: run.agentId, kind: run.kind, fence: run.fence, state: run.state }
  state.log[isEndState(run.state) ? 'info' : 'debug'](
    { event: 'run.moved', ...facts, fromState, input: input.type },
    'Run changed its state',
  )
  const newest = state.progress.get(run.id)
  if (newest !== undefined) newest.pausedAtMs = run.pausedAt?.getTime() ?? null
  if (newest !== undefined && newest.fence !== run.fence) state.progress.delete(run.id)
  if (!isEndState(run.state)) return
  state.progress.delete(run.id)
  await state.domainEvents.emit('run.finished', { runId: run.id, agentId: run.agentId, state: run.state })
  await freeHands(state, run.agentId)
}

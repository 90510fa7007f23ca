import {
  AppError,
  errorFacts,
  isEndState,
  type AgentId,
  type LogLine,
  type Run,
  type RunId,
  type SnapshotStatus,
} from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { afterCommit } from '../../platform/database/unit-of-work.ts'
import { findAgent } from '../agents/index.ts'
import type { RunRow } from './run.entity.ts'
import { stepRun, type RunInput, type RunStep } from './run-machine.ts'
import type { RunsState } from './runs-state.ts'
import { addLogLines, addRunEvent, forgetDeclines, lockRun, type NewLogLine } from './runs.queries.ts'
import { presentLogLine, presentRun } from './runs.present.ts'

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
  const committed = await committedStatus(state, em, run, input)
  const asked = stepRun({ state: run.state, fence: run.fence, committed }, input)
  // Whoever asked to cancel it does not want it offered a second time.
  const isUnwanted = asked.kind === 'moved' && asked.state === 'queued' && run.cancelRequestedAt !== null
  const step = isUnwanted ? stepRun({ state: run.state, fence: run.fence, committed }, { type: 'cancel-unconfirmed' }) : asked
  if (step.kind === 'refused') throw new AppError(step.code)
  if (step.kind === 'kept') {
    if (step.alive) run.leaseExpiresAt = leaseEnd(state)
    await em.flush()
    return { run, step }
  }
  await record(state, em, run, { change, step })
  return { run, step }
}

async function committedStatus(state: RunsState, em: EntityManager, run: RunRow, input: RunInput): Promise<SnapshotStatus | null> {
  if (run.kind !== 'backup' || !mayEndByHub.has(input.type)) return null
  return (await state.snapshots.committedBy(em, run.id))?.status ?? null
}

const leaseEnd = ({ now, leaseMs }: RunsState): Date => new Date(now() + leaseMs)

interface Move {
  readonly change: RunChange
  readonly step: Extract<RunStep, { kind: 'moved' }>
}

async function record(state: RunsState, em: EntityManager, run: RunRow, { change, step }: Move): Promise<void> {
  const { input } = change
  const at = new Date(state.now())
  const fromState = run.state
  run.state = step.state
  if (step.fence === 'next') run.fence += 1
  const isHeld = run.state === 'offered' || run.state === 'running' || run.state === 'committing'
  run.leaseExpiresAt = isHeld ? leaseEnd(state) : null
  if (run.state === 'running' || run.state === 'committing' || input.type === 'finished') run.startedAt ??= at
  if (isEndState(run.state)) endRun(state, run, step, at)
  change.change?.(run)
  addRunEvent(em, run, { input: input.type, fromState, reason: step.reason, at })
  const told = explainMove(input, step, change.explain)
  const lines = told === null ? [] : addLogLines(em, run, [{ at, fence: null, n: null, path: null, ...told }])
  await em.flush()
  await tellRun(state, em, run, lines.map(presentLogLine))
  afterCommit(em, () => followMove(state, run, { fromState, input }))
}

function endRun(state: RunsState, run: RunRow, step: Move['step'], at: Date): void {
  run.finishedAt = at
  run.cancelRequestedAt = null
  const newest = state.progress.get(run.id)
  if (newest?.fence === run.fence || step.fence === 'next') run.progress = newest?.sample ?? run.progress ?? null
  if (step.reason !== null) run.error = errorOf(step)
}

function errorOf({ reason }: Move['step']): RunRow['error'] {
  if (reason === null) return null
  const { title, cure } = errorFacts(reason)
  return { code: reason, message: title, cure }
}

/** What people read in the run's log of things that its agent cannot tell. */
function explainMove(
  input: RunInput,
  step: Move['step'],
  explain: string | undefined,
): Pick<NewLogLine, 'level' | 'event' | 'message'> | null {
  if (input.type === 'declined')
    return { level: 'warn', event: 'run.declined', message: `The device does not take the run now: ${explain ?? 'no reason given'}` }
  if (input.type === 'unanswered')
    return { level: 'warn', event: 'run.unanswered', message: 'The device did not answer the offer; it is made again.' }
  if (input.type === 'agent-lost' && step.state === 'queued')
    return { level: 'info', event: 'run.queued-again', message: 'The offer did not reach the device; it is made again.' }
  if (input.type === 'cancel' && step.reason === null && !isEndState(step.state))
    return { level: 'info', event: 'run.cancelling', message: `${explain ?? 'Somebody'} asked to cancel the run.` }
  if (step.reason === 'run.cancelled')
    return { level: 'info', event: 'run.cancelled', message: `The run was cancelled${explain === undefined ? '' : ` by ${explain}`}.` }
  if (step.reason !== null) return { level: 'error', event: `run.${step.state}`, message: errorFacts(step.reason).title }
  if (isEndState(step.state) && input.type !== 'finished')
    return {
      level: 'warn',
      event: `run.${step.state}`,
      message: 'The snapshot of this run is committed; the device\u2019s own report of it is missing.',
    }
  return null
}

/** Tells browsers what a run is now, and its new log lines, with the commit of `em`. */
export async function tellRun(state: RunsState, em: EntityManager, run: RunRow, lines: readonly LogLine[] = []): Promise<void> {
  const present = async (withWarnings: boolean): Promise<Run> => presentFor(state, em, run, withWarnings)
  for (const line of lines) state.live.append(em, `run:${run.id}`, 'run.log', line)
  state.live.append(em, `run:${run.id}`, 'run.changed', await present(true))
  state.live.append(em, 'runs', 'run.changed', await present(false))
}

/** A run as the API shows it, with the newest sample. */
export async function presentFor(state: Pick<RunsState, 'progress'>, em: EntityManager, run: RunRow, withWarnings: boolean): Promise<Run> {
  const agent = await findAgent(em, run.agentId)
  const newest = isEndState(run.state) ? undefined : state.progress.get(run.id)?.sample
  return presentRun(run, { deviceName: agent?.name ?? '', progress: newest, withWarnings })
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
  if (newest !== undefined && newest.fence !== run.fence) state.progress.delete(run.id)
  if (!isEndState(run.state)) return
  state.progress.delete(run.id)
  await state.domainEvents.emit('run.finished', { runId: run.id, agentId: run.agentId, state: run.state })
  await forgetDeclines(state.database.em(), run.agentId)
  state.offerSoon(run.agentId)
}

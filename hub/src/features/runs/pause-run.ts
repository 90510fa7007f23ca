import { AppError, isEndState, type ErrorCode, type Run, type RunId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { afterCommit } from '../../platform/database/unit-of-work.ts'
import type { KnownActor } from '../../platform/http/actor.ts'
import { applyToRun } from './apply-to-run.ts'
import { auditRun } from './cancel-run.ts'
import { queueTransaction } from './queue-transaction.ts'
import type { RunRow } from './run.entity.ts'
import { maySeeRun } from './runs.access.ts'
import { findRun } from './runs.queries.ts'
import type { RunsState } from './runs-state.ts'
import { presentFor } from './tell-run.ts'

/** An agent that is older than pausing says one of these. */
const notUnderstood: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['protocol.invalid-message', 'protocol.unsupported'])

/**
 * Lets a run rest, or go on. It is so when its device has said so: what it says with its next reports stands, also where this answer is lost.
 *
 * @throws AppError `run.not-found`, `run.not-running`, `run.already-finished`, `agent.offline`, `agent.outdated`
 */
export async function pauseRun(state: RunsState, actor: KnownActor, runId: RunId, isPaused: boolean): Promise<Run> {
  const run = await findRun(state.database.em(), runId)
  if (run === null || !maySeeRun(actor, run.agentId)) throw new AppError('run.not-found')
  if (isEndState(run.state)) throw new AppError('run.already-finished')
  if (run.state !== 'running') throw new AppError('run.not-running')
  await askDevice(state, run, isPaused)
  return queueTransaction(state, async (em) => {
    const noted = await notePause(state, em, { run, isPaused, explain: actor.name })
    return auditRun(await presentFor(state, em, noted, true))
  })
}

async function askDevice(state: RunsState, { id, agentId, fence }: RunRow, isPaused: boolean): Promise<void> {
  try {
    const { known } = await state.agentLinks.send(agentId, 'run.pause', { runId: id, fence, isPaused })
    if (!known) throw new AppError('run.not-running')
  } catch (error) {
    if (error instanceof AppError && notUnderstood.has(error.code)) throw new AppError('agent.outdated', { cause: error })
    throw error
  }
}

export interface PauseToNote {
  readonly run: Pick<RunRow, 'id' | 'fence'>
  readonly isPaused: boolean
  readonly explain?: string
}

/** Writes down that a run rests, or works again: what it rested does not count against its time. @throws AppError as `applyToRun` */
export async function notePause(
  state: RunsState,
  em: EntityManager,
  { run: { id, fence }, isPaused, explain }: PauseToNote,
): Promise<RunRow> {
  const at = new Date(state.now())
  const { run } = await applyToRun(state, em, id, {
    input: { type: isPaused ? 'paused' : 'resumed', fence },
    stillHolds: (row) => (row.pausedAt !== null && row.pausedAt !== undefined) !== isPaused,
    change: (row) => {
      if (isPaused) row.pausedAt = at
      else {
        if (row.deadlineAt && row.pausedAt) row.deadlineAt = new Date(row.deadlineAt.getTime() + at.getTime() - row.pausedAt.getTime())
        row.pausedAt = null
      }
    },
    ...(explain === undefined ? {} : { explain }),
  })
  afterCommit(em, () => {
    const held = state.progress.get(id)
    if (held === undefined || held.fence !== run.fence) return
    held.pausedAtMs = run.pausedAt?.getTime() ?? null
    held.movedAtMs = at.getTime()
  })
  return run
}

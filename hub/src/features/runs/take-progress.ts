import { AppError, type AckOf, type agentReports, type AgentId, type BodyOf } from '@holdfast/shared-types'
import { storableJson } from '../../platform/database/storable.ts'
import { applyToRun } from './apply-to-run.ts'
import { showsProgress, type HeldProgress } from './newest-progress.ts'
import { notePause } from './pause-run.ts'
import { queueTransaction } from './queue-transaction.ts'
import { noteWaiting } from './note-waiting.ts'
import { addToCurve, emptyCurve } from './run-curve.ts'
import type { RunsState } from './runs-state.ts'
import { writeProgress } from './runs.queries.ts'

type Report = BodyOf<typeof agentReports, 'run.progress'>
type Answer = AckOf<typeof agentReports, 'run.progress'>

/** A sample goes to the row at most this often, and at the end; browsers get every one. */
export const writeEveryMs = 5000

/** The lease in the row lags behind the newest sample by at most a quarter of it. */
export const writeIntervalMs = ({ leaseMs }: Pick<RunsState, 'leaseMs'>): number => Math.min(writeEveryMs, leaseMs / 4)

/** A run that rests or waits is alive as long as its agent says so, but not for ever: it holds up the next one. */
const longestRestMs = 24 * 60 * 60 * 1000

/** Takes a sample; never throws what a sample cannot mend. `goOn: false` = stop, the hub does not count on this run any more. */
export async function takeProgress(state: RunsState, agentId: AgentId, report: Report): Promise<Answer> {
  const sample = storableJson(report.sample)
  const held = state.progress.get(report.runId)
  if (held === undefined || held.agentId !== agentId || held.fence !== report.fence) return takeFirst(state, agentId, { ...report, sample })
  if ((report.isPaused ?? false) !== (held.pausedAtMs !== null) && !(await noteChange(state, report))) return { goOn: false }
  await takeWaiting(state, held, report)
  if (isResting(state, held) || showsProgress(held.sample, sample)) held.movedAtMs = state.now()
  held.sample = sample
  held.curve = addToCurve(held.curve, state.now(), sample)
  held.isUnwritten = true
  tellSample(state, { ...report, sample })
  if (!isWriteDue(state, held)) return { goOn: !held.isCancelling }
  return { goOn: (await writeHeld(state, report.runId, held)) && !held.isCancelling }
}

/** The first sample under a fence: the row says whether this agent may report at all. */
async function takeFirst(state: RunsState, agentId: AgentId, report: Report): Promise<Answer> {
  const { runId, fence, sample } = report
  try {
    const { run } = await queueTransaction(state, (em) =>
      applyToRun(state, em, runId, { input: { type: 'progress', fence }, agentId, change: (row) => void (row.progress = sample) }),
    )
    const nowMs = state.now()
    const isCancelling = run.cancelRequestedAt !== null
    const pausedAtMs = run.pausedAt?.getTime() ?? null
    const curve = addToCurve(emptyCurve, nowMs, sample)
    const held: HeldProgress = {
      agentId,
      fence,
      sample,
      curve,
      movedAtMs: nowMs,
      isUnwritten: true,
      writtenAtMs: nowMs,
      isCancelling,
      pausedAtMs,
      waitsFor: null,
    }
    state.progress.set(runId, held)
    await takeWaiting(state, held, report)
    if ((report.isPaused ?? false) !== (pausedAtMs !== null) && !(await noteChange(state, report))) return { goOn: false }
    tellSample(state, { runId, fence, sample })
    return { goOn: !isCancelling }
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith('run.')) return { goOn: false }
    throw error
  }
}

async function takeWaiting(state: RunsState, held: HeldProgress, report: Report): Promise<void> {
  if (report.waitsFor !== held.waitsFor?.code) await noteWaiting(state, held, report)
}

function isResting(state: RunsState, { pausedAtMs, waitsFor }: HeldProgress): boolean {
  const sinceMs = pausedAtMs ?? waitsFor?.sinceMs ?? null
  return sinceMs !== null && state.now() - sinceMs < longestRestMs
}

/** What its agent says stands: an answer to a person's order was lost, or the order itself. @returns false when the run was taken back */
async function noteChange(state: RunsState, { runId, fence, isPaused = false }: Report): Promise<boolean> {
  try {
    await queueTransaction(state, (em) => notePause(state, em, { run: { id: runId, fence }, isPaused }))
    return true
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith('run.')) return false
    throw error
  }
}

/** Also where the clock was set back: what was written an hour ahead of now is no news any more. */
export const isWriteDue = (state: RunsState, held: HeldProgress): boolean =>
  Math.abs(state.now() - held.writtenAtMs) >= writeIntervalMs(state)

/** Writes the newest sample and the lease that it earned. @returns false when the run was taken back meanwhile */
export async function writeHeld(state: RunsState, runId: Report['runId'], held: HeldProgress): Promise<boolean> {
  held.writtenAtMs = state.now()
  held.isUnwritten = false
  const isHeld = await writeProgress(
    state.database.em(),
    { id: runId, fence: held.fence },
    { sample: held.sample, leaseUntil: new Date(held.movedAtMs + state.leaseMs) },
  ).catch((error: unknown) => {
    held.isUnwritten = true
    throw error
  })
  if (!isHeld && state.progress.get(runId) === held) state.progress.delete(runId)
  return isHeld
}

function tellSample({ feeds, now }: RunsState, { runId, sample }: Report): void {
  for (const topic of [`run:${runId}`, 'runs'] as const)
    feeds.publishSample({ topic, seq: null, type: 'run.progress', atMs: now(), body: { runId, sample } })
}

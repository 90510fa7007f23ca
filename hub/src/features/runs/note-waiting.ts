import type { agentReports, BodyOf } from '@holdfast/shared-types'
import type { HeldProgress } from './newest-progress.ts'
import type { RunsState } from './runs-state.ts'
import { findRun } from './runs.queries.ts'
import { tellRun } from './tell-run.ts'

/**
 * Notes what a run waits for, or that it goes on, and tells browsers. Its time limit runs on: who waits too long for room is to be told so by
 * their plan. Never throws: a full disk may keep the database from it, and every look at the run shows it all the same.
 */
export async function noteWaiting(
  state: RunsState,
  held: HeldProgress,
  { runId, waitsFor }: Pick<BodyOf<typeof agentReports, 'run.progress'>, 'runId' | 'waitsFor'>,
): Promise<void> {
  held.waitsFor = waitsFor === undefined ? null : { code: waitsFor, sinceMs: state.now() }
  try {
    await state.database.transaction(async (em) => {
      const run = await findRun(em, runId)
      if (run !== null) await tellRun(state, em, run)
    })
  } catch (error) {
    state.log.warn({ event: 'run.waiting-untold', runId, err: error }, 'What a run waits for could not be told to browsers')
  }
}

import { isEndState, type Api, type Run } from '@holdfast/shared-types'
import type { HandlerRequest } from '../../platform/http/define-feature.ts'
import { requireVisibleRun } from './require-visible-run.ts'
import type { RunsState } from './runs-state.ts'
import { presentFor } from './tell-run.ts'

/** A run as it is, or as it is once it has ended or the caller has waited long enough. @throws AppError `run.not-found` */
export async function getRun(
  state: RunsState,
  { em, actor, params: { runId }, query: { waitSeconds }, ctx }: HandlerRequest<Api['getRun']>,
): Promise<Run> {
  // Waited for before it is looked at: an end in between is not missed.
  const end = waitSeconds === 0 ? null : state.ends.endOf(runId)
  try {
    const run = await requireVisibleRun(em, actor, runId)
    if (end === null || isEndState(run.state)) return await presentFor(state, em, run, true)
    await end.within(waitSeconds * 1000, ctx.signal)
  } finally {
    end?.forget()
  }
  // What `em` has read it would not read anew.
  const later = state.database.em()
  return presentFor(state, later, await requireVisibleRun(later, actor, runId), true)
}

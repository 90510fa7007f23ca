import { AppError, type Run, type RunId } from '@holdfast/shared-types'
import { tellAudit } from '../../platform/audit/audit-scope.ts'
import { afterCommit } from '../../platform/database/unit-of-work.ts'
import type { KnownActor } from '../../platform/http/actor.ts'
import { sendFailureOf } from '../../platform/realtime/agent-link.ts'
import { applyToRun } from './apply-to-run.ts'
import { queueTransaction } from './queue-transaction.ts'
import { maySeeRun } from './runs.access.ts'
import { findRun } from './runs.queries.ts'
import type { RunRow } from './run.entity.ts'
import type { RunsState } from './runs-state.ts'
import { presentFor } from './tell-run.ts'

/**
 * Asks for a run's end. A queued one, or one whose device cannot be reached, is cancelled when this returns; else its device is told,
 * and the run is cancelled when it confirms or stays silent for too long.
 *
 * @throws AppError `run.not-found`, `run.already-finished`
 */
export async function cancelRun(state: RunsState, actor: KnownActor, runId: RunId): Promise<Run> {
  return queueTransaction(state, async (em) => {
    const known = await findRun(em, runId)
    if (known === null || !maySeeRun(actor, known.agentId)) throw new AppError('run.not-found')
    const isReachable = state.agentLinks.isOnline(known.agentId)
    const { run } = await applyToRun(state, em, runId, {
      input: { type: 'cancel', isReachable },
      explain: actor.name,
      change: (row) => {
        if (row.finishedAt !== null && row.finishedAt !== undefined) return
        row.cancelRequestedAt ??= new Date(state.now())
        // Whoever cancels it wants no further try, whatever else was about to end it.
        row.timedOutAt = null
      },
    })
    if (run.cancelRequestedAt !== null) afterCommit(em, () => void tellAgent(state, run))
    return auditRun(await presentFor(state, em, run, true))
  })
}

/** Runs have no name: the log says whose it is. */
export function auditRun(run: Run): Run {
  tellAudit({ object: { kind: 'run', id: run.id, name: run.deviceName }, details: { kind: run.kind } })
  return run
}

/** Tells the agent, and the run is over if it does not know it. Never throws: silence is settled by the clock (watch-runs.ts). */
export async function tellAgent(state: RunsState, { id, agentId, fence }: Pick<RunRow, 'id' | 'agentId' | 'fence'>): Promise<void> {
  const held = state.progress.get(id)
  if (held) held.isCancelling = true
  try {
    const { known } = await state.agentLinks.send(agentId, 'run.cancel', { runId: id, fence })
    if (known) return
    await queueTransaction(state, (em) =>
      applyToRun(state, em, id, { input: { type: 'cancel-unconfirmed' }, stillHolds: (run) => run.fence === fence }),
    )
  } catch (error) {
    if (sendFailureOf(error) === null)
      state.log.warn({ event: 'run.cancel-untold', runId: id, err: error }, 'The device could not be told to cancel')
  }
}

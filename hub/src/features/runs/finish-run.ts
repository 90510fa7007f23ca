import { AppError, type agentReports, type AgentId, type BodyOf } from '@holdfast/shared-types'
import { mostInteger, storableJson } from '../../platform/database/storable.ts'
import { applyToRun } from './apply-to-run.ts'
import { freeHands } from './free-hands.ts'
import { honestOutcome } from './honest-outcome.ts'
import { queueTransaction } from './queue-transaction.ts'
import { shrinkage } from './run-policy.ts'
import { lockRun } from './runs.queries.ts'
import type { RunsState } from './runs-state.ts'

type Report = BodyOf<typeof agentReports, 'run.finished'>

/**
 * Ends a run as its agent reports it, or less well where the hub's books say so. The same report again changes nothing.
 *
 * @throws AppError `run.not-found`, `run.fence-stale`, `protocol.invalid-message`
 */
export async function finishRun(state: RunsState, agentId: AgentId, report: Report): Promise<void> {
  try {
    await endAsReported(state, agentId, report)
  } catch (error) {
    // Too late to count, but its device has its hands free: what it declined because of this run may fit.
    if (error instanceof AppError && error.code === 'run.fence-stale') await freeHands(state, agentId)
    throw error
  }
}

async function endAsReported(state: RunsState, agentId: AgentId, report: Report): Promise<void> {
  const { runId, fence } = report
  await queueTransaction(state, async (em) => {
    // Locked before the snapshot is looked for: a commit that is under way is waited for, and then seen.
    const known = await lockRun(em, runId)
    if (known.agentId !== agentId) throw new AppError('run.not-found')
    if (report.result !== null && report.result.kind !== known.kind)
      throw new AppError('protocol.invalid-message', { message: 'The result is of another kind than the run.' })
    const committed = known.kind === 'backup' ? await state.snapshots.committedBy(em, runId) : null
    const warningCount = Math.min(Math.max(report.warningCount, report.warnings.length), mostInteger)
    const { outcome, error } = honestOutcome({
      kind: known.kind,
      outcome: report.outcome,
      result: report.result,
      error: report.error,
      warningCount,
      committed: committed?.status ?? null,
      isTimedOut: known.timedOutAt !== null && known.timedOutAt !== undefined,
      shrinkage: committed === null ? null : shrinkage(known.policy?.shrink ?? null, committed),
    })
    await applyToRun(state, em, runId, {
      input: { type: 'finished', fence, outcome },
      agentId,
      change: (run) => {
        run.result = storableJson(report.result)
        run.error = storableJson(error)
        run.warnings = storableJson(report.warnings)
        run.warningCount = warningCount
      },
    })
  })
}

import { errorFacts } from '@holdfast/shared-types'
import type { RunError, RunKind, RunOutcome, RunResult, SnapshotStatus } from '@holdfast/shared-types'

export interface ReportedEnd {
  readonly kind: RunKind
  readonly outcome: Exclude<RunOutcome, 'expired'>
  readonly result: RunResult | null
  readonly error: RunError | null
  readonly warningCount: number
  /** Status of the snapshot that this run committed, by the hub's own books. */
  readonly committed: SnapshotStatus | null
  /** It was told to stop because its time was up. */
  readonly isTimedOut: boolean
  /** Of a backup that is much smaller than its plan takes: by how much, in words. */
  readonly shrinkage: string | null
}

export interface HonestEnd {
  readonly outcome: Exclude<RunOutcome, 'expired'>
  readonly error: RunError | null
}

const noSnapshot: RunError = {
  code: 'snapshot.not-found',
  message: 'The device reported success, but no snapshot of this run is in the vault.',
  cure: 'Run the backup again: what was stored already is not sent twice.',
}

const timedOut: RunError = { code: 'run.timed-out', message: errorFacts('run.timed-out').title, cure: errorFacts('run.timed-out').cure }
export const shrunkError = (message: string): RunError => ({
  code: 'run.shrunk',
  message: `${errorFacts('run.shrunk').title} ${message}`,
  cure: errorFacts('run.shrunk').cure,
})

/**
 * What a run's report is worth. Green is only what is wholly good: a warning, a file that could not be read or written, or a snapshot
 * that is not complete is never `succeeded`; a backup without a snapshot is never anything but failed; a backup whose snapshot is
 * there is never lost.
 */
export function honestOutcome(end: ReportedEnd): HonestEnd {
  const honest = honestEnd(end)
  // Its device knows of no clock: it was told to stop, and says that it was cancelled.
  return end.isTimedOut && honest.outcome === 'cancelled' ? { outcome: 'failed', error: timedOut } : honest
}

function honestEnd(end: ReportedEnd): HonestEnd {
  if (end.kind === 'backup') return honestBackup(end)
  return { outcome: end.outcome === 'succeeded' && !isWhole(end) ? 'warning' : end.outcome, error: end.error }
}

function honestBackup(end: ReportedEnd): HonestEnd {
  const claimsSnapshot = end.outcome === 'succeeded' || end.outcome === 'warning'
  if (end.committed === null)
    return claimsSnapshot ? { outcome: 'failed', error: end.error ?? noSnapshot } : { outcome: end.outcome, error: end.error }
  if (end.shrinkage !== null) return { outcome: 'warning', error: shrunkError(end.shrinkage) }
  const isGreen = end.committed === 'complete' && end.warningCount === 0 && (end.outcome === 'succeeded' || end.outcome === 'cancelled')
  // Cancelled or failed after the commit: the snapshot is there, and people must not think otherwise.
  return { outcome: isGreen ? 'succeeded' : 'warning', error: end.error }
}

function isWhole({ result, warningCount }: ReportedEnd): boolean {
  if (warningCount > 0) return false
  if (result?.kind === 'restore') return result.filesWritten + result.filesSkipped >= result.filesRequested
  if (result?.kind === 'verify') return result.problems === 0
  return result !== null
}

import type { BackupResult, LeftOut, RestoreRequest, RestoreResult, RunOutcome } from '@holdfast/shared-types'
import { durationMsOf } from './run-summary.ts'
import type { ShownRun } from './shown-run.ts'

/** The one JSON document of a run (docs/architecture.md, commands); a failure carries its error besides. */
export function runDocument(run: ShownRun, outcome: RunOutcome): Record<string, unknown> {
  return {
    status: outcome,
    ...figures(run),
    warnings: run.warnings,
    ...(run.warningCount > run.warnings.length ? { warningCount: run.warningCount } : {}),
    durationMs: durationMsOf(run),
    ...(run.error === null ? {} : { error: run.error }),
  }
}

const nothingCounted = {
  filesRequested: 0,
  filesWritten: 0,
  filesUnchanged: 0,
  filesSkipped: 0,
  bytesWritten: 0,
  entriesReplaced: 0,
  entriesRenamed: 0,
}
const nothingVerified = { files: 0, bytes: 0, blobsChecked: 0, problems: 0 }

/** A run that ended before it had a result says zero, not nothing: scripts read the same fields always. */
function figures({ id: runId, request, result }: ShownRun): Record<string, unknown> {
  switch (request.kind) {
    case 'backup':
      if (result?.kind !== 'backup') return { kind: request.full ? 'full' : 'incremental', runId, snapshotId: null, ...backupCounts(null) }
      return { kind: result.backupKind, runId, snapshotId: result.snapshotId, ...backupCounts(result) }
    case 'restore':
      return { runId, snapshotId: request.snapshotId, ...restoreFigures(request, result?.kind === 'restore' ? result : null) }
    case 'verify': {
      const {
        kind: _,
        snapshotId,
        ...counts
      } = result?.kind === 'verify' ? result : { kind: 'verify', snapshotId: request.snapshotId, ...nothingVerified }
      return { runId, snapshotId, ...counts }
    }
  }
}

const nothingLeftOut: LeftOut = { entries: 0, cacheFolders: 0, mountPoints: 0, ownPlaces: 0 }

function backupCounts(result: BackupResult | null): Record<string, unknown> {
  if (result === null) return { files: 0, bytes: 0, filesRead: 0, bytesRead: 0, bytesStored: 0, leftOut: nothingLeftOut }
  const { files, bytes, filesRead, bytesRead, bytesStored, leftOut = nothingLeftOut, deleted } = result
  return { files, bytes, filesRead, bytesRead, bytesStored, leftOut, ...(deleted === undefined ? {} : { deleted }) }
}

/** What an older agent does not count is zero. */
function restoreFigures(request: RestoreRequest, result: RestoreResult | null): Record<string, unknown> {
  const { kind: _, snapshotId: __, dryRun: ___, bytesFree, plan, ...counts }: Partial<RestoreResult> = result ?? {}
  const isDry = request.dryRun === true
  return { dryRun: isDry, ...nothingCounted, ...counts, ...(isDry ? { bytesFree: bytesFree ?? null, plan: plan ?? [] } : {}) }
}

import type { Run, RunOutcome } from '@holdfast/shared-types'
import { durationMsOf } from './run-summary.ts'

/** The one JSON document of a run (docs/architecture.md, commands); a failure carries its error besides. */
export function runDocument(run: Run, outcome: RunOutcome): Record<string, unknown> {
  return {
    status: outcome, ...figures(run), warnings: run.warnings, ...(run.warningCount > run.warnings.length ? { warningCount: run.warningCount } : {}),
    durationMs: durationMsOf(run), ...(run.error === null ? {} : { error: run.error }),
  }
}

function figures(run: Run): Record<string, unknown> {
  const { result, request } = run
  const ids = { runId: run.id }
  switch (run.kind) {
    case 'backup': {
      const made = result?.kind === 'backup' ? result : null
      return {
        kind: made?.backupKind ?? (request.kind === 'backup' && request.full ? 'full' : 'incremental'), ...ids, snapshotId: made?.snapshotId ?? null, files: made?.files ?? 0, bytes: made?.bytes ?? 0,
        filesRead: made?.filesRead ?? 0, bytesRead: made?.bytesRead ?? 0, bytesStored: made?.bytesStored ?? 0,
        filesNew: made?.filesNew ?? 0, filesChanged: made?.filesChanged ?? 0, filesUnchanged: made?.filesUnchanged ?? 0,
      }
    }
    case 'restore': {
      const made = result?.kind === 'restore' ? result : null
      return {
        ...ids, snapshotId: snapshotOf(run), filesRequested: made?.filesRequested ?? 0, filesWritten: made?.filesWritten ?? 0,
        filesSkipped: made?.filesSkipped ?? 0, bytesWritten: made?.bytesWritten ?? 0,
      }
    }
    case 'verify': {
      const made = result?.kind === 'verify' ? result : null
      return { ...ids, snapshotId: snapshotOf(run), files: made?.files ?? 0, bytes: made?.bytes ?? 0, blobsChecked: made?.blobsChecked ?? 0, problems: made?.problems ?? 0 }
    }
  }
}

const snapshotOf = (run: Run): string | null => (run.request.kind === 'backup' ? null : run.request.snapshotId)

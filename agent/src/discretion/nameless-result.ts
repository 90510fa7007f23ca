import { RunResult, SnapshotId, type BackupResult, type RestoreResult, type VerifyResult } from '@holdfast/shared-types'

/**
 * The figures of a result, each taken on its own: a field that is new stays here until somebody has looked whether a name could be in it. What a dry run would
 * do with which path (`plan`) is for the device alone.
 */
export function namelessResult(result: RunResult): RunResult {
  switch (result.kind) {
    case 'backup':
      return RunResult.parse(backupFigures(result))
    case 'restore':
      return RunResult.parse(restoreFigures(result))
    case 'verify':
      return RunResult.parse(verifyFigures(result))
  }
}

function backupFigures({ leftOut, deleted, ...result }: BackupResult): BackupResult {
  return {
    kind: 'backup',
    backupKind: result.backupKind,
    snapshotId: result.snapshotId === null ? null : SnapshotId.parse(result.snapshotId),
    files: result.files,
    folders: result.folders,
    bytes: result.bytes,
    filesRead: result.filesRead,
    bytesRead: result.bytesRead,
    bytesStored: result.bytesStored,
    filesNew: result.filesNew,
    filesChanged: result.filesChanged,
    filesUnchanged: result.filesUnchanged,
    ...(leftOut === undefined ? {} : { leftOut: figuresOnly(leftOut) }),
    ...(deleted === undefined ? {} : { deleted: figuresOnly(deleted) }),
  }
}

function restoreFigures(result: RestoreResult): RestoreResult {
  const { dryRun, filesUnchanged, entriesReplaced, entriesRenamed, bytesFree } = result
  return {
    kind: 'restore',
    snapshotId: SnapshotId.parse(result.snapshotId),
    ...(dryRun === undefined ? {} : { dryRun }),
    filesRequested: result.filesRequested,
    filesWritten: result.filesWritten,
    ...(filesUnchanged === undefined ? {} : { filesUnchanged }),
    filesSkipped: result.filesSkipped,
    bytesWritten: result.bytesWritten,
    ...(entriesReplaced === undefined ? {} : { entriesReplaced }),
    ...(entriesRenamed === undefined ? {} : { entriesRenamed }),
    ...(bytesFree === undefined ? {} : { bytesFree }),
  }
}

function verifyFigures({ drill, audit, ...result }: VerifyResult): VerifyResult {
  return {
    kind: 'verify',
    snapshotId: SnapshotId.parse(result.snapshotId),
    files: result.files,
    bytes: result.bytes,
    blobsChecked: result.blobsChecked,
    problems: result.problems,
    ...(drill === undefined ? {} : { drill: figuresOnly(drill) }),
    // Ids are keyed hashes, and the hub has seen each of them when it was asked where the piece lies.
    ...(audit === undefined ? {} : { audit: { summary: audit.summary, missing: audit.missing, isWhole: audit.isWhole } }),
  }
}

/** Of a flat object what is a number; the schema refuses what then is missing. */
export const figuresOnly = <T extends Readonly<Record<string, number>>>(figures: T): T =>
  Object.fromEntries(Object.entries(figures).filter(([, value]) => typeof value === 'number')) as T

import { restore } from '@holdfast/engine/restorer'
import { AppError, type RestoreRequest, type RestoreResult } from '@holdfast/shared-types'
import { openSnapshot, type OpenedSnapshot } from './open-snapshot.ts'
import type { RunContext } from './run-context.ts'
import type { RunEnd } from './worker-messages.ts'
import { wirePathBytes } from './wire-path-bytes.ts'

/** Brings back what was asked for from a snapshot. */
export async function carryOutRestore(context: RunContext, request: RestoreRequest): Promise<RunEnd> {
  const snapshot = await openSnapshot(context, request.snapshotId)
  try {
    return await restoreFrom(context, request, snapshot)
  } finally {
    await snapshot.source.close()
  }
}

async function restoreFrom(context: RunContext, request: RestoreRequest, { source, keys, body }: OpenedSnapshot): Promise<RunEnd> {
  context.log(
    'restore.started',
    request.paths.length === 0
      ? 'Restoring the whole snapshot.'
      : `Restoring ${request.paths.length === 1 ? 'one path' : `${request.paths.length} paths`} of the snapshot.`,
  )
  const outcome = await restore({
    source,
    idKey: keys.idKey,
    rootPage: body.root,
    roots: body.roots,
    selected: request.paths.map(wirePathBytes),
    target: wirePathBytes(request.target),
    flat: request.flat,
    onItemError: (path, error) => {
      context.warnOf(path, error.code, error.message)
      return 'skip'
    },
    onProgress: ({ filesDone, bytesDone, filesTotal, bytesTotal, currentPath }) =>
      context.progress({ phase: 'transferring', filesDone, bytesDone, filesTotal, bytesTotal, currentPath }),
    signal: context.signal,
    clock: { nowMs: Date.now, monotonicMs: () => performance.now() },
  }).finally(() => source.close())
  const result: RestoreResult = {
    kind: 'restore',
    snapshotId: request.snapshotId,
    filesRequested: outcome.filesRequested,
    filesWritten: outcome.filesWritten,
    filesSkipped: outcome.filesSkipped,
    bytesWritten: outcome.bytesWritten,
  }
  // Nothing found of all that was asked for by name.
  if (request.paths.length > 0 && outcome.filesRequested === 0 && context.warningCount >= request.paths.length)
    return context.failed(new AppError('snapshot.path-not-found'), result)
  if (outcome.filesRequested > 0 && outcome.filesWritten + outcome.filesSkipped === 0)
    return context.failed(new AppError('restore.entry-failed', { message: 'Not one of the files asked for could be restored.' }), result)
  return context.ended(outcome.status === 'complete' && context.warningCount === 0 ? 'succeeded' : 'warning', result)
}

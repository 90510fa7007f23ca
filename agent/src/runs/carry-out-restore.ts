import { restore, type RestoreOutcome } from '@holdfast/engine/restorer'
import type { PlannedEntry, RestoreRequest, RestoreResult } from '@holdfast/shared-types'
import { AppError } from '@holdfast/shared-types/errors'
import { openSnapshot, type OpenedSnapshot } from './open-snapshot.ts'
import type { RunContext } from './run-context.ts'
import { withOpenedChoice } from './sealed-choice.ts'
import type { RunVoice } from './run-voice.ts'
import type { RunEnd } from './worker-messages.ts'
import { toWirePath, wirePathBytes } from './wire-path-bytes.ts'

/** Brings back what was asked for from a snapshot. */
export async function carryOutRestore(context: RunContext, request: RestoreRequest): Promise<RunEnd> {
  const snapshot = await openSnapshot(context, request.snapshotId)
  try {
    const chosen = await withOpenedChoice(context, request, snapshot)
    return await restoreSnapshot(context, chosen, { ...snapshot, protectedPlaces: context.order.excludedFolders })
  } finally {
    await snapshot.source.close()
  }
}

export interface SnapshotToRestore extends OpenedSnapshot {
  /** Absolute folders of this machine that nothing is restored into. */
  readonly protectedPlaces: readonly string[]
}

/** The same of a snapshot that is open, wherever it comes from. The source is closed as soon as it is not needed any more. */
export async function restoreSnapshot(
  voice: RunVoice,
  request: RestoreRequest,
  { source, keys, body, protectedPlaces }: SnapshotToRestore,
): Promise<RunEnd> {
  voice.log('restore.started', startOf(request))
  const outcome = await restore({
    source,
    idKey: keys.idKey,
    rootPage: body.root,
    roots: body.roots,
    selected: request.paths.map(wirePathBytes),
    include: request.include ?? [],
    target: request.target === null ? null : wirePathBytes(request.target),
    flat: request.flat,
    ...(request.conflict === undefined ? {} : { conflict: request.conflict }),
    dryRun: request.dryRun ?? false,
    withDeleted: request.withDeleted ?? false,
    protectedPlaces: protectedPlaces.map((folder) => Buffer.from(folder)),
    onItemError: (path, error) => {
      voice.warnOf(path, error.code, error.message)
      return 'skip'
    },
    onProgress: ({ filesDone, bytesDone, filesTotal, bytesTotal, currentPath }) =>
      voice.progress({ phase: 'transferring', filesDone, bytesDone, filesTotal, bytesTotal, currentPath }),
    signal: voice.signal,
    gate: voice.gate,
    clock: { nowMs: Date.now, monotonicMs: () => performance.now() },
  }).finally(() => source.close())
  const result = resultOf(request, outcome)
  // Nothing found of all that was asked for by name.
  if (outcome.pathsMissing === outcome.pathsSelected) return voice.failed(new AppError('snapshot.path-not-found'), result)
  if (outcome.filesRequested > 0 && outcome.filesWritten + outcome.filesSkipped === 0)
    return voice.failed(new AppError('restore.entry-failed', { message: 'Not one of the files asked for could be restored.' }), result)
  return voice.ended(outcome.status === 'complete' && voice.warningCount === 0 ? 'succeeded' : 'warning', result)
}

function startOf({ paths, target, dryRun, fromAgentId, withDeleted }: RestoreRequest): string {
  const snapshot = fromAgentId === undefined ? 'snapshot' : 'snapshot of another device'
  const what =
    paths.length === 0 ? `the whole ${snapshot}` : `${paths.length === 1 ? 'one path' : `${paths.length} paths`} of the ${snapshot}`
  const where = `${withDeleted === true ? ', with deleted files,' : ''}${target === null ? ' to where it was' : ''}`
  return dryRun === true ? `Looking at what restoring ${what}${where} would do; nothing is written.` : `Restoring ${what}${where}.`
}

function resultOf({ snapshotId, dryRun }: RestoreRequest, outcome: RestoreOutcome): RestoreResult {
  return {
    kind: 'restore',
    snapshotId,
    filesRequested: outcome.filesRequested,
    filesWritten: outcome.filesWritten,
    filesUnchanged: outcome.filesUnchanged,
    filesSkipped: outcome.filesSkipped,
    bytesWritten: outcome.bytesWritten,
    entriesReplaced: outcome.overwritten,
    entriesRenamed: outcome.renamed,
    ...(dryRun === true ? { dryRun, bytesFree: outcome.space?.freeBytes ?? null, plan: shownPlan(outcome.plan) } : {}),
  }
}

/** A message holds 1 MiB, and warnings want their share of it. */
const mostPlanned = 200
const mostPlannedBytes = 200_000

function shownPlan(plan: RestoreOutcome['plan']): PlannedEntry[] {
  const shown: PlannedEntry[] = []
  let bytes = 0
  for (const { path, action } of plan) {
    bytes += 3 * path.length
    if (shown.length === mostPlanned || bytes > mostPlannedBytes) break
    shown.push({ ...toWirePath(path), action })
  }
  return shown
}

import type { KeepDeleted, OpenedBase } from '@holdfast/engine/archiver'
import { fromHex } from '@holdfast/engine/bytes'
import { EngineError } from '@holdfast/engine/errors'
import type { DomainKeys } from '@holdfast/engine/reader'
import type { RemoteSource } from '@holdfast/engine/vault'
import type { BackupRequest } from '@holdfast/shared-types'
import { AppError } from '@holdfast/shared-types/errors'
import { openOwnSnapshot } from './open-snapshot.ts'
import type { RunContext } from './run-context.ts'
import type { OpenedSession } from './worker-messages.ts'

/** Each is a line of the log; all are counted. */
const shownReplaced = 100

export interface KeepFrom {
  /** Undefined where deleted files are not kept. */
  readonly keep: KeepDeleted | undefined
  /** What was opened of the base; to be called at the end. */
  readonly close: () => Promise<void>
}

/** How a backup keeps deleted files, and from which snapshot: the hub has named it, and lets this run read it. */
export function keepFrom(context: RunContext, request: BackupRequest, session: OpenedSession, keys: DomainKeys): KeepFrom {
  if (request.deletedFiles !== 'keep') return { keep: undefined, close: () => Promise.resolve() }
  const base = session.keepBase ?? null
  if (base?.isNewest === false)
    context.warn(
      null,
      'vault.corrupt',
      'The newest snapshot of this plan is lost. Deleted files are kept from the one before it: what only the lost one held cannot be.',
    )
  let opened: RemoteSource | null = null
  let replaced = 0
  const open = async (): Promise<OpenedBase> => {
    context.log('backup.base-read', 'Reading what the last snapshot holds of deleted files.')
    const { body, source } = await asDamage(openOwnSnapshot(context, keys, base!.snapshotId))
    opened = source
    return { rootPage: body.root, source }
  }
  const onReplaced = (path: Uint8Array): void => {
    replaced++
    if (replaced > shownReplaced) return
    context.logOf(path, 'backup.deleted-replaced', 'Something else has this name now. What it was before is in older snapshots only.')
  }
  return {
    keep: { base: base === null ? null : { snapshotId: fromHex(base.snapshotId), open }, onReplaced },
    close: async () => opened?.close(),
  }
}

/** That the hub has lost the snapshot, or finds it damaged, stays so: the backup is made without it. Anything else may pass, and ends the run. */
async function asDamage<T>(opening: Promise<T>): Promise<T> {
  try {
    return await opening
  } catch (cause) {
    if (cause instanceof AppError && (cause.code === 'snapshot.not-found' || cause.code === 'vault.corrupt'))
      throw new EngineError('snapshot.invalid', cause.message, { cause })
    throw cause
  }
}

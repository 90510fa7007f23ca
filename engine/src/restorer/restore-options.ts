import type { Clock, ItemErrorHandler, ItemWarning, PauseGate } from '../run-control/index.ts'
import type { BlobSource } from '../vault/blob-source.ts'
import type { ConflictMode, EntryAction } from './target/conflict.ts'

export interface RestoreOptions {
  readonly source: BlobSource
  /** K_id of the domain, 32 bytes. */
  readonly idKey: Uint8Array
  /** Root page of the snapshot's top folder. */
  readonly rootPage: Uint8Array
  /** The snapshot's roots: absolute raw paths. */
  readonly roots: readonly Uint8Array[]
  /** Absolute raw paths in the snapshot; each with all below it. Empty = everything. */
  readonly selected: readonly Uint8Array[]
  /** Patterns (`IncludeGlobs`) of which at least one has to match, within what is selected. Empty or left out = everything. */
  readonly include?: readonly string[]
  /** Also what the snapshot keeps of things that were deleted at the source; left out: only what of it `selected` names. */
  readonly withDeleted?: boolean
  /** Absolute raw path of a folder, made with those above it if it is not there; null: everything goes back to where it was. */
  readonly target: Uint8Array | null
  /** What happens to things that stand where something belongs; left out: `overwrite-different`. */
  readonly conflict?: ConflictMode
  /** Only looks, decides and counts: nothing is written anywhere. */
  readonly dryRun?: boolean
  /** Absolute raw paths of folders that nothing is restored into, whatever the snapshot holds. */
  readonly protectedPlaces?: readonly Uint8Array[]
  /** Puts the contents of one root straight into the target, instead of everything at target + its absolute path. */
  readonly flat: boolean
  /** Asked for everything that cannot be restored as it should. */
  readonly onItemError: ItemErrorHandler
  /** Called at most every 100 ms. */
  readonly onProgress: (progress: RestoreProgress) => void
  readonly signal: AbortSignal
  /** Closed by whoever wants it to rest. */
  readonly gate?: PauseGate
  readonly clock: Clock
}

/** A copy each time. */
export interface RestoreProgress {
  readonly filesDone: number
  readonly bytesDone: number
  readonly filesTotal: number
  /** Sizes as the snapshot says; hard-linked files count under each name. */
  readonly bytesTotal: number
  readonly warnings: number
  readonly currentPath: Uint8Array | null
}

/** One line of a dry run. */
export interface PlannedEntry {
  /** Raw absolute path in the snapshot. */
  readonly path: Uint8Array
  readonly action: EntryAction
}

/**
 * Files are entries of type `file`. filesRequested = filesWritten + filesSkipped + filesFailed, always. After a dry run all figures
 * are what would be.
 */
export interface RestoreOutcome {
  /** `complete` only if everything that was asked for is there as it was. */
  readonly status: 'complete' | 'complete-with-errors'
  /** Of `selected`, those that do not lie inside of others; 1 for everything. */
  readonly pathsSelected: number
  /** Those of them at which the snapshot holds nothing. */
  readonly pathsMissing: number
  readonly filesRequested: number
  /** Files that are there now as the snapshot has them. */
  readonly filesWritten: number
  /** Those of them that were there already, content compared, and were not written again. */
  readonly filesUnchanged: number
  /** Left as they were because something stood there and was to be kept. */
  readonly filesSkipped: number
  readonly filesFailed: number
  /** Sizes of the files written, holes included; further names of one file count once. */
  readonly bytesWritten: number
  readonly foldersWritten: number
  /** Things of any kind that were replaced by something else. */
  readonly overwritten: number
  /** Things of any kind that were kept under another name. */
  readonly renamed: number
  /** Of a dry run: the first 1,000 entries that would be touched or skipped. Else empty. */
  readonly plan: readonly PlannedEntry[]
  /** Of a dry run: what would be written, and what the target's file system has left (null where it does not tell). Else null. */
  readonly space: { readonly neededBytes: number; readonly freeBytes: number | null } | null
  /** The first 1,000. */
  readonly warnings: readonly ItemWarning[]
  readonly warningCount: number
}

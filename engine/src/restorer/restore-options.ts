import type { Clock, ItemErrorHandler, ItemWarning } from '../run-control/index.ts'
import type { BlobSource } from '../vault/blob-source.ts'

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
  /** Absolute raw path of a folder; made if only its last component is missing. */
  readonly target: Uint8Array
  /** Puts the contents of one root straight into the target, instead of everything at target + its absolute path. */
  readonly flat: boolean
  /** Asked for everything that cannot be restored as it should. */
  readonly onItemError: ItemErrorHandler
  /** Called at most every 100 ms. */
  readonly onProgress: (progress: RestoreProgress) => void
  readonly signal: AbortSignal
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

/**
 * Files are entries of type `file`. filesRequested = filesWritten + filesSkipped + filesFailed, always.
 */
export interface RestoreOutcome {
  /** `complete` only if everything that was asked for is there as it was. */
  readonly status: 'complete' | 'complete-with-errors'
  readonly filesRequested: number
  readonly filesWritten: number
  readonly filesSkipped: number
  readonly filesFailed: number
  /** Sizes of the files written, holes included; further names of one file count once. */
  readonly bytesWritten: number
  readonly foldersWritten: number
  /** The first 1,000. */
  readonly warnings: readonly ItemWarning[]
  readonly warningCount: number
}

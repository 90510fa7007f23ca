import type { ChunkerProfile, ChunkLimits } from '../chunker/index.ts'
import type { EngineError } from '../errors/index.ts'
import type { SnapshotStatus, SubtreeCounts } from '../format/index.ts'
import type { Clock, ItemErrorHandler, ItemWarning, PauseGate } from '../run-control/index.ts'
import type { BlobSink } from '../vault/blob-sink.ts'
import type { Exclusions, LeftOut } from '../walker/index.ts'
import type { Catalogue } from './catalogue/index.ts'
import type { KeepBase, KeptCounts } from './keeping/index.ts'

export interface CatalogueToWrite {
  /** Where the last one lies; the new one is written beside it until `commitCatalogue`. */
  readonly path: string
  /** 16 bytes each. */
  readonly vaultId: Uint8Array
  readonly domainId: Uint8Array
  /** The snapshot this backup will become. */
  readonly snapshotId: Uint8Array
}

/** What was deleted since the base, or before, stays in the new tree, marked. */
export interface KeepDeleted {
  /** The last snapshot of the same sources; null where nothing was before. */
  readonly base: KeepBase | null
  /** Told of each entry whose name another thing has now, so that it cannot be kept: a raw absolute path. */
  readonly onReplaced: (path: Uint8Array) => void
}

export interface ArchiveOptions {
  /** Absolute raw paths: files, folders, symlinks. May overlap. */
  readonly sources: readonly Uint8Array[]
  /** Absolute raw paths that are never kept. */
  readonly alwaysExcluded: readonly Uint8Array[]
  /** What else is left out; null keeps everything and costs nothing. */
  readonly exclusions: Exclusions | null
  readonly sink: BlobSink
  /** K_id and K_cdc of the domain, 32 bytes each. */
  readonly idKey: Uint8Array
  readonly cdcKey: Uint8Array
  readonly chunker: ChunkerProfile | ChunkLimits
  /** Of a snapshot that the vault still holds; null reads everything. Not closed. */
  readonly previous: Catalogue | null
  /** Absolute raw paths, as latin1, of files that are read whatever `previous` says: what it knows of their places does not hold any more. */
  readonly readAgain?: ReadonlySet<string>
  readonly catalogue: CatalogueToWrite
  /** Left out: what is deleted at the source is not in the new tree. */
  readonly keep?: KeepDeleted
  /** Asked for everything that cannot be kept as it should. */
  readonly onItemError: ItemErrorHandler
  /** Called at most every 100 ms. */
  readonly onProgress: (progress: ArchiveProgress) => void
  readonly signal: AbortSignal
  /** Closed by whoever wants it to rest. */
  readonly gate?: PauseGate
  readonly clock: Clock
}

/** A copy each time. */
export interface ArchiveProgress {
  readonly filesDone: number
  /** Sizes of the files done, read or not. */
  readonly bytesDone: number
  readonly filesRead: number
  readonly bytesRead: number
  readonly warnings: number
  /** Raw absolute path of the file in hand. */
  readonly currentPath: Uint8Array | null
}

/** Files are entries of type `file`: symlinks and the like are neither counted as files nor as folders. */
export interface ArchiveOutcome extends SubtreeCounts {
  /** `partial`: a whole source is missing from it. `complete-with-errors`: something in a source is. */
  readonly status: SnapshotStatus
  /** Id of the root page of the top folder. */
  readonly rootPage: Uint8Array
  /** What was backed up, after merging: the roots of the snapshot. */
  readonly roots: readonly Uint8Array[]
  readonly filesNew: number
  readonly filesChanged: number
  readonly filesUnchanged: number
  /** Files whose content was read, whatever came out. */
  readonly filesRead: number
  readonly bytesRead: number
  /** Entries that were gone between listing and reading; they are in no other figure. Where that is no mere deletion, a warning says so. */
  readonly vanished: number
  /** What is deleted and kept, which no other figure counts; null unless `keep` was asked for. */
  readonly deleted: KeptCounts | null
  /** By `exclusions`; it is in no other figure, and the snapshot is complete without it. */
  readonly leftOut: Readonly<LeftOut>
  /** The first 1,000. */
  readonly warnings: readonly ItemWarning[]
  readonly warningCount: number
  /** Parts of `previous` that were damaged: their files were read again. */
  readonly damagedCatalogueParts: number
  /** Why the new catalogue could not be written: then there is none to commit, and the next backup reads more. */
  readonly catalogueProblem: EngineError | null
}

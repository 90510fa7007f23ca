/** What the command line writes with `--json` (docs/configuration.md and the agent's README), as far as journeys read it. */
export interface BackupDocument {
  readonly status: 'succeeded' | 'warning'
  readonly kind: 'full' | 'incremental'
  readonly runId: string
  readonly snapshotId: string
  readonly files: number
  readonly bytes: number
  readonly filesRead: number
  readonly bytesRead: number
  readonly bytesStored: number
  readonly leftOut: { readonly entries: number; readonly cacheFolders: number; readonly mountPoints: number; readonly ownPlaces: number }
  /** Where deleted files are kept. */
  readonly deleted?: { readonly files: number; readonly folders: number; readonly filesNewlyDeleted: number }
  readonly warnings: readonly { readonly path: string; readonly code: string; readonly message: string }[]
}

export interface RestoreDocument {
  readonly status: 'succeeded' | 'warning'
  readonly filesRequested: number
  readonly filesWritten: number
  readonly filesUnchanged: number
  readonly filesSkipped: number
  readonly bytesWritten: number
  readonly entriesReplaced: number
  readonly dryRun: boolean
  readonly plan?: readonly { readonly path: string; readonly action: string }[]
  readonly warnings: readonly { readonly path: string; readonly code: string; readonly message: string }[]
}

export interface SnapshotDocument {
  readonly id: string
  readonly createdAt: string
  readonly status: 'complete' | 'complete-with-errors' | 'partial'
  readonly host: string
  readonly plan: string | null
  readonly files: number
  readonly bytes: number
}

export interface EntryDocument {
  readonly path: string
  readonly pathBase64?: string
  readonly type: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly mtimeNs: string
  /** Of entries that were deleted and are kept. */
  readonly deletedAtMs?: number
}

export interface FailureDocument {
  readonly error: { readonly code: string; readonly message: string; readonly cure: string }
}

/** Brings files back: from blobs of a source to a folder on a disk. */
export { restore } from './restore.ts'
export { IncludeGlobs } from './snapshot/include-globs.ts'
export type { ConflictMode, EntryAction } from './target/conflict.ts'
export type { PlannedEntry, RestoreOptions, RestoreOutcome, RestoreProgress } from './restore-options.ts'

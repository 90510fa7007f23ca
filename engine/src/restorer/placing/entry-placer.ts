import type { FileEntry } from '../../format/index.ts'
import type { PlainEntry } from './entry-writer.ts'
import type { Found, RestoredFolder } from '../target/restored-folder.ts'
import type { FolderToRestore, TopToRestore } from '../target/target-folders.ts'

export type FoundFile = Found<FileEntry>
export type FoundPlain = Found<PlainEntry>

/** Files by what became of them: requested = written + skipped + failed once all is settled. */
export interface PlacedCounts {
  readonly requested: number
  /** Those that are there now as the snapshot has them, `unchanged` included. */
  readonly written: number
  /** Those that were there already. */
  readonly unchanged: number
  readonly skipped: number
  readonly failed: number
  readonly bytesWritten: number
  /** Of all that is done, whatever came of it. */
  readonly bytesDone: number
}

/** Where a walk through a snapshot puts what it finds: into a target, or into a plan. */
export interface EntryPlacer {
  readonly counts: PlacedCounts
  readonly foldersWritten: number
  /** Things that were replaced, and those kept under another name. */
  readonly conflictCounts: { readonly overwritten: number; readonly renamed: number }
  /** The target itself, before anything in it. @throws the system's error */
  startTop(top: TopToRestore): RestoredFolder
  /** @throws the system's error or EngineError when it cannot be had */
  startFolder(wanted: FolderToRestore): RestoredFolder
  finishFolder(folder: RestoredFolder): void
  addFile(file: FoundFile): Promise<void>
  /** @throws the system's error or EngineError */
  addPlain(plain: FoundPlain): Promise<void>
  countLost(files: number): void
  /** Waits until nothing is on its way. */
  settle(): Promise<void>
  /** Takes away whatever is unfinished, closes what is open, and lets go of what is on its way. */
  close(): Promise<void>
}

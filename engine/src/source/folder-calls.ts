import type { FileMetadata } from './file-metadata.ts'

/** Times to give to a file. The access time is left as it is where the system can do that. */
export interface FileTimes {
  readonly mtimeNs: bigint
}

/**
 * System calls that name a thing by an open folder and one plain name, and never follow a symlink there: what stands at a path may
 * be exchanged at any moment, an open folder cannot. All fail with an error that has the system's `code`.
 */
export interface FolderCalls {
  /** @param flags as for open(2); never follows, never becomes a terminal, closed in child processes. */
  open(folderFd: number, name: Uint8Array, flags: number, mode: number): number
  /** Null if there is nothing. */
  stat(folderFd: number, name: Uint8Array): FileMetadata | null
  makeFolder(folderFd: number, name: Uint8Array, mode: number): void
  makeSymlink(folderFd: number, name: Uint8Array, target: Uint8Array): void
  makeLink(from: PlaceInFolder, to: PlaceInFolder): void
  rename(folderFd: number, from: Uint8Array, to: Uint8Array): void
  /** Anything but a folder. */
  removeFile(folderFd: number, name: Uint8Array): void
  /** An empty one. */
  removeFolder(folderFd: number, name: Uint8Array): void
  /** Where a symlink leads. */
  readLink(folderFd: number, name: Uint8Array): Buffer
  setOwner(folderFd: number, name: Uint8Array, owner: { readonly uid: number; readonly gid: number }): void
  setMode(folderFd: number, name: Uint8Array, mode: number): void
  setTimes(folderFd: number, name: Uint8Array, times: FileTimes): void
}

export interface PlaceInFolder {
  readonly folderFd: number
  readonly name: Uint8Array
}

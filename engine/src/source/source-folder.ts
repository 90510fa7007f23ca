import { constants, openSync } from 'node:fs'
import { EngineError } from '../errors/index.ts'
import { chooseFolderCalls } from './choose-folder-calls.ts'
import { closeDescriptor } from './close-descriptor.ts'
import { readFileMetadata } from './file-metadata.ts'
import type { FileMetadata } from './file-metadata.ts'
import type { FolderCalls } from './folder-calls.ts'
import { openFileIn } from './open-file.ts'
import type { OpenFile } from './open-file.ts'
import { folderMeanings, toSourceFailure } from './source-failure.ts'

/** fcntl.h of Linux: O_PATH, good for looking up names in it, needs no right to list it. Elsewhere it has to be opened for reading. */
const lookUpOnly = process.platform === 'linux' ? 0x20_0000 : constants.O_RDONLY
const folderFlags = lookUpOnly | constants.O_DIRECTORY | constants.O_NOFOLLOW

/**
 * A folder that is read from, held open. What is opened through it lies in it, whatever others put in its place meanwhile: by its
 * path a file could be reached through a folder that was exchanged for a symlink a moment ago.
 */
export class SourceFolder {
  readonly #fd: number
  readonly #calls: FolderCalls

  /** Use {@link openFileSystemRoot} and {@link SourceFolder.openFolder}. @param fd is closed by `close`. */
  constructor(fd: number, calls: FolderCalls) {
    this.#fd = fd
    this.#calls = calls
  }

  /** A path that leads to this folder as long as it is open, however long its own path is. Linux only. */
  get path(): string {
    return `/proc/self/fd/${this.#fd}`
  }

  metadata(): FileMetadata {
    return readFileMetadata(this.#fd)
  }

  /**
   * @param expected what a look at it has shown.
   * @throws EngineError `source.*`; `source.changed` if something else stands there by now
   */
  openFolder(name: Uint8Array, expected: Pick<FileMetadata, 'device' | 'inode'>): SourceFolder {
    const folder = this.#openAny(name)
    const { device, inode } = folder.metadata()
    if (device === expected.device && inode === expected.inode) return folder
    folder.close()
    throw new EngineError('source.changed', 'The folder was exchanged for another one while it was looked at. It is kept again next time.')
  }

  /** @throws EngineError as `openFile` does. */
  openFile(name: Uint8Array): OpenFile {
    return openFileIn(this.#calls, this.#fd, name)
  }

  close(): void {
    closeDescriptor(this.#fd)
  }

  #openAny(name: Uint8Array): SourceFolder {
    try {
      return new SourceFolder(this.#calls.open(this.#fd, name, folderFlags, 0), this.#calls)
    } catch (error) {
      throw toSourceFailure(error, folderMeanings)
    }
  }
}

/** `/` of this machine, held open; null where the system has no way to work from open folders. */
export function openFileSystemRoot(): SourceFolder | null {
  const calls = chooseFolderCalls()
  return calls === null ? null : new SourceFolder(openSync('/', folderFlags), calls)
}

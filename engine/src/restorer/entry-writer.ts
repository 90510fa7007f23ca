import { randomBytes } from 'node:crypto'
import { assertNever, EngineError } from '../errors/index.ts'
import type { TreeEntry } from '../format/index.ts'
import type { TargetFolder } from '../source/index.ts'
import type { MetadataWriter } from './metadata-writer.ts'
import type { FilePlaces, RestoredFile } from './restored-file.ts'
import type { FolderHandles, RestoredFolder } from './restored-folder.ts'
import { fatalError, systemCodeOf } from './system-errors.ts'

/** Files being written at the same time; only large ones and those whose content lies scattered need more than a moment. */
const openFileLimit = 64
const unfinishedMode = 0o600

/** Everything without content. */
export type PlainEntry = Exclude<TreeEntry, { type: 'folder' | 'file' | 'error' }>

export interface FileEvents {
  written(file: RestoredFile): void
  failed(file: RestoredFile, error: unknown): void
}

/** Puts entries under their names: complete or not at all, and never in place of a folder or device. */
export class EntryWriter implements FilePlaces {
  readonly #handles: FolderHandles
  readonly #metadata: MetadataWriter
  readonly #events: FileEvents
  /** Names of one run are told from those that a killed one left behind. */
  readonly #temporaryPrefix = `.holdfast-restore-${randomBytes(6).toString('hex')}-`
  #temporaryCount = 0
  readonly #open = new Set<RestoredFile>()

  constructor(handles: FolderHandles, metadata: MetadataWriter, events: FileEvents) {
    this.#handles = handles
    this.#metadata = metadata
    this.#events = events
  }

  make(folder: RestoredFolder, entry: PlainEntry): void {
    const handle = this.#handles.of(folder)
    this.#placeNew(folder, entry, handle, (name) => makePlain(handle, entry, name))
    this.#metadata.toName(handle, entry.name, entry, () => pathIn(folder, entry.name))
  }

  /** Another name for what was restored before. @throws the system's error where the target cannot have it. */
  link(first: { readonly folder: RestoredFolder; readonly entry: TreeEntry }, folder: RestoredFolder, entry: TreeEntry): void {
    const from = this.#handles.of(first.folder)
    const into = this.#handles.of(folder)
    this.#placeNew(folder, entry, into, (newName) => into.linkFrom(from, first.entry.name, newName))
  }

  create(file: RestoredFile): { name: Buffer; fd: number } {
    this.#makeRoom()
    const name = this.#temporaryName()
    const fd = this.#handles.of(file.folder).createFile(name, unfinishedMode)
    this.#open.add(file)
    return { name, fd }
  }

  reopen(file: RestoredFile, temporaryName: Buffer): number {
    this.#makeRoom()
    const fd = this.#handles.of(file.folder).openFileToWrite(temporaryName)
    this.#open.add(file)
    return fd
  }

  closed(file: RestoredFile): void {
    this.#open.delete(file)
  }

  publish(file: RestoredFile, fd: number, temporaryName: Buffer): void {
    const { folder, entry } = file
    this.#metadata.toFile(fd, entry, () => pathIn(folder, entry.name))
    this.#moveTo(folder, entry, this.#handles.of(folder), temporaryName)
  }

  removeTemporary(folder: RestoredFolder, name: Buffer): void {
    try {
      this.#handles.of(folder).remove(name)
    } catch {
      // Its folder is gone or out of reach: there is nothing more to do for a file nobody will take for a whole one.
    }
  }

  written(file: RestoredFile): void {
    this.#events.written(file)
  }

  failed(file: RestoredFile, error: unknown): void {
    this.#events.failed(file, error)
  }

  fatal(error: unknown): EngineError | null {
    return fatalError(error)
  }

  /** Makes it under its own name when that is free, else beside it, and then takes the name over. */
  #placeNew(folder: RestoredFolder, entry: TreeEntry, handle: TargetFolder, make: (name: Uint8Array) => void): void {
    try {
      make(entry.name)
      return
    } catch (error) {
      if (systemCodeOf(error) !== 'EEXIST') throw error
    }
    const temporaryName = this.#temporaryName()
    make(temporaryName)
    try {
      this.#moveTo(folder, entry, handle, temporaryName)
    } finally {
      // Also after success: a rename between two names of one inode does nothing at all (POSIX).
      this.removeTemporary(folder, temporaryName)
    }
  }

  #moveTo(folder: RestoredFolder, entry: TreeEntry, handle: TargetFolder, from: Uint8Array): void {
    // In a folder of our own making there is nothing that could be in the way.
    if (!folder.isNew) requireReplaceable(handle, entry)
    handle.rename(from, entry.name)
  }

  #temporaryName(): Buffer {
    return Buffer.from(`${this.#temporaryPrefix}${this.#temporaryCount++}`)
  }

  #makeRoom(): void {
    for (const oldest of this.#open) {
      if (this.#open.size < openFileLimit) return
      oldest.suspend()
    }
  }
}

function makePlain(handle: TargetFolder, entry: PlainEntry, name: Uint8Array): void {
  switch (entry.type) {
    case 'symlink':
      return handle.makeSymlink(entry.target, name)
    case 'fifo':
      return handle.makeFifo(name, unfinishedMode)
    case 'socket':
      return handle.makeSocket(name, unfinishedMode)
    case 'char-device':
    case 'block-device':
      return handle.makeDevice(name, entry.type, { mode: unfinishedMode, major: entry.major, minor: entry.minor })
    default:
      assertNever(entry, 'type of a plain entry')
  }
}

/** Files and symlinks are replaced by anything but a folder, devices and the like only by their kind. */
function requireReplaceable(handle: TargetFolder, entry: TreeEntry): void {
  const there = handle.lookAt(entry.name)
  if (there === null || there.type === 'file' || there.type === 'symlink' || there.type === entry.type) return
  const what = there.type === 'folder' ? 'A folder' : 'A device, FIFO or socket'
  throw new EngineError(
    'restore.entry-failed',
    `${what} with its name is in the way and is never replaced. Move it away, or choose another target.`,
  )
}

export const pathIn = (folder: RestoredFolder, name: Uint8Array): Buffer => Buffer.concat([folder.path, Buffer.from('/'), name])

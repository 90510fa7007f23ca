import { assertNever, type EngineError } from '../../errors/index.ts'
import type { TreeEntry } from '../../format/index.ts'
import type { TargetFolder } from '../../source/index.ts'
import type { Attributes } from '../snapshot/attribute-sets.ts'
import { cannotLink, type ConflictRules, type Decision } from '../target/conflict.ts'
import type { MetadataToWrite, MetadataWriter } from '../target/metadata-writer.ts'
import type { FilePlaces, FirstName, RestoredFile } from './restored-file.ts'
import { pathIn, type FolderHandles, type RestoredFolder } from '../target/restored-folder.ts'
import { fatalError, systemCodeOf } from '../target/system-errors.ts'
import type { TemporaryNames } from '../target/temporary-names.ts'

/** Files being written at the same time; only large ones and those whose content lies scattered need more than a moment. */
const openFileLimit = 64
const unfinishedMode = 0o600

/** Everything without content. */
export type PlainEntry = Exclude<TreeEntry, { type: 'folder' | 'file' | 'error' }>

export interface FileEvents {
  written(file: RestoredFile): void
  failed(file: RestoredFile, error: unknown): void
}

/** An entry without content on its way to its name. */
export interface NamedPlain extends Decision {
  readonly folder: RestoredFolder
  readonly entry: PlainEntry
  readonly attributes: Attributes
}

export interface EntryWriterPorts {
  readonly handles: FolderHandles
  readonly metadata: MetadataWriter
  readonly conflicts: ConflictRules
  readonly names: TemporaryNames
  readonly events: FileEvents
}

/**
 * Puts entries under their names. A file has its name when it is whole, and so has whatever replaces something; FIFOs, sockets,
 * devices and symlinks that take a free name are made under it, and for a moment lack their metadata.
 */
export class EntryWriter implements FilePlaces {
  readonly #handles: FolderHandles
  readonly #metadata: MetadataWriter
  readonly #conflicts: ConflictRules
  readonly #names: TemporaryNames
  readonly #events: FileEvents
  readonly #open = new Set<RestoredFile>()

  constructor({ handles, metadata, conflicts, names, events }: EntryWriterPorts) {
    this.#handles = handles
    this.#metadata = metadata
    this.#conflicts = conflicts
    this.#names = names
    this.#events = events
  }

  make(plain: NamedPlain): void {
    const { folder, entry } = plain
    const handle = this.#handles.of(folder)
    this.#placeNew(plain, handle, (name) => {
      makePlain(handle, entry, name)
      this.#metadata.toMade(handle, name, metadataOf(plain), () => pathIn(folder, entry.name))
    })
  }

  /** Another name for what was restored before. @throws the system's error where the target cannot have it. */
  link(first: FirstName, place: Place): void {
    const from = this.#handles.of(first.folder)
    const into = this.#handles.of(place.folder)
    this.#placeNew(place, into, (newName) => into.linkFrom(from, first.entry.name, newName))
  }

  create(file: RestoredFile): { name: Buffer; fd: number } {
    this.#makeRoom()
    const name = this.#names.next()
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

  giveMetadata(file: RestoredFile, fd: number): void {
    this.#metadata.toFile(fd, metadataOf(file), () => pathIn(file.folder, file.entry.name))
  }

  publish(file: RestoredFile, temporaryName: Buffer): void {
    this.#moveTo(file, this.#handles.of(file.folder), temporaryName)
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
  #placeNew(place: Place, handle: TargetFolder, make: (name: Uint8Array) => void): void {
    if (place.folder.isNew || place.action === 'create') {
      try {
        make(place.entry.name)
        return
      } catch (error) {
        if (systemCodeOf(error) !== 'EEXIST') throw error
      }
    }
    const temporaryName = this.#names.next()
    try {
      make(temporaryName)
      this.#moveTo(place, handle, temporaryName)
    } finally {
      // Whatever has it. Also after success: a rename between two names of one inode does nothing at all (POSIX).
      this.removeTemporary(place.folder, temporaryName)
    }
  }

  #moveTo(place: Place, handle: TargetFolder, from: Buffer): void {
    const { folder, entry, action } = place
    // In a folder of our own making there is nothing that could be in the way.
    if (folder.isNew) return handle.rename(from, entry.name)
    if (action === 'create' && hasTakenFree(handle, from, entry.name)) return this.removeTemporary(folder, from)
    const room = this.#conflicts.makeRoom(handle, entry, place)
    handle.rename(from, entry.name)
    this.#conflicts.count(room)
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

/** Takes a free name and, unlike a rename, none that was given to something else a moment ago. @returns false where that cannot be. */
function hasTakenFree(handle: TargetFolder, from: Buffer, name: Uint8Array): boolean {
  try {
    handle.linkFrom(handle, from, name)
    return true
  } catch (error) {
    const code = systemCodeOf(error) ?? ''
    if (code === 'EEXIST' || cannotLink.has(code)) return false
    throw error
  }
}

/** A name to take, and what was decided about it. */
interface Place extends Decision {
  readonly folder: RestoredFolder
  readonly entry: TreeEntry
}

const metadataOf = ({ folder, entry, attributes }: NamedPlain | RestoredFile): MetadataToWrite => ({
  entry,
  attributes,
  inheritsAcl: folder.inheritsAcl,
})

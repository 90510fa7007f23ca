import { copyBytes } from '../../bytes/index.ts'
import { EngineError } from '../../errors/index.ts'
import type { FolderEntry } from '../../format/index.ts'
import { closeDescriptor, type TargetFolder } from '../../source/index.ts'
import { isInheritable } from './acl-names.ts'
import type { Attributes } from '../snapshot/attribute-sets.ts'
import type { ConflictRules } from './conflict.ts'
import type { MetadataWriter } from './metadata-writer.ts'
import type { NameClashes } from './name-clashes.ts'
import type { ProtectedPlaces } from './protected-places.ts'
import type { EntryMetadata, FolderHandles, RestoredFolder } from './restored-folder.ts'
import { systemCodeOf } from './system-errors.ts'
import { removeLeftovers, type TemporaryNames } from './temporary-names.ts'

/** While it is being filled nobody else can put anything into it. */
const unfinishedMode = 0o700
const unfinishedFileMode = 0o600

export interface FolderToRestore {
  readonly parent: RestoredFolder
  readonly entry: FolderEntry
  readonly attributes: Attributes
  /** Absolute path in the snapshot. */
  readonly path: Buffer
  /** It was asked for, and is not only on the way to something. */
  readonly isWanted: boolean
}

/** The target itself: in a flat restore it becomes what the base was, else it stays what it is. */
export interface TopToRestore extends Omit<FolderToRestore, 'parent' | 'entry'> {
  /** Null leaves its metadata alone. */
  readonly entry: FolderEntry | null
  /** It was not there before. */
  readonly isNew: boolean
}

/** A folder that stands open: the target itself if it has no parent. */
interface FolderToFill extends Omit<FolderToRestore, 'parent' | 'entry'> {
  readonly parent: RestoredFolder | null
  readonly entry: FolderEntry | null
  readonly isNew: boolean
}

export interface TargetFoldersPorts {
  readonly handles: FolderHandles
  readonly metadata: MetadataWriter
  readonly conflicts: ConflictRules
  readonly places: ProtectedPlaces
  readonly names: TemporaryNames
  readonly clashes: NameClashes
  readonly nowMs: () => number
}

/** Makes folders on the way down, and gives them their metadata when all that belongs in them is there. */
export class TargetFolders {
  readonly #ports: TargetFoldersPorts
  readonly #marked = new Set<RestoredFolder>()
  #written = 0

  constructor(ports: TargetFoldersPorts) {
    this.#ports = ports
  }

  get written(): number {
    return this.#written
  }

  /** The target itself, which stands open. @throws the system's error */
  startTop(top: TopToRestore): RestoredFolder {
    return this.#fill(this.#ports.handles.top, { ...top, parent: null })
  }

  /** Makes the folder, or enters the one that is there. @throws the system's error or EngineError when neither can be done. */
  start(wanted: FolderToRestore): RestoredFolder {
    const { parent, entry } = wanted
    const { handles, places, clashes } = this.#ports
    clashes.claim(parent, entry.name)
    const above = handles.of(parent)
    const isNew = this.#make(above, wanted)
    const handle = above.openFolder(entry.name)
    try {
      if (!isNew) places.requireOutside(handle.metadata())
      const folder = this.#fill(handle, { ...wanted, isNew })
      handles.keep(folder, handle)
      return folder
    } catch (error) {
      handle.close()
      throw error
    }
  }

  /** Call it for every started folder, those within before those around. */
  finish(folder: RestoredFolder): void {
    if (folder.lost !== null) return
    this.#giveMetadata(folder)
    this.#written++
    this.#ports.handles.release(folder)
  }

  /** When a restore ends early: no mark is left behind in a folder, and none stays closed to those it belongs to. */
  abandon(): void {
    for (const folder of [...this.#marked].toReversed()) {
      try {
        this.#giveMetadata(folder)
      } catch {
        // Out of reach, as the restore itself has told.
      }
    }
  }

  /** Decides which metadata an open folder gets once all is in it, and marks it where a later restore could not tell. */
  #fill(handle: TargetFolder, wanted: FolderToFill): RestoredFolder {
    const { parent, entry, attributes, path, isNew } = wanted
    const { nowMs, names } = this.#ports
    const there = handle.metadata()
    const isOurs = isNew || removeLeftovers(handle, nowMs())
    const isAlwaysGiven = this.#isAlwaysGivenMetadata(wanted)
    const isGiven = isOurs || isAlwaysGiven
    const isMarked = isOurs && !isAlwaysGiven && entry !== null
    if (isMarked) markUnfinished(handle, names.folderMark)
    const folder: RestoredFolder = {
      parent,
      name: entry === null || parent === null ? new Uint8Array(0) : copyBytes(entry.name),
      path: Buffer.from(copyBytes(path).buffer),
      attributes,
      isNew,
      inheritsAcl: isNew && parent !== null ? parent.inheritsAcl : inherits(handle),
      lost: null,
      identity: { device: there.device, inode: there.inode },
      // What is put into it changes its time: one that was as in the snapshot is to be so again.
      entry: entry !== null && (isGiven || there.mtimeNs === entry.mtimeNs) ? metadataOf(entry) : null,
      isOnlyTimed: !isGiven,
    }
    if (isMarked) this.#marked.add(folder)
    return folder
  }

  #giveMetadata(folder: RestoredFolder): void {
    const { entry, isOnlyTimed, attributes, isNew, inheritsAcl } = folder
    const { handles, metadata, names } = this.#ports
    if (this.#marked.delete(folder)) removeMark(handles.of(folder), names.folderMark)
    if (entry === null) return
    if (isOnlyTimed) metadata.timeOfFolder(handles.of(folder), entry, () => folder.path)
    else {
      // Its own ACL is what it makes others inherit: taken away with what the snapshot does not have, unless it came from above.
      const what = { entry, attributes, inheritsAcl: isNew && inheritsAcl, wasThere: !isNew }
      metadata.toFolder(handles.of(folder), what, () => folder.path)
    }
  }

  /** Whoever resumes after a kill gives these their metadata anyhow; all others have to be known as made by a restore. */
  #isAlwaysGivenMetadata({ isWanted, entry }: FolderToFill): boolean {
    return isWanted && entry?.isAncestor === false && this.#ports.conflicts.mode !== 'skip'
  }

  /** @returns false if there is a folder already. */
  #make(above: TargetFolder, { entry: { name, isAncestor }, isWanted }: FolderToRestore): boolean {
    try {
      above.makeFolder(name, unfinishedMode)
      return true
    } catch (error) {
      if (systemCodeOf(error) !== 'EEXIST') throw error
    }
    const there = above.lookAt(name)
    if (there?.type === 'folder') return false
    if (!isWanted || isAncestor) throw noFolderOnTheWay()
    if (this.#ports.conflicts.mode === 'skip') throw skippedFolder()
    if (there !== null) this.#ports.conflicts.makeRoomForFolder(above, name, there)
    above.makeFolder(name, unfinishedMode)
    return true
  }
}

const metadataOf = ({ type, owner, mode, mtimeNs }: FolderEntry): EntryMetadata => ({ type, owner, mode, mtimeNs })

const inherits = (handle: TargetFolder): boolean => handle.attributes().some(({ name }) => isInheritable(name))

function markUnfinished(handle: TargetFolder, mark: Buffer): void {
  closeDescriptor(handle.createFile(mark, unfinishedFileMode))
}

function removeMark(handle: TargetFolder, mark: Buffer): void {
  try {
    handle.remove(mark)
  } catch (error) {
    // Whoever took it away meanwhile: what the mark stands for is done now.
    if (systemCodeOf(error) !== 'ENOENT') throw error
  }
}

/** What is not wanted itself is not replaced either: where a folder was moved and a symlink leads to it, that is how it is to be. */
export const noFolderOnTheWay = (): EngineError =>
  new EngineError(
    'restore.entry-failed',
    'Something that is no folder (a symlink, perhaps) stands on the way, and is neither followed nor replaced. Choose another target.',
  )

export const skippedFolder = (): EngineError =>
  new EngineError(
    'restore.folder-skipped',
    'Something that is no folder stands in its place and is kept, so nothing below it was restored. Move it away, or restore with --conflict rename.',
  )

/** Stands for a folder that could not be made, or was not to be. */
export const lostFolder = (parent: RestoredFolder, { entry, path }: FolderToRestore, lost: 'failed' | 'skipped'): RestoredFolder => ({
  parent,
  name: entry.name,
  path,
  entry: null,
  attributes: [],
  isNew: false,
  isOnlyTimed: false,
  inheritsAcl: false,
  lost,
  identity: null,
})

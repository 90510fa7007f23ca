import { closeSync } from 'node:fs'
import { EngineError } from '../../errors/index.ts'
import type { FolderEntry } from '../../format/index.ts'
import type { TargetFolder } from '../../source/index.ts'
import { isInheritable } from './acl-names.ts'
import type { Attributes } from '../snapshot/attribute-sets.ts'
import type { ConflictRules } from './conflict.ts'
import type { MetadataWriter } from './metadata-writer.ts'
import type { ProtectedPlaces } from './protected-places.ts'
import type { FolderHandles, RestoredFolder } from './restored-folder.ts'
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

export interface TargetFoldersPorts {
  readonly handles: FolderHandles
  readonly metadata: MetadataWriter
  readonly conflicts: ConflictRules
  readonly places: ProtectedPlaces
  readonly names: TemporaryNames
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

  /** What the target is when it was there before. */
  enterTop(handle: TargetFolder): Pick<RestoredFolder, 'inheritsAcl'> {
    removeLeftovers(handle, this.#ports.nowMs())
    return { inheritsAcl: inherits(handle) }
  }

  /** Makes the folder, or enters the one that is there. @throws the system's error or EngineError when neither can be done. */
  start(wanted: FolderToRestore): RestoredFolder {
    const { parent, entry, attributes, path } = wanted
    const { handles, places, nowMs, names } = this.#ports
    const above = handles.of(parent)
    const isNew = this.#make(above, wanted)
    const handle = above.openFolder(entry.name)
    try {
      const there = handle.metadata()
      const { device, inode } = there
      if (!isNew) places.requireOutside(there)
      const isOurs = isNew || removeLeftovers(handle, nowMs())
      const isAlwaysGiven = this.#isAlwaysGivenMetadata(wanted)
      const isMarked = isOurs && !isAlwaysGiven
      if (isMarked) markUnfinished(handle, names.folderMark)
      const isGiven = isOurs || isAlwaysGiven
      const folder: RestoredFolder = {
        parent,
        name: entry.name,
        path,
        attributes,
        isNew,
        inheritsAcl: isNew ? parent.inheritsAcl : inherits(handle),
        lost: null,
        identity: { device, inode },
        // What is put into it changes its time: one that was as in the snapshot is to be so again.
        entry: isGiven || there.mtimeNs === entry.mtimeNs ? entry : null,
        isOnlyTimed: !isGiven,
      }
      if (isMarked) this.#marked.add(folder)
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

  #giveMetadata(folder: RestoredFolder): void {
    const { entry, isOnlyTimed, attributes, isNew, inheritsAcl } = folder
    const { handles, metadata, names } = this.#ports
    if (this.#marked.delete(folder)) handles.of(folder).remove(names.folderMark)
    if (entry === null) return
    if (isOnlyTimed) metadata.timeOfFolder(handles.of(folder), entry, () => folder.path)
    else {
      // Its own ACL is what it makes others inherit: taken away with what the snapshot does not have, unless it came from above.
      const what = { entry, attributes, inheritsAcl: isNew && inheritsAcl, wasThere: !isNew }
      metadata.toFolder(handles.of(folder), what, () => folder.path)
    }
  }

  /** Whoever resumes after a kill gives these their metadata anyhow; all others have to be known as made by a restore. */
  #isAlwaysGivenMetadata({ isWanted, entry }: FolderToRestore): boolean {
    return isWanted && !entry.isAncestor && this.#ports.conflicts.mode !== 'skip'
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

const inherits = (handle: TargetFolder): boolean => handle.attributes().some(({ name }) => isInheritable(name))

function markUnfinished(handle: TargetFolder, mark: Buffer): void {
  closeSync(handle.createFile(mark, unfinishedFileMode))
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

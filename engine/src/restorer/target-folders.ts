import { EngineError } from '../errors/index.ts'
import type { FolderEntry } from '../format/index.ts'
import type { TargetFolder } from '../source/index.ts'
import type { MetadataWriter } from './metadata-writer.ts'
import type { FolderHandles, RestoredFolder } from './restored-folder.ts'
import { systemCodeOf } from './system-errors.ts'

/** While it is being filled nobody else can put anything into it. */
const unfinishedMode = 0o700

export interface FolderToRestore {
  readonly parent: RestoredFolder
  readonly entry: FolderEntry
  /** Absolute path in the snapshot. */
  readonly path: Buffer
  /** It was asked for, and is not only on the way to something. */
  readonly isWanted: boolean
}

/** Makes folders on the way down, and gives them their metadata when all that belongs in them is there. */
export class TargetFolders {
  readonly #handles: FolderHandles
  readonly #metadata: MetadataWriter
  #written = 0

  constructor(handles: FolderHandles, metadata: MetadataWriter) {
    this.#handles = handles
    this.#metadata = metadata
  }

  get written(): number {
    return this.#written
  }

  /** Makes the folder, or enters the one that is there. @throws the system's error or EngineError when neither can be done. */
  start({ parent, entry, path, isWanted }: FolderToRestore): RestoredFolder {
    const above = this.#handles.of(parent)
    const isNew = this.#make(above, entry.name)
    const handle = above.openFolder(entry.name)
    const { device, inode } = handle.metadata()
    const folder: RestoredFolder = {
      parent,
      name: entry.name,
      path,
      isNew,
      isLost: false,
      identity: { device, inode },
      // One that was there before and is only on the way is none of the restore's business.
      entry: isNew || (isWanted && !entry.isAncestor) ? entry : null,
    }
    this.#handles.keep(folder, handle)
    return folder
  }

  /** Call it for every started folder, those within before those around. */
  finish(folder: RestoredFolder): void {
    if (folder.isLost) return
    if (folder.entry !== null) this.#metadata.toFolder(this.#handles.of(folder), folder.entry, () => folder.path)
    this.#written++
    this.#handles.release(folder)
  }

  /** @returns false if there is a folder already. */
  #make(above: TargetFolder, name: Uint8Array): boolean {
    try {
      above.makeFolder(name, unfinishedMode)
      return true
    } catch (error) {
      if (systemCodeOf(error) !== 'EEXIST') throw error
    }
    const there = above.lookAt(name)
    if (there?.type === 'folder') return false
    if (there !== null && there.type !== 'file' && there.type !== 'symlink') {
      throw new EngineError(
        'restore.entry-failed',
        'A device, FIFO or socket stands where a folder belongs, and is never replaced. Move it away, or choose another target.',
      )
    }
    above.remove(name)
    above.makeFolder(name, unfinishedMode)
    return true
  }
}

/** Stands for a folder that could not be made. */
export const lostFolder = (parent: RestoredFolder, entry: FolderEntry, path: Buffer): RestoredFolder => ({
  parent,
  name: entry.name,
  path,
  entry: null,
  isNew: false,
  isLost: true,
  identity: null,
})

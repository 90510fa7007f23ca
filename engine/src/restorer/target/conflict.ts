import { EngineError } from '../../errors/index.ts'
import type { TreeEntry } from '../../format/index.ts'
import type { FileMetadata, TargetFolder } from '../../source/index.ts'
import { keptName } from './kept-name.ts'
import type { ProtectedPlaces } from './protected-places.ts'
import type { Found } from './restored-folder.ts'
import type { SameEntry } from './same-entry.ts'
import { systemCodeOf } from './system-errors.ts'

/**
 * What happens to something that stands where an entry belongs. Folders are always merged, and one that holds anything is never
 * replaced by something else.
 *
 * - `skip`: it stays, the entry is not restored. Folders that were there keep their metadata.
 * - `overwrite-different`: one that is as in the snapshot, content included, stays; files and symlinks that differ are replaced.
 * - `overwrite`: everything is written anew; devices, FIFOs and sockets are replaced too.
 * - `rename`: one that is as in the snapshot stays; all else is kept under another name beside it.
 */
export type ConflictMode = 'skip' | 'overwrite-different' | 'overwrite' | 'rename'

/** What is to be done for one entry. `unchanged`: it stands there already. */
export type EntryAction = 'create' | 'unchanged' | 'skip' | 'overwrite' | 'rename'

/** What was decided about a name, and what stood there then: null if nothing did, or nobody had to look. */
export interface Decision {
  readonly action: EntryAction
  readonly seen: FileMetadata | null
}

export const toCreate: Decision = { action: 'create', seen: null }

export interface ConflictRulesOptions {
  readonly mode: ConflictMode
  readonly same: SameEntry
  readonly places: ProtectedPlaces
  /** When the restore began. */
  readonly at: Date
}

/** Decides about names that are taken, and makes room. */
export class ConflictRules {
  readonly mode: ConflictMode
  readonly #options: ConflictRulesOptions
  #overwritten = 0
  #renamed = 0

  constructor(options: ConflictRulesOptions) {
    this.mode = options.mode
    this.#options = options
  }

  /** Things that were replaced, and those kept under another name. */
  get counts(): { readonly overwritten: number; readonly renamed: number } {
    return { overwritten: this.#overwritten, renamed: this.#renamed }
  }

  /** Looks only. @throws EngineError when the entry cannot be had here; the system's error when one cannot look. */
  async decide(handle: TargetFolder, found: Found<Exclude<TreeEntry, { type: 'folder' }>>): Promise<Decision> {
    // Before its content is compared: whatever changes from here on shows when it is looked at again.
    const seen = handle.lookAt(found.entry.name)
    return { action: seen === null ? 'create' : await this.#decideAbout(handle, found, seen), seen }
  }

  async #decideAbout(
    handle: TargetFolder,
    found: Found<Exclude<TreeEntry, { type: 'folder' }>>,
    there: FileMetadata,
  ): Promise<EntryAction> {
    if (this.mode === 'skip') return 'skip'
    if (this.mode === 'overwrite') return this.#replacing(handle, found.entry, there)
    const likeness = await this.#options.same.compare(handle, there, found)
    if (likeness === 'same') return 'unchanged'
    // With the same content nothing is lost, so nothing has to be kept.
    return likeness === 'same-content' ? 'overwrite' : this.#replacing(handle, found.entry, there)
  }

  /** How a folder gets its place where something else stands. @throws EngineError */
  decideForFolder(there: FileMetadata): 'overwrite' | 'rename' {
    if (this.mode === 'rename') return 'rename'
    if (there.type !== 'file' && there.type !== 'symlink' && this.mode !== 'overwrite') throw deviceInPlaceOfFolder()
    return 'overwrite'
  }

  /**
   * Makes the name free for what lies ready under another one in the same folder, or leaves it where a rename replaces it at once.
   * What stands there is looked at again: only of what is still as it was compared is it known that nothing is lost with it.
   * @returns what is to be counted once the entry has its name.
   */
  makeRoom(handle: TargetFolder, entry: TreeEntry, { action, seen }: Decision): 'overwritten' | 'renamed' | null {
    const there = handle.lookAt(entry.name)
    if (there === null) return null
    if (this.mode === 'skip') throw appeared()
    if (this.mode === 'rename' && (action !== 'overwrite' || !isUntouched(there, seen))) {
      this.#keepAside(handle, entry.name, there)
      return 'renamed'
    }
    this.#requireReplaceable(handle, entry, there)
    if (there.type === 'folder') handle.removeFolder(entry.name)
    return 'overwritten'
  }

  /** Takes away what stands where a folder belongs, or keeps it under another name. */
  makeRoomForFolder(handle: TargetFolder, name: Uint8Array, there: FileMetadata): void {
    const isKept = this.decideForFolder(there) === 'rename'
    // Moved, not linked and removed: what may have appeared there since is not to be removed.
    if (isKept) handle.rename(name, keptName(handle, name, this.#options.at))
    else this.#removeIfThere(handle, name)
    this.count(isKept ? 'renamed' : 'overwritten')
  }

  count(what: 'overwritten' | 'renamed' | null): void {
    if (what === 'overwritten') this.#overwritten++
    if (what === 'renamed') this.#renamed++
  }

  #replacing(handle: TargetFolder, entry: TreeEntry, there: FileMetadata): 'overwrite' | 'rename' {
    if (this.mode === 'rename') {
      if (there.type === 'folder') this.#options.places.requireMovable(there)
      return 'rename'
    }
    this.#requireReplaceable(handle, entry, there)
    return 'overwrite'
  }

  #requireReplaceable(handle: TargetFolder, entry: TreeEntry, there: FileMetadata): void {
    if (there.type === 'file' || there.type === 'symlink') return
    if (there.type === 'folder') {
      this.#options.places.requireOutside(there)
      if (!isEmptyFolder(handle, entry.name)) throw folderInTheWay()
    } else if (there.type !== entry.type && this.mode !== 'overwrite') throw deviceInTheWay()
  }

  /** A second name first, so that there is no moment in which it has none; a folder, which can have only one, moves. */
  #keepAside(handle: TargetFolder, name: Uint8Array, there: FileMetadata): void {
    if (there.type === 'folder') this.#options.places.requireMovable(there)
    const kept = keptName(handle, name, this.#options.at)
    if (there.type === 'folder') return handle.rename(name, kept)
    try {
      handle.linkFrom(handle, name, kept)
    } catch (error) {
      if (!cannotLink.has(systemCodeOf(error) ?? '')) throw error
      handle.rename(name, kept)
    }
  }

  #removeIfThere(handle: TargetFolder, name: Uint8Array): void {
    try {
      handle.remove(name)
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') throw error
    }
  }
}

/** Neither exchanged nor changed; a name more or less counts as changed too. */
const isUntouched = (there: FileMetadata, seen: FileMetadata | null): boolean =>
  seen !== null &&
  there.device === seen.device &&
  there.inode === seen.inode &&
  there.size === seen.size &&
  there.mtimeNs === seen.mtimeNs &&
  there.ctimeNs === seen.ctimeNs

/** What a target answers that cannot give an inode one more name. */
export const cannotLink = new Set(['EPERM', 'EMLINK', 'EXDEV', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS', 'EACCES'])

function isEmptyFolder(handle: TargetFolder, name: Uint8Array): boolean {
  const folder = handle.openFolder(name)
  try {
    return folder.names(() => true, 1)?.length === 0
  } finally {
    folder.close()
  }
}

const folderInTheWay = (): EngineError =>
  new EngineError(
    'restore.entry-failed',
    'A folder with its name is in the way, and one that holds anything is never replaced. Move it away, restore with --conflict rename, or choose another target.',
  )
const deviceInTheWay = (): EngineError =>
  new EngineError(
    'restore.entry-failed',
    'A device, FIFO or socket with its name is in the way and is not replaced. Move it away, restore with --conflict overwrite, or choose another target.',
  )
const deviceInPlaceOfFolder = (): EngineError =>
  new EngineError(
    'restore.entry-failed',
    'A device, FIFO or socket stands where a folder belongs and is not replaced. Move it away, restore with --conflict overwrite, or choose another target.',
  )
const appeared = (): EngineError =>
  new EngineError(
    'restore.entry-failed',
    'Something with its name appeared during the restore, and existing files are to be skipped. It stays.',
  )

import type { FileEntry } from '../format/index.ts'
import type { ItemWarnings } from '../run-control/index.ts'
import type { FileMetadata } from '../source/index.ts'
import type { ConflictRules, EntryAction } from './target/conflict.ts'
import type { EntryPlacer, FoundFile, FoundPlain, PlacedCounts } from './placing/entry-placer.ts'
import type { PlannedEntry } from './restore-options.ts'
import type { ProtectedPlaces } from './target/protected-places.ts'
import { pathIn, type FolderHandles, type RestoredFolder } from './target/restored-folder.ts'
import { isSameInode } from './target/same-entry.ts'
import { ownError } from './target/system-errors.ts'
import { noFolderOnTheWay, skippedFolder, type FolderToRestore, type TopToRestore } from './target/target-folders.ts'
import { keyOf } from '../tree-pages/index.ts'

/** What a plan shows; all are counted. */
const shownEntries = 1000

export interface DryRunPorts {
  readonly handles: FolderHandles
  readonly conflicts: ConflictRules
  readonly places: ProtectedPlaces
  readonly warnings: ItemWarnings
}

/** Decides about everything as a restore would, and writes nothing. A folder that would be made is new, so nothing is in the way there. */
export class DryRun implements EntryPlacer {
  readonly #ports: DryRunPorts
  readonly #counts = { requested: 0, written: 0, unchanged: 0, skipped: 0, failed: 0, bytesWritten: 0, bytesDone: 0 }
  readonly #plan: PlannedEntry[] = []
  /** What the first name of each hard-linked file is: an inode that stays, or null for one that would be made. */
  readonly #firstByGroup = new Map<string, FileMetadata | null>()
  #neededBytes = 0
  #foldersWritten = 0

  constructor(ports: DryRunPorts) {
    this.#ports = ports
  }

  /** The first 1,000 entries that would be written, replaced, renamed or skipped; not those that are there already. */
  get plan(): readonly PlannedEntry[] {
    return this.#plan
  }

  /** What the content that would be written takes at most; holes and further names of one file take nothing. */
  get neededBytes(): number {
    return this.#neededBytes
  }

  get counts(): PlacedCounts {
    return this.#counts
  }

  get foldersWritten(): number {
    return this.#foldersWritten
  }

  get conflictCounts(): { readonly overwritten: number; readonly renamed: number } {
    return this.#ports.conflicts.counts
  }

  startTop({ path, isNew, attributes }: TopToRestore): RestoredFolder {
    const unchanged = { parent: null, name: new Uint8Array(0), entry: null, isOnlyTimed: false, inheritsAcl: false }
    return { ...unchanged, path, isNew, attributes, lost: null, identity: null }
  }

  startFolder(wanted: FolderToRestore): RestoredFolder {
    const { parent, entry, path, isWanted, attributes } = wanted
    const made = { parent, name: entry.name, path, attributes, entry: null, isOnlyTimed: false, lost: null, inheritsAcl: false }
    const above = parent.isNew ? null : this.#ports.handles.of(parent)
    const there = above?.lookAt(entry.name) ?? null
    if (above === null || there === null) {
      this.#show(path, 'create')
      return { ...made, isNew: true, identity: null }
    }
    if (there.type === 'folder') {
      const handle = above.openFolder(entry.name)
      const folder: RestoredFolder = { ...made, isNew: false, identity: { device: there.device, inode: there.inode } }
      this.#ports.handles.keep(folder, handle)
      this.#ports.places.requireOutside(there)
      return folder
    }
    if (!isWanted || entry.isAncestor) throw noFolderOnTheWay()
    if (this.#ports.conflicts.mode === 'skip') throw skippedFolder()
    const action = this.#ports.conflicts.decideForFolder(there)
    this.#ports.conflicts.count(action === 'rename' ? 'renamed' : 'overwritten')
    this.#show(path, action)
    return { ...made, isNew: true, identity: null }
  }

  finishFolder(folder: RestoredFolder): void {
    if (folder.lost !== null) return
    this.#foldersWritten++
    this.#ports.handles.release(folder)
  }

  async addFile(file: FoundFile): Promise<void> {
    const { folder, entry } = file
    if (folder.lost === 'failed') return this.countLost(1)
    this.#counts.requested++
    this.#counts.bytesDone += entry.size
    if (folder.lost === 'skipped') {
      this.#counts.skipped++
      return
    }
    try {
      const decided = await this.#decide(file)
      const { action, isLink } = this.#linked(file, decided)
      if (!isLink && action !== 'skip' && action !== 'unchanged') this.#addBytes(entry)
      this.#countConflict(action)
      if (action === 'skip') this.#counts.skipped++
      else this.#counts.written++
      if (action === 'unchanged') this.#counts.unchanged++
      this.#show(pathIn(folder, entry.name), action)
    } catch (error) {
      this.#ports.warnings.add(pathIn(folder, entry.name), ownError(error))
      this.#counts.failed++
    }
  }

  async addPlain(plain: FoundPlain): Promise<void> {
    const { folder, entry } = plain
    if (folder.lost !== null) return
    const { action } = this.#linked(plain, await this.#decide(plain))
    this.#countConflict(action)
    this.#show(pathIn(folder, entry.name), action)
  }

  countLost(files: number): void {
    this.#counts.requested += files
    this.#counts.failed += files
  }

  async settle(): Promise<void> {
    // Nothing is ever on its way.
  }

  async close(): Promise<void> {
    this.#ports.handles.close()
  }

  async #decide(found: FoundFile | FoundPlain): Promise<EntryAction> {
    if (found.folder.isNew) return 'create'
    return (await this.#ports.conflicts.decide(this.#ports.handles.of(found.folder), found)).action
  }

  #countConflict(action: EntryAction): void {
    this.#ports.conflicts.count(action === 'overwrite' ? 'overwritten' : action === 'rename' ? 'renamed' : null)
  }

  /** A further name of a file costs nothing, and one that is a file of its own today becomes a link. */
  #linked({ folder, entry }: FoundFile | FoundPlain, action: EntryAction): { readonly action: EntryAction; readonly isLink: boolean } {
    if (entry.hardLinkGroup === null || action === 'skip') return { action, isLink: false }
    const group = keyOf(entry.hardLinkGroup)
    const there = action === 'unchanged' ? this.#ports.handles.of(folder).lookAt(entry.name) : null
    const first = this.#firstByGroup.get(group)
    if (first === undefined) this.#firstByGroup.set(group, there)
    const isOwn = first !== undefined && action === 'unchanged' && !isSameInode(first, there)
    return { action: isOwn ? 'overwrite' : action, isLink: first !== undefined }
  }

  #addBytes({ content, size }: FileEntry): void {
    this.#counts.bytesWritten += size
    this.#neededBytes +=
      content.kind === 'items' ? content.items.reduce((sum, item) => sum + (item.kind === 'data' ? item.length : 0), 0) : size
  }

  #show(path: Uint8Array, action: EntryAction): void {
    if (action !== 'unchanged' && this.#plan.length < shownEntries) this.#plan.push({ path, action })
  }
}

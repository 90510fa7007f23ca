import { EngineError, invariant } from '../errors/index.ts'
import type { ErrorEntry, FolderEntry, TreeEntry } from '../format/index.ts'
import { TreeReader } from '../reader/index.ts'
import { asCancelled, ItemWarnings, Pacer } from '../run-control/index.ts'
import { openTargetFolder, type TargetFolder } from '../source/index.ts'
import type { PlainEntry } from './entry-writer.ts'
import { FileRestorer } from './file-restorer.ts'
import { measureContent, requireFreeSpace, sizeOfSelection } from './free-space.ts'
import { layOut, type Layout } from './layout.ts'
import { MetadataWriter } from './metadata-writer.ts'
import type { RestoreOptions, RestoreOutcome, RestoreProgress } from './restore-options.ts'
import { FolderHandles, type RestoredFolder } from './restored-folder.ts'
import { SnapshotWalk, type SnapshotStep } from './snapshot-walk.ts'
import { entryError, fatalError } from './system-errors.ts'
import { lostFolder, TargetFolders } from './target-folders.ts'
import { keyOf, TreePages } from './tree-pages.ts'

/** Folders whose metadata waits for their files; bounds what is kept of a tree of small folders. */
const waitingFolderLimit = 256

/**
 * Restores a snapshot, or parts of it, into a folder.
 *
 * Everything is created relative to open folders without following symlinks, so nothing that others put into the target can lead
 * outside. A file appears under its name only when it is whole. Entries that cannot be restored are told and counted, the rest goes on.
 *
 * @throws EngineError `restore.target-invalid` (also for a full disk), `cancelled`, the item's error when `onItemError` said `abort`,
 *   and whatever the source fails with as a whole. What was restored before stays; nothing unfinished does, unless the process is killed:
 *   then files named `.holdfast-restore-…` may be left.
 */
export async function restore(options: RestoreOptions): Promise<RestoreOutcome> {
  const layout = layOut(options)
  const pages = new TreePages(options.source, options.idKey, options.signal)
  const reader = new TreeReader((type, id) => options.source.read(type, id))
  const { folder: target, isNew } = openTargetFolder(Buffer.from(options.target))
  try {
    const total = await sizeOfSelection(reader, options.rootPage, layout.selection)
    await requireFreeSpace({
      target: Buffer.from(options.target),
      atMostBytes: total.bytes,
      measure: () => measureContent(pages, reader, options.rootPage, layout.selection),
    })
    return await new RestoreRun(options, { layout, pages, reader, target, isNew, total }).run()
  } catch (error) {
    throw asCancelled(error, options.signal)
  } finally {
    target.close()
  }
}

interface Prepared {
  readonly layout: Layout
  readonly pages: TreePages
  readonly reader: TreeReader
  readonly target: TargetFolder
  readonly isNew: boolean
  readonly total: { readonly files: number; readonly bytes: number }
}

class RestoreRun {
  readonly #options: RestoreOptions
  readonly #prepared: Prepared
  readonly #walk: SnapshotWalk
  readonly #pacer: Pacer
  readonly #warnings: ItemWarnings
  readonly #metadata = new MetadataWriter()
  readonly #handles: FolderHandles
  readonly #folders: TargetFolders
  readonly #files: FileRestorer
  /** The folder in hand and those around it; null for a folder above the base of a flat restore. */
  readonly #open: (RestoredFolder | null)[] = []
  #waitingFolders: RestoredFolder[] = []
  readonly #firstByGroup = new Map<string, { readonly folder: RestoredFolder; readonly entry: TreeEntry }>()
  #top: RestoredFolder
  #nameInHand: Uint8Array | null = null

  constructor(options: RestoreOptions, prepared: Prepared) {
    this.#options = options
    this.#prepared = prepared
    this.#walk = new SnapshotWalk(prepared.pages, prepared.layout.selection)
    this.#pacer = new Pacer(options.clock, options.signal, () => options.onProgress(this.#progress()))
    this.#warnings = new ItemWarnings(options.onItemError)
    this.#handles = new FolderHandles(prepared.target)
    this.#folders = new TargetFolders(this.#handles, this.#metadata)
    this.#files = new FileRestorer({
      ...options,
      reader: prepared.reader,
      handles: this.#handles,
      metadata: this.#metadata,
      warnings: this.#warnings,
      pacer: this.#pacer,
    })
    this.#top = {
      parent: null,
      name: new Uint8Array(0),
      path: Buffer.alloc(0),
      entry: null,
      isNew: prepared.isNew,
      isLost: false,
      identity: null,
    }
  }

  async run(): Promise<RestoreOutcome> {
    try {
      for await (const step of this.#walk.steps(this.#options.rootPage)) {
        await this.#take(step)
        if (this.#waitingFolders.length >= waitingFolderLimit) await this.#settle()
        if (this.#pacer.isDue()) await this.#pacer.turn()
      }
      await this.#settle()
      return this.#outcome()
    } finally {
      this.#files.discard()
      this.#handles.close()
    }
  }

  async #take(step: SnapshotStep): Promise<void> {
    switch (step.kind) {
      case 'folder-start':
        this.#startFolder(step.entry, step.isWhole)
        break
      case 'folder-end': {
        const folder = this.#open.pop()
        if (folder !== null && folder !== undefined) this.#waitingFolders.push(folder)
        break
      }
      case 'entry':
        this.#nameInHand = step.entry.name
        await this.#restoreEntry(this.#open.at(-1) ?? this.#top, step.entry)
        break
      case 'problem':
        // Without its top there is no snapshot to restore.
        if (this.#open.length === 1) throw entryError(step.error)
        this.#files.countLost(step.lost.files)
        this.#warnings.add(this.#walk.pathOf(null), entryError(step.error))
    }
  }

  #startFolder(entry: FolderEntry | null, isWanted: boolean): void {
    const { base } = this.#prepared.layout
    const depth = this.#open.length
    if (depth < base.length) {
      this.#open.push(null)
      return
    }
    const path = this.#walk.pathOf(null)
    const parent = this.#open.at(-1)
    if (depth === base.length || entry === null || parent === null || parent === undefined) {
      // The target itself: in a flat restore it becomes what the base was, else it stays what it is.
      this.#top = { ...this.#top, path, entry: base.length > 0 ? entry : null }
      this.#open.push(this.#top)
      return
    }
    this.#open.push(parent.isLost ? lostFolder(parent, entry, path) : this.#startChild(parent, entry, path, isWanted))
  }

  #startChild(parent: RestoredFolder, entry: FolderEntry, path: Buffer, isWanted: boolean): RestoredFolder {
    try {
      return this.#folders.start({ parent, entry, path, isWanted })
    } catch (error) {
      this.#tell(path, error)
      return lostFolder(parent, entry, path)
    }
  }

  async #restoreEntry(folder: RestoredFolder, entry: Exclude<TreeEntry, FolderEntry>): Promise<void> {
    if (entry.type === 'file') return this.#files.add(folder, entry)
    if (entry.type === 'error') return this.#tellUnread(entry)
    if (folder.isLost) return
    try {
      this.#restorePlain(folder, entry)
    } catch (error) {
      this.#tell(this.#walk.pathOf(entry.name), error)
    }
  }

  #restorePlain(folder: RestoredFolder, entry: PlainEntry): void {
    const group = entry.hardLinkGroup === null ? null : keyOf(entry.hardLinkGroup)
    const first = group === null ? undefined : this.#firstByGroup.get(group)
    if (first === undefined) this.#files.writer.make(folder, entry)
    else this.#files.writer.link(first, folder, entry)
    if (group !== null && first === undefined) this.#firstByGroup.set(group, { folder, entry })
  }

  /** It could not be read when the backup was made, so there is nothing to restore: better said than passed over. */
  #tellUnread(entry: ErrorEntry): void {
    if (entry.knownType === 'file') this.#files.countLost(1)
    const error = new EngineError(
      'restore.entry-failed',
      'This could not be read when the backup was made, so the snapshot does not hold it. Look for it in another snapshot.',
      {
        context: { backupCode: entry.code },
      },
    )
    this.#warnings.add(this.#walk.pathOf(entry.name), error)
  }

  #tell(path: Uint8Array, error: unknown): void {
    const fatal = fatalError(error)
    if (fatal !== null) throw fatal
    this.#warnings.add(path, entryError(error))
  }

  /** Delivers everything on its way, then gives folders that are full their metadata, inner ones first. */
  async #settle(): Promise<void> {
    await this.#files.settle()
    for (const folder of this.#waitingFolders) {
      try {
        this.#folders.finish(folder)
      } catch (error) {
        this.#tell(folder.path, error)
      }
    }
    this.#waitingFolders = []
  }

  #outcome(): RestoreOutcome {
    for (const path of this.#prepared.layout.selection.missing()) {
      const error = new EngineError(
        'restore.entry-failed',
        'The snapshot holds nothing at this path. List what it holds, and choose again.',
      )
      this.#warnings.add(Buffer.concat(path.flatMap((name) => [Buffer.from('/'), name])), error)
    }
    this.#metadata.report(this.#warnings)
    const { requested, written, failed, bytesWritten } = this.#files.counts
    invariant(requested === written + failed, 'every file that was asked for is either written or told as failed')
    this.#options.onProgress(this.#progress())
    return {
      status: failed === 0 && this.#warnings.count === 0 ? 'complete' : 'complete-with-errors',
      filesRequested: requested,
      filesWritten: written,
      filesSkipped: 0,
      filesFailed: failed,
      bytesWritten,
      foldersWritten: this.#folders.written,
      warnings: this.#warnings.kept,
      warningCount: this.#warnings.count,
    }
  }

  #progress(): RestoreProgress {
    const { written, failed, bytesWritten } = this.#files.counts
    const { files, bytes } = this.#prepared.total
    const currentPath = this.#nameInHand === null ? null : this.#walk.pathOf(this.#nameInHand)
    return {
      filesDone: written + failed,
      bytesDone: bytesWritten,
      filesTotal: files,
      bytesTotal: bytes,
      warnings: this.#warnings.count,
      currentPath,
    }
  }
}

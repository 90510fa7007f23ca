import { EngineError, invariant } from '../errors/index.ts'
import type { ErrorEntry, FolderEntry, TreeEntry } from '../format/index.ts'
import type { ItemWarnings, Pacer } from '../run-control/index.ts'
import { noAttributes, type Attributes, type AttributeSets } from './snapshot/attribute-sets.ts'
import type { EntryPlacer } from './placing/entry-placer.ts'
import type { RestoredFolder } from './target/restored-folder.ts'
import type { SnapshotStep, SnapshotWalk } from './snapshot/snapshot-walk.ts'
import { entryError, ownError } from './target/system-errors.ts'
import { lostFolder, type FolderToRestore, type TopToRestore } from './target/target-folders.ts'

/** Folders whose metadata waits for their files, some 2 KiB each: all that is on its way is waited for when there are more. */
const waitingFolderLimit = 4096

export interface SnapshotRestorerPorts {
  readonly walk: SnapshotWalk
  /** Folders of the snapshot above this depth are left out: that one becomes the target itself. */
  readonly baseDepth: number
  readonly attributes: AttributeSets
  readonly placer: EntryPlacer
  readonly warnings: ItemWarnings
  readonly pacer: Pacer
  /** The target was not there before. */
  readonly isTopNew: boolean
}

/** A folder of the snapshot that the walk is in; its own one is made when something belongs into it. */
interface OpenFolder {
  readonly above: OpenFolder | null
  /** Null where it is above the base of a flat restore, or the target itself. */
  readonly entry: FolderEntry | null
  readonly path: Buffer
  readonly isWanted: boolean
  restored: RestoredFolder | null
}

/** Takes a snapshot step by step, and puts what it finds into a target, or a plan. */
export class SnapshotRestorer {
  readonly #ports: SnapshotRestorerPorts
  readonly #open: OpenFolder[] = []
  #waiting: RestoredFolder[] = []
  #top: RestoredFolder | null = null
  #nameInHand: Uint8Array | null = null

  constructor(ports: SnapshotRestorerPorts) {
    this.#ports = ports
  }

  get currentPath(): Uint8Array | null {
    return this.#nameInHand === null ? null : this.#ports.walk.pathOf(this.#nameInHand)
  }

  async run(rootPage: Uint8Array): Promise<void> {
    const { walk, pacer, placer } = this.#ports
    for await (const step of walk.steps(rootPage)) {
      await this.#take(step)
      if (this.#waiting.length >= waitingFolderLimit) await this.#settle()
      if (pacer.isDue()) await pacer.turn()
    }
    await this.#settle()
    const { requested, written, skipped, failed } = placer.counts
    invariant(requested === written + skipped + failed, 'every file that was asked for is written, skipped or told as failed')
  }

  async #take(step: SnapshotStep): Promise<void> {
    const { placer, warnings, walk } = this.#ports
    switch (step.kind) {
      case 'folder-start':
        await this.#startFolder(step.entry, step.isWhole)
        break
      case 'folder-end': {
        const restored = this.#open.pop()?.restored ?? null
        if (restored !== null) this.#waiting.push(restored)
        break
      }
      case 'entry':
        this.#nameInHand = step.entry.name
        await this.#restoreEntry(step.entry)
        break
      case 'problem':
        // Without its top there is no snapshot to restore.
        if (this.#open.length === 1) throw entryError(step.error)
        placer.countLost(step.lost.files)
        warnings.add(walk.pathOf(null), entryError(step.error))
    }
  }

  async #startFolder(entry: FolderEntry | null, isWanted: boolean): Promise<void> {
    const { baseDepth, walk } = this.#ports
    const depth = this.#open.length
    const path = walk.pathOf(null)
    const above = this.#open.at(-1) ?? null
    if (depth < baseDepth) {
      this.#open.push({ above, entry: null, path, isWanted: false, restored: null })
      return
    }
    if (depth === baseDepth || entry === null || above === null) {
      // The target itself: in a flat restore it becomes what the base was, else it stays what it is.
      const isBase = baseDepth > 0 && entry !== null
      const attributes = isBase ? await this.#attributesOf(entry, path) : noAttributes
      const restored = this.#startTop({ entry: isBase ? entry : null, attributes, path, isWanted })
      this.#open.push({ above, entry: null, path, isWanted, restored })
      return
    }
    const folder = { above, entry, path, isWanted, restored: null }
    this.#open.push(folder)
    // One that is only on the way is made when something belongs into it: a pattern leaves no empty folders behind.
    if (isWanted) await this.#enter(folder)
  }

  async #enter(folder: OpenFolder): Promise<RestoredFolder> {
    if (folder.restored !== null) return folder.restored
    const { above, entry, path, isWanted } = folder
    if (above === null || entry === null) return this.#enterTop()
    const parent = await this.#enter(above)
    const wanted = { parent, entry, path, isWanted, attributes: await this.#attributesOf(entry, path) }
    folder.restored = parent.lost === null ? this.#start(wanted) : lostFolder(parent, wanted, parent.lost)
    return folder.restored
  }

  /** Of a flat restore of a file there is no folder of the snapshot that the target becomes. */
  #enterTop(): RestoredFolder {
    return this.#top ?? this.#startTop({ entry: null, attributes: noAttributes, path: Buffer.alloc(0), isWanted: false })
  }

  #startTop(top: Omit<TopToRestore, 'isNew'>): RestoredFolder {
    try {
      this.#top = this.#ports.placer.startTop({ ...top, isNew: this.#ports.isTopNew })
      return this.#top
    } catch (error) {
      throw ownError(error)
    }
  }

  #start(wanted: FolderToRestore): RestoredFolder {
    try {
      return this.#ports.placer.startFolder(wanted)
    } catch (error) {
      const own = ownError(error)
      this.#ports.warnings.add(wanted.path, own)
      return lostFolder(wanted.parent, wanted, own.code === 'restore.folder-skipped' ? 'skipped' : 'failed')
    }
  }

  async #restoreEntry(entry: Exclude<TreeEntry, FolderEntry>): Promise<void> {
    if (entry.type === 'error') return this.#tellUnread(entry)
    const inHand = this.#open.at(-1)
    const folder = inHand === undefined ? this.#enterTop() : await this.#enter(inHand)
    const attributes = folder.lost === null ? await this.#attributesOf(entry, null) : noAttributes
    if (entry.type === 'file') return this.#ports.placer.addFile({ folder, entry, attributes })
    try {
      await this.#ports.placer.addPlain({ folder, entry, attributes })
    } catch (error) {
      this.#ports.warnings.add(this.#ports.walk.pathOf(entry.name), ownError(error))
    }
  }

  /** Without them an entry is still worth restoring. @param path null: that of an entry of the folder in hand. */
  async #attributesOf(entry: TreeEntry, path: Buffer | null): Promise<Attributes> {
    if (entry.attributes === null) return noAttributes
    const { attributes, walk, warnings } = this.#ports
    try {
      return attributes.known(entry.attributes) ?? (await attributes.load(entry.attributes, walk.attributesAhead()))
    } catch (cause) {
      const own = ownError(cause)
      const message = `Its extended attributes and ACL could not be read from the vault and are not restored: ${own.message}`
      warnings.add(path ?? walk.pathOf(entry.name), new EngineError('restore.entry-failed', message, { cause: own }))
      return noAttributes
    }
  }

  /** It could not be read when the backup was made, so there is nothing to restore: better said than passed over. */
  #tellUnread(entry: ErrorEntry): void {
    const { placer, warnings, walk } = this.#ports
    if (entry.knownType === 'file') placer.countLost(1)
    const error = new EngineError(
      'restore.entry-failed',
      'This could not be read when the backup was made, so the snapshot does not hold it. Look for it in another snapshot.',
      { context: { backupCode: entry.code } },
    )
    warnings.add(walk.pathOf(entry.name), error)
  }

  /** Delivers everything on its way, then gives folders that are full their metadata, inner ones first. */
  async #settle(): Promise<void> {
    const { placer, warnings } = this.#ports
    await placer.settle()
    for (const folder of this.#waiting) {
      try {
        placer.finishFolder(folder)
      } catch (error) {
        warnings.add(folder.path, ownError(error))
      }
    }
    this.#waiting = []
  }
}

import { EngineError, invariant } from '../../errors/index.ts'
import type { TreeEntry } from '../../format/index.ts'
import type { TargetFolder } from '../../source/index.ts'
import type { Attributes } from '../snapshot/attribute-sets.ts'

/** Folders of the target held open: each costs a descriptor, and opening one again walks down to it. */
const openLimit = 384

/** Of an entry, what is set on what was made for it. */
export type EntryMetadata = Pick<TreeEntry, 'type' | 'owner' | 'mode' | 'mtimeNs'>

/** A folder of the target that things are restored into. Nothing of it is a view: hard links keep it to the end of the restore. */
export interface RestoredFolder {
  /** Null for the target itself. */
  readonly parent: RestoredFolder | null
  readonly name: Uint8Array
  /** Absolute path in the snapshot. */
  readonly path: Buffer
  /** Metadata to give it at the end; null leaves it as it is. */
  readonly entry: EntryMetadata | null
  /** It was there and is only on the way: of its metadata it gets back no more than the time that what is put into it changes. */
  readonly isOnlyTimed: boolean
  readonly attributes: Attributes
  /** Nobody had put anything into it before this restore. */
  readonly isNew: boolean
  /** What is made in it gets an ACL from it. */
  readonly inheritsAcl: boolean
  /** `failed`: it could not be made or entered, so nothing in it can be restored either. `skipped`: something else stands there and stays. */
  readonly lost: 'failed' | 'skipped' | null
  /** What it is, so that it is known again; null if it is lost. */
  readonly identity: { readonly device: bigint; readonly inode: bigint } | null
}

/** An entry of the snapshot and the folder of the target it belongs into. */
export interface Found<Entry extends TreeEntry> {
  readonly folder: RestoredFolder
  readonly entry: Entry
  readonly attributes: Attributes
}

/** In the snapshot. */
export const pathIn = (folder: RestoredFolder, name: Uint8Array): Buffer => Buffer.concat([folder.path, Buffer.from('/'), name])

/**
 * Open handles of target folders, each opened from the one above it by its plain name, never by a path: what stands at a path can be
 * exchanged for a symlink at any time, a handle cannot. Closed handles are opened again the same way and must lead to the same folder.
 */
export class FolderHandles {
  readonly #top: TargetFolder | null
  readonly #open = new Map<RestoredFolder, TargetFolder>()

  /** @param top null where a dry run has none, and then asks for nothing. */
  constructor(top: TargetFolder | null) {
    this.#top = top
  }

  /** The target itself. */
  get top(): TargetFolder {
    invariant(this.#top !== null, 'nothing is asked of a target that is not there')
    return this.#top
  }

  /** Valid until 384 other folders were asked for. @throws EngineError `restore.unsafe-path` if another folder stands in its place. */
  of(folder: RestoredFolder): TargetFolder {
    const missing: RestoredFolder[] = []
    let above: RestoredFolder | null = folder
    while (above !== null && above.parent !== null && !this.#open.has(above)) {
      missing.push(above)
      above = above.parent
    }
    let handle = above === null || above.parent === null ? this.top : this.#touch(above)
    for (const next of missing.toReversed()) handle = this.#openNext(handle, next)
    return handle
  }

  /** Takes over a handle that was just opened. */
  keep(folder: RestoredFolder, handle: TargetFolder): void {
    this.#open.set(folder, handle)
    for (const [oldest, old] of this.#open) {
      if (this.#open.size <= openLimit) break
      old.close()
      this.#open.delete(oldest)
    }
  }

  /** Nothing more comes for this folder. */
  release(folder: RestoredFolder): void {
    this.#open.get(folder)?.close()
    this.#open.delete(folder)
  }

  /** Closes all but the target's own. */
  close(): void {
    for (const handle of this.#open.values()) handle.close()
    this.#open.clear()
  }

  #touch(folder: RestoredFolder): TargetFolder {
    const handle = this.#open.get(folder)!
    this.#open.delete(folder)
    this.#open.set(folder, handle)
    return handle
  }

  #openNext(above: TargetFolder, folder: RestoredFolder): TargetFolder {
    const handle = above.openFolder(folder.name)
    const { device, inode } = handle.metadata()
    if (folder.identity === null || device !== folder.identity.device || inode !== folder.identity.inode) {
      handle.close()
      throw new EngineError(
        'restore.unsafe-path',
        'A folder of the target was exchanged for another one during the restore. Restore where nobody else writes.',
      )
    }
    this.keep(folder, handle)
    return handle
  }
}

import { EngineError } from '../errors/index.ts'
import { TreeReader } from '../reader/index.ts'
import { asCancelled, ItemWarnings, Pacer } from '../run-control/index.ts'
import { findTargetFolder, openTargetFolder, type TargetFolder } from '../source/index.ts'
import { AttributeSets } from './snapshot/attribute-sets.ts'
import { ConflictRules } from './target/conflict.ts'
import { DryRun } from './dry-run.ts'
import { freeBytesAt, measureContent, requireFreeSpace, sizeOfSelection } from './target/free-space.ts'
import { layOut, type Layout } from './snapshot/layout.ts'
import { MetadataWriter } from './target/metadata-writer.ts'
import { NameClashes } from './target/name-clashes.ts'
import { ProtectedPlaces } from './target/protected-places.ts'
import type { RestoreOptions, RestoreOutcome, RestoreProgress } from './restore-options.ts'
import { FolderHandles } from './target/restored-folder.ts'
import { SameEntry } from './target/same-entry.ts'
import { SnapshotRestorer } from './snapshot-restorer.ts'
import { SnapshotWalk } from './snapshot/snapshot-walk.ts'
import { TargetPlacer } from './placing/target-placer.ts'
import { TemporaryNames } from './target/temporary-names.ts'
import { TreePages } from '../tree-pages/index.ts'

const originalPlace = Buffer.from('/')

/**
 * Restores a snapshot, or parts of it, into a folder or back to where it was.
 *
 * Everything is created relative to open folders without following symlinks, so nothing that others put into the target can lead
 * outside. A file appears under its name only when it is whole. Entries that cannot be restored are told and counted, the rest goes on.
 * A restore that was cut short is continued by the same call: what is there already as it should be is not written again.
 *
 * @throws EngineError `restore.target-invalid` (also for a full disk), `restore.place-protected`, `restore.nothing-matched`,
 *   `restore.pattern-invalid`, `cancelled`, the item's error when `onItemError` said `abort`, and whatever the source fails with as a whole. What was restored
 *   before stays; nothing unfinished does, unless the process is killed: then files named `.holdfast-restore-…` may be left, which
 *   the next restore of the same folders takes away (by another boot, container or machine: when they are a day old).
 */
export async function restore(options: RestoreOptions): Promise<RestoreOutcome> {
  const layout = layOut({ ...options, include: options.include ?? [], withDeleted: options.withDeleted ?? false })
  const places = new ProtectedPlaces(options.protectedPlaces ?? [])
  requireAllowed(options, places)
  const pages = new TreePages(options.source, options.idKey, options.signal)
  const path = Buffer.from(options.target ?? originalPlace)
  let target: TargetFolder | null = null
  try {
    const total = await sizeOfSelection(pages, options.rootPage, layout.selection)
    const opened = options.dryRun === true ? { folder: findTargetFolder(path), isNew: false } : openTargetFolder(path)
    target = opened.folder
    const isNew = opened.isNew || target === null
    return await new RestoreRun(options, { layout, places, pages, path, target, isNew, total }).run()
  } catch (error) {
    throw asCancelled(error, options.signal)
  } finally {
    target?.close()
  }
}

/** @throws EngineError `restore.target-invalid`, `restore.place-protected` */
function requireAllowed({ target, flat, selected, roots }: RestoreOptions, places: ProtectedPlaces): void {
  if (target !== null) return places.requireTargetOutside(target)
  if (flat)
    throw new EngineError(
      'restore.target-invalid',
      'What goes back to where it was keeps its whole path. Name a target, or leave flat out.',
    )
  for (const path of selected.length > 0 ? selected : roots) places.requireTargetOutside(path)
}

interface Prepared {
  readonly layout: Layout
  readonly places: ProtectedPlaces
  readonly pages: TreePages
  readonly path: Buffer
  /** Null in a dry run into a folder that is not there. */
  readonly target: TargetFolder | null
  readonly isNew: boolean
  readonly total: { readonly files: number; readonly bytes: number }
}

class RestoreRun {
  readonly #options: RestoreOptions
  readonly #prepared: Prepared
  readonly #reader: TreeReader
  readonly #warnings: ItemWarnings
  readonly #metadata: MetadataWriter
  readonly #placer: TargetPlacer | DryRun
  readonly #restorer: SnapshotRestorer

  constructor(options: RestoreOptions, prepared: Prepared) {
    this.#options = options
    this.#prepared = prepared
    this.#warnings = new ItemWarnings(options.onItemError)
    this.#metadata = new MetadataWriter(this.#warnings)
    const { layout, places, pages, isNew } = prepared
    const pacer = new Pacer({ ...options, report: () => options.onProgress(this.#progress()) })
    this.#reader = new TreeReader((type, id) => options.source.read(type, id))
    const same = new SameEntry({ source: options.source, reader: this.#reader, pacer, metadata: this.#metadata })
    const at = new Date(options.clock.nowMs())
    const names = new TemporaryNames()
    const handles = new FolderHandles(prepared.target)
    const ports = {
      source: options.source,
      signal: options.signal,
      reader: this.#reader,
      pacer,
      places,
      metadata: this.#metadata,
      warnings: this.#warnings,
      names,
      handles,
      clashes: new NameClashes({ handles, names }),
      conflicts: new ConflictRules({ mode: options.conflict ?? 'overwrite-different', same, places, at }),
      nowMs: () => options.clock.nowMs(),
    }
    this.#placer = options.dryRun === true ? new DryRun(ports) : new TargetPlacer(ports)
    this.#restorer = new SnapshotRestorer({
      walk: new SnapshotWalk(pages, layout.selection),
      baseDepth: layout.base.length,
      attributes: new AttributeSets(options.source, options.signal),
      placer: this.#placer,
      warnings: this.#warnings,
      pacer,
      isTopNew: isNew,
    })
  }

  async run(): Promise<RestoreOutcome> {
    if (this.#options.dryRun !== true) await this.#requireSpace()
    try {
      await this.#restorer.run(this.#options.rootPage)
    } finally {
      await this.#placer.close()
    }
    this.#tellMissing()
    this.#metadata.report()
    this.#options.onProgress(this.#progress())
    return this.#outcome()
  }

  async #requireSpace(): Promise<void> {
    const { path, pages, total, layout } = this.#prepared
    await requireFreeSpace({
      target: path,
      atMostBytes: total.bytes,
      measure: () => measureContent(pages, this.#reader, this.#options.rootPage, layout.selection),
    })
  }

  #tellMissing(): void {
    for (const path of this.#prepared.layout.selection.missing()) {
      const error = new EngineError(
        'restore.entry-failed',
        'The snapshot holds nothing at this path. List what it holds, and choose again.',
      )
      this.#warnings.add(Buffer.concat(path.flatMap((name) => [Buffer.from('/'), name])), error)
    }
  }

  #outcome(): RestoreOutcome {
    const { requested, written, unchanged, skipped, failed, bytesWritten } = this.#placer.counts
    const plan = this.#placer instanceof DryRun ? this.#placer.plan : []
    const space = this.#placer instanceof DryRun ? this.#space(this.#placer.neededBytes) : null
    return {
      status: failed === 0 && this.#warnings.count === 0 ? 'complete' : 'complete-with-errors',
      pathsSelected: countOf(this.#prepared.layout.selection.paths()),
      pathsMissing: countOf(this.#prepared.layout.selection.missing()),
      filesRequested: requested,
      filesWritten: written,
      filesUnchanged: unchanged,
      filesSkipped: skipped,
      filesFailed: failed,
      bytesWritten,
      foldersWritten: this.#placer.foldersWritten,
      ...this.#placer.conflictCounts,
      plan,
      space,
      warnings: this.#warnings.kept,
      warningCount: this.#warnings.count,
    }
  }

  /** What a real restore would refuse is told by a dry one. */
  #space(neededBytes: number): RestoreOutcome['space'] {
    const { path } = this.#prepared
    const freeBytes = freeBytesAt(path)
    if (freeBytes !== null && neededBytes > freeBytes)
      this.#warnings.add(
        path,
        new EngineError(
          'restore.target-invalid',
          'The target may have too little free space for this. Free some, or choose another target.',
          {
            context: { neededBytes, freeBytes },
          },
        ),
      )
    return { neededBytes, freeBytes }
  }

  #progress(): RestoreProgress {
    const { written, skipped, failed, bytesDone } = this.#placer.counts
    const { files, bytes } = this.#prepared.total
    return {
      filesDone: written + skipped + failed,
      bytesDone,
      filesTotal: files,
      bytesTotal: bytes,
      warnings: this.#warnings.count,
      currentPath: this.#restorer.currentPath,
    }
  }
}

const countOf = (all: Iterable<unknown>): number => [...all].length

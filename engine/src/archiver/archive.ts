import type { SnapshotStatus } from '../format/index.ts'
import { EngineError } from '../errors/index.ts'
import { asCancelled, ItemWarnings, Pacer } from '../run-control/index.ts'
import { ExcludedPlaces, excludedSources, joinSources, Walk, type SourceSet, type WalkStep } from '../walker/index.ts'
import type { ArchiveOptions, ArchiveOutcome, ArchiveProgress } from './archive-options.ts'
import { CatalogueWriter } from './catalogue/index.ts'
import { ContentReader } from './content-reader.ts'
import { EntryArchiver } from './entry-archiver.ts'
import { FileArchiver } from './file-archiver.ts'
import { DeletedKeeper, type KeptCounts } from './keeping/index.ts'
import { StepQueue } from './step-queue.ts'
import { TreeWriter } from './tree-writer.ts'

/** What may wait for content to be identified: a step holds some hundred bytes, that of a folder what is in hand of the last catalogue too. */
const mostWaitingSteps = 16_384

/**
 * Backs up the sources into the sink: walks them, reads what changed since `previous`, and stores content and tree.
 *
 * When it resolves every blob is durable at the hub, and a new catalogue lies beside the last one; the caller then commits the
 * snapshot, and after that the catalogue (`commitCatalogue`). Runs on the calling thread with synchronous reads: give it one of its own.
 *
 * @throws EngineError `cancelled`; the item's error when `onItemError` said `abort`; `source.unsupported` for sources that are no
 *   absolute paths; whatever the sink fails with. Then no catalogue is left behind.
 */
export async function archive(options: ArchiveOptions): Promise<ArchiveOutcome> {
  const sources = joinSources(options.sources)
  const catalogue = new CatalogueWriter(
    options.catalogue.path,
    { ...options.catalogue, chunker: options.chunker },
    options.catalogue.snapshotId,
  )
  try {
    const run = new ArchiveRun(options, sources, catalogue)
    await run.walk()
    await options.sink.finish()
    run.throwIfCancelled()
    return run.outcome(catalogue.finish(options.sink))
  } catch (error) {
    catalogue.discard()
    throw asCancelled(error, options.signal)
  }
}

class ArchiveRun {
  readonly #options: ArchiveOptions
  readonly #sources: SourceSet
  readonly #walk: Walk
  readonly #pacer: Pacer
  readonly #warnings: ItemWarnings
  readonly #reader: ContentReader
  readonly #tree: TreeWriter
  readonly #entries: EntryArchiver
  readonly #steps: StepQueue
  /** Null unless deleted entries are kept, and there is something to keep them from. */
  readonly #keeper: DeletedKeeper | null
  #lostSources = 0
  #nameInHand: Uint8Array | null = null

  constructor(options: ArchiveOptions, sources: SourceSet, catalogue: CatalogueWriter) {
    const { sink, clock, previous, readAgain } = options
    this.#options = options
    this.#sources = sources
    this.#walk = new Walk(sources, new ExcludedPlaces(options.alwaysExcluded), options.exclusions)
    this.#pacer = new Pacer({ ...options, report: () => options.onProgress(this.#progress()) })
    this.#warnings = new ItemWarnings(options.onItemError)
    this.#reader = new ContentReader(sink, this.#pacer, options.cdcKey, options.chunker)
    this.#tree = new TreeWriter({ ...options, catalogueFolder: (path) => catalogue.folder(path) })
    this.#steps = new StepQueue(() => sink.identified)
    const files = new FileArchiver(sink, previous, this.#reader, clock)
    this.#entries = new EntryArchiver({
      tree: this.#tree,
      steps: this.#steps,
      previous,
      sink,
      files,
      warnings: this.#warnings,
      idKey: options.idKey,
      pathOf: (name) => this.#walk.pathOf(name),
      openFile: (name) => this.#walk.openFile(name),
      onLostSource: () => void this.#lostSources++,
      isReadAgain:
        readAgain === undefined || readAgain.size === 0 ? () => false : (name) => readAgain.has(this.#walk.pathOf(name).toString('latin1')),
    })
    this.#keeper = this.#makeKeeper()
  }

  #makeKeeper(): DeletedKeeper | null {
    const { keep, clock, catalogue } = this.#options
    if (keep === undefined || keep.base === null) return null
    return new DeletedKeeper({
      ...this.#options,
      tree: this.#tree,
      steps: this.#steps,
      warnings: this.#warnings,
      base: keep.base,
      snapshotId: catalogue.snapshotId,
      nowMs: Math.max(0, Math.floor(clock.nowMs())),
      onReplaced: keep.onReplaced,
      rulesInHand: () => this.#walk.rulesInHand(),
      afterEntry: () => this.#afterStep(),
    })
  }

  async walk(): Promise<void> {
    this.#reportMissingSources()
    const { clock } = this.#options
    // The look at an entry happens while the step is made: the clock is asked before.
    let lookedAtMs = clock.nowMs()
    for (const step of this.#walk) {
      const keeping = this.#keeper?.before(step) ?? null
      if (keeping !== null) await keeping
      const taking = this.#take(step, lookedAtMs)
      if (taking !== null) await taking
      const waiting = this.#afterStep()
      if (waiting !== null) await waiting
      lookedAtMs = clock.nowMs()
    }
    await this.#takeAllSteps()
  }

  /** @returns null when it is done, else what it waits for. */
  #take(step: WalkStep, lookedAtMs: number): Promise<void> | null {
    switch (step.kind) {
      case 'entry':
        this.#nameInHand = step.name
        return this.#takeEntry(step, lookedAtMs)
      case 'folder-start':
        this.#keeper?.startFolder(step)
        this.#entries.startFolder(step)
        return null
      case 'folder-end':
        this.#keeper?.endFolder()
        this.#entries.endFolder()
        return null
      case 'vanished':
        this.#entries.countVanished()
        return null
      case 'loss':
        if (step.isSource) this.#lostSources++
        this.#warnings.add(step.path, step.error)
        return null
      case 'problem':
        if (step.isSource) this.#lostSources++
        if (this.#keeper !== null) return this.#takeProblem(this.#keeper, step)
        this.#entries.addProblem(step.name, step.metadata, step.error)
        return null
    }
  }

  #takeEntry(step: Extract<WalkStep, { kind: 'entry' }>, lookedAtMs: number): Promise<void> | null {
    const keeper = this.#keeper
    if (keeper === null) return this.#entries.addEntry(step, lookedAtMs)
    const vanishedBefore = this.#entries.vanished
    const pass = (): void => {
      // What was gone when it came to be read is as deleted as what the walk did not see.
      if (this.#entries.vanished === vanishedBefore) keeper.passEntry(step.name)
    }
    const reading = this.#entries.addEntry(step, lookedAtMs)
    if (reading !== null) return reading.then(pass)
    pass()
    return null
  }

  async #takeProblem(keeper: DeletedKeeper, step: Extract<WalkStep, { kind: 'problem' }>): Promise<void> {
    const { name, metadata, error } = step
    const isCarried = await keeper.passProblem(step, this.#entries.headOf(name, metadata))
    if (isCarried) this.#entries.warnOf(name, error)
    else this.#entries.addProblem(name, metadata, error)
  }

  /** Steps whose time has come are taken, and all else gets its turn. */
  #afterStep(): Promise<void> | null {
    this.#steps.advance()
    const isFull = this.#steps.length > mostWaitingSteps
    return isFull || this.#pacer.isDue() ? this.#makeRoom(isFull) : null
  }

  async #makeRoom(isFull: boolean): Promise<void> {
    if (isFull) await this.#takeAllSteps()
    if (this.#pacer.isLate()) await this.#pacer.turn()
    // Folders, links and tiny files fill the sink too, and no content asks for them.
    await this.#options.sink.whenReady()
  }

  async #takeAllSteps(): Promise<void> {
    await this.#options.sink.identifyAll()
    this.#steps.advance()
  }

  throwIfCancelled(): void {
    this.#pacer.throwIfCancelled()
  }

  outcome(catalogueProblem: EngineError | null): ArchiveOutcome {
    const { page, counts } = this.#tree.root
    this.#options.onProgress(this.#progress())
    return {
      status: this.#status(),
      rootPage: page,
      roots: this.#sources.paths,
      ...counts,
      ...this.#entries.counts,
      filesRead: this.#reader.filesRead,
      bytesRead: this.#reader.bytesRead,
      deleted: this.#options.keep === undefined ? null : (this.#keeper?.counts ?? nothingKept),
      leftOut: { ...this.#walk.leftOut },
      warnings: this.#warnings.kept,
      warningCount: this.#warnings.count,
      damagedCatalogueParts: this.#options.previous?.damagedParts ?? 0,
      catalogueProblem,
    }
  }

  #status(): SnapshotStatus {
    if (this.#lostSources > 0) return 'partial'
    return this.#warnings.count > 0 ? 'complete-with-errors' : 'complete'
  }

  /** No entry can stand for them: what lies around them is in the tree as it is. */
  #reportMissingSources(): void {
    for (const path of this.#sources.absent) {
      this.#lostSources++
      this.#warnings.add(path, new EngineError('source.not-found', 'A source does not exist. Check the path.'))
    }
    for (const path of excludedSources(this.#sources, this.#options.exclusions)) {
      this.#lostSources++
      this.#warnings.add(path, innerSourceExcluded())
    }
  }

  #progress(): ArchiveProgress {
    const { filesDone, bytesDone } = this.#entries.done
    const currentPath = this.#nameInHand === null ? null : this.#walk.pathOf(this.#nameInHand)
    return {
      filesDone,
      bytesDone,
      filesRead: this.#reader.filesRead,
      bytesRead: this.#reader.bytesRead,
      warnings: this.#warnings.count,
      currentPath,
    }
  }
}

const nothingKept: KeptCounts = { files: 0, folders: 0, bytes: 0, filesNewlyDeleted: 0, replaced: 0, lost: 0 }

const innerSourceExcluded = (): EngineError =>
  new EngineError(
    'source.unsupported',
    'A source lies in another one, whose exclusions leave it out. Back it up by a run of its own, or take the exclusion back.',
  )

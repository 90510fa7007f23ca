import type { SnapshotStatus } from '../format/index.ts'
import { EngineError } from '../errors/index.ts'
import { asCancelled, ItemWarnings, Pacer } from '../run-control/index.ts'
import { ExcludedPlaces, excludedSources, joinSources, Walk, type SourceSet } from '../walker/index.ts'
import type { ArchiveOptions, ArchiveOutcome, ArchiveProgress } from './archive-options.ts'
import { CatalogueWriter } from './catalogue/index.ts'
import { ContentReader } from './content-reader.ts'
import { EntryArchiver } from './entry-archiver.ts'
import { FileArchiver } from './file-archiver.ts'
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
      isReadAgain:
        readAgain === undefined || readAgain.size === 0 ? () => false : (name) => readAgain.has(this.#walk.pathOf(name).toString('latin1')),
    })
  }

  async walk(): Promise<void> {
    this.#reportMissingSources()
    const { clock } = this.#options
    // The look at an entry happens while the step is made: the clock is asked before.
    let lookedAtMs = clock.nowMs()
    for (const step of this.#walk) {
      if (step.kind === 'entry') {
        this.#nameInHand = step.name
        const reading = this.#entries.addEntry(step, lookedAtMs)
        if (reading !== null) await reading
      } else if (step.kind === 'folder-start') this.#entries.startFolder(step)
      else if (step.kind === 'folder-end') this.#entries.endFolder()
      else if (step.kind === 'vanished') this.#entries.countVanished()
      else {
        if (step.isSource) this.#lostSources++
        this.#entries.addProblem(step.name, step.metadata, step.error)
      }
      this.#steps.advance()
      if (this.#steps.length > mostWaitingSteps) await this.#takeAllSteps()
      if (this.#pacer.isDue()) await this.#pacer.turn()
      lookedAtMs = clock.nowMs()
    }
    await this.#takeAllSteps()
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

const innerSourceExcluded = (): EngineError =>
  new EngineError(
    'source.unsupported',
    'A source lies in another one, whose exclusions leave it out. Back it up by a run of its own, or take the exclusion back.',
  )

import { EngineError, invariant } from '../../errors/index.ts'
import type { ContentItem, FileEntry } from '../../format/index.ts'
import type { TreeReader } from '../../reader/index.ts'
import type { ItemWarnings, Pacer } from '../../run-control/index.ts'
import type { FileMetadata } from '../../source/index.ts'
import type { BlobSource } from '../../vault/blob-source.ts'
import { cannotLink, toCreate, type ConflictRules, type Decision } from '../target/conflict.ts'
import { ContentBatch } from './content-batch.ts'
import type { EntryWriter } from './entry-writer.ts'
import type { FoundFile, PlacedCounts } from './entry-placer.ts'
import { firstNameOf, RestoredFile, type LinkSource, type NamedFile } from './restored-file.ts'
import type { NameClashes } from '../target/name-clashes.ts'
import { isSameInode } from '../target/same-entry.ts'
import { pathIn, type FolderHandles, type RestoredFolder } from '../target/restored-folder.ts'
import { entryError, fatalError, ownError, systemCodeOf } from '../target/system-errors.ts'
import { keyOf } from '../../tree-pages/index.ts'

export interface FileRestorerPorts {
  readonly source: BlobSource
  readonly reader: TreeReader
  readonly handles: FolderHandles
  readonly conflicts: ConflictRules
  readonly clashes: NameClashes
  readonly writer: EntryWriter
  readonly warnings: ItemWarnings
  readonly pacer: Pacer
  readonly signal: AbortSignal
}

/** Restores regular files: plans what each needs, has it delivered in batches, links what is one file under several names. */
export class FileRestorer {
  readonly #ports: FileRestorerPorts
  readonly #batch: ContentBatch
  readonly #unfinished = new Set<RestoredFile>()
  readonly #firstByGroup = new Map<string, LinkSource>()
  /** Names that were to be links and have to become files of their own. */
  readonly #again: NamedFile[] = []
  #isSourceLost = false
  readonly #counts = { requested: 0, written: 0, unchanged: 0, skipped: 0, failed: 0, bytesWritten: 0, bytesDone: 0 }

  constructor(ports: FileRestorerPorts) {
    this.#ports = ports
    this.#batch = new ContentBatch(ports.source, ports.signal)
  }

  get counts(): PlacedCounts {
    return this.#counts
  }

  /** Files that were asked for and are beyond reach, already told as part of something larger. */
  countLost(files: number): void {
    this.#counts.requested += files
    this.#counts.failed += files
  }

  /** Takes a file on; it may be delivered now, or with others later. */
  async add(found: FoundFile): Promise<void> {
    const { folder } = found
    if (folder.lost === 'failed') return this.countLost(1)
    this.#counts.requested++
    if (folder.lost === 'skipped') return this.#skip(found)
    if (!this.#hasOwnName(found)) return
    // In a folder of our own making no name is taken.
    if (folder.isNew) return this.#begin({ ...found, ...toCreate })
    const decision = await this.#decide(found)
    if (decision === null) return
    if (decision.action === 'skip') this.#skip(found)
    else if (decision.action === 'unchanged') this.#onUnchanged(found)
    else await this.#begin({ ...found, ...decision })
  }

  /** False when it cannot have its name beside others of the snapshot, which is told. */
  #hasOwnName(found: FoundFile): boolean {
    try {
      this.#ports.clashes.claim(found.folder, found.entry.name)
      return true
    } catch (error) {
      this.#tell(found, ownError(error))
      return false
    }
  }

  /** Null when it cannot be had, which is told. */
  async #decide(found: FoundFile): Promise<Decision | null> {
    try {
      const decision = await this.#ports.conflicts.decide(this.#ports.handles.of(found.folder), found)
      // With the same content nothing is lost: it becomes a link to the first of its group.
      return decision.action === 'unchanged' && !this.#isLinkedAsItShould(found) ? { ...decision, action: 'overwrite' } : decision
    } catch (error) {
      this.#tell(found, ownError(error))
      return null
    }
  }

  /** Waits until nothing is on its way. */
  async settle(): Promise<void> {
    do {
      await this.#deliver()
      for (const name of this.#again.splice(0)) await this.#begin(name)
      invariant(
        this.#unfinished.size === 0 || !this.#batch.isEmpty || this.#again.length > 0,
        'every file waits for a piece, and every piece is delivered or told as lost',
      )
    } while (this.#unfinished.size > 0 || this.#again.length > 0 || !this.#batch.isEmpty)
  }

  /** Takes away whatever is unfinished when the restore ends early. */
  async discard(): Promise<void> {
    for (const file of this.#unfinished) file.discard()
    this.#unfinished.clear()
    await this.#batch.discard()
  }

  async #begin(name: NamedFile): Promise<void> {
    const group = name.entry.hardLinkGroup === null ? null : keyOf(name.entry.hardLinkGroup)
    const first = group === null ? undefined : this.#firstByGroup.get(group)
    if (first !== undefined) return this.#link(first, name)
    const file = new RestoredFile(name, this.#ports.writer)
    if (group !== null) this.#firstByGroup.set(group, file)
    this.#unfinished.add(file)
    try {
      await this.#plan(file)
    } catch (error) {
      // A list of contents that is missing or damaged concerns this file alone.
      if (this.#isSourceLost || !(error instanceof EngineError) || !/^(blob|format|bytes|segment|pack)\./.test(error.code)) throw error
      file.fail(error)
    }
  }

  async #plan(file: RestoredFile): Promise<void> {
    const { content, size } = file.entry
    let planned = 0
    if (content.kind === 'inline') {
      planned = content.bytes.length
      file.expectPiece()
      file.write(0, content.bytes)
    } else if (content.kind === 'items') {
      for (const item of content.items) {
        this.#want(file, planned, item)
        planned += item.length
      }
    } else {
      for await (const { offset, item } of this.#ports.reader.items(file.entry)) {
        if (file.state === 'failed') return
        this.#want(file, offset, item)
        planned = offset + item.length
        if (this.#batch.isFull) await this.#deliver()
      }
    }
    if (planned === size) file.endPlan()
    else file.fail(new EngineError('format.invalid', 'A file has more or less content than its size says: the snapshot is damaged here.'))
    if (this.#batch.isFull) await this.#deliver()
  }

  /** One file may be a million pieces: the rest of the program gets its turn between batches too. */
  async #deliver(): Promise<void> {
    try {
      await this.#batch.deliver()
    } catch (error) {
      this.#isSourceLost = true
      throw error
    }
    if (this.#ports.pacer.isLate()) await this.#ports.pacer.turn()
  }

  #want(file: RestoredFile, offset: number, item: ContentItem): void {
    if (item.kind === 'hole') return
    file.expectPiece()
    this.#batch.want(item.id, file, offset, item.length)
  }

  /** It is the first of its group, which later names are compared with, or the same inode as that. */
  #isLinkedAsItShould(found: FoundFile): boolean {
    const { entry, folder } = found
    if (entry.hardLinkGroup === null) return true
    const key = keyOf(entry.hardLinkGroup)
    const first = this.#firstByGroup.get(key)
    if (first === undefined) {
      this.#firstByGroup.set(key, writtenFirst(found))
      return true
    }
    return first.state === 'written' && isSameInode(this.#lookAt(first.folder, first.entry), this.#lookAt(folder, entry))
  }

  #lookAt(folder: RestoredFolder, { name }: Pick<FileEntry, 'name'>): FileMetadata | null {
    return this.#ports.handles.of(folder).lookAt(name)
  }

  #skip({ entry }: FoundFile): void {
    this.#counts.skipped++
    this.#counts.bytesDone += entry.size
  }

  #link(first: LinkSource, name: NamedFile): void {
    if (first.state === 'waiting') {
      first.links.push(name)
      return
    }
    try {
      this.#ports.writer.link(first, name)
      this.#counts.written++
      this.#counts.bytesDone += name.entry.size
    } catch (error) {
      this.#linkFailed(first, name, error)
    }
  }

  #linkFailed(first: LinkSource, name: NamedFile, error: unknown): void {
    const fatal = fatalError(error)
    if (fatal !== null) throw fatal
    const path = pathIn(name.folder, name.entry.name)
    if (!cannotLink.has(systemCodeOf(error) ?? '')) {
      this.#counts.failed++
      this.#ports.warnings.add(path, entryError(error))
      return
    }
    this.#ports.warnings.add(
      path,
      new EngineError('restore.entry-failed', 'The target did not take another hard link, so the file was restored as a copy of its own.', {
        cause: error,
      }),
    )
    const group = name.entry.hardLinkGroup
    // The copy takes the place of the first, or the next name would come here again.
    if (group !== null && this.#firstByGroup.get(keyOf(group)) === first) this.#firstByGroup.delete(keyOf(group))
    this.#again.push(name)
  }

  #onUnchanged({ entry }: FoundFile): void {
    this.#counts.written++
    this.#counts.unchanged++
    this.#counts.bytesDone += entry.size
  }

  /** For the writer. */
  onWritten(file: RestoredFile): void {
    this.#unfinished.delete(file)
    this.#counts.written++
    this.#counts.bytesWritten += file.entry.size
    this.#counts.bytesDone += file.entry.size
    const first = this.#keepAsFirst(file)
    for (const name of file.links.splice(0)) this.#link(first, name)
  }

  #keepAsFirst(file: RestoredFile): LinkSource {
    const { hardLinkGroup } = file.entry
    const key = hardLinkGroup === null ? null : keyOf(hardLinkGroup)
    if (key === null || this.#firstByGroup.get(key) !== file) return file
    const first = writtenFirst(file)
    this.#firstByGroup.set(key, first)
    return first
  }

  /** The next name of its group becomes the first. */
  #forgetAsFirst(file: RestoredFile): void {
    const { hardLinkGroup } = file.entry
    if (hardLinkGroup !== null && this.#firstByGroup.get(keyOf(hardLinkGroup)) === file) this.#firstByGroup.delete(keyOf(hardLinkGroup))
  }

  /** For the writer. */
  onFailed(file: RestoredFile, error: unknown): void {
    this.#unfinished.delete(file)
    this.#forgetAsFirst(file)
    this.#tell(file, error)
    const names = file.links.splice(0)
    // What the target refused may work elsewhere; content that is not there is not there under any name.
    if (systemCodeOf(error) !== null || (error instanceof EngineError && error.code.startsWith('restore.'))) this.#again.push(...names)
    else for (const name of names) this.#tell(name, error)
  }

  #tell({ folder, entry }: FoundFile, error: unknown): void {
    this.#counts.failed++
    this.#ports.warnings.add(pathIn(folder, entry.name), entryError(error))
  }
}

const writtenFirst = (found: FoundFile): LinkSource => ({ ...firstNameOf(found), state: 'written', links: [] })

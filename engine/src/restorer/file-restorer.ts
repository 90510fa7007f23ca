import { EngineError, invariant } from '../errors/index.ts'
import type { ContentItem, FileEntry } from '../format/index.ts'
import type { TreeReader } from '../reader/index.ts'
import type { ItemWarnings, Pacer } from '../run-control/index.ts'
import type { BlobSource } from '../vault/blob-source.ts'
import { ContentBatch } from './content-batch.ts'
import { EntryWriter, pathIn } from './entry-writer.ts'
import type { MetadataWriter } from './metadata-writer.ts'
import { RestoredFile, type WaitingLink } from './restored-file.ts'
import type { FolderHandles, RestoredFolder } from './restored-folder.ts'
import { entryError, fatalError, systemCodeOf } from './system-errors.ts'
import { keyOf } from './tree-pages.ts'

export interface FileRestorerPorts {
  readonly source: BlobSource
  readonly reader: TreeReader
  readonly handles: FolderHandles
  readonly metadata: MetadataWriter
  readonly warnings: ItemWarnings
  readonly pacer: Pacer
  readonly signal: AbortSignal
}

/** What a target answers that cannot give an inode one more name. */
const cannotLink = new Set(['EPERM', 'EMLINK', 'EXDEV', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS', 'EACCES'])

/** Restores regular files: plans what each needs, has it delivered in batches, links what is one file under several names. */
export class FileRestorer {
  readonly writer: EntryWriter
  readonly #ports: FileRestorerPorts
  readonly #batch: ContentBatch
  readonly #unfinished = new Set<RestoredFile>()
  readonly #firstByGroup = new Map<string, RestoredFile>()
  /** Names that were to be links and have to become files of their own. */
  readonly #again: WaitingLink[] = []
  #requested = 0
  #written = 0
  #failed = 0
  #bytesWritten = 0

  constructor(ports: FileRestorerPorts) {
    this.#ports = ports
    this.#batch = new ContentBatch(ports.source, ports.signal)
    this.writer = new EntryWriter(ports.handles, ports.metadata, {
      written: (file) => this.#onWritten(file),
      failed: (file, error) => this.#onFailed(file, error),
    })
  }

  get counts(): { readonly requested: number; readonly written: number; readonly failed: number; readonly bytesWritten: number } {
    return { requested: this.#requested, written: this.#written, failed: this.#failed, bytesWritten: this.#bytesWritten }
  }

  /** Files that were asked for and are beyond reach, already told as part of something larger. */
  countLost(files: number): void {
    this.#requested += files
    this.#failed += files
  }

  /** Takes a file on; it may be delivered now, or with others later. */
  async add(folder: RestoredFolder, entry: FileEntry): Promise<void> {
    if (folder.isLost) return this.countLost(1)
    this.#requested++
    await this.#begin({ folder, entry })
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
    } while (this.#unfinished.size > 0 || this.#again.length > 0)
  }

  /** Takes away whatever is unfinished when the restore ends early. */
  discard(): void {
    for (const file of this.#unfinished) file.discard()
    this.#unfinished.clear()
  }

  async #begin(name: WaitingLink): Promise<void> {
    const group = name.entry.hardLinkGroup === null ? null : keyOf(name.entry.hardLinkGroup)
    const first = group === null ? undefined : this.#firstByGroup.get(group)
    if (first !== undefined && first.state !== 'failed') return this.#link(first, name)
    const file = new RestoredFile(name.folder, name.entry, this.writer)
    if (group !== null) this.#firstByGroup.set(group, file)
    this.#unfinished.add(file)
    try {
      await this.#plan(file)
    } catch (error) {
      // A list of contents that is missing or damaged concerns this file alone.
      if (!(error instanceof EngineError) || !/^(blob|format|bytes|segment|pack)\./.test(error.code)) throw error
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
    await this.#batch.deliver()
    if (this.#ports.pacer.isLate()) await this.#ports.pacer.turn()
  }

  #want(file: RestoredFile, offset: number, item: ContentItem): void {
    if (item.kind === 'hole') return
    file.expectPiece()
    this.#batch.want(item.id, file, offset, item.length)
  }

  #link(first: RestoredFile, name: WaitingLink): void {
    if (first.state === 'waiting') {
      first.links.push(name)
      return
    }
    try {
      this.writer.link(first, name.folder, name.entry)
      this.#written++
    } catch (error) {
      this.#linkFailed(first, name, error)
    }
  }

  #linkFailed(first: RestoredFile, name: WaitingLink, error: unknown): void {
    const fatal = fatalError(error)
    if (fatal !== null) throw fatal
    const path = pathIn(name.folder, name.entry.name)
    if (!cannotLink.has(systemCodeOf(error) ?? '')) {
      this.#failed++
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

  #onWritten(file: RestoredFile): void {
    this.#unfinished.delete(file)
    this.#written++
    this.#bytesWritten += file.entry.size
    for (const name of file.links.splice(0)) this.#link(file, name)
  }

  #onFailed(file: RestoredFile, error: unknown): void {
    this.#unfinished.delete(file)
    this.#tell({ folder: file.folder, entry: file.entry }, error)
    const names = file.links.splice(0)
    // What the target refused may work elsewhere; content that is not there is not there under any name.
    if (systemCodeOf(error) !== null || (error instanceof EngineError && error.code.startsWith('restore.'))) this.#again.push(...names)
    else for (const name of names) this.#tell(name, error)
  }

  #tell({ folder, entry }: WaitingLink, error: unknown): void {
    this.#failed++
    this.#ports.warnings.add(pathIn(folder, entry.name), entryError(error))
  }
}

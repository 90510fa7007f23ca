import { keyOf } from '../../tree-pages/index.ts'
import { EntryWriter } from './entry-writer.ts'
import type { EntryPlacer, FoundFile, FoundPlain, PlacedCounts } from './entry-placer.ts'
import { FileRestorer, type FileRestorerPorts } from './file-restorer.ts'
import { firstNameOf, type FirstName } from './restored-file.ts'
import { toCreate } from '../target/conflict.ts'
import type { FileMetadata } from '../../source/index.ts'
import type { RestoredFolder } from '../target/restored-folder.ts'
import { isSameInode } from '../target/same-entry.ts'
import { TargetFolders, type FolderToRestore, type TargetFoldersPorts, type TopToRestore } from '../target/target-folders.ts'

export type TargetPlacerPorts = Omit<FileRestorerPorts, 'writer'> & TargetFoldersPorts

/** Puts entries into a target. */
export class TargetPlacer implements EntryPlacer {
  readonly #folders: TargetFolders
  readonly #ports: TargetPlacerPorts
  readonly #files: FileRestorer
  readonly #writer: EntryWriter
  readonly #firstByGroup = new Map<string, FirstName>()

  constructor(ports: TargetPlacerPorts) {
    this.#ports = ports
    this.#folders = new TargetFolders(ports)
    this.#writer = new EntryWriter({
      ...ports,
      events: { written: (file) => this.#files.onWritten(file), failed: (file, error) => this.#files.onFailed(file, error) },
    })
    this.#files = new FileRestorer({ ...ports, writer: this.#writer })
  }

  get counts(): PlacedCounts {
    return this.#files.counts
  }

  get foldersWritten(): number {
    return this.#folders.written
  }

  get conflictCounts(): { readonly overwritten: number; readonly renamed: number } {
    return this.#ports.conflicts.counts
  }

  startTop(top: TopToRestore): RestoredFolder {
    return this.#folders.startTop(top)
  }

  startFolder(wanted: FolderToRestore): RestoredFolder {
    return this.#folders.start(wanted)
  }

  finishFolder(folder: RestoredFolder): void {
    this.#folders.finish(folder)
  }

  addFile(file: FoundFile): Promise<void> {
    return this.#files.add(file)
  }

  async addPlain(plain: FoundPlain): Promise<void> {
    const { folder, entry } = plain
    if (folder.lost !== null) return
    const { conflicts, handles, clashes } = this.#ports
    clashes.claim(folder, entry.name)
    const decision = folder.isNew ? toCreate : await conflicts.decide(handles.of(folder), plain)
    const { action } = decision
    if (action === 'skip') return
    const group = entry.hardLinkGroup === null ? null : keyOf(entry.hardLinkGroup)
    const first = group === null ? undefined : this.#firstByGroup.get(group)
    if (first !== undefined) {
      if (action !== 'unchanged') this.#writer.link(first, { ...plain, ...decision })
      // With the same content nothing is lost: it becomes a link to the first of its group.
      else if (!isSameInode(this.#lookAt(first), this.#lookAt(plain)))
        this.#writer.link(first, { ...plain, ...decision, action: 'overwrite' })
    } else if (action !== 'unchanged') this.#writer.make({ ...plain, ...decision })
    if (group !== null && first === undefined) this.#firstByGroup.set(group, firstNameOf(plain))
  }

  #lookAt({ folder, entry }: FirstName): FileMetadata | null {
    return this.#ports.handles.of(folder).lookAt(entry.name)
  }

  countLost(files: number): void {
    this.#files.countLost(files)
  }

  settle(): Promise<void> {
    return this.#files.settle()
  }

  async close(): Promise<void> {
    const discarded = this.#files.discard()
    this.#folders.abandon()
    this.#ports.handles.close()
    await discarded
  }
}

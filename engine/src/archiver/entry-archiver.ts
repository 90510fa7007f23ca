import { EngineError, invariant } from '../errors/index.ts'
import { sumOfBytes, type TreeEntry } from '../format/index.ts'
import type { ItemWarnings } from '../run-control/index.ts'
import { OwnerNames, readLinkTarget, readMetadata, type FileMetadata, type OpenFile } from '../source/index.ts'
import type { BlobSink } from '../vault/blob-sink.ts'
import type { WalkStep } from '../walker/index.ts'
import { findAttributes, storeAttributes } from './attribute-archiver.ts'
import type { Catalogue, CataloguedFile, KnownFolder } from './catalogue/index.ts'
import { emptyFields } from './empty-fields.ts'
import { isGone, type ArchivedFile, type EntryFields, type FileArchiver, type FileToArchive } from './file-archiver.ts'
import { groupOfKept, HardLinks, leadGroup, type HardLinkGroup } from './hard-links.ts'
import { fromLinkedEntry, toLinkedEntry, type KeptEntry } from './linked-entry.ts'
import type { StepQueue } from './step-queue.ts'
import type { FolderHead, TreeWriter } from './tree-writer.ts'

export interface EntryArchiverPorts {
  readonly tree: TreeWriter
  /** What is done to the tree goes through it. */
  readonly steps: StepQueue
  readonly previous: Catalogue | null
  readonly sink: BlobSink
  readonly files: FileArchiver
  readonly warnings: ItemWarnings
  readonly idKey: Uint8Array
  /** Absolute path of an entry of the folder in hand. */
  readonly pathOf: (name: Uint8Array) => Buffer
  /** Whether a file of the folder in hand is read although it has not changed. */
  readonly isReadAgain: (name: Uint8Array) => boolean
  /** A source that is a file was gone when it was to be read. */
  readonly onLostSource: () => void
  /** Opens a file of the folder in hand. */
  readonly openFile: (name: Buffer) => OpenFile
}

type FoundEntry = Extract<WalkStep, { kind: 'entry' }>
type FoundFolder = Extract<WalkStep, { kind: 'folder-start' }>

/** Turns what the walk finds into entries of the tree. */
export class EntryArchiver {
  readonly #ports: EntryArchiverPorts
  readonly #owners = new OwnerNames()
  readonly #links: HardLinks
  /** What the last backup knew of the folder in hand and those above it. */
  readonly #known: (KnownFolder | null)[] = []
  #filesDone = 0
  #bytesDone = 0
  #filesNew = 0
  #filesChanged = 0
  #filesUnchanged = 0
  #vanished = 0

  constructor(ports: EntryArchiverPorts) {
    this.#ports = ports
    this.#links = new HardLinks(ports.idKey)
  }

  get done(): { readonly filesDone: number; readonly bytesDone: number } {
    return { filesDone: this.#filesDone, bytesDone: this.#bytesDone }
  }

  get counts(): { readonly filesNew: number; readonly filesChanged: number; readonly filesUnchanged: number; readonly vanished: number } {
    return { filesNew: this.#filesNew, filesChanged: this.#filesChanged, filesUnchanged: this.#filesUnchanged, vanished: this.#vanished }
  }

  /** Entries that were gone when they were looked at or read. */
  get vanished(): number {
    return this.#vanished
  }

  startFolder({ name, metadata, path, isAncestor, access }: FoundFolder): void {
    const { steps, tree, previous } = this.#ports
    const known = previous?.folder(path) ?? null
    this.#known.push(known)
    if (metadata === null) return steps.add(() => tree.startFolder(path, null, known))
    const attributes = this.#attributesOf(access, () => path)
    const head: FolderHead = { ...this.#fields(name, metadata, null), attributes, type: 'folder', isAncestor }
    steps.add(() => tree.startFolder(path, head, known))
  }

  endFolder(): void {
    this.#known.pop()
    this.#ports.steps.add(() => this.#ports.tree.endFolder())
  }

  /** @returns null when it is done, else what it waits for: a file that has to be read. */
  addEntry(found: FoundEntry, lookedAtMs: number): Promise<void> | null {
    const { name, metadata } = found
    const group = metadata.linkCount > 1 ? this.#links.groupOf(metadata, () => this.#ports.pathOf(name)) : null
    if (group !== null && group.first !== null) this.#addLink(name, group.id, group.first)
    else if (metadata.type !== 'file') this.#addUnread(found, group)
    else {
      const known = this.#knownFile(name)
      const file = {
        name,
        metadata,
        lookedAtMs,
        open: () => this.#ports.openFile(name),
        known,
        fields: (current: FileMetadata) => this.#fields(name, current, groupOfKept(group, current)),
      }
      const adopted = this.#ports.isReadAgain(name) ? null : this.#ports.files.adopt(file)
      if (adopted === null) return this.#addRead(found, file, group)
      this.#addFile(() => adopted, 0, { group, metadata })
    }
    return null
  }

  /** Something that is there and cannot be kept as what it is. */
  addProblem(name: Buffer, metadata: FileMetadata | null, error: EngineError): void {
    const fields = metadata === null ? { ...emptyFields, name } : this.#fields(name, metadata, null)
    this.#keep({ entry: { ...fields, type: 'error', knownType: metadata?.type ?? null, code: error.code }, catalogued: null })
    this.warnOf(name, error)
  }

  warnOf(name: Buffer, error: EngineError): void {
    this.#ports.warnings.add(this.#ports.pathOf(name), error)
  }

  /** A folder that cannot be looked into, as far as it is known. */
  headOf(name: Buffer, metadata: FileMetadata | null): FolderHead | null {
    return metadata?.type === 'folder' ? { ...this.#fields(name, metadata, null), type: 'folder' } : null
  }

  countVanished(): void {
    this.#vanished++
  }

  /** What the last backup knew of a file of the folder in hand. */
  #knownFile(name: Buffer): CataloguedFile | null {
    return this.#known.at(-1)?.find(name) ?? null
  }

  async #addRead(found: FoundEntry, file: FileToArchive, group: HardLinkGroup | null): Promise<void> {
    const { files, warnings, pathOf } = this.#ports
    try {
      const read = await files.read(file)
      const { content, metadata } = read.read
      this.#addFile(() => files.finish(read), content.kind === 'inline' ? 0 : content.until, { group, metadata })
      if (read.warning !== null) warnings.add(pathOf(found.name), read.warning)
    } catch (error) {
      this.#addUnreadable(found, error)
    }
  }

  /**
   * @param content so many pieces must be identified before `make` is called.
   * @param of the group of the look, and what is kept.
   */
  #addFile(make: () => ArchivedFile, content: number, { group, metadata }: { group: HardLinkGroup | null; metadata: FileMetadata }): void {
    const own = groupOfKept(group, metadata)
    const first = own === null ? null : leadGroup(own, metadata)
    this.#ports.steps.add(() => {
      const file = make()
      if (first !== null) first.kept = toLinkedEntry(file)
      this.#ports.tree.add(file.entry, file.catalogued)
      this.#count(file.change, file.entry.size)
    }, content)
  }

  /** Another name of an inode that is kept already: one look and one reading speak for all its names. */
  #addLink(name: Buffer, group: Uint8Array, first: NonNullable<HardLinkGroup['first']>): void {
    const change = this.#knownFile(name) === null ? 'new' : 'unchanged'
    this.#ports.steps.add(() => {
      invariant(first.kept !== null, 'the first name of an inode is kept before the others')
      const { entry, catalogued } = fromLinkedEntry(first.kept, name, group)
      this.#ports.tree.add(entry, catalogued)
      if (entry.type === 'file') this.#count(change, entry.size)
    })
  }

  #addUnread(found: FoundEntry, group: HardLinkGroup | null): void {
    try {
      const attributes = this.#attributesOf(found.access, () => this.#ports.pathOf(found.name))
      const kept = { entry: this.#unreadEntry(found, { ...this.#fields(found.name, found.metadata, group), attributes }), catalogued: null }
      if (group !== null && found.metadata.type === 'symlink') requireSame(found)
      if (group !== null) group.first = { kept: toLinkedEntry(kept) }
      this.#keep(kept)
    } catch (error) {
      this.#addUnreadable(found, error)
    }
  }

  #keep({ entry, catalogued }: KeptEntry): void {
    this.#ports.steps.add(() => this.#ports.tree.add(entry, catalogued))
  }

  /** Of what is no file: looked at each time, since the catalogue knows files alone. */
  #attributesOf(access: Buffer, path: () => Uint8Array): Uint8Array | null {
    const { attributes, problem } = findAttributes(access)
    if (problem !== null) this.#ports.warnings.add(path(), problem)
    return storeAttributes(this.#ports.sink, attributes)?.id ?? null
  }

  #unreadEntry({ metadata, access }: FoundEntry, fields: EntryFields): Exclude<TreeEntry, { type: 'folder' }> {
    switch (metadata.type) {
      case 'symlink':
        return { ...fields, type: 'symlink', target: readLinkTarget(access) }
      case 'char-device':
      case 'block-device':
        return { ...fields, type: metadata.type, major: metadata.deviceMajor, minor: metadata.deviceMinor }
      case 'fifo':
      case 'socket':
        return { ...fields, type: metadata.type }
      default:
        throw new EngineError('source.unsupported', 'This is of a kind that cannot be kept.')
    }
  }

  #addUnreadable(found: FoundEntry, error: unknown): void {
    if (isGone(error) && !found.isSource) return this.countVanished()
    if (!(error instanceof EngineError) || !error.code.startsWith('source.')) throw error
    if (isGone(error)) this.#ports.onLostSource()
    this.addProblem(found.name, found.metadata, error)
  }

  #count(change: ArchivedFile['change'], size: number): void {
    this.#filesDone++
    this.#bytesDone = sumOfBytes(this.#bytesDone, size)
    if (change === 'new') this.#filesNew++
    else if (change === 'changed') this.#filesChanged++
    else this.#filesUnchanged++
  }

  #fields(name: Buffer, metadata: FileMetadata, group: HardLinkGroup | null): EntryFields {
    const { mode, uid, gid, mtimeNs } = metadata
    return { ...emptyFields, name, mode, owner: this.#owners.of(uid, gid), mtimeNs, hardLinkGroup: group?.id ?? null }
  }
}

/** What all names of an inode would share must be of that inode: a target is read by path. @throws EngineError `source.changed` */
function requireSame({ metadata, access }: FoundEntry): void {
  const { device, inode } = readMetadata(access)
  if (device !== metadata.device || inode !== metadata.inode)
    throw new EngineError('source.changed', 'The symlink was exchanged for another one while it was looked at. It is kept again next time.')
}

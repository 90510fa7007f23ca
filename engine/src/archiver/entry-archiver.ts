import { EngineError } from '../errors/index.ts'
import type { Owner, TreeEntry } from '../format/index.ts'
import type { ItemWarnings } from '../run-control/index.ts'
import { OwnerNames, readLinkTarget, type FileMetadata, type OpenFile } from '../source/index.ts'
import type { BlobSink } from '../vault/blob-sink.ts'
import type { WalkStep } from '../walker/index.ts'
import { findAttributes, storeAttributes } from './attribute-archiver.ts'
import { isGone, type ArchivedFile, type EntryFields, type FileArchiver } from './file-archiver.ts'
import { HardLinks, type HardLinkGroup } from './hard-links.ts'
import type { TreeWriter } from './tree-writer.ts'

export interface EntryArchiverPorts {
  readonly tree: TreeWriter
  readonly sink: BlobSink
  readonly files: FileArchiver
  readonly warnings: ItemWarnings
  readonly idKey: Uint8Array
  /** Absolute path of an entry of the folder in hand. */
  readonly pathOf: (name: Uint8Array) => Buffer
  /** Opens a file of the folder in hand. */
  readonly openFile: (name: Uint8Array) => OpenFile
}

type FoundEntry = Extract<WalkStep, { kind: 'entry' }>
type FoundFolder = Extract<WalkStep, { kind: 'folder-start' }>

const unknownOwner: Owner = { uid: 0, gid: 0, user: '', group: '' }

/** Turns what the walk finds into entries of the tree. */
export class EntryArchiver {
  readonly #ports: EntryArchiverPorts
  readonly #owners = new OwnerNames()
  readonly #links: HardLinks
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

  startFolder(folder: FoundFolder): void {
    const { name, metadata, path, isAncestor, access } = folder
    if (metadata === null) return this.#ports.tree.startFolder(path, null)
    const attributes = this.#attributesOf(access, () => path)
    this.#ports.tree.startFolder(path, { ...this.#fields(name, metadata, null), attributes, type: 'folder', isAncestor })
  }

  /** @returns null when it is done, else what it waits for: a file that has to be read. */
  addEntry(found: FoundEntry, lookedAtMs: number): Promise<void> | null {
    const { name, metadata } = found
    const group = metadata.linkCount > 1 ? this.#links.groupOf(metadata, () => this.#ports.pathOf(name)) : null
    if (group !== null && group.first !== null) {
      this.#addLink(name, group.first)
      return null
    }
    if (metadata.type !== 'file') {
      this.#addUnread(found, group)
      return null
    }
    const known = this.#ports.tree.knownFile(name)
    const file = {
      name,
      metadata,
      lookedAtMs,
      open: () => this.#ports.openFile(name),
      known,
      fields: (current: FileMetadata) => this.#fields(name, current, group),
    }
    const adopted = this.#ports.files.adopt(file)
    if (adopted === null) return this.#addRead(found, this.#ports.files.read(file), group)
    this.#addFile(adopted, group)
    return null
  }

  /** Something that is there and cannot be kept as what it is. */
  addProblem(name: Buffer, metadata: FileMetadata | null, error: EngineError): void {
    const fields = metadata === null ? { ...emptyFields, name } : this.#fields(name, metadata, null)
    this.#ports.tree.add({ ...fields, type: 'error', knownType: metadata?.type ?? null, code: error.code }, null)
    this.#ports.warnings.add(this.#ports.pathOf(name), error)
  }

  countVanished(): void {
    this.#vanished++
  }

  async #addRead(found: FoundEntry, reading: Promise<ArchivedFile>, group: HardLinkGroup | null): Promise<void> {
    try {
      this.#addFile(await reading, group)
    } catch (error) {
      this.#addUnreadable(found, error)
    }
  }

  #addFile(file: ArchivedFile, group: HardLinkGroup | null): void {
    const { entry, catalogued, change, warning } = file
    if (group !== null) group.first = { entry, catalogued }
    this.#ports.tree.add(entry, catalogued)
    this.#count(change, entry.size)
    if (warning !== null) this.#ports.warnings.add(this.#ports.pathOf(entry.name), warning)
  }

  /** Another name of an inode that is kept already: one look and one reading speak for all its names. */
  #addLink(name: Buffer, first: NonNullable<HardLinkGroup['first']>): void {
    const entry = { ...first.entry, name }
    this.#ports.tree.add(entry, first.catalogued === null ? null : { ...first.catalogued, name })
    if (entry.type === 'file') this.#count(this.#ports.tree.knownFile(name) === null ? 'new' : 'unchanged', entry.size)
  }

  #addUnread(found: FoundEntry, group: HardLinkGroup | null): void {
    try {
      const attributes = this.#attributesOf(found.access, () => this.#ports.pathOf(found.name))
      const entry = this.#unreadEntry(found, { ...this.#fields(found.name, found.metadata, group), attributes })
      if (group !== null) group.first = { entry, catalogued: null }
      this.#ports.tree.add(entry, null)
    } catch (error) {
      this.#addUnreadable(found, error)
    }
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
    if (isGone(error)) return this.countVanished()
    if (!(error instanceof EngineError) || !error.code.startsWith('source.')) throw error
    this.addProblem(found.name, found.metadata, error)
  }

  #count(change: ArchivedFile['change'], size: number): void {
    this.#filesDone++
    this.#bytesDone += size
    if (change === 'new') this.#filesNew++
    else if (change === 'changed') this.#filesChanged++
    else this.#filesUnchanged++
  }

  #fields(name: Buffer, metadata: FileMetadata, group: HardLinkGroup | null): EntryFields {
    const { mode, uid, gid, mtimeNs } = metadata
    return { ...emptyFields, name, mode, owner: this.#owners.of(uid, gid), mtimeNs, hardLinkGroup: group?.id ?? null }
  }
}

const emptyFields: EntryFields = {
  name: new Uint8Array(0),
  mode: 0,
  owner: unknownOwner,
  mtimeNs: 0n,
  hardLinkGroup: null,
  attributes: null,
  deletedAtMs: null,
  isAncestor: false,
}

import { ByteReader, ByteWriter, compareBytes } from '../bytes/index.ts'
import { assertNever, EngineError, invariant } from '../errors/index.ts'
import { blobIdBytes, objectIdBytes } from './blob-type.ts'
import { lengthInPlace, readContent, writeContent } from './content.ts'
import { treeEntryTypes, type FileEntry, type Owner, type PageChild, type TreeEntry, type TreePage } from './tree-entry.ts'

const version = 1
const flag = { hardLink: 1, attributes: 2, deleted: 4, ancestor: 8 } as const
const allFlags = 15
/** What file systems allow is 255 bytes; Windows names in WTF-8 need up to 765. */
const maxNameBytes = 1024
const maxTargetBytes = 65_536
const maxPageEntries = 4096
const maxOwnerBytes = 1024
const maxCodeBytes = 256

const invalid = (message: string): EngineError => new EngineError('format.invalid', message)

/** A name that can be joined to a folder without leading anywhere else. */
export function isSafeName(name: Uint8Array): boolean {
  if (name.length === 0 || name.length > maxNameBytes) return false
  if (name[0] === 0x2e && (name.length === 1 || (name.length === 2 && name[1] === 0x2e))) return false
  return !name.includes(0) && !name.includes(0x2f)
}

const isOwnerName = (name: string): boolean => name.length * 3 <= maxOwnerBytes || new TextEncoder().encode(name).length <= maxOwnerBytes

class OwnerTable {
  readonly owners: Owner[] = []
  readonly #indexByOwner = new Map<string, number>()
  #last: Owner | undefined
  #lastIndex = 0

  indexOf(owner: Owner): number {
    // Neighbours nearly always belong to the same owner, and the archiver hands out one object per owner.
    if (owner === this.#last) return this.#lastIndex
    const key = `${owner.uid} ${owner.gid} ${owner.user}\n${owner.group}`
    let index = this.#indexByOwner.get(key)
    if (index === undefined) {
      invariant(isOwnerName(owner.user) && isOwnerName(owner.group), 'names of owners are no longer than readers take them')
      index = this.owners.push(owner) - 1
      this.#indexByOwner.set(key, index)
    }
    this.#last = owner
    this.#lastIndex = index
    return index
  }
}

/** A page of a folder while its entries arrive. */
export class LeafPageWriter {
  readonly #owners = new OwnerTable()
  readonly #body = new ByteWriter(4096)
  #firstName: Uint8Array | undefined
  #previous: Uint8Array | undefined
  #count = 0

  get count(): number {
    return this.#count
  }

  /** Bytes of its entries, without the head of the page. */
  get entryBytes(): number {
    return this.#body.sizeBytes
  }

  /** Undefined while there is no entry. */
  get firstName(): Uint8Array | undefined {
    return this.#firstName
  }

  /** @param entry comes after the one before by raw name bytes; do not change its name afterwards. */
  add(entry: TreeEntry): void {
    checkOrder(this.#previous, entry.name)
    this.#firstName ??= entry.name
    this.#previous = entry.name
    this.#count++
    writeEntry(this.#body, entry, this.#owners.indexOf(entry.owner))
  }

  toBytes(): Uint8Array {
    const { owners } = this.#owners
    const writer = new ByteWriter(this.#body.sizeBytes + 64).u8(version).u8(0).varint(owners.length)
    for (const owner of owners) writer.varint(owner.uid).varint(owner.gid).utf8(owner.user).utf8(owner.group)
    return writer.varint(this.#count).bytes(this.#body.view()).toBytes()
  }
}

/** @param entries strictly ascending by raw name bytes, at most 4096. */
export function encodeLeafPage(entries: readonly TreeEntry[]): Uint8Array {
  const page = new LeafPageWriter()
  for (const entry of entries) page.add(entry)
  return page.toBytes()
}

export function encodeInteriorPage(level: number, children: readonly PageChild[]): Uint8Array {
  const writer = new ByteWriter(children.length * 64 + 16).u8(version).u8(level).varint(children.length)
  for (const child of children) writer.lengthPrefixed(child.firstName).bytes(child.page).varint(child.entries)
  return writer.toBytes()
}

/**
 * Reads a tree page that may be hostile: names are checked and strictly ascending, so nothing can occur twice or lead outside.
 * Byte fields are views into `bytes`.
 * @throws EngineError `format.invalid`, `format.unsupported-version`, `bytes.*`
 */
export function decodeTreePage(bytes: Uint8Array): TreePage {
  const reader = new ByteReader(bytes)
  if (reader.u8() !== version) throw new EngineError('format.unsupported-version', 'A tree page is of a newer version: update Holdfast.')
  const level = reader.u8()
  const page = level === 0 ? readLeaf(reader) : readInterior(reader, level)
  reader.expectEnd()
  return page
}

function readLeaf(reader: ByteReader): TreePage {
  const owners = Array.from({ length: bounded(reader.varint(), maxPageEntries) }, () => ({
    uid: reader.varint(),
    gid: reader.varint(),
    user: reader.utf8(maxOwnerBytes),
    group: reader.utf8(maxOwnerBytes),
  }))
  const count = bounded(reader.varint(), maxPageEntries)
  const entries: TreeEntry[] = []
  let previous: Uint8Array | undefined
  for (let index = 0; index < count; index++) {
    const entry = readEntry(reader, owners)
    checkOrder(previous, entry.name)
    previous = entry.name
    entries.push(entry)
  }
  return { level: 0, entries }
}

function readInterior(reader: ByteReader, level: number): TreePage {
  const count = bounded(reader.varint(), maxPageEntries)
  const children: PageChild[] = []
  for (let index = 0; index < count; index++) {
    const firstName = reader.lengthPrefixed(maxNameBytes)
    checkOrder(children.at(-1)?.firstName, firstName)
    const child = { firstName, page: reader.bytes(blobIdBytes), entries: reader.varint() }
    // Who lists the folder would never look at it.
    if (child.entries === 0) throw invalid('An interior tree page names an empty one.')
    children.push(child)
  }
  if (children.length === 0) throw invalid('An interior tree page is empty.')
  return { level, children }
}

function bounded(count: number, limit: number): number {
  if (count > limit) throw invalid(`A tree page claims ${count} items, more than the allowed ${limit}.`)
  return count
}

function checkOrder(previous: Uint8Array | undefined, name: Uint8Array): void {
  if (!isSafeName(name)) throw invalid('A tree page holds a name that no file can have.')
  if (previous !== undefined && compareBytes(previous, name) >= 0) throw invalid('The names of a tree page are not in ascending order.')
}

function writeEntry(writer: ByteWriter, entry: TreeEntry, ownerIndex: number): void {
  const flags =
    (entry.hardLinkGroup === null ? 0 : flag.hardLink) |
    (entry.attributes === null ? 0 : flag.attributes) |
    (entry.deletedAtMs === null ? 0 : flag.deleted) |
    (entry.isAncestor ? flag.ancestor : 0)
  writer
    .lengthPrefixed(entry.name)
    .u8(treeEntryTypes.indexOf(entry.type) + 1)
    .varint(flags)
    .varint(entry.mode)
    .varint(ownerIndex)
    .zigzag(entry.mtimeNs)
  writeByType(writer, entry)
  if (entry.hardLinkGroup !== null) writer.bytes(entry.hardLinkGroup)
  if (entry.attributes !== null) writer.bytes(entry.attributes)
  if (entry.deletedAtMs !== null) writer.varint(entry.deletedAtMs)
}

function writeByType(writer: ByteWriter, entry: TreeEntry): void {
  switch (entry.type) {
    case 'file':
      writer.varint(entry.size)
      return writeContent(writer, entry.content)
    case 'folder': {
      const { files, folders, bytes, errors } = entry.subtree
      writer.bytes(entry.page).varint(files).varint(folders).varint(bytes).varint(errors)
      return
    }
    case 'symlink':
      invariant(entry.target.length <= maxTargetBytes, 'the target of a link is no longer than readers take it')
      writer.lengthPrefixed(entry.target)
      return
    case 'fifo':
    case 'socket':
      return
    case 'char-device':
    case 'block-device':
      writer.varint(entry.major).varint(entry.minor)
      return
    case 'error':
      writer.u8(entry.knownType === null ? 0 : treeEntryTypes.indexOf(entry.knownType) + 1).utf8(entry.code)
      return
    default:
      assertNever(entry, 'type of a tree entry')
  }
}

function readEntry(reader: ByteReader, owners: readonly Owner[]): TreeEntry {
  const name = reader.lengthPrefixed(maxNameBytes)
  const type = treeEntryTypes[reader.u8() - 1]
  if (type === undefined) throw invalid('A tree entry is of no known type.')
  const flags = reader.varint()
  const mode = reader.varint()
  const owner = owners[reader.varint()]
  if (owner === undefined || mode > 0o7777 || flags > allFlags) throw invalid('A tree entry has an impossible owner, mode or flag.')
  const mtimeNs = reader.zigzag()
  const own = readByType(reader, type)
  const hardLinkGroup = flags & flag.hardLink ? reader.bytes(objectIdBytes) : null
  const attributes = flags & flag.attributes ? reader.bytes(blobIdBytes) : null
  const deletedAtMs = flags & flag.deleted ? reader.varint() : null
  return { name, mode, owner, mtimeNs, hardLinkGroup, attributes, deletedAtMs, isAncestor: (flags & flag.ancestor) !== 0, ...own }
}

type OwnFields<E> = E extends TreeEntry
  ? Omit<E, 'name' | 'mode' | 'owner' | 'mtimeNs' | 'hardLinkGroup' | 'attributes' | 'deletedAtMs' | 'isAncestor'>
  : never

function readByType(reader: ByteReader, type: TreeEntry['type']): OwnFields<TreeEntry> {
  switch (type) {
    case 'file':
      return readFile(reader)
    case 'folder':
      return {
        type,
        page: reader.bytes(blobIdBytes),
        subtree: { files: reader.varint(), folders: reader.varint(), bytes: reader.varint(), errors: reader.varint() },
      }
    case 'symlink':
      return { type, target: reader.lengthPrefixed(maxTargetBytes) }
    case 'fifo':
    case 'socket':
      return { type }
    case 'char-device':
    case 'block-device':
      return { type, major: reader.varint(), minor: reader.varint() }
    case 'error':
      return { type, knownType: readKnownType(reader.u8()), code: reader.utf8(maxCodeBytes) }
    default:
      return assertNever(type, 'type of a tree entry')
  }
}

function readFile(reader: ByteReader): OwnFields<FileEntry> {
  const size = reader.varint()
  const content = readContent(reader)
  const length = lengthInPlace(content)
  if (length !== null && length !== size) throw invalid('A file has more or less content than its size says.')
  return { type: 'file', size, content }
}

function readKnownType(value: number): Exclude<TreeEntry['type'], 'error'> | null {
  if (value === 0) return null
  const type = treeEntryTypes[value - 1]
  if (type === undefined || type === 'error') throw invalid('An error entry is of no known type.')
  return type
}

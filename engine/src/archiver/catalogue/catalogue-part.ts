import { crc32 } from 'node:zlib'
import { ByteReader, ByteWriter, equalBytes } from '../../bytes/index.ts'
import { blobIdBytes, decodeTreePage, encodeLeafPage, readItem, writeItem, type ContentItem } from '../../format/index.ts'
import { damaged } from './catalogue-layout.ts'
import type { CataloguedBlob, CataloguedContent, CataloguedFile, CataloguedOther, CatalogueLine, KeptLine } from './catalogue-types.ts'

/*
 * A part holds lines of one folder; a folder has one or more parts, in order of their names:
 *
 *   u32 crc32 of the rest · lp path of the folder · u8 isLast · last only: varint pages, each 32 id · varint ticket · lines to the end, each:
 *   lp name · u8 flags, then by them
 *   a file     varint size · u64 mtime · u64 ctime (ns, two's complement) · u64 inode · u64 device
 *              flag 1 trusted · flag 2 inline: lp bytes, else: varint items, each as in a tree page · varint ticket after each with data ·
 *                               varint lists, each 32 id · varint ticket · flag 4 attributes: 32 id · varint ticket, after all else
 *   flag 8     something else that is there, flag 16 a folder: nothing more
 *   flag 32    deleted and kept: lp a tree page with this one entry · varint blobs, each 32 id · varint ticket
 */
const flag = { trusted: 1, inline: 2, attributes: 4, other: 8, folder: 16, kept: 32 } as const
export const partHeadBytes = 4

export function writeFile(writer: ByteWriter, file: CataloguedFile): void {
  const { content, attributes } = file
  const flags =
    (file.isTrusted ? flag.trusted : 0) | (content.kind === 'inline' ? flag.inline : 0) | (attributes === null ? 0 : flag.attributes)
  writer.lengthPrefixed(file.name).u8(flags).varint(file.size)
  writer.u64(BigInt.asUintN(64, file.mtimeNs)).u64(BigInt.asUintN(64, file.ctimeNs)).u64(file.inode).u64(file.device)
  writeContent(writer, content)
  if (attributes !== null) writer.bytes(attributes.id).varint(attributes.ticket)
}

export function writeOther(writer: ByteWriter, { name, isFolder }: CataloguedOther): void {
  writer.lengthPrefixed(name).u8(flag.other | (isFolder ? flag.folder : 0))
}

export function writeKept(writer: ByteWriter, { entry, blobs }: KeptLine): void {
  writer
    .lengthPrefixed(entry.name)
    .u8(flag.kept)
    .lengthPrefixed(encodeLeafPage([entry]))
  writeBlobs(writer, blobs)
}

function writeContent(writer: ByteWriter, content: CataloguedContent): void {
  if (content.kind === 'inline') {
    writer.lengthPrefixed(content.bytes)
    return
  }
  writer.varint(content.items.length)
  let data = 0
  for (const item of content.items) {
    writeItem(writer, item)
    if (item.kind === 'data') writer.varint(content.tickets[data++]!)
  }
  writeBlobs(writer, content.lists)
}

function writeBlobs(writer: ByteWriter, blobs: readonly CataloguedBlob[]): void {
  writer.varint(blobs.length)
  for (const blob of blobs) writer.bytes(blob.id).varint(blob.ticket)
}

/** @param files what {@link writeFile} and its like wrote. @param pages the folder's tree pages, in its last part only. */
export function encodePart(folderPath: Uint8Array, files: Uint8Array, pages: readonly CataloguedBlob[] | null): Uint8Array {
  const writer = new ByteWriter(files.length + folderPath.length + 64)
    .u32(0)
    .lengthPrefixed(folderPath)
    .u8(pages === null ? 0 : 1)
  if (pages !== null) writeBlobs(writer, pages)
  const part = writer.bytes(files).toBytes()
  new DataView(part.buffer).setUint32(0, crc32(part.subarray(partHeadBytes)), true)
  return part
}

/** Reads one part from its start. Byte fields are views into it. */
export class PartReader {
  readonly pages: readonly CataloguedBlob[]
  readonly #reader: ByteReader

  /** @throws EngineError `catalogue.damaged`. `isOfFolder` tells whether the part is about the folder asked for, or only shares its hash. */
  constructor(part: Uint8Array, folderPath: Uint8Array) {
    if (crc32(part.subarray(partHeadBytes)) !== new DataView(part.buffer, part.byteOffset, part.byteLength).getUint32(0, true))
      throw damaged('a part is damaged')
    this.#reader = new ByteReader(part)
    this.#reader.u32()
    this.isOfFolder = equalBytes(this.#reader.lengthPrefixed(), folderPath)
    this.pages = this.#reader.u8() === 1 ? readBlobs(this.#reader) : []
  }
  readonly isOfFolder: boolean

  /** The next line by name, or null at the end. */
  next(): CatalogueLine | null {
    const reader = this.#reader
    if (reader.remaining === 0) return null
    const name = reader.lengthPrefixed()
    const flags = reader.u8()
    if ((flags & flag.other) !== 0) return { kind: 'other', other: { name, isFolder: (flags & flag.folder) !== 0 } }
    if ((flags & flag.kept) !== 0) return { kind: 'kept', kept: this.#kept() }
    return { kind: 'file', file: readFileAfter(reader, name, flags) }
  }

  #kept(): KeptLine {
    const page = decodeTreePage(this.#reader.lengthPrefixed())
    const [entry] = 'entries' in page ? page.entries : []
    if (entry === undefined) throw damaged('a part is damaged')
    return { entry, blobs: readBlobs(this.#reader) }
  }
}

/** What {@link writeFile} wrote. Byte fields are views. */
export function readFile(reader: ByteReader): CataloguedFile {
  const name = reader.lengthPrefixed()
  return readFileAfter(reader, name, reader.u8())
}

function readFileAfter(reader: ByteReader, name: Uint8Array, flags: number): CataloguedFile {
  return {
    name,
    isTrusted: (flags & flag.trusted) !== 0,
    size: reader.varint(),
    mtimeNs: BigInt.asIntN(64, reader.u64()),
    ctimeNs: BigInt.asIntN(64, reader.u64()),
    inode: reader.u64(),
    device: reader.u64(),
    content: (flags & flag.inline) !== 0 ? { kind: 'inline', bytes: reader.lengthPrefixed() } : readStoredContent(reader),
    attributes: (flags & flag.attributes) !== 0 ? readBlob(reader) : null,
  }
}

function readStoredContent(reader: ByteReader): CataloguedContent {
  const items: ContentItem[] = []
  const tickets: number[] = []
  for (let left = reader.varint(); left > 0; left--) {
    const item = readItem(reader)
    items.push(item)
    if (item.kind === 'data') tickets.push(reader.varint())
  }
  return { kind: 'stored', items, tickets, lists: readBlobs(reader) }
}

function readBlobs(reader: ByteReader): CataloguedBlob[] {
  const blobs: CataloguedBlob[] = []
  for (let left = reader.varint(); left > 0; left--) blobs.push(readBlob(reader))
  return blobs
}

const readBlob = (reader: ByteReader): CataloguedBlob => ({ id: reader.bytes(blobIdBytes), ticket: reader.varint() })

import { ByteWriter } from '@holdfast/engine/bytes'

/** What the directory of a zip says of an entry: APPNOTE.TXT 6.3.10, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
export interface ZipEntry {
  /** UTF-8; a folder's ends in a slash. At most 65,535 bytes. */
  readonly name: Uint8Array
  /** As `st_mode`: kind and permissions. */
  readonly mode: number
  readonly mtimeNs: bigint
}

/** Where and how an entry's content lies. */
export interface StoredContent {
  readonly method: ZipMethod
  /** Whether size and checksum follow the content instead of standing before it. */
  readonly isStreamed: boolean
  /** Whether they follow with 8 bytes each; settled before the content is known. */
  readonly isLarge: boolean
  readonly crc32: number
  readonly packedBytes: number
  readonly sizeBytes: number
}

export const zipMethods = { stored: 0, deflated: 8 } as const
export type ZipMethod = (typeof zipMethods)[keyof typeof zipMethods]

const utf8NameFlag = 0x0800
const streamedFlag = 0x0008
const plainVersion = 20
const zip64Version = 45
/** Unix, so that modes are read; 6.3 of the specification. */
const madeBy = (3 << 8) | 63
const limit32 = 0xffffffff
const limit16 = 0xffff
const folderKind = 0o040000
const kindMask = 0o170000

/** From this size on (packed or not) an entry needs 8 bytes for it. */
export const zip64FromBytes = limit32

export function localHeader(entry: ZipEntry, content: StoredContent): Uint8Array {
  const { isStreamed, isLarge } = content
  const extra = extraFields(entry.mtimeNs, isLarge ? [0, 0] : [])
  const packed = isLarge ? limit32 : isStreamed ? 0 : content.packedBytes
  const size = isLarge ? limit32 : isStreamed ? 0 : content.sizeBytes
  return writeShared(new ByteWriter().u32(0x04034b50), entry, content, isLarge)
    .u32(isStreamed ? 0 : content.crc32)
    .u32(packed)
    .u32(size)
    .u16(entry.name.length)
    .u16(extra.length)
    .bytes(entry.name)
    .bytes(extra)
    .toBytes()
}

/** Follows the content of a streamed entry. */
export function dataDescriptor({ crc32, packedBytes, sizeBytes, isLarge }: StoredContent): Uint8Array {
  const writer = new ByteWriter(24).u32(0x08074b50).u32(crc32)
  return isLarge ? writer.u64(BigInt(packedBytes)).u64(BigInt(sizeBytes)).toBytes() : writer.u32(packedBytes).u32(sizeBytes).toBytes()
}

/** An entry in the directory at the end. @param offset where its local header begins */
export function directoryRecord(entry: ZipEntry, content: StoredContent, offset: number): Uint8Array {
  // A large entry has both sizes here even if they turned out small: its descriptor is read by what stands here.
  const areSizesLarge = content.isLarge || content.packedBytes >= limit32 || content.sizeBytes >= limit32
  const isOffsetLarge = offset >= limit32
  const large = [...(areSizesLarge ? [content.sizeBytes, content.packedBytes] : []), ...(isOffsetLarge ? [offset] : [])]
  const extra = extraFields(entry.mtimeNs, large)
  const isFolder = (entry.mode & kindMask) === folderKind
  return writeShared(new ByteWriter().u32(0x02014b50).u16(madeBy), entry, content, large.length > 0)
    .u32(content.crc32)
    .u32(areSizesLarge ? limit32 : content.packedBytes)
    .u32(areSizesLarge ? limit32 : content.sizeBytes)
    .u16(entry.name.length)
    .u16(extra.length)
    .u16(0)
    .u16(0)
    .u16(0)
    .u32(((entry.mode << 16) | (isFolder ? 0x10 : 0)) >>> 0)
    .u32(isOffsetLarge ? limit32 : offset)
    .bytes(entry.name)
    .bytes(extra)
    .toBytes()
}

/** What stands at the very end. @param offset where the directory begins */
export function endRecords(entries: number, directoryBytes: number, offset: number): Uint8Array {
  const writer = new ByteWriter()
  if (entries >= limit16 || directoryBytes >= limit32 || offset >= limit32) writeZip64End(writer, entries, directoryBytes, offset)
  const shownEntries = Math.min(entries, limit16)
  return writer
    .u32(0x06054b50)
    .u32(0)
    .u16(shownEntries)
    .u16(shownEntries)
    .u32(Math.min(directoryBytes, limit32))
    .u32(Math.min(offset, limit32))
    .u16(0)
    .toBytes()
}

function writeZip64End(writer: ByteWriter, entries: number, directoryBytes: number, offset: number): void {
  writer
    .u32(0x06064b50)
    .u64(44n)
    .u16(madeBy)
    .u16(zip64Version)
    .u64(0n)
    .u64(BigInt(entries))
    .u64(BigInt(entries))
    .u64(BigInt(directoryBytes))
    .u64(BigInt(offset))
    .u32(0x07064b50)
    .u32(0)
    .u64(BigInt(offset + directoryBytes))
    .u32(1)
}

/** What both headers of an entry say alike: version, flags, method, time. */
function writeShared(writer: ByteWriter, entry: ZipEntry, { method, isStreamed }: StoredContent, isZip64: boolean): ByteWriter {
  return writer
    .u16(isZip64 ? zip64Version : plainVersion)
    .u16(utf8NameFlag | (isStreamed ? streamedFlag : 0))
    .u16(method)
    .u32(dosTime(entry.mtimeNs))
}

const secondOf = (mtimeNs: bigint): number => Number(mtimeNs / 1_000_000_000n) - (mtimeNs < 0n && mtimeNs % 1_000_000_000n !== 0n ? 1 : 0)

/**
 * Extended timestamp (“UT”): the second in UTC, from 1970 to 2038 only, as some programs take the first of its 32 bits for a sign and some do
 * not. Then zip64's extended information: those of size, packed size and offset that do not fit, in this order.
 */
function extraFields(mtimeNs: bigint, large: readonly number[]): Uint8Array {
  const writer = new ByteWriter(64)
  const second = secondOf(mtimeNs)
  if (second >= 0 && second <= 0x7fffffff) writer.u16(0x5455).u16(5).u8(1).u32(second)
  if (large.length > 0) writer.u16(0x0001).u16(large.length * 8)
  for (const value of large) writer.u64(BigInt(value))
  return writer.toBytes()
}

/** Date and time of MS-DOS, for those who read nothing else: 1980 to 2107, in steps of 2 s, in UTC as no other zone is known. */
function dosTime(mtimeNs: bigint): number {
  const second = Math.min(Math.max(secondOf(mtimeNs), Date.UTC(1980, 0, 1) / 1000), Date.UTC(2107, 11, 31, 23, 59, 58) / 1000)
  const date = new Date(second * 1000)
  const day = ((date.getUTCFullYear() - 1980) << 9) | ((date.getUTCMonth() + 1) << 5) | date.getUTCDate()
  const time = (date.getUTCHours() << 11) | (date.getUTCMinutes() << 5) | (date.getUTCSeconds() >> 1)
  return ((day << 16) | time) >>> 0
}

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
  const extra = Buffer.concat([timestampField(entry.mtimeNs), isLarge ? sizesField([0, 0]) : Buffer.alloc(0)])
  const header = Buffer.alloc(30)
  header.writeUInt32LE(0x04034b50, 0)
  header.set(sharedFields(entry, content, isLarge), 4)
  const sizes = isLarge ? [limit32, limit32] : isStreamed ? [0, 0] : [content.packedBytes, content.sizeBytes]
  header.writeUInt32LE(isStreamed ? 0 : content.crc32, 14)
  header.writeUInt32LE(sizes[0] ?? 0, 18)
  header.writeUInt32LE(sizes[1] ?? 0, 22)
  header.writeUInt16LE(entry.name.length, 26)
  header.writeUInt16LE(extra.length, 28)
  return Buffer.concat([header, entry.name, extra])
}

/** Follows the content of a streamed entry. */
export function dataDescriptor({ crc32, packedBytes, sizeBytes, isLarge }: StoredContent): Uint8Array {
  const descriptor = Buffer.alloc(isLarge ? 24 : 16)
  descriptor.writeUInt32LE(0x08074b50, 0)
  descriptor.writeUInt32LE(crc32, 4)
  if (isLarge) {
    descriptor.writeBigUInt64LE(BigInt(packedBytes), 8)
    descriptor.writeBigUInt64LE(BigInt(sizeBytes), 16)
  } else {
    descriptor.writeUInt32LE(packedBytes, 8)
    descriptor.writeUInt32LE(sizeBytes, 12)
  }
  return descriptor
}

/** An entry in the directory at the end. @param offset where its local header begins */
export function directoryRecord(entry: ZipEntry, content: StoredContent, offset: number): Uint8Array {
  // A large entry has both sizes here even if they turned out small: its descriptor is read by what stands here.
  const areSizesLarge = content.isLarge || content.packedBytes >= limit32 || content.sizeBytes >= limit32
  const isOffsetLarge = offset >= limit32
  const large = [...(areSizesLarge ? [content.sizeBytes, content.packedBytes] : []), ...(isOffsetLarge ? [offset] : [])]
  const extra = Buffer.concat([timestampField(entry.mtimeNs), large.length > 0 ? sizesField(large) : Buffer.alloc(0)])
  const record = Buffer.alloc(46)
  record.writeUInt32LE(0x02014b50, 0)
  record.writeUInt16LE(madeBy, 4)
  record.set(sharedFields(entry, content, large.length > 0), 6)
  record.writeUInt32LE(content.crc32, 16)
  record.writeUInt32LE(areSizesLarge ? limit32 : content.packedBytes, 20)
  record.writeUInt32LE(areSizesLarge ? limit32 : content.sizeBytes, 24)
  record.writeUInt16LE(entry.name.length, 28)
  record.writeUInt16LE(extra.length, 30)
  const isFolder = (entry.mode & kindMask) === folderKind
  record.writeUInt32LE(((entry.mode << 16) | (isFolder ? 0x10 : 0)) >>> 0, 38)
  record.writeUInt32LE(isOffsetLarge ? limit32 : offset, 42)
  return Buffer.concat([record, entry.name, extra])
}

/** What stands at the very end. @param offset where the directory begins */
export function endRecords(entries: number, directoryBytes: number, offset: number): Uint8Array {
  const isLarge = entries >= limit16 || directoryBytes >= limit32 || offset >= limit32
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(Math.min(entries, limit16), 8)
  end.writeUInt16LE(Math.min(entries, limit16), 10)
  end.writeUInt32LE(Math.min(directoryBytes, limit32), 12)
  end.writeUInt32LE(Math.min(offset, limit32), 16)
  return isLarge ? Buffer.concat([zip64EndRecords(entries, directoryBytes, offset), end]) : end
}

function zip64EndRecords(entries: number, directoryBytes: number, offset: number): Uint8Array {
  const record = Buffer.alloc(56 + 20)
  record.writeUInt32LE(0x06064b50, 0)
  record.writeBigUInt64LE(44n, 4)
  record.writeUInt16LE(madeBy, 12)
  record.writeUInt16LE(zip64Version, 14)
  record.writeBigUInt64LE(BigInt(entries), 24)
  record.writeBigUInt64LE(BigInt(entries), 32)
  record.writeBigUInt64LE(BigInt(directoryBytes), 40)
  record.writeBigUInt64LE(BigInt(offset), 48)
  record.writeUInt32LE(0x07064b50, 56)
  record.writeBigUInt64LE(BigInt(offset + directoryBytes), 64)
  record.writeUInt32LE(1, 72)
  return record
}

/** What both headers of an entry say alike: version, flags, method, time. */
function sharedFields(entry: ZipEntry, { method, isStreamed }: StoredContent, isZip64: boolean): Uint8Array {
  const fields = Buffer.alloc(10)
  fields.writeUInt16LE(isZip64 ? zip64Version : plainVersion, 0)
  fields.writeUInt16LE(utf8NameFlag | (isStreamed ? streamedFlag : 0), 2)
  fields.writeUInt16LE(method, 4)
  fields.writeUInt32LE(dosTime(entry.mtimeNs), 6)
  return fields
}

/** Zip64 extended information: those of size, packed size and offset that do not fit, in this order. */
function sizesField(values: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + values.length * 8)
  field.writeUInt16LE(0x0001, 0)
  field.writeUInt16LE(values.length * 8, 2)
  for (const [index, value] of values.entries()) field.writeBigUInt64LE(BigInt(value), 4 + index * 8)
  return field
}

const secondOf = (mtimeNs: bigint): number => Number(mtimeNs / 1_000_000_000n) - (mtimeNs < 0n && mtimeNs % 1_000_000_000n !== 0n ? 1 : 0)

/**
 * Extended timestamp (“UT”): the second in UTC. From 1970 to 2038 only: of the 32 bits some programs take the first for a sign and some do
 * not (Info-ZIP 6.0 and libarchive 3.6, tried 2026-11-21); what is out of that goes by the other date.
 */
function timestampField(mtimeNs: bigint): Buffer {
  const second = secondOf(mtimeNs)
  if (second < 0 || second > 0x7fffffff) return Buffer.alloc(0)
  const field = Buffer.alloc(9)
  field.writeUInt16LE(0x5455, 0)
  field.writeUInt16LE(5, 2)
  field.writeUInt8(1, 4)
  field.writeUInt32LE(second, 5)
  return field
}

/** Date and time of MS-DOS, for those who read nothing else: 1980 to 2107, in steps of 2 s, in UTC as no other zone is known. */
function dosTime(mtimeNs: bigint): number {
  const second = Math.min(Math.max(secondOf(mtimeNs), Date.UTC(1980, 0, 1) / 1000), Date.UTC(2107, 11, 31, 23, 59, 58) / 1000)
  const date = new Date(second * 1000)
  const day = ((date.getUTCFullYear() - 1980) << 9) | ((date.getUTCMonth() + 1) << 5) | date.getUTCDate()
  const time = (date.getUTCHours() << 11) | (date.getUTCMinutes() << 5) | (date.getUTCSeconds() >> 1)
  return ((day << 16) | time) >>> 0
}

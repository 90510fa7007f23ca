import { ByteReader, ByteWriter, copyBytes } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'
import { blobIdBytes, objectIdBytes, packKinds, type PackKind } from './blob-type.ts'

const headerMagic = new TextEncoder().encode('HFPACK1\n')
const trailerMagic = new TextEncoder().encode('HFEND1\n\0')
const version = 1
export const packHeaderBytes = 64
export const packTrailerBytes = 64
const segmentRowBytes = 40
/** Offset of the pack's crc32 in the trailer: the crc covers everything before it. */
export const trailerCrcOffset = 48
/** What agents aim at. Measured choices belong to docs/performance.md; 16 MiB bounds memory at 4 packs in flight to 64 MiB. */
export const targetPackBytes = 16 * 1024 * 1024
/** A pack never grows beyond this: the target, one more segment, and a footer. */
export const maxPackBytes = 64 * 1024 * 1024

export interface PackHeader {
  readonly kind: PackKind
  readonly keyEpoch: number
  readonly packId: Uint8Array
  readonly vaultId: Uint8Array
  readonly domainId: Uint8Array
}

export interface PackSegment {
  /** From the start of the pack. */
  readonly offset: number
  /** Header, ciphertext and tag. */
  readonly length: number
  readonly flags: number
  readonly crc32: number
  readonly birthPackId: Uint8Array
  readonly birthOrdinal: number
  readonly keyEpoch: number
  /** 32 bytes each, in the order of the segment. */
  readonly blobIds: readonly Uint8Array[]
}

export interface PackTrailer {
  readonly footerOffset: number
  readonly footerBytes: number
  readonly segmentCount: number
  readonly blobCount: number
  readonly footerSha256: Uint8Array
  readonly packCrc32: number
}

const invalid = (message: string): EngineError => new EngineError('pack.invalid', message)
const startsWith = (bytes: Uint8Array, magic: Uint8Array): boolean => magic.every((byte, index) => bytes[index] === byte)

export function encodePackHeader(header: PackHeader): Uint8Array {
  return new ByteWriter(packHeaderBytes)
    .bytes(headerMagic)
    .u16(version)
    .u8(header.kind)
    .u8(0)
    .u32(header.keyEpoch)
    .bytes(header.packId)
    .bytes(header.vaultId)
    .bytes(header.domainId)
    .toBytes()
}

/** @throws EngineError `pack.invalid`, `format.unsupported-version` */
export function decodePackHeader(bytes: Uint8Array): PackHeader {
  if (bytes.length < packHeaderBytes || !startsWith(bytes, headerMagic)) throw invalid('This is not a pack.')
  const reader = new ByteReader(bytes.subarray(headerMagic.length, packHeaderBytes))
  if (reader.u16() !== version) throw new EngineError('format.unsupported-version', 'A pack is of a newer version: update Holdfast.')
  const kind = reader.u8()
  if ((kind !== packKinds.data && kind !== packKinds.metadata) || reader.u8() !== 0) throw invalid('A pack is of no known kind.')
  const keyEpoch = reader.u32()
  const id = (): Uint8Array => copyBytes(reader.bytes(objectIdBytes))
  return { kind, keyEpoch, packId: id(), vaultId: id(), domainId: id() }
}

/** How long the footer of so many segments with so many blobs is. */
export const packFooterBytes = (segmentCount: number, blobCount: number): number => segmentCount * segmentRowBytes + blobCount * blobIdBytes

export function encodePackFooter(segments: readonly PackSegment[]): Uint8Array {
  const blobCount = segments.reduce((sum, segment) => sum + segment.blobIds.length, 0)
  const writer = new ByteWriter(packFooterBytes(segments.length, blobCount))
  for (const segment of segments) {
    writer
      .u32(segment.offset)
      .u32(segment.length)
      .u16(segment.blobIds.length)
      .u16(segment.flags)
      .u32(segment.crc32)
      .bytes(segment.birthPackId)
      .u32(segment.birthOrdinal)
      .u32(segment.keyEpoch)
  }
  for (const segment of segments) for (const id of segment.blobIds) writer.bytes(id)
  return writer.toBytes()
}

/**
 * Reads a footer whose SHA-256 the caller has compared with the trailer's.
 * Segments must lie back to back from the header to the footer. Byte fields are views into `footer`.
 */
export function decodePackFooter(footer: Uint8Array, trailer: PackTrailer): PackSegment[] {
  const reader = new ByteReader(footer)
  const rows = Array.from({ length: trailer.segmentCount }, () => ({
    offset: reader.u32(),
    length: reader.u32(),
    blobCount: reader.u16(),
    flags: reader.u16(),
    crc32: reader.u32(),
    birthPackId: reader.bytes(objectIdBytes),
    birthOrdinal: reader.u32(),
    keyEpoch: reader.u32(),
  }))
  let offset = packHeaderBytes
  const segments = rows.map(({ blobCount, ...row }) => {
    if (row.flags !== 0) throw invalid('A segment of a pack has a flag that nobody knows.')
    if (row.offset !== offset || blobCount === 0) throw invalid('The segments of a pack do not lie back to back.')
    offset += row.length
    return { ...row, blobIds: Array.from({ length: blobCount }, () => reader.bytes(blobIdBytes)) }
  })
  reader.expectEnd()
  if (offset !== trailer.footerOffset) throw invalid('The segments of a pack do not reach its footer.')
  return segments
}

/** The trailer with a crc32 of zero at `trailerCrcOffset`: the builder fills it in last. */
export function encodePackTrailer(trailer: PackTrailer): Uint8Array {
  return new ByteWriter(packTrailerBytes)
    .u32(trailer.footerOffset)
    .u32(trailer.footerBytes)
    .u32(trailer.segmentCount)
    .u32(trailer.blobCount)
    .bytes(trailer.footerSha256)
    .u32(trailer.packCrc32)
    .u32(0)
    .bytes(trailerMagic)
    .toBytes()
}

/**
 * @param bytes the last 64 bytes of a pack.
 * @param packSizeBytes size of the whole object: a pack cut short or grown is refused here.
 */
export function decodePackTrailer(bytes: Uint8Array, packSizeBytes: number): PackTrailer {
  const tail = bytes.subarray(packTrailerBytes - trailerMagic.length)
  if (bytes.length !== packTrailerBytes || !startsWith(tail, trailerMagic)) throw invalid('A pack has no end: it was cut short.')
  const reader = new ByteReader(bytes)
  const trailer = {
    footerOffset: reader.u32(),
    footerBytes: reader.u32(),
    segmentCount: reader.u32(),
    blobCount: reader.u32(),
    footerSha256: copyBytes(reader.bytes(32)),
    packCrc32: reader.u32(),
  }
  // No checksum covers it: the crc is of what lies before.
  if (reader.u32() !== 0) throw invalid('The end of a pack is damaged.')
  const footerFits = trailer.footerBytes === packFooterBytes(trailer.segmentCount, trailer.blobCount)
  if (
    !footerFits ||
    trailer.footerOffset < packHeaderBytes ||
    trailer.footerOffset + trailer.footerBytes + packTrailerBytes !== packSizeBytes ||
    trailer.segmentCount === 0
  ) {
    throw invalid('The end of a pack does not fit its size.')
  }
  return trailer
}

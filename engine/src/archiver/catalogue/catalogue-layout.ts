import { crc32 } from 'node:zlib'
import { ByteReader, ByteWriter, copyBytes, equalBytes } from '../../bytes/index.ts'
import { chunkerProfiles, type ChunkLimits } from '../../chunker/index.ts'
import { EngineError } from '../../errors/index.ts'
import { objectIdBytes } from '../../format/index.ts'
import type { CatalogueIdentity } from './catalogue-types.ts'

/*
 * A catalogue file, version 3 (an agent's own, never in a vault; all numbers little endian):
 *
 *   header   8 magic · u16 version · u16 zero · 16 vault · 16 domain · 16 snapshot · u32 × 3 chunk limits · u32 zero · u32 crc32     = 80 bytes
 *   parts    one after the other, see catalogue-part.ts; each begins with its own crc32
 *   tables   u32 hash · u32 bytes · f64 offset of every part, each as a column, parts in order of (hash, offset)
 *            16 bytes of every pack id · u32 pack, u32 ordinal, u16 position of every ticket, each as a column
 *   trailer  u64 offset of the tables · u32 parts · u32 packs · u32 tickets · u32 crc32 of the tables · 8 magic · u32 zero · u32 crc32 = 40 bytes
 *
 * Every byte lies under exactly one of the checksums, and none is used before its checksum was.
 */
export const headerBytes = 80
export const trailerBytes = 40
const version = 3
const headerMagic = new TextEncoder().encode('HFCAT1\n\0')
const trailerMagic = new TextEncoder().encode('HFCEND1\n')

export interface CatalogueTrailer {
  readonly tablesOffset: number
  readonly parts: number
  readonly packs: number
  readonly tickets: number
  readonly tablesCrc: number
}

const tablesBytes = (trailer: CatalogueTrailer): number => trailer.parts * 16 + trailer.packs * objectIdBytes + trailer.tickets * 10

export const damaged = (problem: string): EngineError =>
  new EngineError(
    'catalogue.damaged',
    `The list of known files is not usable: ${problem}. Nothing is lost; the files in question are read again.`,
  )

export function encodeHeader(identity: CatalogueIdentity, snapshotId: Uint8Array): Uint8Array {
  const { minBytes, normalBytes, maxBytes } = limitsOf(identity)
  const writer = new ByteWriter(headerBytes).bytes(headerMagic).u16(version).u16(0)
  writer.bytes(identity.vaultId).bytes(identity.domainId).bytes(snapshotId).u32(minBytes).u32(normalBytes).u32(maxBytes).u32(0)
  return writer.u32(crc32(writer.view())).toBytes()
}

/** @returns the snapshot that the catalogue describes. @throws EngineError `catalogue.damaged` also for one of another vault or version. */
export function decodeHeader(bytes: Uint8Array, expected: CatalogueIdentity): Uint8Array {
  const reader = new ByteReader(bytes)
  if (!equalBytes(reader.bytes(8), headerMagic)) throw damaged('it is no catalogue')
  if (reader.u16() !== version) throw damaged('another version of Holdfast wrote it')
  if (crc32(bytes.subarray(0, headerBytes - 4)) !== readU32(bytes, headerBytes - 4)) throw damaged('its header is damaged')
  reader.u16()
  const isOurs = equalBytes(reader.bytes(objectIdBytes), expected.vaultId) && equalBytes(reader.bytes(objectIdBytes), expected.domainId)
  const snapshotId = copyBytes(reader.bytes(objectIdBytes))
  if (!isOurs) throw damaged('it belongs to another vault')
  const { minBytes, normalBytes, maxBytes } = limitsOf(expected)
  if (reader.u32() !== minBytes || reader.u32() !== normalBytes || reader.u32() !== maxBytes)
    throw damaged('it was made with other chunk sizes')
  return snapshotId
}

export function encodeTrailer(trailer: CatalogueTrailer): Uint8Array {
  const writer = new ByteWriter(trailerBytes).u64(BigInt(trailer.tablesOffset)).u32(trailer.parts).u32(trailer.packs).u32(trailer.tickets)
  writer.u32(trailer.tablesCrc).bytes(trailerMagic).u32(0)
  return writer.u32(crc32(writer.view())).toBytes()
}

/** @param fileBytes size of the whole file: a trailer that does not add up to it is not believed. */
export function decodeTrailer(bytes: Uint8Array, fileBytes: number): CatalogueTrailer {
  if (crc32(bytes.subarray(0, trailerBytes - 4)) !== readU32(bytes, trailerBytes - 4)) throw damaged('it is cut short')
  const reader = new ByteReader(bytes)
  const tablesOffset = Number(reader.u64())
  const trailer = { tablesOffset, parts: reader.u32(), packs: reader.u32(), tickets: reader.u32(), tablesCrc: reader.u32() }
  if (!equalBytes(reader.bytes(8), trailerMagic)) throw damaged('it is cut short')
  if (tablesOffset + tablesBytes(trailer) + trailerBytes !== fileBytes) throw damaged('its parts do not add up')
  return trailer
}

/** FNV-1a: spreads paths over 32 bits well enough to find them; parts repeat their path, so a collision costs one read. */
export function hashPath(path: Uint8Array): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < path.length; i++) hash = Math.imul(hash ^ (path[i] as number), 0x01000193)
  return hash >>> 0
}

const limitsOf = ({ chunker }: CatalogueIdentity): ChunkLimits => (typeof chunker === 'string' ? chunkerProfiles[chunker] : chunker)
const readU32 = (bytes: Uint8Array, offset: number): number =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(offset, true)

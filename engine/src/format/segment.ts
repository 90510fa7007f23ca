import { ByteReader, copyBytes, crc32, padme } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'
import { objectIdBytes, packKinds, type PackKind } from './blob-type.ts'

/** "HFS1" */
const magic = 0x31534648
export const segmentHeaderBytes = 40
export const sealTagBytes = 16
export const segmentOverheadBytes = segmentHeaderBytes + sealTagBytes
/** A chunk is at most 4 MiB and a bundle 256 KiB; twice that leaves room and still bounds what a hostile segment may ask for. */
export const maxRawSegmentBytes = 8 * 1024 * 1024
export const maxBlobsPerSegment = 1024

export const codecs = { stored: 0, zstd: 1 } as const
export type Codec = (typeof codecs)[keyof typeof codecs]

export interface SegmentHeader {
  /** Without the tag. */
  readonly ciphertextBytes: number
  readonly birthOrdinal: number
  readonly keyEpoch: number
  /** 16 bytes. */
  readonly birthPackId: Uint8Array
  readonly codec: Codec
  readonly kind: PackKind
  readonly blobCount: number
}

/** Writes the header into the first 40 bytes of `into`. */
export function writeSegmentHeader(into: Uint8Array, header: SegmentHeader): void {
  const view = new DataView(into.buffer, into.byteOffset, segmentHeaderBytes)
  view.setUint32(0, magic, true)
  view.setUint32(4, header.ciphertextBytes, true)
  view.setUint32(8, header.birthOrdinal, true)
  view.setUint32(12, header.keyEpoch, true)
  into.set(header.birthPackId, 16)
  view.setUint8(32, header.codec)
  view.setUint8(33, header.kind)
  view.setUint16(34, header.blobCount, true)
  view.setUint32(36, crc32(into.subarray(0, 36)), true)
}

/** @throws EngineError `pack.invalid` when it is cut short, damaged or impossible. */
export function readSegmentHeader(bytes: Uint8Array): SegmentHeader {
  if (bytes.length < segmentHeaderBytes) throw new EngineError('pack.invalid', 'A segment is cut short.')
  const view = new DataView(bytes.buffer, bytes.byteOffset, segmentHeaderBytes)
  if (view.getUint32(0, true) !== magic || view.getUint32(36, true) !== crc32(bytes.subarray(0, 36)))
    throw new EngineError('pack.invalid', 'The header of a segment is damaged.')
  const codec = view.getUint8(32)
  const kind = view.getUint8(33)
  const blobCount = view.getUint16(34, true)
  const ciphertextBytes = view.getUint32(4, true)
  if (codec > codecs.zstd || (kind !== packKinds.data && kind !== packKinds.metadata))
    throw new EngineError('format.unsupported-version', 'A segment is of a kind this version does not know: update Holdfast.')
  if (blobCount === 0 || blobCount > maxBlobsPerSegment || ciphertextBytes > 2 * maxRawSegmentBytes)
    throw new EngineError('pack.invalid', 'The header of a segment is impossible.')
  return {
    ciphertextBytes,
    birthOrdinal: view.getUint32(8, true),
    keyEpoch: view.getUint32(12, true),
    birthPackId: copyBytes(bytes.subarray(16, 16 + objectIdBytes)),
    codec: codec as Codec,
    kind,
    blobCount,
  }
}

/** 4 zero bytes, then the birth ordinal: unique under the key of the birth pack. */
export function segmentNonce(birthOrdinal: number): Uint8Array {
  const nonce = new Uint8Array(12)
  new DataView(nonce.buffer).setUint32(4, birthOrdinal, true)
  return nonce
}

/** Size of a segment's plaintext with its padding. */
export const paddedPlainBytes = (blobCount: number, payloadBytes: number): number => padme(4 + 4 * blobCount + payloadBytes)

/** What comes before the payload in a segment's plaintext: its length and the raw lengths. After it come zeros, up to `paddedPlainBytes`. */
export function segmentPlainHead(rawLengths: ArrayLike<number>, payloadBytes: number): Uint8Array {
  const head = new Uint8Array(4 + 4 * rawLengths.length)
  const view = new DataView(head.buffer)
  view.setUint32(0, payloadBytes, true)
  for (let index = 0; index < rawLengths.length; index++) view.setUint32(4 + 4 * index, rawLengths[index]!, true)
  return head
}

export interface SegmentPlain {
  readonly rawLengths: readonly number[]
  readonly rawBytes: number
  /** View into the plaintext. */
  readonly payload: Uint8Array
}

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0)

/** @throws EngineError `pack.invalid` for lengths that do not fit, or padding that is not PADMÉ zeroes. */
export function readSegmentPlain(plain: Uint8Array, header: SegmentHeader): SegmentPlain {
  const reader = new ByteReader(plain)
  const payloadBytes = reader.u32()
  const rawLengths = Array.from({ length: header.blobCount }, () => reader.u32())
  const rawBytes = rawLengths.reduce((sum, length) => sum + length, 0)
  const impossible =
    rawBytes > maxRawSegmentBytes || payloadBytes > reader.remaining || paddedPlainBytes(header.blobCount, payloadBytes) !== plain.length
  if (impossible || (header.codec === codecs.stored && payloadBytes !== rawBytes))
    throw new EngineError('pack.invalid', 'The lengths inside a segment do not fit.')
  const payload = reader.bytes(payloadBytes)
  if (!isZero(plain.subarray(plain.length - reader.remaining)))
    throw new EngineError('pack.invalid', 'The padding of a segment is not empty.')
  return { rawLengths, rawBytes, payload }
}

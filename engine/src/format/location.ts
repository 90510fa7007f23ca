import { copyBytes } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'
import { objectIdBytes } from './blob-type.ts'

/** A segment by its birth, which it keeps wherever it is moved. */
export interface SegmentPlace {
  /** 16 bytes. */
  readonly packId: Uint8Array
  readonly ordinal: number
}

/** A blob inside a segment. */
export interface BlobLocation extends SegmentPlace {
  /** Index among the segment's blobs. */
  readonly position: number
}

/** 16 pack id, u32 ordinal, u16 position, u16 = 1; little endian. All zero = unknown. */
export const locationRecordBytes = 24

export function writeLocation(into: Uint8Array, index: number, location: BlobLocation | null): void {
  const offset = index * locationRecordBytes
  if (location === null) {
    into.fill(0, offset, offset + locationRecordBytes)
    return
  }
  into.set(location.packId, offset)
  const view = new DataView(into.buffer, into.byteOffset + offset, locationRecordBytes)
  view.setUint32(objectIdBytes, location.ordinal, true)
  view.setUint16(20, location.position, true)
  view.setUint16(22, 1, true)
}

/** @throws EngineError `format.invalid` when the record lies outside of `from` or is neither known nor unknown. */
export function readLocation(from: Uint8Array, index: number): BlobLocation | null {
  const offset = index * locationRecordBytes
  if (offset + locationRecordBytes > from.length) throw new EngineError('format.invalid', 'A location record is cut short.')
  const view = new DataView(from.buffer, from.byteOffset + offset, locationRecordBytes)
  const known = view.getUint16(22, true)
  if (known === 0) return null
  if (known !== 1) throw new EngineError('format.invalid', 'A location record is not valid.')
  return {
    packId: copyBytes(from.subarray(offset, offset + objectIdBytes)),
    ordinal: view.getUint32(objectIdBytes, true),
    position: view.getUint16(20, true),
  }
}

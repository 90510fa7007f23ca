import { createBlobHasher } from '../../blob-id/index.ts'
import { isEngineError } from '../../errors/index.ts'
import {
  blobTypes,
  packHeaderBytes,
  packKinds,
  readSegmentHeader,
  segmentOverheadBytes,
  type BlobType,
  type PackKind,
} from '../../format/index.ts'
import { SegmentOpener, type DomainKeys } from '../../reader/index.ts'
import { nodePrimitives } from '../crypto/node-primitives.ts'

const { data, treePage, contentList, attributes, imageMap } = blobTypes
const typesIn: Readonly<Record<PackKind, readonly BlobType[]>> = {
  [packKinds.data]: [data],
  [packKinds.metadata]: [treePage, contentList, attributes, imageMap],
}

export interface SalvagedSegment {
  readonly offset: number
  readonly length: number
  readonly birthPackId: Uint8Array
  readonly birthOrdinal: number
  /** What it holds, once for each type that its blobs may have: only a footer says which it is, and by a wrong one nobody asks. */
  readonly idsByType: readonly (readonly Uint8Array[])[]
}

/**
 * What can be read of a pack whose footer is damaged or cut off: segments lie back to back and say themselves what they are. Those before
 * the first whose header is damaged, without those that do not open.
 *
 * @param bytes the pack, or as much as there is of it.
 */
export async function salvagePack(bytes: Uint8Array, keys: DomainKeys): Promise<SalvagedSegment[]> {
  const opener = new SegmentOpener(nodePrimitives, keys)
  const hasher = createBlobHasher(keys.idKey)
  const found: SalvagedSegment[] = []
  for (let offset = packHeaderBytes, length = 0; offset < bytes.length; offset += length) {
    const header = headerAt(bytes, offset)
    if (header === null) break
    length = header.ciphertextBytes + segmentOverheadBytes
    const blobs = await openAt(opener, bytes.subarray(offset, offset + length))
    if (blobs === null) continue
    const idsByType = typesIn[header.kind].map((type) => blobs.map((blob) => hasher.idOf(type, blob)))
    found.push({ offset, length, birthPackId: header.birthPackId, birthOrdinal: header.birthOrdinal, idsByType })
  }
  return found
}

function headerAt(bytes: Uint8Array, offset: number): ReturnType<typeof readSegmentHeader> | null {
  try {
    return readSegmentHeader(bytes.subarray(offset))
  } catch (error) {
    // The footer begins here, or nothing that could be followed any further.
    if (isEngineError(error)) return null
    throw error
  }
}

async function openAt(opener: SegmentOpener, segment: Uint8Array): Promise<readonly Uint8Array[] | null> {
  try {
    return (await opener.open(segment)).blobs
  } catch (error) {
    if (isEngineError(error)) return null
    throw error
  }
}

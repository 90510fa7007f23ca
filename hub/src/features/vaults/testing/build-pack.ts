import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { createBlobHasher } from '@holdfast/engine/blob-id'
import { blobTypes, packKinds, packTrailerBytes, trailerCrcOffset, type BlobType } from '@holdfast/engine/format'
import type { DomainKeys } from '@holdfast/engine/reader'
import { checkPack, PackBuilder, type Pack } from '@holdfast/engine/vault'

export interface BuiltPack extends Pack {
  /** Of every blob in order, 32 bytes each. */
  readonly ids: Uint8Array
}

export const blobIdOf = (keys: DomainKeys, type: BlobType, blob: Uint8Array): Buffer =>
  Buffer.from(createBlobHasher(keys.idKey).idOf(type, blob))

/** A pack of random data blobs, one a segment. */
export async function buildPack(keys: DomainKeys, segments = 2, blobBytes = 200_000): Promise<BuiltPack> {
  const builder = new PackBuilder(packKinds.data, keys)
  const ids: Buffer[] = []
  for (let ordinal = 0; ordinal < segments; ordinal++) {
    const raw = randomBytes(blobBytes)
    const id = blobIdOf(keys, blobTypes.data, raw)
    ids.push(id)
    await builder.append({ kind: packKinds.data, types: [blobTypes.data], ids: id, rawLengths: [raw.length], parts: [raw] })
  }
  return { ...builder.finish(), ids: Buffer.concat(ids) }
}

/** The bytes with footer hash and whole checksum made right again, as a careful forger would. */
export function resealed(bytes: Uint8Array): Buffer {
  const forged = Buffer.from(bytes)
  const trailerAt = forged.length - packTrailerBytes
  const footerAt = forged.readUInt32LE(trailerAt)
  createHash('sha256')
    .update(forged.subarray(footerAt, trailerAt))
    .digest()
    .copy(forged, trailerAt + 16)
  forged.writeUInt32LE(crc32(forged.subarray(0, trailerAt + trailerCrcOffset)), trailerAt + trailerCrcOffset)
  return forged
}

/** Another pack under a given id, right in every checksum: what an honest agent never makes. */
export async function buildTwin(keys: DomainKeys, packId: Uint8Array): Promise<Pick<Pack, 'packId' | 'bytes'>> {
  const bytes = Buffer.from((await buildPack(keys, 1)).bytes)
  const [segment] = checkPack(bytes).segments
  if (segment === undefined) throw new Error('A pack has a segment')
  const footerAt = segment.offset + segment.length
  for (const at of [16, segment.offset + 16, footerAt + 16]) bytes.set(packId, at)
  bytes.writeUInt32LE(crc32(bytes.subarray(segment.offset, segment.offset + 36)), segment.offset + 36)
  bytes.writeUInt32LE(crc32(bytes.subarray(segment.offset, footerAt)), footerAt + 12)
  return { packId, bytes: resealed(bytes) }
}

import { createBlobHasher } from '../../../src/blob-id/index.ts'
import { concatBytes, crc32, equalBytes, padme } from '../../../src/bytes/index.ts'
import {
  blobTypes,
  codecs,
  decodePackFooter,
  decodePackHeader,
  decodePackTrailer,
  encodePackFooter,
  encodePackHeader,
  encodePackTrailer,
  packHeaderBytes,
  packKindOf,
  packKinds,
  packTrailerBytes,
  readSegmentHeader,
  readSegmentPlain,
  segmentHeaderBytes,
  segmentPlainHead,
  trailerCrcOffset,
  uuidFromBytes,
  writeSegmentHeader,
  type BlobType,
  type PackSegment,
  type SegmentHeader,
} from '../../../src/format/index.ts'
import type { DomainKeys } from '../../../src/reader/index.ts'
import { rewriteBlob } from './rewrite-blob.ts'
import type { Opened } from './stored-objects.ts'

/** A pack, and as it is written from what its segments hold; frames of zstd are taken as they are. */
export async function reopenPack(opened: Opened, bytes: Uint8Array): Promise<{ readonly value: unknown; readonly bytes: Uint8Array }> {
  const end = bytes.length - packTrailerBytes
  const trailer = decodePackTrailer(bytes.subarray(end), bytes.length)
  const header = decodePackHeader(bytes.subarray(0, packHeaderBytes))
  const keys = await opened.keys.domainKeys(uuidFromBytes(header.domainId))
  const rows: PackSegment[] = []
  const parts = [encodePackHeader(header)]
  const value = []
  let offset = packHeaderBytes
  for (const row of decodePackFooter(bytes.subarray(end - trailer.footerBytes, end), trailer)) {
    const { blobs, ...segment } = await reopenSegment(opened, keys, bytes.subarray(row.offset, row.offset + row.length))
    const { birthPackId, birthOrdinal, keyEpoch, codec } = segment.header
    const length = segment.bytes.length
    const blobIds = blobs.map(({ id }) => id)
    rows.push({ offset, length, flags: 0, crc32: crc32(segment.bytes), birthPackId, birthOrdinal, keyEpoch, blobIds })
    parts.push(segment.bytes)
    offset += length
    value.push({ birthPackId, birthOrdinal, codec: codec === codecs.zstd ? 'zstd' : 'stored', blobs: blobs.map(({ name }) => name) })
  }
  const footer = encodePackFooter(rows)
  const blobCount = rows.reduce((sum, { blobIds }) => sum + blobIds.length, 0)
  const ending = {
    footerOffset: offset,
    footerBytes: footer.length,
    segmentCount: rows.length,
    blobCount,
    footerSha256: await opened.p.sha256(footer),
    packCrc32: 0,
  }
  const covered = concatBytes([...parts, footer, encodePackTrailer(ending).subarray(0, trailerCrcOffset)])
  const last = encodePackTrailer({ ...ending, packCrc32: crc32(covered) })
  return { value: { ...header, segments: value }, bytes: concatBytes([...parts, footer, last]) }
}

interface ReopenedSegment {
  readonly header: SegmentHeader
  readonly bytes: Uint8Array
  readonly blobs: readonly { readonly name: string; readonly id: Uint8Array }[]
}

async function reopenSegment({ p }: Opened, keys: DomainKeys, bytes: Uint8Array): Promise<ReopenedSegment> {
  const header = readSegmentHeader(bytes)
  const base = header.kind === packKinds.data ? keys.dataKey : keys.metadataKey
  const key = await p.hkdfSha256(base, header.birthPackId, new TextEncoder().encode('holdfast-1 segment'))
  const nonce = new Uint8Array(12)
  new DataView(nonce.buffer).setBigUint64(4, BigInt(header.birthOrdinal), true)
  const aadOf = (head: Uint8Array): Uint8Array => concatBytes([head, keys.vaultId, keys.domainId])
  const sealed = bytes.subarray(segmentHeaderBytes)
  const plain = await p.openAesGcm(key, nonce, sealed, aadOf(bytes.subarray(0, segmentHeaderBytes)))
  const { payload, rawBytes, rawLengths } = readSegmentPlain(plain, header)
  const raw = header.codec === codecs.zstd ? await p.decompressZstd(payload, rawBytes) : payload

  const hasher = createBlobHasher(keys.idKey)
  let at = 0
  const blobs = rawLengths.map((length) => {
    const blob = raw.subarray(at, (at += length))
    // A footer does not say the type of a blob: the id does.
    const types = Object.entries(blobTypes).filter(([, type]) => packKindOf(type) === header.kind)
    const [name, type] = types.find(([, one]) => equalBytes(rewriteIfOf(one, blob), blob)) ?? ['', blobTypes.data]
    return { name, id: hasher.idOf(type, blob) }
  })
  const head = segmentPlainHead(rawLengths, payload.length)
  const padding = new Uint8Array(padme(head.length + payload.length) - head.length - payload.length)
  const again = new Uint8Array(segmentHeaderBytes)
  writeSegmentHeader(again, { ...header, ciphertextBytes: head.length + payload.length + padding.length, blobCount: rawLengths.length })
  const resealed = await p.sealAesGcm(key, nonce, concatBytes([head, payload, padding]), aadOf(again))
  return { header, bytes: concatBytes([again, resealed]), blobs }
}

/** Nothing, where it is no blob of that type. */
function rewriteIfOf(type: BlobType, blob: Uint8Array): Uint8Array {
  try {
    return rewriteBlob(type, blob)
  } catch {
    return new Uint8Array(0)
  }
}

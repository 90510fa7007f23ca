import { randomBytes } from 'node:crypto'
import { createBlobHasher, type BlobHasher } from '../../blob-id/index.ts'
import { crc32 } from 'node:zlib'
import { combineCrc32, concatBytes, releaseBytes } from '../../bytes/index.ts'
import { EngineError, invariant } from '../../errors/index.ts'
import {
  blobIdBytes,
  blobTypes,
  encodePackFooter,
  encodePackHeader,
  encodePackTrailer,
  packHeaderBytes,
  packKinds,
  packTrailerBytes,
  paddedPlainBytes,
  segmentHeaderBytes,
  segmentNonce,
  segmentOverheadBytes,
  segmentPlainHead,
  targetPackBytes,
  trailerCrcOffset,
  writeSegmentHeader,
  type BlobType,
  type PackKind,
  type PackSegment,
} from '../../format/index.ts'
import { SegmentOpener } from '../../reader/open-segment.ts'
import type { DomainKeys } from '../../reader/primitives.ts'
import { compress, releaseCompressed, type Compressed, type Compression } from '../compression/compress.ts'
import { hkdfSha256, nodePrimitives, sha256 } from '../crypto/node-primitives.ts'
import { sealAesGcmInto } from '../crypto/seal-aes-gcm.ts'
import { releaseMemoryOf } from '../own-memory.ts'

const keyInfo = new TextEncoder().encode('holdfast-1 segment')
/** A pack is full once it has its size: room for the segment that goes over it, and for the footer. */
const spareBytes = 1024 * 1024
/** Every 16th data segment is opened again before upload: bit flips in an agent's memory are the most common damage in the field. */
const verifyEvery = 16

/** Blobs of one kind that become one segment. */
export interface Bundle {
  readonly kind: PackKind
  readonly types: readonly BlobType[]
  /** 32 bytes per blob. */
  readonly ids: Uint8Array
  readonly rawLengths: readonly number[]
  /** The blobs one after the other, in one piece or several. */
  readonly parts: readonly Uint8Array[]
}

/** A finished pack; `bytes` is the caller's. */
export interface Pack {
  readonly packId: Uint8Array
  readonly kind: PackKind
  readonly bytes: Uint8Array
}

/** How packs are made; what is left out is as the format recommends. */
export interface PackOptions {
  /** Of contents; `fast` when left out. */
  readonly compression?: Compression | undefined
  /** A pack is full once it has as many bytes; the format allows any. */
  readonly targetBytes?: number | undefined
}

/**
 * Builds one pack. Exactly one thread may use it: ordinals count up, and with the fresh random pack id that makes every
 * (key, nonce) unique. A pack that failed half-way is thrown away, never continued.
 */
export class PackBuilder {
  readonly packId: Uint8Array = randomBytes(16)
  readonly kind: PackKind
  readonly #keys: DomainKeys
  readonly #hasher: BlobHasher
  readonly #key: Uint8Array
  readonly #opener: SegmentOpener
  readonly #compression: Compression
  readonly #targetBytes: number
  readonly #segments: PackSegment[] = []
  #isBusy = false
  /** All of it at once: the system gives a page of it when it is written, so a small pack takes no more. */
  #bytes: Uint8Array<ArrayBuffer>
  #sizeBytes = packHeaderBytes
  /** Of all bytes so far: those of the segments are summed once, when each is sealed. */
  #crc32: number

  constructor(kind: PackKind, keys: DomainKeys, { compression = 'fast', targetBytes = targetPackBytes }: PackOptions = {}) {
    this.kind = kind
    // What describes contents is compressed in any case: that costs next to nothing and saves much.
    this.#compression = kind === packKinds.metadata && compression === 'off' ? 'fast' : compression
    this.#targetBytes = targetBytes
    this.#bytes = new Uint8Array(targetBytes + spareBytes)
    this.#keys = keys
    this.#hasher = createBlobHasher(keys.idKey)
    this.#key = hkdfSha256(kind === packKinds.data ? keys.dataKey : keys.metadataKey, this.packId, keyInfo)
    this.#opener = new SegmentOpener(nodePrimitives, keys)
    const header = encodePackHeader({ kind, keyEpoch: keys.keyEpoch, packId: this.packId, vaultId: keys.vaultId, domainId: keys.domainId })
    this.#bytes.set(header)
    this.#crc32 = crc32(header)
  }

  get isFull(): boolean {
    return this.#sizeBytes >= this.#targetBytes
  }

  get segmentCount(): number {
    return this.#segments.length
  }

  /** Compresses, seals and appends a bundle. @returns its birth ordinal. @throws EngineError `segment.*`, `blob.id-mismatch` when it does not open again. */
  async append(bundle: Bundle): Promise<number> {
    invariant(bundle.kind === this.kind, 'data and metadata never share a pack')
    // Two at once would take the same ordinal, that is, the same nonce.
    invariant(!this.#isBusy, 'bundles are appended to a pack one after the other')
    this.#isBusy = true
    const ordinal = this.#segments.length
    const segment = this.#seal(bundle, ordinal)
    if (this.kind === packKinds.metadata || ordinal % verifyEvery === 0) await this.#verify(segment, bundle)
    const segmentCrc32 = crc32(segment)
    this.#segments.push({
      offset: this.#sizeBytes,
      length: segment.length,
      flags: 0,
      crc32: segmentCrc32,
      birthPackId: this.packId,
      birthOrdinal: ordinal,
      keyEpoch: this.#keys.keyEpoch,
      blobIds: bundle.rawLengths.map((_, index) => bundle.ids.subarray(index * blobIdBytes, (index + 1) * blobIdBytes)),
    })
    this.#sizeBytes += segment.length
    this.#crc32 = combineCrc32(this.#crc32, segmentCrc32, segment.length)
    this.#isBusy = false
    return ordinal
  }

  /** Appends footer and trailer. The builder must not be used afterwards. */
  finish(): Pack {
    invariant(this.#segments.length > 0, 'a pack holds at least one segment')
    const footer = encodePackFooter(this.#segments)
    const trailer = encodePackTrailer({
      footerOffset: this.#sizeBytes,
      footerBytes: footer.length,
      segmentCount: this.#segments.length,
      blobCount: this.#segments.reduce((sum, segment) => sum + segment.blobIds.length, 0),
      footerSha256: sha256(footer),
      packCrc32: 0,
    })
    this.#reserve(footer.length + packTrailerBytes)
    this.#bytes.set(footer, this.#sizeBytes)
    this.#bytes.set(trailer, this.#sizeBytes + footer.length)
    const crcAt = this.#sizeBytes + footer.length + trailerCrcOffset
    const packCrc32 = crc32(this.#bytes.subarray(this.#sizeBytes, crcAt), this.#crc32)
    new DataView(this.#bytes.buffer).setUint32(crcAt, packCrc32, true)
    return { packId: this.packId, kind: this.kind, bytes: this.#bytes.subarray(0, this.#sizeBytes + footer.length + packTrailerBytes) }
  }

  /** Seals a bundle to where the next segment belongs. @returns that part of the pack */
  #seal(bundle: Bundle, ordinal: number): Uint8Array {
    const [only] = bundle.parts
    if (bundle.parts.length === 1 && only !== undefined) return this.#sealRaw(only, bundle, ordinal)
    const joined = concatBytes(bundle.parts)
    const segment = this.#sealRaw(joined, bundle, ordinal)
    releaseBytes(joined)
    return segment
  }

  #sealRaw(raw: Uint8Array, bundle: Bundle, ordinal: number): Uint8Array {
    const compressed = compress(raw, this.#compression)
    const segment = this.#sealPayload(compressed, bundle, ordinal)
    releaseCompressed(compressed)
    return segment
  }

  #sealPayload({ codec, payload }: Compressed, { rawLengths }: Bundle, ordinal: number): Uint8Array {
    const blobCount = rawLengths.length
    const ciphertextBytes = paddedPlainBytes(blobCount, payload.length)
    this.#reserve(ciphertextBytes + segmentOverheadBytes)
    const segment = this.#bytes.subarray(this.#sizeBytes, this.#sizeBytes + ciphertextBytes + segmentOverheadBytes)
    writeSegmentHeader(segment, {
      ciphertextBytes,
      birthOrdinal: ordinal,
      keyEpoch: this.#keys.keyEpoch,
      birthPackId: this.packId,
      codec,
      kind: this.kind,
      blobCount,
    })
    const head = segmentPlainHead(rawLengths, payload.length)
    const padding = new Uint8Array(ciphertextBytes - head.length - payload.length)
    const aad = concatBytes([segment.subarray(0, segmentHeaderBytes), this.#keys.vaultId, this.#keys.domainId])
    const parts = [head, payload, padding]
    sealAesGcmInto(segment.subarray(segmentHeaderBytes), { key: this.#key, nonce: segmentNonce(ordinal), parts, aad })
    return segment
  }

  async #verify(segment: Uint8Array, bundle: Bundle): Promise<void> {
    const opened = await this.#opener.open(segment)
    for (const [index, blob] of opened.blobs.entries()) {
      const id = bundle.ids.subarray(index * blobIdBytes, (index + 1) * blobIdBytes)
      if (!this.#hasher.isIdOf(bundle.types[index] ?? blobTypes.data, blob, id)) {
        throw new EngineError(
          'blob.id-mismatch',
          'A segment did not open again as what was put in. Nothing was sent; suspect the memory of this machine.',
        )
      }
    }
    const [first] = opened.blobs
    if (first !== undefined) releaseMemoryOf(first)
  }

  /** A segment may be longer than the room that is left for it. */
  #reserve(count: number): void {
    const needed = this.#sizeBytes + count
    if (needed <= this.#bytes.length) return
    const larger = new Uint8Array(needed + spareBytes)
    larger.set(this.#bytes.subarray(0, this.#sizeBytes))
    this.#bytes = larger
  }
}

import { concatBytes, releaseBytes, toHex } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'
import {
  codecs,
  packKinds,
  readSegmentHeader,
  readSegmentPlain,
  segmentHeaderBytes,
  segmentNonce,
  segmentOverheadBytes,
  type SegmentHeader,
  type SegmentPlace,
} from '../format/index.ts'
import type { DomainKeys, Primitives } from './primitives.ts'

const keyInfo = new TextEncoder().encode('holdfast-1 segment')
/** Keys of this many packs are remembered: neighbours come from the same pack. */
const rememberedKeys = 256

export interface OpenedSegmentBytes {
  readonly header: SegmentHeader
  /** Views into one buffer, in the order of the segment. Their ids are not checked yet. */
  readonly blobs: readonly Uint8Array[]
}

/** Opens segments with one domain's keys. */
export class SegmentOpener {
  readonly #primitives: Primitives
  readonly #keys: DomainKeys
  readonly #keyByPack = new Map<string, Uint8Array>()

  constructor(primitives: Primitives, keys: DomainKeys) {
    this.#primitives = primitives
    this.#keys = keys
  }

  /**
   * @param bytes one whole segment.
   * @param expected refuses a segment of another birth (a hub or disk that mixes things up).
   * @throws EngineError `pack.invalid`, `segment.authentication-failed`, `blob.missing`
   */
  async open(bytes: Uint8Array, expected?: SegmentPlace): Promise<OpenedSegmentBytes> {
    const header = readSegmentHeader(bytes)
    if (bytes.length !== header.ciphertextBytes + segmentOverheadBytes)
      throw new EngineError('pack.invalid', 'A segment has another length than it says.')
    if (header.keyEpoch !== this.#keys.keyEpoch)
      throw new EngineError('vault.key-mismatch', 'A segment needs keys of another epoch.', { context: { keyEpoch: header.keyEpoch } })
    if (expected !== undefined && (header.birthOrdinal !== expected.ordinal || toHex(header.birthPackId) !== toHex(expected.packId))) {
      throw new EngineError('blob.missing', 'Another segment lies where this one was expected.')
    }
    const aad = concatBytes([bytes.subarray(0, segmentHeaderBytes), this.#keys.vaultId, this.#keys.domainId])
    const plainBytes = await this.#primitives.openAesGcm(
      await this.#packKey(header),
      segmentNonce(header.birthOrdinal),
      bytes.subarray(segmentHeaderBytes),
      aad,
    )
    const plain = readSegmentPlain(plainBytes, header)
    let raw = plain.payload
    if (header.codec === codecs.zstd) {
      raw = await this.#primitives.decompressZstd(plain.payload, plain.rawBytes)
      releaseBytes(plainBytes)
    }
    let offset = 0
    const blobs = plain.rawLengths.map((length) => raw.subarray(offset, (offset += length)))
    return { header, blobs }
  }

  async #packKey(header: SegmentHeader): Promise<Uint8Array> {
    const name = `${header.kind}${toHex(header.birthPackId)}`
    const known = this.#keyByPack.get(name)
    if (known !== undefined) return known
    const base = header.kind === packKinds.data ? this.#keys.dataKey : this.#keys.metadataKey
    const key = await this.#primitives.hkdfSha256(base, header.birthPackId, keyInfo)
    if (this.#keyByPack.size >= rememberedKeys) this.#keyByPack.clear()
    this.#keyByPack.set(name, key)
    return key
  }
}

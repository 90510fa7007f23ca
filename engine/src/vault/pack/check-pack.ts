import { crc32 } from 'node:zlib'
import { equalBytes } from '../../bytes/index.ts'
import { EngineError } from '../../errors/index.ts'
import {
  decodePackFooter,
  decodePackHeader,
  decodePackTrailer,
  packHeaderBytes,
  packTrailerBytes,
  trailerCrcOffset,
  type PackHeader,
  type PackSegment,
  type PackTrailer,
} from '../../format/index.ts'
import { sha256 } from '../crypto/node-primitives.ts'

export interface CheckedPack {
  readonly header: PackHeader
  readonly trailer: PackTrailer
  readonly segments: readonly PackSegment[]
}

/**
 * Decodes the end of a pack and checks footer and trailer, not the segments' own bytes.
 * @param tail footer and trailer, or more: the last bytes of the pack.
 * @throws EngineError `pack.invalid`, `pack.checksum-mismatch`
 */
export function decodePackEnd(header: PackHeader, tail: Uint8Array, packSizeBytes: number): CheckedPack {
  const trailer = decodePackTrailer(tail.subarray(tail.length - packTrailerBytes), packSizeBytes)
  const footerStart = tail.length - packTrailerBytes - trailer.footerBytes
  if (footerStart < 0) throw new EngineError('pack.invalid', 'The footer of a pack is not whole.')
  const footer = tail.subarray(footerStart, tail.length - packTrailerBytes)
  if (!equalBytes(sha256(footer), trailer.footerSha256)) throw new EngineError('pack.checksum-mismatch', 'The footer of a pack is damaged.')
  return { header, trailer, segments: decodePackFooter(footer, trailer) }
}

/** Checks a whole pack in memory: structure and all checksums; no keys are needed. */
export function checkPack(bytes: Uint8Array): CheckedPack {
  const pack = decodePackEnd(decodePackHeader(bytes.subarray(0, packHeaderBytes)), bytes, bytes.length)
  if (crc32(bytes.subarray(0, bytes.length - packTrailerBytes + trailerCrcOffset)) !== pack.trailer.packCrc32)
    throw new EngineError('pack.checksum-mismatch', 'A pack is damaged.')
  for (const segment of pack.segments) {
    if (crc32(bytes.subarray(segment.offset, segment.offset + segment.length)) !== segment.crc32)
      throw new EngineError('pack.checksum-mismatch', 'A segment of a pack is damaged.')
  }
  return pack
}

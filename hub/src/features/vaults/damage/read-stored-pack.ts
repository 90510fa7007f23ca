import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { equalBytes } from '@holdfast/engine/bytes'
import { isEngineError } from '@holdfast/engine/errors'
import {
  decodePackHeader,
  decodePackTrailer,
  packHeaderBytes,
  packKey,
  packTrailerBytes,
  trailerCrcOffset,
  type PackSegment,
} from '@holdfast/engine/format'
import type { OpenVault } from '../contents/open-vault.ts'
import { segmentsOfRow } from '../tables/pack-footer.ts'
import type { PackRecord } from '../tables/packs.queries.ts'

/** What a pack turned out to be, with what its row remembers of it as the measure. */
export interface ReadPack {
  /** Not there at all. */
  readonly isMissing: boolean
  /** Positions of segments whose bytes are not what they were, or cannot be read. */
  readonly lost: readonly number[]
  /** Header, footer or trailer are not what they were: the hub reads by its rows, but without them nobody would find anything in it. */
  readonly isFrameDamaged: boolean
  readonly bytesRead: number
}

/**
 * Reads every byte of a pack and compares it with its checksums: the crc32 of each segment, that of the whole, and the SHA-256 of its footer.
 * @throws EngineError `store.unavailable`, `store.io-error` where nothing of it can be read; AppError `store.unavailable` where the vault is gone
 */
export async function readStoredPack(vault: OpenVault, row: PackRecord): Promise<ReadPack> {
  const key = packKey(row.packId)
  const segments = segmentsOfRow(row)
  try {
    return judge(row, segments, await vault.getStored(key))
  } catch (error) {
    if (isEngineError(error, 'store.not-found')) return { isMissing: true, lost: [], isFrameDamaged: true, bytesRead: 0 }
    if (!isEngineError(error, 'store.io-error')) throw error
    return readAround(vault, key, segments)
  }
}

function judge(row: PackRecord, segments: readonly PackSegment[], bytes: Uint8Array): ReadPack {
  const lost = segments.flatMap((segment, position) =>
    crc32(bytes.subarray(segment.offset, segment.offset + segment.length)) === segment.crc32 ? [] : [position],
  )
  return { isMissing: false, lost, isFrameDamaged: !isFrameWhole(row, bytes, lost.length > 0), bytesRead: bytes.length }
}

function isFrameWhole(row: PackRecord, bytes: Uint8Array, hasLost: boolean): boolean {
  if (bytes.length !== row.sizeBytes || bytes.length < packHeaderBytes + packTrailerBytes) return false
  try {
    const header = decodePackHeader(bytes.subarray(0, packHeaderBytes))
    const trailer = decodePackTrailer(bytes.subarray(bytes.length - packTrailerBytes), bytes.length)
    const footer = bytes.subarray(trailer.footerOffset, trailer.footerOffset + trailer.footerBytes)
    const isOwn =
      equalBytes(header.packId, row.packId) &&
      equalBytes(footer, row.footer) &&
      equalBytes(createHash('sha256').update(footer).digest(), trailer.footerSha256)
    // A damaged segment makes the sum of the whole wrong as well.
    return isOwn && (hasLost || crc32(bytes.subarray(0, bytes.length - packTrailerBytes + trailerCrcOffset)) === trailer.packCrc32)
  } catch (error) {
    if (isEngineError(error)) return false
    throw error
  }
}

/** A disk that cannot read some sectors: segment by segment, so that only those are lost that lie on them. */
async function readAround(vault: OpenVault, key: string, segments: readonly PackSegment[]): Promise<ReadPack> {
  const lost: number[] = []
  let bytesRead = 0
  let failure: unknown
  for (const [position, { offset, length, crc32: expected }] of segments.entries()) {
    try {
      const bytes = await vault.getStored(key, { offset, length })
      bytesRead += bytes.length
      if (crc32(bytes) !== expected) lost.push(position)
    } catch (error) {
      if (!isEngineError(error, 'store.io-error')) throw error
      failure = error
      lost.push(position)
    }
  }
  // Not one of them: that is a store that does not work, and says nothing of the pack.
  if (lost.length === segments.length && bytesRead === 0) throw failure as Error
  return { isMissing: false, lost, isFrameDamaged: true, bytesRead }
}

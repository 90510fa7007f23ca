import { maxBlobsPerSegment } from '../../format/index.ts'
import type { BlobTicket } from '../blob-sink.ts'
import { bundleBytes, ownSegmentBytes } from './segment-limits.ts'
import type { MissingPiece } from './slab.ts'

/** Pieces of one slab that become one segment. */
export interface PieceBundle {
  readonly tickets: BlobTicket[]
  readonly lengths: number[]
  /** Where they lie, neighbours joined: one range for most bundles, so that nothing is copied for them. */
  readonly ranges: { start: number; end: number }[]
}

/** Pieces in the order of the slab: neighbours, which were neighbours on the disk, share a segment and compress well together. */
export function bundlePieces(pieces: readonly MissingPiece[]): readonly PieceBundle[] {
  const bundles: PieceBundle[] = []
  let open: PieceBundle | null = null
  let openBytes = 0
  for (const { ticket, start, length } of pieces) {
    if (length >= ownSegmentBytes) {
      bundles.push({ tickets: [ticket], lengths: [length], ranges: [{ start, end: start + length }] })
      continue
    }
    if (open === null || openBytes + length > bundleBytes || open.tickets.length >= maxBlobsPerSegment) {
      open = { tickets: [], lengths: [], ranges: [] }
      openBytes = 0
      bundles.push(open)
    }
    open.tickets.push(ticket)
    open.lengths.push(length)
    openBytes += length
    const last = open.ranges.at(-1)
    if (last?.end === start) last.end += length
    else open.ranges.push({ start, end: start + length })
  }
  return bundles
}

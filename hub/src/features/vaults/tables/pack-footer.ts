import { decodePackFooter, packTrailerBytes, type PackSegment } from '@holdfast/engine/format'
import type { PackRecord } from './packs.queries.ts'

/** What lies in a pack, from its row alone; byte fields are views into the footer. */
export function segmentsOfRow(row: PackRecord): PackSegment[] {
  const footerBytes = row.footer.length
  return decodePackFooter(row.footer, {
    footerOffset: row.sizeBytes - packTrailerBytes - footerBytes,
    footerBytes,
    segmentCount: row.segments,
    blobCount: row.blobs,
    footerSha256: new Uint8Array(32),
    packCrc32: 0,
  })
}

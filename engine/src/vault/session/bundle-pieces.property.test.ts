import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { maxBlobsPerSegment } from '../../format/index.ts'
import { bundlePieces } from './bundle-pieces.ts'
import { bundleBytes, ownSegmentBytes } from './segment-limits.ts'
import type { MissingPiece } from './slab.ts'

/** Pieces of a slab one after the other, of which some are not missing. */
const pieces = fc
  .array(
    fc.record({
      length: fc.oneof(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: ownSegmentBytes - 2, max: ownSegmentBytes + 2 }),
        fc.integer({ min: 1, max: 4 * 1024 * 1024 }),
      ),
      isMissing: fc.boolean(),
    }),
    { maxLength: 1500, size: 'max' },
  )
  .map((all) => {
    let start = 0
    return all.flatMap(({ length, isMissing }, ticket): MissingPiece[] => {
      const piece = { ticket, start, length }
      start += length
      return isMissing ? [piece] : []
    })
  })

test('every piece is in one bundle, which lies where its pieces lie, in their order, within the limits of a segment', () => {
  fc.assert(
    fc.property(pieces, (missing) => {
      const byTicket = new Map(missing.map((piece) => [piece.ticket, piece]))
      const bundles = bundlePieces(missing)
      expect(bundles.flatMap(({ tickets }) => tickets).toSorted((a, b) => a - b)).toEqual(missing.map(({ ticket }) => ticket))
      for (const { tickets, lengths, ranges } of bundles) {
        const members = tickets.map((ticket) => byTicket.get(ticket)!)
        expect(lengths).toEqual(members.map(({ length }) => length))
        const bytes = lengths.reduce((sum, length) => sum + length, 0)
        expect(ranges.reduce((sum, { start, end }) => sum + end - start, 0)).toBe(bytes)
        // Read one after the other, the ranges give the pieces one after the other.
        const starts = ranges.flatMap(({ start, end }) =>
          members.filter((piece) => piece.start >= start && piece.start + piece.length <= end),
        )
        expect(starts).toEqual(members)
        expect(ranges.every(({ start }, index) => index === 0 || ranges[index - 1]!.end < start)).toBe(true)
        expect(tickets.length).toBeLessThanOrEqual(maxBlobsPerSegment)
        if (tickets.length > 1) expect(bytes).toBeLessThanOrEqual(bundleBytes)
        if (lengths.some((length) => length >= ownSegmentBytes)) expect(tickets).toHaveLength(1)
      }
    }),
    { numRuns: 25 },
  )
})

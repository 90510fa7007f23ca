import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createChunker } from './chunker.ts'
import type { ChunkLimits } from './chunk-limits.ts'
import { cutStream } from './cut-stream.ts'
import { nextCutJs } from './fast-cdc-js.ts'
import { deriveGearTable } from './gear-table.ts'

/** Small limits make every rule fire within a few KiB. */
const limits: ChunkLimits = { minBytes: 64, normalBytes: 256, maxBytes: 1024 }
const gearKey = new Uint8Array(32).fill(7)
const chunker = createChunker(gearKey, limits)
const table = deriveGearTable(gearKey)

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 6000, size: 'max' }),
  fc.uint8Array({ maxLength: 6000, max: 1, size: 'max' }),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(200))
    .map(([period, times]) => Uint8Array.from({ length: period.length * times }, (_, i) => period[i % period.length]!)),
)

function cutAll(next: (rest: Uint8Array) => number, input: Uint8Array): number[] {
  const lengths: number[] = []
  for (let at = 0; at < input.length; at += lengths.at(-1)!) lengths.push(next(input.subarray(at)))
  return lengths
}

/** A reader that gives pieces of the sizes named, over and over. */
function readInPieces(input: Uint8Array, pieceBytes: readonly number[]): (into: Uint8Array) => number {
  let at = 0
  let turn = 0
  return (into) => {
    const piece = input.subarray(at, at + Math.min(into.length, pieceBytes[turn++ % pieceBytes.length]!))
    into.set(piece)
    at += piece.length
    return piece.length
  }
}

/** Cut points counted from the end, so that an insertion near the start does not rename them all. */
function cutsFromEnd(input: Uint8Array): Set<number> {
  const positions = new Set<number>()
  let left = input.length
  for (const length of cutAll((rest) => nextCutJs(table, limits, rest, true), input)) positions.add((left -= length))
  return positions
}

describe('chunker', () => {
  test('WebAssembly and JavaScript cut alike, wherever in the buffer the bytes lie', () => {
    fc.assert(
      fc.property(bytes, fc.nat(100), (input, offset) => {
        chunker.buffer.set(input, offset)
        const end = offset + input.length
        const inWasm = cutAll((rest) => chunker.nextCut(end - rest.length, end, true), input)
        expect(inWasm).toEqual(cutAll((rest) => nextCutJs(table, limits, rest, true), input))
      }),
      { numRuns: 300 },
    )
  })

  test('chunks keep their limits and say 0 while more bytes could change the cut', () => {
    fc.assert(
      fc.property(bytes, (input) => {
        chunker.buffer.set(input)
        const whole = chunker.nextCut(0, input.length, true)
        const open = chunker.nextCut(0, input.length, false)
        expect([0, whole]).toContain(open)
        expect(whole).toBeLessThanOrEqual(limits.maxBytes)
        if (input.length >= limits.maxBytes) expect(open).toBe(whole)
        if (open > 0) expect(open).toBeGreaterThan(limits.minBytes)
        // A cut once told stays, whatever follows.
        if (open > 0) expect(chunker.nextCut(0, open, false)).toBe(open)
      }),
    )
  })

  test('how a stream is fed does not move its cuts, and its chunks are its bytes', () => {
    fc.assert(
      fc.property(bytes, fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 5 }), (input, pieceBytes) => {
        const chunks = [...cutStream(chunker, readInPieces(input, pieceBytes))].map(({ bytes: view, isLast }) => ({
          bytes: view.slice(),
          isLast,
        }))
        expect(chunks.map((chunk) => chunk.bytes.length)).toEqual(cutAll((rest) => nextCutJs(table, limits, rest, true), input))
        expect(chunks.map((chunk) => chunk.isLast)).toEqual(chunks.map((_, index) => index === chunks.length - 1))
        expect(Buffer.concat(chunks.map((chunk) => chunk.bytes)).equals(input)).toBe(true)
      }),
    )
  })

  test('an insertion moves only the cuts near it', () => {
    const input = Uint8Array.from({ length: 60_000 }, (_, i) => Math.imul(i ^ (i >>> 7), 0x9e3779b1) >>> 24)
    const shifted = Uint8Array.from([...input.subarray(0, 1000), 1, 2, 3, ...input.subarray(1000)])
    const before = cutsFromEnd(input)
    const kept = [...cutsFromEnd(shifted)].filter((position) => before.has(position))
    expect(kept.length).toBeGreaterThan(before.size * 0.9)
  })
})

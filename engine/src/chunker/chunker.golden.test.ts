import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createChunker } from './chunker.ts'
import { cutStream } from './cut-stream.ts'
import { deriveGearTable } from './gear-table.ts'
import { cutsInJs } from './testing/golden-cuts.ts'
import type { ChunkerGoldens } from './testing/golden-cuts.ts'
import { seededBytes } from './testing/seeded-bytes.ts'

const goldens: ChunkerGoldens = JSON.parse(readFileSync(new URL('../../goldens/format-1/chunker.json', import.meta.url), 'utf8'))

test('the gear table of a key is the golden one', () => {
  const table = deriveGearTable(Buffer.from(goldens.gearKeyHex, 'hex'))
  expect(createHash('sha256').update(table).digest('hex')).toBe(goldens.gearTableSha256Hex)
})

describe.each(goldens.cuts)('$profile, $pattern, seed $seed, $sizeBytes bytes, key $gearKeyHex', (golden) => {
  test('the JavaScript twin cuts at the golden points', () => {
    expect(cutsInJs(golden)).toEqual(golden.chunkBytes)
  })

  test('WebAssembly cuts a stream at the golden points', () => {
    const bytes = seededBytes(golden.pattern, golden.seed, golden.sizeBytes)
    let at = 0
    const read = (into: Uint8Array): number => {
      const piece = bytes.subarray(at, at + into.length)
      into.set(piece)
      at += piece.length
      return piece.length
    }
    const chunker = createChunker(Buffer.from(golden.gearKeyHex, 'hex'), golden.profile)
    expect([...cutStream(chunker, read)].map((chunk) => chunk.bytes.length)).toEqual(golden.chunkBytes)
  })
})

test('goldens hold cuts of both masks, forced cuts and short ends, else they would prove little', () => {
  const inner = goldens.cuts.flatMap((golden) => (golden.profile === 'standard' ? golden.chunkBytes.slice(0, -1) : []))
  const MiB = 1024 * 1024
  expect(inner.some((bytes) => bytes < MiB)).toBe(true)
  expect(inner.some((bytes) => bytes > MiB && bytes < 4 * MiB)).toBe(true)
  expect(inner.some((bytes) => bytes === 4 * MiB)).toBe(true)
})

import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { createChunker } from './chunker.ts'
import { cutStream } from './cut-stream.ts'

const gearKey = new Uint8Array(32)
const MiB = 1024 * 1024

test('the committed WebAssembly is what the source compiles to', () => {
  const script = fileURLToPath(new URL('../../assembly/build.mjs', import.meta.url))
  // Throws with the script's message when it exits with another status than 0.
  execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' })
})

test('limits that do not fit together are refused', () => {
  for (const [minBytes, normalBytes, maxBytes] of [
    [63, 256, 1024],
    [256, 256, 1024],
    [64, 1024, 1024],
    [64, 1000, 4000],
    [64.5, 256, 1024],
    [64, 256, 4 * MiB + 1],
    [Number.NaN, 256, 1024],
  ] as const) {
    expect(() => createChunker(gearKey, { minBytes, normalBytes, maxBytes })).toThrow(
      expect.objectContaining({ code: 'chunker.limits-invalid' }),
    )
  }
})

test('a range outside the buffer is refused rather than read from foreign memory', () => {
  const chunker = createChunker(gearKey, 'fine')
  for (const [start, end] of [
    [-1, 10],
    [10, 9],
    [0, chunker.buffer.length + 1],
    [Number.NaN, 10],
  ] as const) {
    expect(() => chunker.nextCut(start, end, true)).toThrow(expect.objectContaining({ code: 'invariant.broken' }))
  }
})

test('an empty stream has no chunk, and one of a byte has one, marked last', () => {
  const chunker = createChunker(gearKey, 'standard')
  expect([...cutStream(chunker, () => 0)]).toEqual([])
  let isRead = false
  const oneByte = (into: Uint8Array) => {
    if (isRead) return 0
    isRead = true
    into[0] = 42
    return 1
  }
  const chunks = [...cutStream(chunker, oneByte)]
  expect(chunks).toEqual([{ bytes: Uint8Array.of(42), isLast: true }])
})

test('a stream that ends exactly at a forced cut marks it last', () => {
  // Bytes of one value never cut here: the hash settles at -table[0], whose top bits are not zero with this key.
  const limits = { minBytes: 64, normalBytes: 4096, maxBytes: 8192 }
  const chunker = createChunker(gearKey, limits)
  let left = 2 * limits.maxBytes
  const zeroes = (into: Uint8Array) => {
    const count = Math.min(left, into.length)
    into.fill(0, 0, count)
    left -= count
    return count
  }
  expect([...cutStream(chunker, zeroes)].map((chunk) => [chunk.bytes.length, chunk.isLast])).toEqual([
    [limits.maxBytes, false],
    [limits.maxBytes, true],
  ])
})

test("a reader's error passes through, and the chunker serves the next stream", () => {
  const chunker = createChunker(gearKey, 'fine')
  expect(() => [
    ...cutStream(chunker, () => {
      throw new TypeError('disk on fire')
    }),
  ]).toThrow('disk on fire')
  expect([...cutStream(chunker, () => 0)]).toEqual([])
})

test('a reader that claims more than there is room for is refused', () => {
  const chunker = createChunker(gearKey, 'fine')
  expect(() => [...cutStream(chunker, (into) => into.length + 1)]).toThrow(expect.objectContaining({ code: 'invariant.broken' }))
})

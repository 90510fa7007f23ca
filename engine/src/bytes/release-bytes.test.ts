import { expect, test } from 'vitest'
import { releaseBytes } from './release-bytes.ts'

test('gives back what owns its buffer', () => {
  const bytes = new Uint8Array(64 * 1024)
  releaseBytes(bytes)
  expect([bytes.length, bytes.buffer.byteLength]).toEqual([0, 0])
})

test.each([
  ['a part of something larger', () => new Uint8Array(128 * 1024).subarray(0, 64 * 1024)],
  ['shared memory', () => new Uint8Array(new SharedArrayBuffer(64 * 1024))],
  ['a slice of Node’s pool', () => Buffer.allocUnsafe((Buffer.poolSize >>> 1) - 1)],
])('leaves %s alone', (_, make) => {
  const bytes = make()
  const { length } = bytes
  releaseBytes(bytes)
  expect(bytes.length).toBe(length)
})

test('may be asked twice', () => {
  const bytes = new Uint8Array(64 * 1024)
  releaseBytes(bytes)
  expect(() => releaseBytes(bytes)).not.toThrow()
})

import { randomBytes } from 'node:crypto'
import { gzipSync, zstdDecompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { codecs } from '../../format/index.ts'
import { aLog } from '../testing/a-log.ts'
import { compress, type Compression } from './compress.ts'

const compressions: readonly Compression[] = ['off', 'fast', 'strong']
const KiB = 1024
const MiB = 1024 * KiB

/** `text` at one place of what is random all around. */
function textInRandom(start: number, text: Buffer): Buffer {
  const raw = randomBytes(MiB)
  text.copy(raw, start)
  return raw
}

describe('what cannot be compressed is stored as it is', () => {
  const kinds: readonly (readonly [string, () => Buffer])[] = [
    ['random bytes', () => randomBytes(MiB)],
    ['random bytes, too few to be looked at first', () => randomBytes(100 * KiB)],
    ['what is compressed already', () => gzipSync(aLog(2 * MiB))],
    ['hardly anything that is not random', () => textInRandom(300 * KiB, aLog(10 * KiB))],
  ]
  test.each(kinds.flatMap(([name, make]) => compressions.map((compression) => [name, compression, make] as const)))(
    '%s, %s',
    (_, compression, make) => {
      const raw = make()
      expect(compress(raw, compression)).toEqual({ codec: codecs.stored, payload: raw })
    },
  )
})

describe('what can be compressed is, and opens again', () => {
  const half = 512 * KiB
  const kinds: readonly (readonly [string, () => Buffer])[] = [
    ['text', () => aLog(MiB)],
    ['text, too little to be looked at first', () => aLog(50 * KiB)],
    ['few letters that never repeat', () => Buffer.from(randomBytes(600 * KiB).toString('base64'))],
    // Mixed as in a tar or a bundle of small files; all random at a quarter, where zstd is tried.
    ['text behind random bytes', () => textInRandom(half, aLog(half))],
    ['text before random bytes', () => textInRandom(0, aLog(200 * KiB))],
    ['text among random bytes', () => textInRandom(half, aLog(100 * KiB))],
    ['random bytes that come again', () => Buffer.alloc(MiB, randomBytes(4 * KiB))],
  ]
  test.each(kinds.flatMap(([name, make]) => (['fast', 'strong'] as const).map((compression) => [name, compression, make] as const)))(
    '%s, %s',
    (_, compression, make) => {
      const raw = make()
      const { codec, payload } = compress(raw, compression)
      expect(codec).toBe(codecs.zstd)
      expect(payload.length).toBeLessThan(raw.length * 0.97)
      expect(Buffer.compare(zstdDecompressSync(payload), raw)).toBe(0)
    },
  )
})

test('strong takes less room than fast, and off changes nothing', () => {
  const text = aLog(MiB)
  const [off, fast, strong] = compressions.map((compression) => compress(text, compression).payload.length)
  expect(off).toBe(text.length)
  expect(strong).toBeLessThan(fast ?? 0)
})

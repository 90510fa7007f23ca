import { execFile } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gatherParts } from './gather-parts.ts'
import { directoryRecord, endRecords } from './zip-records.ts'
import { ZipWriter } from './zip-writer.ts'

const run = promisify(execFile)
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-zip-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('more entries than 16 bits can count are all there for two programs that have nothing in common', async () => {
  const count = 70_000
  const path = join(folder, 'many.zip')
  const zip = async function* (): AsyncGenerator<Uint8Array> {
    const writer = new ZipWriter()
    for (let index = 0; index < count; index++) {
      const entry = { name: Buffer.from(`folder/file ${index}`), mode: 0o100644, mtimeNs: 1_700_000_000_000_000_000n }
      yield* writer.addWhole(entry, Buffer.from(`content of ${index}`))
    }
    yield* writer.end()
  }
  await pipeline(gatherParts(zip()), createWriteStream(path))
  const maxBuffer = 64 * 1024 * 1024
  expect((await run('unzip', ['-Z1', path], { maxBuffer })).stdout.trimEnd().split('\n')).toHaveLength(count)
  expect((await run('bsdtar', ['-tf', path], { maxBuffer })).stdout.trimEnd().split('\n')).toHaveLength(count)
  expect((await run('unzip', ['-tq', path], { maxBuffer })).stdout).toContain('No errors detected')
  expect((await run('unzip', ['-p', path, `folder/file ${count - 1}`])).stdout).toBe(`content of ${count - 1}`)
})

test('what lies beyond 4 GiB, and how much of it there is, is told with 8 bytes', () => {
  const entry = { name: Buffer.from('x'), mode: 0o100644, mtimeNs: 0n }
  const content = { method: 8, isStreamed: true, isLarge: false, crc32: 1, packedBytes: 2, sizeBytes: 3 } as const
  const record = Buffer.from(directoryRecord(entry, content, 5 * 2 ** 30))
  expect([record.readUInt32LE(20), record.readUInt32LE(24), record.readUInt32LE(42)]).toEqual([2, 3, 0xffffffff])
  expect(record.readBigUInt64LE(record.length - 8)).toBe(5n * 2n ** 30n)
  const end = Buffer.from(endRecords(3, 100, 5 * 2 ** 30))
  expect(end.readUInt32LE(0)).toBe(0x06064b50)
  expect(end.readBigUInt64LE(48)).toBe(5n * 2n ** 30n)
  expect(endRecords(3, 100, 200)).toHaveLength(22)
})

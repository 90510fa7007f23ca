import { execFile } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { gatherParts } from './gather-parts.ts'
import { ZipWriter } from './zip-writer.ts'

const run = promisify(execFile)

test('a file of more than 4 GiB, and one after it, come out whole', { timeout: 600_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-zip64-'))
  const path = join(folder, 'large.zip')
  const part = Buffer.alloc(8 * 1024 * 1024)
  const parts = 560
  const entry = (name: string) => ({ name: Buffer.from(name), mode: 0o100644, mtimeNs: 1_700_000_000_000_000_000n })
  const content = async function* (): AsyncGenerator<Uint8Array> {
    for (let index = 0; index < parts; index++) yield part
  }
  const zip = async function* (): AsyncGenerator<Uint8Array> {
    const writer = new ZipWriter()
    yield* writer.addFile(entry('large'), parts * part.length, content())
    yield* writer.addWhole(entry('after'), Buffer.from('still here'))
    yield* writer.end()
  }
  await pipeline(gatherParts(zip()), createWriteStream(path))
  expect((await run('unzip', ['-tq', path])).stdout).toContain('No errors')
  expect((await run('unzip', ['-Zl', path])).stdout).toContain(String(parts * part.length))
  expect((await run('unzip', ['-p', path, 'after'])).stdout).toBe('still here')
  // From the beginning, as a stream: by what stands before and after the content, and not by the directory.
  const { stdout } = await run('sh', ['-c', `cat "$0" | bsdtar -xOf - | wc -c`, path])
  expect(Number(stdout)).toBe(parts * part.length + 'still here'.length)
  await rm(folder, { recursive: true })
})

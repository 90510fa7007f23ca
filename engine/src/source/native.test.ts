import { execFileSync } from 'node:child_process'
import { closeSync, lstatSync, openSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { nativeProblem, setFileTimes } from './index.ts'
import { loadNative } from './native.ts'
import { SystemCallError } from './system-call-error.ts'
import { fileSystems, makeScratchFolder } from './testing/scratch-folder.ts'
import type { ScratchFolder } from './testing/scratch-folder.ts'

const instantsNs = {
  'now with every digit': 1_795_000_000_123_456_789n,
  'one nanosecond before 1970': -1n,
  'a long time before 1970': -2_000_000_000_000_000_001n,
  'exactly 1970': 0n,
  'behind 2038': 2_500_000_000_999_999_999n,
  'in the year 2200': 7_258_118_400_000_000_001n,
}

describe.each(fileSystems)('times on $name', ({ place }) => {
  let scratch: ScratchFolder
  beforeEach(() => (scratch = makeScratchFolder(place)))
  afterEach(() => scratch.remove())

  test.each(Object.entries(instantsNs))('%s is kept to the nanosecond', (_, mtimeNs) => {
    const filePath = path.join(scratch.path, 'file')
    writeFileSync(filePath, '')
    const fd = openSync(filePath, 'r')
    const accessedNs = lstatSync(filePath, { bigint: true }).atimeNs
    setFileTimes(fd, mtimeNs)
    closeSync(fd)
    expect(lstatSync(filePath, { bigint: true })).toMatchObject({ mtimeNs, atimeNs: accessedNs })
  })
})

test('the native door opens on this machine, also in a worker thread', async () => {
  expect(nativeProblem()).toBeNull()
  const url = JSON.stringify(new URL('./native.ts', import.meta.url).href)
  const script = `import { parentPort } from 'node:worker_threads'; const { loadNative } = await import(${url}); parentPort.postMessage(loadNative() !== null)`
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`))
  expect(await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))).toBe(true)
  await worker.terminate()
})

test('a failed call has the code that Node would give, and no path in its message', () => {
  const scratch = makeScratchFolder()
  const folderFd = openSync(scratch.path, 'r')
  const native = loadNative()!
  symlinkSync('nowhere', path.join(scratch.path, 'link'))
  const attempts: [string, () => unknown][] = [
    ['ENOENT', () => native.removeFile(folderFd, Buffer.from('absent'))],
    ['EEXIST', () => native.makeFolder(folderFd, Buffer.from('link'), 0o700)],
    ['ELOOP', () => native.open(folderFd, Buffer.from('link'), 0o400000, 0)],
    ['EBADF', () => native.removeFile(99_999, Buffer.from('x'))],
    ['ENAMETOOLONG', () => native.removeFile(folderFd, Buffer.alloc(9000, 'x'))],
    ['ENAMETOOLONG', () => native.removeFile(folderFd, Buffer.alloc(256, 'x'))],
    ['EINVAL', () => native.removeFile(folderFd, Buffer.from('a\0b'))],
  ]
  for (const [code, attempt] of attempts) {
    expect(attempt, code).toThrow(expect.objectContaining({ code, message: expect.not.stringContaining(scratch.path) }))
    expect(attempt).toThrow(SystemCallError)
  }
  closeSync(folderFd)
  scratch.remove()
})

test('where native code cannot load it is told, and everything else works by what Node has', () => {
  const scratch = makeScratchFolder()
  const program = fileURLToPath(new URL('./testing/without-native.ts', import.meta.url))
  const report: unknown = JSON.parse(
    execFileSync(process.execPath, ['--no-addons', '-C', '@holdfast/source', program, scratch.path], { encoding: 'utf8' }),
  )
  scratch.remove()
  expect(report).toMatchObject({
    problem: 'native.unavailable',
    ranges: [{ start: 0, end: 1_000_000 }],
    attributes: [],
    fifo: 'native.unavailable',
    device: 'native.unavailable',
    escape: 'restore.unsafe-path',
  })
  const { fileTimeErrorNs, linkTimeErrorNs } = report as { fileTimeErrorNs: number; linkTimeErrorNs: number }
  expect(Math.abs(fileTimeErrorNs)).toBeLessThan(1000)
  expect(Math.abs(linkTimeErrorNs)).toBeLessThan(1000)
})

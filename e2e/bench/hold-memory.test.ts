import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { fileSystemOf } from './file-system.ts'
import { holdMemory } from './hold-memory.ts'

const never = new AbortController().signal
const hasTmpfs = existsSync('/dev/shm') && fileSystemOf('/dev/shm') === 'tmpfs'
const isDisk = process.platform === 'linux' && fileSystemOf(tmpdir()) !== 'tmpfs'
const mebibyte = 2 ** 20

function folderIn(parent: string): string {
  const folder = mkdtempSync(join(parent, 'hold-memory-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

// Linux alone has a tmpfs there.
test.runIf(hasTmpfs)('keeps one page of each block, and gives the rest back', async () => {
  const folder = folderIn('/dev/shm')
  expect(await holdMemory(folder, never, 10 * mebibyte)).toBe(10 * mebibyte)
  expect(readdirSync(folder)).toEqual(['held-memory'])
  expect(statSync(join(folder, 'held-memory')).size).toBe(5 * 4096)
})

// As above.
test.runIf(hasTmpfs)('stops when it is asked to, and leaves nothing but what it holds', async () => {
  const folder = folderIn('/dev/shm')
  const stop = new AbortController()
  // More than any machine that runs this has to spare, were it not stopped.
  const holding = holdMemory(folder, stop.signal, 64 * 1024 * mebibyte)
  setImmediate(() => stop.abort(new Error('stopped')))
  await expect(holding).rejects.toThrow('stopped')
  expect(readdirSync(folder)).toEqual(['held-memory'])
})

// A machine whose temporary files lie in memory has no other place to try.
test.runIf(isDisk)('does nothing on a disk', async () => {
  const folder = folderIn(tmpdir())
  expect(await holdMemory(folder, never, 10 * mebibyte)).toBe(0)
  expect(readdirSync(folder)).toEqual([])
})

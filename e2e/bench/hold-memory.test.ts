import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { fileSystemOf } from './file-system.ts'
import { holdMemory } from './hold-memory.ts'

const never = new AbortController().signal

function folderIn(parent: string): string {
  const folder = mkdtempSync(join(parent, 'hold-memory-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test.runIf(fileSystemOf('/dev/shm') === 'tmpfs')('keeps one page of each block, and gives the rest back', () => {
  const folder = folderIn('/dev/shm')
  expect(holdMemory(folder, never, 10 * 2 ** 20)).toBe(10 * 2 ** 20)
  expect(readdirSync(folder)).toEqual(['held-memory'])
  expect(statSync(join(folder, 'held-memory')).size).toBe(5 * 4096)
})

test.runIf(fileSystemOf('/dev/shm') === 'tmpfs')('leaves nothing behind but what it holds where it is stopped', () => {
  const folder = folderIn('/dev/shm')
  expect(() => holdMemory(folder, AbortSignal.abort(new Error('stopped')), 10 * 2 ** 20)).toThrow('stopped')
  expect(readdirSync(folder)).toEqual(['held-memory'])
})

test.skipIf(fileSystemOf(tmpdir()) === 'tmpfs')('does nothing on a disk', () => {
  const folder = folderIn(tmpdir())
  expect(holdMemory(folder, never)).toBe(0)
  expect(readdirSync(folder)).toEqual([])
})

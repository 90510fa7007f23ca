import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ScratchFile, systemCalls } from './scratch-file.ts'

let folder: string
let scratchPath: string
let told: unknown[]
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hf-scratch-'))
  scratchPath = path.join(folder, 'scratch')
  told = []
})
afterEach(() => rmSync(folder, { recursive: true }))

const openScratch = (): ScratchFile => new ScratchFile({ path: scratchPath, onUnwritable: (error) => told.push(error) })
const someBytes = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value)

function readBack(file: ScratchFile, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  file.read(offset, bytes)
  return bytes
}

/** Files of this process that have no name any more. */
const namelessFiles = (): string[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`)
      return target.startsWith(folder) && target.endsWith(' (deleted)') ? [`/proc/self/fd/${fd}`] : []
    } catch {
      return []
    }
  })

test('gives back what was written, and what was written over it', () => {
  const file = openScratch()
  expect([file.append(someBytes(100_000, 1)), file.append(someBytes(5, 2))]).toEqual([0, 100_000])
  expect(file.overwrite(99_999, someBytes(2, 3))).toBe(true)
  expect(readBack(file, 99_998, 6)).toEqual(Uint8Array.of(1, 3, 3, 2, 2, 2))
  expect(() => readBack(file, 99_998, 8)).toThrow(expect.objectContaining({ code: 'scratch.unreadable' }))
  file.close()
  expect(told).toEqual([])
})

test('is made with the first bytes, and takes the place of what a killed run left', () => {
  writeFileSync(scratchPath, 'left')
  const file = openScratch()
  expect(readFileSync(scratchPath, 'utf8')).toBe('left')
  file.append(someBytes(10, 1))
  expect(existsSync(scratchPath)).toBe(false)
  file.close()
})

test('follows no link', () => {
  writeFileSync(path.join(folder, 'other'), 'of somebody else')
  symlinkSync('other', scratchPath)
  const file = openScratch()
  file.append(someBytes(10, 1))
  file.close()
  expect(readFileSync(path.join(folder, 'other'), 'utf8')).toBe('of somebody else')
})

// Needs /proc.
test.skipIf(!existsSync('/proc/self/fd'))('has no name while it is used, is for its owner alone, and is gone when it is closed', () => {
  const file = openScratch()
  file.append(someBytes(10, 1))
  expect(readdirSync(folder)).toEqual([])
  const [open] = namelessFiles()
  expect(statSync(open!).mode & 0o777).toBe(0o600)
  file.close()
  expect(namelessFiles()).toEqual([])
  file.close()
})

test('that cannot be made takes nothing, and says so once', () => {
  scratchPath = path.join(folder, 'missing', 'scratch')
  const file = openScratch()
  expect([file.append(someBytes(1, 1)), file.append(someBytes(1, 1)), file.overwrite(0, someBytes(1, 1))]).toEqual([null, null, false])
  expect(told).toMatchObject([{ code: 'ENOENT' }])
  file.close()
})

test('leaves 256 MiB of the disk to others: what is written stays of use, and it says once that it takes no more', () => {
  let freeBytes: number | null = null
  const file = new ScratchFile(
    { path: scratchPath, onUnwritable: (error) => told.push(error) },
    {
      ...systemCalls,
      freeBytes: (at) => {
        expect(systemCalls.freeBytes(at)).toBeGreaterThan(0)
        return freeBytes
      },
    },
  )
  const reserve = 256 * 1024 * 1024
  expect(file.append(someBytes(10, 1))).toBe(0)
  freeBytes = reserve + 10
  expect(file.append(someBytes(10, 2))).toBe(10)
  freeBytes = reserve + 9
  // What is there already takes no more of the disk.
  expect(file.overwrite(5, someBytes(1, 3))).toBe(true)
  expect(told).toEqual([])
  expect([file.append(someBytes(10, 4)), file.append(someBytes(1, 4))]).toEqual([null, null])
  expect(told).toMatchObject([{ code: 'ENOSPC' }])
  expect(readBack(file, 4, 3)).toEqual(Uint8Array.of(1, 3, 1))
  file.close()
})

test('takes nothing after it was closed', () => {
  const file = openScratch()
  file.append(someBytes(10, 1))
  file.close()
  expect(file.append(someBytes(10, 1))).toBeNull()
  expect(() => readBack(file, 0, 1)).toThrow(expect.objectContaining({ code: 'invariant.broken' }))
  expect(told).toEqual([])
})

import { execFileSync } from 'node:child_process'
import {
  closeSync,
  constants,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FolderCalls } from './folder-calls.ts'
import { openTargetFolder, TargetFolder } from './index.ts'
import { loadNative } from './native.ts'
import { procFolderCalls } from './proc-folder-calls.ts'
import { makeScratchFolder } from './testing/scratch-folder.ts'
import type { ScratchFolder } from './testing/scratch-folder.ts'

const name = (text: string): Buffer => Buffer.from(text)
const withCode = (code: string): unknown => expect.objectContaining({ code })
const isRoot = process.getuid?.() === 0
const ways: { way: string; calls: FolderCalls; isExact: boolean }[] = [
  { way: 'native calls', calls: loadNative()!, isExact: true },
  { way: '/proc/self/fd', calls: procFolderCalls, isExact: false },
]

describe.each(ways)('a target folder by $way', ({ calls, isExact }) => {
  let scratch: ScratchFolder
  let inside: string
  let outside: string
  let folder: TargetFolder
  beforeEach(() => {
    scratch = makeScratchFolder()
    inside = path.join(scratch.path, 'inside')
    outside = path.join(scratch.path, 'outside')
    mkdirSync(inside)
    mkdirSync(outside)
    writeFileSync(path.join(outside, 'precious'), 'precious')
    folder = new TargetFolder(openSync(inside, constants.O_RDONLY | constants.O_DIRECTORY), calls)
  })
  afterEach(() => {
    folder.close()
    scratch.remove()
  })
  const at = (entry: string): string => path.join(inside, entry)

  test('files, folders, symlinks and hard links are made under raw names', () => {
    const rawName = Buffer.of(0xff, 0x0a, 0x20)
    const fd = folder.createFile(rawName, 0o640)
    writeSync(fd, 'content')
    closeSync(fd)
    folder.makeFolder(name('sub'), 0o750)
    const sub = folder.openFolder(name('sub'))
    folder.makeSymlink(Buffer.of(0xfe, 0x2f), name('link'))
    sub.linkFrom(folder, rawName, name('second'))
    sub.linkFrom(folder, name('link'), name('link too'))
    expect(readFileSync(at('sub/second'), 'utf8')).toBe('content')
    expect(lstatSync(at('sub/second'))).toMatchObject({ nlink: 2, mode: constants.S_IFREG | 0o640 })
    expect(readlinkSync(at('sub/link too'), 'buffer')).toEqual(Buffer.of(0xfe, 0x2f))
    expect(statSync(at('sub')).mode & 0o7777).toBe(0o750)
    expect(sub.metadata().inode).toBe(folder.lookAt(name('sub'))?.inode)
    sub.close()
  })

  test('an existing name is never taken over by making something', () => {
    writeFileSync(at('taken'), 'old')
    for (const make of [
      () => folder.createFile(name('taken'), 0o600),
      () => folder.makeFolder(name('taken'), 0o700),
      () => folder.makeSymlink(name('x'), name('taken')),
      () => folder.linkFrom(folder, name('taken'), name('taken')),
    ]) {
      expect(make).toThrow(withCode('EEXIST'))
    }
    expect(readFileSync(at('taken'), 'utf8')).toBe('old')
  })

  test('owner, mode and times are set on the thing itself, to the nanosecond where the calls can', () => {
    writeFileSync(at('file'), '')
    symlinkSync(path.join(outside, 'precious'), at('link'))
    const precious = lstatSync(path.join(outside, 'precious'), { bigint: true })
    const mtimeNs = 1_600_000_000_123_456_789n
    folder.setMode(name('file'), 0o4711)
    for (const entry of ['file', 'link']) {
      if (isRoot) folder.setOwner(name(entry), 1234, 2345)
      folder.setTimes(name(entry), mtimeNs)
      const looked = folder.lookAt(name(entry))!
      if (isRoot) expect(looked).toMatchObject({ uid: 1234, gid: 2345 })
      expect(Math.abs(Number(looked.mtimeNs - mtimeNs))).toBeLessThanOrEqual(isExact ? 0 : 1000)
    }
    expect(() => folder.setMode(name('link'), 0o777)).toThrow(withCode('ENOTSUP'))
    expect(lstatSync(path.join(outside, 'precious'), { bigint: true })).toEqual(precious)
  })

  test('its own owner, mode and times are set through the open folder', () => {
    const mtimeNs = -1_000_000_001n
    folder.setOwnMode(0o1770)
    if (isRoot) folder.setOwnOwner(77, 88)
    folder.setOwnTimes(mtimeNs)
    expect(folder.metadata()).toMatchObject({ mode: 0o1770, mtimeNs, ...(isRoot ? { uid: 77, gid: 88 } : {}) })
  })

  test('looking tells what is there and does not follow or wait', () => {
    symlinkSync('nowhere', at('link'))
    loadNative()!.makeFifo(openSync(inside, 'r'), name('fifo'), 0o600)
    expect(folder.lookAt(name('absent'))).toBeNull()
    expect(folder.lookAt(name('link'))?.type).toBe('symlink')
    expect(folder.lookAt(name('fifo'))?.type).toBe('fifo')
    expect(() => folder.openFileToRead(name('fifo'))).toThrow(withCode('restore.unsafe-path'))
  })

  test('renaming replaces a file and not a full folder, removing takes anything but a folder', () => {
    writeFileSync(at('a'), 'a')
    writeFileSync(at('b'), 'b')
    mkdirSync(at('full/x'), { recursive: true })
    folder.rename(name('a'), name('b'))
    expect(readFileSync(at('b'), 'utf8')).toBe('a')
    expect(() => folder.rename(name('b'), name('full'))).toThrow(withCode('EISDIR'))
    expect(() => folder.remove(name('full'))).toThrow(withCode('EISDIR'))
    folder.remove(name('b'))
    expect(readdirSync(inside)).toEqual(['full'])
  })

  test('a file begun is opened again to go on', () => {
    closeSync(folder.createFile(name('part'), 0o600))
    const fd = folder.openFileToWrite(name('part'))
    writeSync(fd, 'rest', 4)
    closeSync(fd)
    const again = folder.openFileToRead(name('part'))
    expect(readFileSync(again)).toEqual(Buffer.from('\0\0\0\0rest'))
    closeSync(again)
  })

  test('a name that could lead out is refused by every call, and nothing happens', () => {
    const before = readdirSync(scratch.path, { recursive: true })
    for (const bad of ['', '.', '..', '/', 'a/b', '../outside/x', 'a\0b'].map(name)) {
      const attempts: (() => unknown)[] = [
        () => folder.openFolder(bad),
        () => folder.lookAt(bad),
        () => folder.makeFolder(bad, 0o700),
        () => folder.createFile(bad, 0o600),
        () => folder.openFileToRead(bad),
        () => folder.openFileToWrite(bad),
        () => folder.makeSymlink(name('x'), bad),
        () => folder.linkFrom(folder, bad, name('x')),
        () => folder.linkFrom(folder, name('x'), bad),
        () => folder.makeFifo(bad, 0o600),
        () => folder.makeDevice(bad, 'char-device', { mode: 0o600, major: 1, minor: 3 }),
        () => folder.rename(bad, name('x')),
        () => folder.rename(name('x'), bad),
        () => folder.remove(bad),
        () => folder.setOwner(bad, 0, 0),
        () => folder.setMode(bad, 0o777),
        () => folder.setTimes(bad, 0n),
      ]
      for (const attempt of attempts) expect(attempt, `${String(bad)}: ${String(attempt)}`).toThrow(withCode('restore.unsafe-path'))
    }
    expect(readdirSync(scratch.path, { recursive: true })).toEqual(before)
  })

  test('planted symlinks are not followed by anything', () => {
    symlinkSync(outside, at('folder'))
    symlinkSync(path.join(outside, 'precious'), at('file'))
    symlinkSync(path.join(outside, 'new'), at('dangling'))
    // Linux says ENOTDIR where a folder was asked for and ELOOP for anything else.
    expect(() => folder.openFolder(name('folder'))).toThrow(withCode('ENOTDIR'))
    expect(() => folder.openFileToWrite(name('file'))).toThrow(withCode('ELOOP'))
    expect(() => folder.createFile(name('file'), 0o600)).toThrow(withCode('EEXIST'))
    expect(() => folder.createFile(name('dangling'), 0o600)).toThrow(withCode('EEXIST'))
    folder.remove(name('folder'))
    folder.rename(name('file'), name('dangling'))
    expect(readdirSync(outside)).toEqual(['precious'])
    expect(readFileSync(path.join(outside, 'precious'), 'utf8')).toBe('precious')
  })

  test('what was made is held and given its metadata, and nothing that has its name since', () => {
    const mine = at('made')
    const precious = path.join(outside, 'fifo')
    for (const fifo of [mine, precious]) execFileSync('mkfifo', ['-m', '600', fifo])
    const held = folder.holdMade(name('made'), 'fifo')!
    linkSync(precious, at('other'))
    renameSync(mine, at('aside'))
    renameSync(at('other'), mine)
    held.setMode(0o644)
    held.setOwner(isRoot ? 1234 : process.getuid!(), isRoot ? 1235 : process.getgid!())
    held.close()
    const stateOf = (entry: string): unknown[] => [
      lstatSync(entry).mode & 0o777,
      ...(isRoot ? [lstatSync(entry).uid, lstatSync(entry).gid] : []),
    ]
    expect(stateOf(at('aside'))).toEqual(isRoot ? [0o644, 1234, 1235] : [0o644])
    expect(stateOf(precious)).toEqual(isRoot ? [0o600, 0, 0] : [0o600])
    // By now another thing has the name: of the same type, and of another one.
    for (const type of ['fifo', 'symlink'] as const)
      expect(() => folder.holdMade(name('made'), type)).toThrow(withCode('restore.unsafe-path'))
    expect(() => folder.holdMade(name('aside'), 'symlink')).toThrow(withCode('restore.unsafe-path'))
    symlinkSync(path.join(outside, 'precious'), at('link'))
    const link = folder.holdMade(name('link'), 'symlink')!
    if (isRoot) link.setOwner(1234, 1235)
    link.close()
    expect([lstatSync(at('link')).uid, statSync(path.join(outside, 'precious')).uid]).toEqual(
      isRoot ? [1234, 0] : [process.getuid!(), process.getuid!()],
    )
  })

  test('a folder that is moved away while it is open is still the one that is written to', () => {
    folder.makeFolder(name('sub'), 0o700)
    const sub = folder.openFolder(name('sub'))
    folder.rename(name('sub'), name('moved'))
    symlinkSync(outside, at('sub'))
    closeSync(sub.createFile(name('new'), 0o600))
    sub.close()
    expect(existsSync(at('moved/new'))).toBe(true)
    expect(readdirSync(outside)).toEqual(['precious'])
  })

  test('a folder swapped for a symlink in a loop never lets a write out', async () => {
    mkdirSync(at('sub'))
    const swaps = new Int32Array(new SharedArrayBuffer(4))
    const attacker = new Worker(swapForSymlink, {
      eval: true,
      workerData: { folderPath: at('sub'), asidePath: at('aside'), outside, swaps },
    })
    await new Promise((resolve) => attacker.once('online', resolve))
    const counts = { done: 0, refused: 0 }
    // Bounded by time: on a busy machine one of the two may hardly get to run.
    const endMs = performance.now() + 4000
    const isEnough = () => Atomics.load(swaps, 0) > 300 && counts.done > 100 && counts.refused > 100
    for (let round = 0; performance.now() < endMs && !isEnough(); round++) restoreOne(folder, round, counts)
    await attacker.terminate()
    expect(counts.done, 'the way in was open at times').toBeGreaterThan(0)
    expect(counts.refused, 'and the symlink was met at times').toBeGreaterThan(0)
    expect(readdirSync(outside)).toEqual(['precious'])
    expect(readFileSync(path.join(outside, 'precious'), 'utf8')).toBe('precious')
    expect(statSync(path.join(outside, 'precious')).mode & 0o777).toBe(0o644)
  })
})

/** What a restore does with one file in a folder. */
function restoreOne(target: TargetFolder, round: number, counts: { done: number; refused: number }): void {
  try {
    const sub = target.openFolder(name('sub'))
    try {
      closeSync(sub.createFile(name(`file-${round}`), 0o600))
      sub.setMode(name(`file-${round}`), 0o666)
      sub.rename(name(`file-${round}`), name('precious'))
      counts.done++
    } finally {
      sub.close()
    }
  } catch (error) {
    // Between two renames there is nothing; then there is the symlink.
    if (error instanceof Error && 'code' in error && (error.code === 'ENOTDIR' || error.code === 'ELOOP')) counts.refused++
    else expect(error).toEqual(withCode('ENOENT'))
  }
}

const swapForSymlink = `
  const { renameSync, symlinkSync, unlinkSync } = require('node:fs')
  const { folderPath, asidePath, outside, swaps } = require('node:worker_threads').workerData
  for (;;) {
    renameSync(folderPath, asidePath)
    symlinkSync(outside, folderPath)
    unlinkSync(folderPath)
    renameSync(asidePath, folderPath)
    Atomics.add(swaps, 0, 1)
  }
`

describe('opening a target', () => {
  let scratch: ScratchFolder
  beforeEach(() => (scratch = makeScratchFolder()))
  afterEach(() => scratch.remove())

  test('it is made with those above it, for its owner only, and told as new', () => {
    const targetPath = path.join(scratch.path, 'a/b/c')
    const first = openTargetFolder(name(targetPath))
    first.folder.close()
    expect(first.isNew).toBe(true)
    expect(statSync(targetPath).mode & 0o777).toBe(0o700)
    const again = openTargetFolder(name(`${targetPath}//`))
    again.folder.close()
    expect(again.isNew).toBe(false)
  })

  test('a symlink, a file and what cannot be made are refused with what to do', () => {
    mkdirSync(path.join(scratch.path, 'real'))
    symlinkSync('real', path.join(scratch.path, 'link'))
    writeFileSync(path.join(scratch.path, 'file'), '')
    for (const target of ['link', 'link/', 'file', 'file/below']) {
      expect(() => openTargetFolder(name(path.join(scratch.path, target))), target).toThrow(withCode('restore.target-invalid'))
    }
    // A file system that says ENOENT to making a folder in a folder that is there.
    expect(() => openTargetFolder(name('/proc/holdfast/target'))).toThrow(withCode('restore.target-invalid'))
    expect(() => openTargetFolder(name(''))).toThrow(withCode('restore.target-invalid'))
    expect(readdirSync(path.join(scratch.path, 'real'))).toEqual([])
  })

  test('FIFOs and, for root, devices are made', () => {
    const { folder } = openTargetFolder(name(scratch.path))
    folder.makeFifo(name('fifo'), 0o600)
    folder.setMode(name('fifo'), 0o622)
    expect(folder.lookAt(name('fifo'))).toMatchObject({ type: 'fifo', mode: 0o622 })
    const make = () => folder.makeDevice(name('device'), 'block-device', { mode: 0o600, major: 259, minor: 70_000 })
    if (isRoot) {
      make()
      expect(folder.lookAt(name('device'))).toMatchObject({ type: 'block-device', deviceMajor: 259, deviceMinor: 70_000 })
    } else expect(make).toThrow(withCode('EPERM'))
    folder.close()
  })
})

// Only root may hide /proc from a program.
test.runIf(isRoot)('without /proc the names in a folder are not known, and it is there all the same', () => {
  const scratch = makeScratchFolder()
  const program = fileURLToPath(new URL('testing/without-proc.ts', import.meta.url))
  const hidden = 'mount -t tmpfs none /proc && exec "$@"'
  const command = [process.execPath, '-C', '@holdfast/source', program, scratch.path]
  try {
    execFileSync('unshare', ['-m', 'true'])
  } catch {
    // A container that may not have mounts of its own: nothing to try this on.
    return scratch.remove()
  }
  const report: unknown = JSON.parse(execFileSync('unshare', ['-m', 'sh', '-c', hidden, 'sh', ...command], { encoding: 'utf8' }))
  scratch.remove()
  expect(report).toEqual({ isProc: false, names: null, type: 'folder' })
})

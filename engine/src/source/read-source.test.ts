import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { toMetadata } from './file-metadata.ts'
import { joinDeviceNumber, splitDeviceNumber } from './device-number.ts'
import { dataRanges, openFile, OwnerNames, readFolder, readFileMetadata, readLinkTarget, readMetadata } from './index.ts'
import { fileSystems, makeScratchFolder } from './testing/scratch-folder.ts'
import type { ScratchFolder } from './testing/scratch-folder.ts'

const withCode = (code: string): unknown => expect.objectContaining({ code })

/** Root may read everything, so it steps down for a moment. */
function withoutRights(action: () => void): void {
  const nobody = 65_534
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.(nobody)
  try {
    action()
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
}

let scratch: ScratchFolder
beforeEach(() => (scratch = makeScratchFolder()))
afterEach(() => scratch.remove())
const at = (name: string): Buffer => Buffer.from(path.join(scratch.path, name))
const atBytes = (...bytes: number[]): Buffer => Buffer.concat([Buffer.from(`${scratch.path}/`), Buffer.from(bytes)])

describe('reading a folder', () => {
  test('every byte but the slash and zero is a name, and names come ascending by bytes', () => {
    const names = Array.from({ length: 255 }, (_, i) => i + 1).filter((byte) => byte !== 0x2f && byte !== 0x2e)
    for (const byte of names) writeFileSync(atBytes(byte), '')
    writeFileSync(atBytes(0xff, 0xfe, 0x0a), 'not UTF-8')
    const read = readFolder(Buffer.from(scratch.path))
    const expected = [...names.map((byte) => Buffer.of(byte)), Buffer.of(0xff, 0xfe, 0x0a)]
    expect(read).toEqual(expected)
    expect(readMetadata(atBytes(0xff, 0xfe, 0x0a)).size).toBe(9)
    expect(readMetadata(new Uint8Array(atBytes(0xff, 0xfe, 0x0a))).type).toBe('file')
  })

  test('what is no folder any more, or is gone, is told as such', () => {
    writeFileSync(at('file'), '')
    expect(() => readFolder(at('file'))).toThrow(withCode('source.changed'))
    expect(() => readFolder(at('absent'))).toThrow(withCode('source.not-found'))
    expect(() => readMetadata(at('absent'))).toThrow(withCode('source.not-found'))
    expect(() => readMetadata(at('file/below'))).toThrow(withCode('source.not-found'))
    expect(() => readMetadata(at('x'.repeat(300)))).toThrow(withCode('source.unsupported'))
    expect(() => readLinkTarget(at('file'))).toThrow(withCode('source.changed'))
  })

  test('what may not be read is told as such', () => {
    chmodSync(scratch.path, 0o755)
    mkdirSync(at('closed'), { mode: 0 })
    writeFileSync(at('secret'), '', { mode: 0 })
    withoutRights(() => {
      expect(() => readFolder(at('closed'))).toThrow(withCode('source.unreadable'))
      expect(() => openFile(at('secret'))).toThrow(withCode('source.unreadable'))
      expect(() => readMetadata(at('closed/x'))).toThrow(withCode('source.unreadable'))
    })
  })
})

describe('looking at things', () => {
  test('files, folders, links and FIFOs are told apart, with mode, size and names', () => {
    writeFileSync(at('file'), 'abc')
    chmodSync(at('file'), 0o4751)
    linkSync(at('file'), at('second'))
    symlinkSync(Buffer.from([0x66, 0xff]), at('link'))
    execFileSync('mkfifo', [String(at('fifo'))])
    expect(readMetadata(at('file'))).toMatchObject({ type: 'file', mode: 0o4751, size: 3, linkCount: 2, deviceMajor: 0, deviceMinor: 0 })
    expect(readMetadata(at('file')).inode).toBe(readMetadata(at('second')).inode)
    expect(readMetadata(at('link'))).toMatchObject({ type: 'symlink', size: 2 })
    expect([...readLinkTarget(at('link'))]).toEqual([0x66, 0xff])
    expect(readMetadata(at('fifo')).type).toBe('fifo')
    expect(readMetadata(Buffer.from(scratch.path))).toMatchObject({ type: 'folder', mode: 0o700, uid: process.getuid?.() })
    expect(readMetadata(Buffer.from('/dev/null'))).toMatchObject({ type: 'char-device', deviceMajor: 1, deviceMinor: 3 })
  })

  test('a socket is told as one', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(String(at('socket')), resolve))
    expect(readMetadata(at('socket')).type).toBe('socket')
    server.close()
  })

  test('times before 1970 are negative', () => {
    writeFileSync(at('old'), '')
    execFileSync('touch', ['-d', '1969-12-31 23:59:58.75 UTC', String(at('old'))])
    expect(readMetadata(at('old')).mtimeNs).toBe(-1_250_000_000n)
  })

  test('a time that 64 bits of nanoseconds do not reach is the nearest one that they do', () => {
    writeFileSync(atBytes(1), '')
    const stats = lstatSync(atBytes(1), { bigint: true })
    const kept = (mtimeNs: bigint): bigint => toMetadata(Object.assign(stats, { mtimeNs })).mtimeNs
    expect([kept(10_413_792_000_000_000_000n), kept(-(2n ** 70n)), kept(-5n)]).toEqual([2n ** 63n - 1n, -(2n ** 63n), -5n])
  })

  test('a file of more bytes than a snapshot can say is one that cannot be kept, and a folder may say what it likes', () => {
    writeFileSync(atBytes(1), '')
    const huge = Object.assign(lstatSync(atBytes(1), { bigint: true }), { size: 2n ** 53n })
    expect(() => toMetadata(huge)).toThrow(withCode('source.unsupported'))
    expect(toMetadata(Object.assign(huge, { size: 2n ** 53n - 1n })).size).toBe(2 ** 53 - 1)
    const folder = Object.assign(lstatSync(scratch.path, { bigint: true }), { size: 2n ** 62n })
    expect(toMetadata(folder).type).toBe('folder')
  })

  test('device numbers come apart and together again, also large ones', () => {
    for (const device of [
      { major: 1, minor: 3 },
      { major: 8, minor: 255 },
      { major: 259, minor: 1_048_575 },
      { major: 4095, minor: 256 },
    ]) {
      expect(splitDeviceNumber(joinDeviceNumber(device))).toEqual(device)
    }
    expect(splitDeviceNumber(lstatSync('/dev/null', { bigint: true }).rdev)).toEqual({ major: 1, minor: 3 })
  })
})

describe('opening a file', () => {
  test('its bytes and metadata come from one and the same file', () => {
    writeFileSync(at('file'), 'content')
    const { fd, metadata } = openFile(at('file'))
    // Replaced meanwhile: what is open stays what it was.
    rmSync(at('file'))
    writeFileSync(at('file'), 'other')
    const into = new Uint8Array(20)
    expect(readSync(fd, into, 0, 20, 0)).toBe(metadata.size)
    expect(readFileMetadata(fd)).toMatchObject({ inode: metadata.inode, linkCount: 0 })
    closeSync(fd)
  })

  test('nothing but a file is opened, and a FIFO keeps nobody waiting', () => {
    writeFileSync(at('file'), '')
    symlinkSync('file', at('link'))
    execFileSync('mkfifo', [String(at('fifo'))])
    for (const name of ['link', 'fifo', '.']) expect(() => openFile(at(name)), name).toThrow(withCode('source.changed'))
    expect(() => openFile(Buffer.from('/dev/null'))).toThrow(withCode('source.changed'))
    expect(() => openFile(at('absent'))).toThrow(withCode('source.not-found'))
  })

  test('a failed opening leaves no descriptor behind', () => {
    execFileSync('mkfifo', [String(at('fifo'))])
    const before = readFolder(Buffer.from('/proc/self/fd')).length
    for (let i = 0; i < 50; i++) expect(() => openFile(at('fifo'))).toThrow()
    expect(readFolder(Buffer.from('/proc/self/fd'))).toHaveLength(before)
  })

  test("somebody else's file is opened as well, though the system does not let its access time alone", () => {
    chmodSync(scratch.path, 0o755)
    writeFileSync(at('file'), 'content', { mode: 0o644 })
    withoutRights(() => {
      const { fd, metadata } = openFile(at('file'))
      closeSync(fd)
      expect(metadata.size).toBe(7)
    })
  })

  test('reading leaves the access time as it was', () => {
    writeFileSync(at('file'), 'content')
    // An access before the last change is what relatime would correct at the first read.
    utimesSync(at('file'), 1000, 2000)
    const { fd } = openFile(at('file'))
    readSync(fd, new Uint8Array(10))
    closeSync(fd)
    expect(lstatSync(at('file')).atimeMs).toBe(1_000_000)
  })
})

describe.each(fileSystems)('holes on $name', ({ place }) => {
  const block = 65_536
  let sparse: ScratchFolder
  beforeEach(() => (sparse = makeScratchFolder(place)))
  afterEach(() => sparse.remove())

  function rangesOf(sizeBytes: number, data: readonly (readonly [number, number])[]): unknown {
    const fd = openSync(path.join(sparse.path, 'file'), 'w+')
    ftruncateSync(fd, sizeBytes)
    for (const [start, length] of data) writeSync(fd, Buffer.alloc(length, 1), 0, length, start)
    const ranges = dataRanges(fd, sizeBytes)
    closeSync(fd)
    return ranges.map(({ start, end }) => [start, end])
  }

  test('data at the start, in the middle and at the end is found', () => {
    expect(
      rangesOf(10 * block, [
        [0, block],
        [4 * block, 2 * block],
        [9 * block, block],
      ]),
    ).toEqual([
      [0, block],
      [4 * block, 6 * block],
      [9 * block, 10 * block],
    ])
    expect(rangesOf(4 * block, [[block, block]])).toEqual([[block, 2 * block]])
  })

  test('a file without data, one without holes and an empty one', () => {
    expect(rangesOf(5 * block, [])).toEqual([])
    expect(rangesOf(3 * block, [[0, 3 * block]])).toEqual([[0, 3 * block]])
    expect(rangesOf(0, [])).toEqual([])
    expect(rangesOf(5, [[0, 5]])).toEqual([[0, 5]])
  })

  test('what was written behind the size asked for is not in it', () => {
    const fd = openSync(path.join(sparse.path, 'growing'), 'w+')
    ftruncateSync(fd, 2 * block)
    writeSync(fd, Buffer.alloc(3 * block, 1), 0, 3 * block, block)
    expect(dataRanges(fd, 2 * block)).toEqual([{ start: block, end: 2 * block }])
    closeSync(fd)
  })
})

describe('owners', () => {
  test('names come from the files, first line first, and are empty where there are none', () => {
    writeFileSync(
      at('passwd'),
      'root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\n#old:x:7:7::/:\n+::::::\nbad:x:zz:1\nann:x:1000:1000:Ann:/home/ann:/bin/sh',
    )
    writeFileSync(at('group'), 'root:x:0:\nstaff:x:50:ann\n')
    const owners = new OwnerNames(String(at('passwd')), String(at('group')))
    expect(owners.of(0, 0)).toEqual({ uid: 0, gid: 0, user: 'root', group: 'root' })
    expect(owners.of(1000, 50)).toEqual({ uid: 1000, gid: 50, user: 'ann', group: 'staff' })
    expect(owners.of(7, 4_294_967_294)).toEqual({ uid: 7, gid: 4_294_967_294, user: '', group: '' })
    expect(owners.of(1000, 50)).toBe(owners.of(1000, 50))
    expect(new OwnerNames('/absent', '/absent').of(0, 0)).toEqual({ uid: 0, gid: 0, user: '', group: '' })
    expect(new OwnerNames().of(0, 0).user).toBe('root')
  })
})

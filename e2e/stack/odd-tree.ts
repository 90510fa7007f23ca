import { execFileSync } from 'node:child_process'
import { chmodSync, linkSync, mkdirSync, openSync, closeSync, symlinkSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'

/** What a careless backup program loses. For root every file is readable, so nothing in it is a reason for a warning. */
export function makeOddTree(root: string): void {
  mkdirSync(root, { recursive: true })
  addOddNames(root)
  addOddShapes(root)
  addLinks(root)
  addModes(root)
  addTimes(root)
}

const put = (folder: string, name: string, bytes: string | Uint8Array = name): void => writeFileSync(join(folder, name), bytes)

const oddNames = [
  '-rf',
  '--delete',
  '.hidden',
  'with space',
  'new\nline',
  'tab\there',
  '[brackets]',
  'star*?',
  'quote\'"',
  'back\\slash',
  '$HOME',
]
const unicodeNames = ['ünïcödé', 'u\u0308 decomposed', '\u0001control', 'n'.repeat(255)]

function addOddNames(root: string): void {
  for (const name of [...oddNames, ...unicodeNames]) put(root, name)
  // Bytes that are no UTF-8, as file and as folder.
  writeFileSync(rawPath(root, [0x66, 0xff, 0xfe]), 'latin')
  const rawFolder = rawPath(root, [0xe9, 0x74, 0xe9])
  mkdirSync(rawFolder)
  writeFileSync(Buffer.concat([rawFolder, Buffer.from('/inside')]), 'in a folder whose name is no UTF-8')
}

function addOddShapes(root: string): void {
  put(root, 'empty', '')
  mkdirSync(join(root, 'empty folder'))
  mkdirSync(join(root, ...Array.from({ length: 40 }, (_, level) => `level-${level}`)), { recursive: true })
  makeSparse(join(root, 'sparse'), 64 * 2 ** 20)
  put(root, 'large', randomBytes(3 * 2 ** 20 + 17))
  execFileSync('mkfifo', [join(root, 'fifo')])
}

function addLinks(root: string): void {
  put(root, 'first name', 'one file, three names')
  linkSync(join(root, 'first name'), join(root, 'second name'))
  linkSync(join(root, 'first name'), join(root, 'empty folder', 'third name'))
  symlinkSync('first name', join(root, 'link'))
  symlinkSync('/nowhere/at all', join(root, 'dangling'))
  symlinkSync('..', join(root, 'up'))
  symlinkSync(Buffer.from([0xff, 0x2f, 0xfe]), join(root, 'link to raw bytes'))
}

function addModes(root: string): void {
  const modes = { secret: 0o600, readonly: 0o444, setuid: 0o4755, setgid: 0o2755, sticky: 0o1644, nobody: 0o000 }
  for (const [name, mode] of Object.entries(modes)) {
    put(root, name)
    chmodSync(join(root, name), mode)
  }
  mkdirSync(join(root, 'sticky folder'))
  chmodSync(join(root, 'sticky folder'), 0o1777)
}

function addTimes(root: string): void {
  const times = {
    'before-1970': '1969-07-20 20:17:39.123456789 UTC',
    'long-ago': '1901-12-14 00:00:00.000000001 UTC',
    future: '2106-02-07 06:28:16.999999999 UTC',
  }
  for (const [name, time] of Object.entries(times)) {
    put(root, name)
    touch(join(root, name), time)
  }
  execFileSync('touch', ['-h', '-d', '1969-12-31 23:59:59.5 UTC', join(root, 'link')])
  touch(join(root, 'empty folder'), '2001-09-09 01:46:40.000000001 UTC')
  touch(root, '1968-05-01 12:00:00.25 UTC')
}

const rawPath = (root: string, bytes: readonly number[]): Buffer => Buffer.concat([Buffer.from(`${root}/`), Buffer.from(bytes)])

const touch = (path: string, time: string): void => void execFileSync('touch', ['-d', time, '--', path])

/** A hole, some bytes, a hole, some bytes, a hole. */
function makeSparse(path: string, sizeBytes: number): void {
  const file = openSync(path, 'w')
  for (const part of [0.25, 0.75]) writeSync(file, randomBytes(100_000), 0, 100_000, Math.floor(sizeBytes * part))
  closeSync(file)
  truncateSync(path, sizeBytes)
}

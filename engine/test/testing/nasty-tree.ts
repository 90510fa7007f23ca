import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')
const at = (root: string, name: string | Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${root}/`), typeof name === 'string' ? Buffer.from(name) : name])
export const isRoot = process.getuid?.() === 0

/** Everything that file systems allow and backup programs have stumbled over. @param root an empty folder. */
export function makeNastyTree(root: string): void {
  makeNames(root)
  makeContents(root)
  makeLinks(root)
  makeSpecials(root)
  makeAttributes(root)
  makeTimesAndModes(root)
}

function makeNames(root: string): void {
  const folder = `${root}/names`
  mkdirSync(folder)
  const names = [
    bytes('latin1-\xe9\xff'),
    bytes('\x01\x02\x1b[31mred'),
    bytes('new\nline'),
    '-rf',
    '[brackets]',
    'a*b?c',
    'back\\slash',
    ' leading and trailing ',
    'quote"\'`$(id)',
    'nfc-\u00e9',
    'nfd-e\u0301',
    'case',
    'CASE',
    '...',
    '.hidden',
    'con',
    'trailing.',
    'a:b',
    '\u202egnp.exe',
    '\ufeffbom',
    '~',
    '%2e%2e%2f',
    'x'.repeat(255),
    bytes('\xed\xa0\x80surrogate'),
  ]
  for (const name of names) writeFileSync(at(folder, name), name)
  const everyByte = Buffer.from(Array.from({ length: 254 }, (_, index) => index + 1).filter((byte) => byte !== 0x2f))
  writeFileSync(at(folder, everyByte), 'every byte but the two that no name can have')
  mkdirSync(`${folder}/empty folder`)
  // Sorted before and after its twin by raw bytes, in between by most other rules.
  for (const name of ['a', 'a.b', 'a-b', 'ab', 'a b']) writeFileSync(`${folder}/${name}.order`, name)
  mkdirSync(`${folder}/order`)
  writeFileSync(`${folder}/order.`, '')
}

function makeContents(root: string): void {
  const folder = `${root}/contents`
  mkdirSync(folder)
  const kib = 1024
  for (const size of [0, 1, 199, 200, 201, 4095, 4096, 4097, 128 * kib, 256 * kib - 1, 256 * kib, 256 * kib + 1, 5000 * kib])
    writeFileSync(`${folder}/size-${size}`, pattern(size, size))
  writeFileSync(`${folder}/twin`, pattern(4097, 4097))
  writeFileSync(`${folder}/zeroes`, Buffer.alloc(4 * 1024 * kib + 1))
  makeSparse(`${folder}/hole-at-start`, 3_000_000, [[2_900_000, 100_000]])
  makeSparse(`${folder}/hole-at-end`, 3_000_000, [[0, 70_000]])
  makeSparse(`${folder}/holes-around`, 9_000_000, [
    [1_048_576, 10],
    [2_000_003, 400_000],
    [8_388_608, 4096],
  ])
  makeSparse(`${folder}/only-a-hole`, 50_000_000, [])
  makeSparse(`${folder}/small-hole`, 100_000, [[99_999, 1]])
  makeHoles(`${folder}/holes`)
  mkdirSync(`${folder}/many`)
  for (let index = 0; index < 1200; index++) writeFileSync(`${folder}/many/${index}`, `file number ${index}\n`)
}

/** Data that begins and ends before, at and after the borders of blocks and sectors, with holes around it. */
function makeHoles(folder: string): void {
  mkdirSync(folder)
  const block = 4096
  for (const start of [0, 1, 511, 512, block - 1, block, block + 1, 2 * block])
    for (const length of [1, 512, block - 1, block, block + 1, 3 * block])
      makeSparse(`${folder}/${start}-${length}`, start + length + 5 * block + 1, [
        [start, length],
        [start + length + 4 * block, 1],
      ])
}

function makeSparse(path: string, size: number, data: readonly (readonly [number, number])[]): void {
  const fd = openSync(path, 'w')
  ftruncateSync(fd, size)
  for (const [offset, length] of data) writeSync(fd, pattern(length, offset + 7), 0, length, offset)
  closeSync(fd)
}

function makeLinks(root: string): void {
  const folder = `${root}/links`
  mkdirSync(`${folder}/one/two`, { recursive: true })
  for (const [target, name] of [
    ['nowhere', 'dangling'],
    ['loop', 'loop'],
    ['.', 'self'],
    ['/etc/passwd', 'absolute'],
    ['one', 'to-folder'],
    ['t'.repeat(4000), 'long'],
  ])
    symlinkSync(target!, `${folder}/${name}`)
  symlinkSync(bytes('odd-\xff'), at(folder, bytes('odd-\xfe')))
  writeFileSync(`${folder}/one/first`, pattern(300_000, 1))
  linkSync(`${folder}/one/first`, `${folder}/one/two/second`)
  linkSync(`${folder}/one/first`, `${folder}/zzz`)
  linkSync(`${folder}/one/first`, `${root}/aaa-third-link`)
  writeFileSync(`${folder}/tiny`, 'tiny')
  linkSync(`${folder}/tiny`, `${folder}/one/tiny-too`)
  linkSync(`${folder}/dangling`, `${folder}/dangling-too`)
}

function makeSpecials(root: string): void {
  const folder = `${root}/specials`
  mkdirSync(folder)
  execFileSync('mkfifo', [`${folder}/fifo`, `${folder}/fifo-too`])
  execFileSync('python3', ['-c', 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])', `${folder}/socket`])
  if (!isRoot) return
  execFileSync('mknod', [`${folder}/null`, 'c', '1', '3'])
  execFileSync('mknod', [`${folder}/large-numbers`, 'b', '259', '1048575'])
}

/** Extended attributes, ACLs (`acl.h`: tag, rights, id) and capabilities, also where owner, permissions or a folder's own ACL stand in their way. */
const attributesScript = String.raw`
import os, struct, sys
folder, is_root = sys.argv[1], os.geteuid() == 0
none = 0xffffffff
def acl(*entries):
    return struct.pack('<I', 2) + b''.join(struct.pack('<HHI', *entry) for entry in entries)
base = [(1, 7, none), (2, 5, 1234), (4, 5, none), (8, 4, 4321), (16, 5, none), (32, 0, none)]
def make(name, mode=0o644):
    path = os.path.join(folder, name)
    open(path, 'wb').close()
    os.chmod(path, mode)
    return path
plain = make('plain')
os.setxattr(plain, 'user.empty', b'')
os.setxattr(plain, 'user.bytes', bytes(range(256)) * 8)
os.setxattr(plain, b'user.odd-\xff'.decode('utf8', 'surrogateescape'), b'odd')
os.setxattr(make('read-only', 0o400), 'user.of-read-only', b'1')
os.setxattr(make('acl'), 'system.posix_acl_access', acl(*base))
giving = os.path.join(folder, 'giving')
os.mkdir(giving)
os.setxattr(giving, 'user.of-folder', b'2')
os.setxattr(giving, 'system.posix_acl_default', acl(*base))
make('giving/inherits')
os.removexattr(make('giving/inherits-not'), 'system.posix_acl_access')
os.chmod(os.path.join(folder, 'giving/inherits-not'), 0o640)
os.mkdir(os.path.join(giving, 'below'))
fifo = os.path.join(folder, 'fifo')
os.mkfifo(fifo)
os.setxattr(fifo, 'system.posix_acl_access', acl(*base))
if is_root:
    able = make('able')
    os.chown(able, 1234, 4321)
    os.chmod(able, 0o6755)
    os.setxattr(able, 'security.capability', struct.pack('<5I', 0x02000001, 1 << 10, 0, 0, 0))
    link = os.path.join(folder, 'link')
    os.symlink('plain', link)
    os.setxattr(link, 'trusted.of-link', b'3', follow_symlinks=False)
    os.setxattr(fifo, 'trusted.of-fifo', b'4')
`

function makeAttributes(root: string): void {
  const folder = `${root}/attributes`
  mkdirSync(folder)
  execFileSync('python3', ['-c', attributesScript, folder])
}

function makeTimesAndModes(root: string): void {
  const folder = `${root}/modes`
  mkdirSync(folder)
  for (const mode of [0o000, 0o444, 0o600, 0o755, 0o4755, 0o2755, 0o1777, 0o7777]) {
    writeFileSync(`${folder}/file-${mode.toString(8)}`, 'mode')
    if (isRoot) chownSync(`${folder}/file-${mode.toString(8)}`, 1234 + mode, 54_321)
    chmodSync(`${folder}/file-${mode.toString(8)}`, mode)
  }
  for (const mode of [0o700, 0o2770, 0o1777, 0o555]) {
    mkdirSync(`${folder}/folder-${mode.toString(8)}`)
    writeFileSync(`${folder}/folder-${mode.toString(8)}/inside`, 'inside')
    chmodSync(`${folder}/folder-${mode.toString(8)}`, mode)
  }
  const times: readonly (readonly [string, string])[] = [
    ['1921-03-04 05:06:07.000000001 UTC', 'before-1970'],
    ['1969-12-31 23:59:59.999999999 UTC', 'last-of-1969'],
    ['1970-01-01 UTC', 'zero'],
    ['2001-02-03 04:05:06.123456789 UTC', 'nanoseconds'],
    ['2039-01-01 00:00:00.5 UTC', 'after-2038'],
    ['2200-01-01 UTC', 'far'],
  ]
  for (const [time, name] of times) {
    writeFileSync(`${folder}/${name}`, name)
    symlinkSync(name, `${folder}/${name}-link`)
    mkdirSync(`${folder}/${name}-folder`)
    execFileSync('touch', ['-h', '-d', time, `${folder}/${name}`, `${folder}/${name}-link`, `${folder}/${name}-folder`])
  }
}

/** One folder with very many entries of every kind. */
export function makeHugeFolder(root: string, entries: number): void {
  const folder = `${root}/huge`
  mkdirSync(folder)
  for (let index = 0; index < entries; index++) {
    const name = `${folder}/${((index * 7919) % entries).toString().padStart(7, '0')} entry`
    if (index % 1000 === 1) mkdirSync(name)
    else if (index % 100 === 2) symlinkSync(`${index}`, name)
    else writeFileSync(name, index % 10 === 0 ? '' : `${index}`)
  }
}

/** Folders of 200-byte names in each other: 21 of them are longer than any path the system takes. */
export function makeDeepTree(root: string, levels: number): void {
  const cwd = process.cwd()
  process.chdir(root)
  for (let level = 1; level <= levels; level++) {
    const name = `${level}`.padEnd(200, 'd')
    mkdirSync(name)
    process.chdir(name)
    writeFileSync('file', `level ${level}`)
    symlinkSync('file', 'link')
  }
  writeFileSync('large', pattern(1_000_000, levels))
  process.chdir(cwd)
}

/** Bytes without repetition that differ by seed and are the same every time. */
export function pattern(length: number, seed: number): Buffer {
  const out = Buffer.allocUnsafe(length)
  let state = (seed * 2_654_435_761 + 1) >>> 0
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    out[index] = state >>> 24
  }
  return out
}

/** What rsync would still change to make `copy` like `original`: contents, all metadata to the nanosecond, ACLs, attributes, hard links, extra files. */
export const differences = (original: string, copy: string): string =>
  execFileSync('rsync', ['-naciHAX', '-@-1', '--delete', `${original}/`, `${copy}/`], { encoding: 'utf8', maxBuffer: 1 << 28 })

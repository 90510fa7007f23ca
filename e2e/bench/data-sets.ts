import { spawn } from 'node:child_process'
import { createCipheriv } from 'node:crypto'
import {
  createWriteStream,
  existsSync,
  globSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  closeSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { removeLeftovers } from './change-set.ts'
import { fileSystemOf } from './file-system.ts'
import type { DataSetFacts, DataSetName } from './figures.ts'
import { linuxSize, makeSourceTree } from './source-tree.ts'

/** Makes a data set in a folder that does not exist yet. @returns what it was made of, as part of a sentence */
export async function makeDataSet(name: DataSetName, folder: string, signal: AbortSignal): Promise<string> {
  mkdirSync(folder)
  return name === 'linux' ? makeLinux(folder, signal) : makeLarge(folder, signal)
}

/** A tree that was made earlier, without what a killed bench has left in it. @returns as `makeDataSet` */
export function takeDataSet(folder: string): string {
  if (!existsSync(folder)) throw new Error(`There is no data set ${folder}.`)
  removeLeftovers(folder)
  return 'a given tree'
}

/** Debian's kernel source where it is installed: real files, the same bytes everywhere. */
async function makeLinux(folder: string, signal: AbortSignal): Promise<string> {
  const [archive] = globSync('/usr/src/linux-source-*.tar.xz')
  if (archive !== undefined) {
    await runToEnd('tar', ['-xJf', archive, '-C', folder], signal)
    return `unpacked from Debian’s ${basename(archive)}`
  }
  makeSourceTree(folder, linuxSize)
  return 'generated, in the shape of a kernel’s source; apt-get install linux-source-6.1 for the real one, and compare figures of one kind only'
}

const mebibyte = 2 ** 20

/** Incompressible, compressible, repetitive, and a disk image of which little was written. */
async function makeLarge(folder: string, signal: AbortSignal): Promise<string> {
  const random = randomBytes()
  writeParts(join(folder, 'random.bin'), 512, () => random.next())
  await tarOfSystem(join(folder, 'system.tar'), 1024 * mebibyte, signal)
  const line = 'level=info ts=2026-01-01T00:00:00Z msg="request served" status=200 bytes=5120 path=/api/v1/things\n'
  const log = Buffer.from(line.repeat(Math.ceil(mebibyte / line.length)))
  writeParts(join(folder, 'service.log'), 256, () => log.subarray(0, mebibyte))
  writeImage(join(folder, 'disk.img'), randomBytes(2))
  return 'random bytes, a tar of this machine’s /usr, a log, a sparse disk image; compare figures of one run only'
}

interface Bytes {
  /** The next MiB. */
  next(): Buffer
}

/** AES-CTR over zeros: incompressible, and the same for the same seed. */
function randomBytes(seed = 1): Bytes {
  const cipher = createCipheriv('aes-256-ctr', Buffer.alloc(32, seed), Buffer.alloc(16))
  const zeros = Buffer.alloc(mebibyte)
  return { next: () => cipher.update(zeros) }
}

function writeParts(file: string, count: number, next: () => Buffer): void {
  const fd = openSync(file, 'w')
  try {
    for (let n = 0; n < count; n += 1) writeSync(fd, next())
  } finally {
    closeSync(fd)
  }
}

function writeImage(file: string, random: Bytes): void {
  writeFileSync(file, '')
  truncateSync(file, 256 * mebibyte)
  const fd = openSync(file, 'r+')
  try {
    for (let n = 0; n < 16; n += 1) writeSync(fd, random.next(), 0, mebibyte, (100 + n) * mebibyte)
  } finally {
    closeSync(fd)
  }
}

/** The first bytes of what tar makes of folders of /usr. */
async function tarOfSystem(file: string, bytes: number, signal: AbortSignal): Promise<void> {
  const child = spawn('tar', ['-C', '/usr', '-cf', '-', 'lib', 'share', 'bin'], { stdio: ['ignore', 'pipe', 'ignore'], signal })
  // Ended on purpose once there is enough; an abort is told by the pipeline.
  child.on('error', () => undefined)
  const limited = async function* (): AsyncGenerator<Buffer> {
    let left = bytes
    for await (const part of child.stdout as AsyncIterable<Buffer>) {
      yield part.subarray(0, left)
      left -= part.length
      if (left <= 0) return
    }
  }
  await pipeline(limited(), createWriteStream(file), { signal })
  child.kill('SIGKILL')
}

export function runToEnd(program: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'], signal })
    child.once('error', reject)
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`${program} ended with ${code}`))))
  })
}

/** Reads all of it once, so that no tool is the one that finds it cold, and counts it. */
export function readThrough(name: DataSetName, folder: string, origin: string): DataSetFacts {
  const buffer = Buffer.alloc(mebibyte)
  const facts = { files: 0, bytes: 0 }
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    facts.files += 1
    facts.bytes += lstatSync(path).size
    const fd = openSync(path, 'r')
    try {
      while (readSync(fd, buffer) > 0);
    } finally {
      closeSync(fd)
    }
  }
  return { name, origin, fileSystem: fileSystemOf(folder), ...facts }
}

import { spawn } from 'node:child_process'
import {
  createWriteStream,
  existsSync,
  globSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  closeSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { projectRoot } from '../stack/project.ts'
import { removeLeftovers } from './change-set.ts'
import { makeDiskImage } from './data/disk-image.ts'
import { makeMaildir } from './data/maildir.ts'
import { makePhotos } from './data/photos.ts'
import { makePostgresFolder } from './data/postgres-folder.ts'
import { randomBytes, type Bytes } from './data/random-bytes.ts'
import { makeTinyFiles } from './data/tiny-files.ts'
import { fileSystemOf } from './file-system.ts'
import type { DataSetFacts, DataSetName } from './figures.ts'
import { linuxSize, makeSourceTree } from './source-tree.ts'

export interface DataSetToMake {
  readonly name: DataSetName
  /** Does not exist yet; what is made on the way lies beside it. */
  readonly folder: string
  /** Of the set `tiny`. */
  readonly files: number
  readonly signal: AbortSignal
}

/** Makes a data set in a new folder. @returns what it was made of, as part of a sentence */
export async function makeDataSet({ name, folder, files, signal }: DataSetToMake): Promise<string> {
  switch (name) {
    case 'linux':
      return makeLinux(made(folder), signal)
    case 'large':
      return makeLarge(made(folder), signal)
    case 'tiny':
      makeTinyFiles(made(folder), files)
      return 'words in hex, from a fixed seed'
    case 'node_modules':
      await runToEnd('cp', ['-a', join(projectRoot, 'node_modules'), folder], signal)
      return 'this repository’s own; compare figures of one run only'
    case 'maildir':
      makeMaildir(made(folder), 30_000)
      return 'messages, answers and attachments in base64, from a fixed seed'
    case 'postgres':
      await makePostgresFolder(folder, postgresRows, dirname(folder))
      return 'the data folder of a Postgres 18 with one filled table, after a clean end; compare figures of one run only'
    case 'photos':
      makePhotos(made(folder), 90)
      return 'incompressible files with XMP sidecars, from a fixed seed'
    case 'vm':
      return makeVm(made(folder), signal)
  }
}

const made = (folder: string): string => {
  mkdirSync(folder)
  return folder
}

/** Some 350 MiB with its indexes and its log. */
const postgresRows = 600_000

/** Source code and photos in an ext4 of which a third is free. */
async function makeVm(folder: string, signal: AbortSignal): Promise<string> {
  const contents = `${folder}.contents`
  const image = join(folder, 'disk.raw')
  mkdirSync(contents)
  try {
    makeSourceTree(made(join(contents, 'src')), { files: 15_000, bytes: 250_000_000 }, 2)
    makePhotos(made(join(contents, 'photos')), 20, 2)
    if (await makeDiskImage(image, contents, 640 * mebibyte, signal))
      return 'a raw image of 640 MiB with an ext4 of source code and photos, a third of it free'
    await runToEnd('tar', ['-cf', image, '-C', contents, '.'], signal)
    truncateSync(image, 640 * mebibyte)
    return 'the same files one after the other, as there is no mkfs.ext4 (apt-get install e2fsprogs); compare figures of one kind only'
  } finally {
    rmSync(contents, { recursive: true, force: true })
  }
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
  for (const path of filesOf(folder)) {
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

/** Folder by folder: of millions of files there is no list. */
function* filesOf(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) yield* filesOf(join(folder, entry.name))
    else if (entry.isFile()) yield join(folder, entry.name)
  }
}

import { accessSync, constants, existsSync, lstatSync, readdirSync, readlinkSync, realpathSync, statSync, type BigIntStats } from 'node:fs'
import { win32 } from 'node:path'
import { decodeUtf8Lossy, isValidUtf8 } from '@holdfast/engine/bytes'
import { toSourceFailure } from '@holdfast/engine/source'
import { ExcludedPlaces } from '@holdfast/engine/walker'
import { AppError, type HostEntry, type HostPage } from '@holdfast/shared-types'
import { systemErrorCode } from '../errors/to-app-error.ts'
import { toWirePath } from '../runs/wire-path-bytes.ts'
import { networkMounts } from './network-mounts.ts'

export interface ListOrder {
  /** Raw bytes of an absolute path; null = the roots of this machine. */
  readonly path: Uint8Array | null
  /** `next` of the part before. */
  readonly after: string | null
  readonly limit: number
  /** Absolute paths of what belongs to Holdfast. */
  readonly ownPlaces: readonly string[]
}

/** A page travels in one message of the link, which takes 1 MiB; names and targets of symlinks may be long. */
const mostPageBytes = 400_000
const longestTarget = 4096
const isWindows = process.platform === 'win32'
const separator = isWindows ? '\\' : '/'

interface Named {
  readonly name: Buffer
  readonly isFolder: boolean
}

/**
 * One part of a folder as it is now. May hang for as long as the file system does: never to be called in the agent's own process.
 *
 * @throws AppError `request.invalid`, `host.not-a-folder`; EngineError `source.*`
 */
export function listFolder(order: ListOrder): HostPage {
  if (order.path === null) return roots(order.ownPlaces)
  const path = requireAbsolute(Buffer.from(order.path))
  const names = readNames(path)
  const first = order.after === null ? 0 : firstAfter(names, namedBy(order.after))
  const folder = new FolderInSight(path, order.ownPlaces)
  const items: HostEntry[] = []
  let bytes = 0
  let at = first
  for (; at < names.length && items.length < order.limit && bytes < mostPageBytes; at += 1) {
    const entry = folder.lookAt(names[at]!)
    items.push(entry)
    bytes += Buffer.byteLength(JSON.stringify(entry))
  }
  const last = names[at - 1]
  return {
    folder: toWirePath(path),
    separator,
    items,
    total: names.length,
    next: at < names.length && last !== undefined ? cursorOf(last) : null,
  }
}

function roots(ownPlaces: readonly string[]): HostPage {
  const paths = isWindows ? drives() : ['/']
  const items = paths.map((path) => new FolderInSight(Buffer.from(path), ownPlaces).asRoot(path))
  return { folder: null, separator, items, total: items.length, next: null }
}

const drives = (): string[] =>
  'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
    .split('')
    .map((letter) => `${letter}:\\`)
    .filter((drive) => existsSync(drive))

/** @throws AppError `request.invalid` */
function requireAbsolute(path: Buffer): Buffer {
  const text = path.toString('latin1')
  const isAbsolute = isWindows ? win32.isAbsolute(text) : text.startsWith('/')
  const hasDots = text.split(isWindows ? /[\\/]/ : '/').some((part) => part === '.' || part === '..')
  if (isAbsolute && !hasDots && !text.includes('\0')) return path
  throw new AppError('request.invalid', { message: 'The path is not absolute, or has `.` or `..` in it.' })
}

/** @throws AppError `host.not-a-folder`, EngineError `source.*` */
function readNames(path: Buffer): readonly Named[] {
  try {
    return readdirSync(path, { withFileTypes: true, encoding: 'buffer' })
      .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }))
      .sort(compareNamed)
  } catch (error) {
    if (systemErrorCode(error) === 'ENOTDIR') throw new AppError('host.not-a-folder', { cause: error })
    throw toSourceFailure(error)
  }
}

const compareNamed = (left: Named, right: Named): number =>
  left.isFolder === right.isFolder ? Buffer.compare(left.name, right.name) : left.isFolder ? -1 : 1

const cursorOf = ({ name, isFolder }: Named): string => `${isFolder ? 'f' : 'e'}.${name.toString('base64url')}`
const namedBy = (cursor: string): Named => ({ isFolder: cursor.startsWith('f'), name: Buffer.from(cursor.slice(2), 'base64url') })

/** Names are sorted: the first one that comes after, found by halving. */
function firstAfter(names: readonly Named[], last: Named): number {
  let low = 0
  let high = names.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareNamed(names[middle]!, last) <= 0) low = middle + 1
    else high = middle
  }
  return low
}

/** A folder whose entries are looked at. */
class FolderInSight {
  readonly #path: Buffer
  /** Without symlinks, as the kernel's table of mounts and the places of Holdfast have it. */
  readonly #real: Buffer
  readonly #device: bigint | null
  readonly #mounts = networkMounts()
  readonly #own: ExcludedPlaces
  readonly #ownNames: ReadonlySet<string> | null
  readonly #isInOwn: boolean

  constructor(path: Buffer, ownPlaces: readonly string[]) {
    this.#path = path
    this.#real = realPathOf(path)
    this.#own = new ExcludedPlaces(ownPlaces.map((place) => Buffer.from(place)))
    this.#ownNames = this.#own.namesIn(this.#real)
    this.#isInOwn = foldersDownTo(this.#real).some((folder) => this.#isOwn(folder, statOf(folder)))
    this.#device = statOf(path)?.dev ?? null
  }

  lookAt({ name, isFolder }: Named): HostEntry {
    const path = below(this.#path, name)
    const named = { ...nameOf(name), own: this.#isInOwn || this.#ownNames?.has(name.toString('latin1')) === true }
    // Not even looked at: a server that is away would keep the whole folder from being shown.
    if (this.#mounts.has(below(this.#real, name).toString('latin1')))
      return { ...named, ...unknown, type: isFolder ? 'folder' : 'file', otherFileSystem: true }
    return this.#looked(path, named)
  }

  /** The folder itself as an entry. */
  asRoot(name: string): HostEntry {
    return { ...this.#looked(this.#path, { name, own: this.#isInOwn }), otherFileSystem: true }
  }

  #looked(path: Buffer, named: Pick<HostEntry, 'name' | 'nameBase64' | 'own'>): HostEntry {
    let stat: BigIntStats
    try {
      stat = lstatSync(path, { bigint: true })
    } catch {
      // Gone since it was listed, or out of reach: that it is there is all that is known.
      return { ...named, ...unknown, type: 'error', readable: false }
    }
    const type = typeOf(stat)
    return {
      ...named,
      own: named.own || this.#own.hasInode(stat.dev, stat.ino),
      type,
      size: type === 'file' ? Number(stat.size) : 0,
      mtimeMs: Number(stat.mtimeMs),
      // Asking about a symlink would ask about what it leads to, wherever that is.
      readable: type === 'symlink' || isReadable(path, type === 'folder'),
      otherFileSystem: this.#device !== null && stat.dev !== this.#device,
      symlinkTarget: type === 'symlink' ? targetOf(path) : null,
    }
  }

  #isOwn(folder: Buffer, stat: BigIntStats | null): boolean {
    const end = folder.lastIndexOf(separator)
    const names = this.#own.namesIn(end <= 0 ? Buffer.from('/') : folder.subarray(0, end))
    return names?.has(folder.subarray(end + 1).toString('latin1')) === true || (stat !== null && this.#own.hasInode(stat.dev, stat.ino))
  }
}

const unknown = { size: 0, mtimeMs: null, readable: null, otherFileSystem: false, symlinkTarget: null } as const

const nameOf = (name: Buffer): Pick<HostEntry, 'name' | 'nameBase64'> =>
  isValidUtf8(name) ? { name: decodeUtf8Lossy(name) } : { name: decodeUtf8Lossy(name), nameBase64: name.toString('base64') }

const below = (folder: Buffer, name: Buffer): Buffer =>
  Buffer.concat([folder, ...(folder.at(-1) === separator.charCodeAt(0) ? [] : [Buffer.from(separator)]), name])

/** `/a`, `/a/b`, `/a/b/c` for the last of them. */
function foldersDownTo(path: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (let at = path.indexOf(separator, 1); at !== -1; at = path.indexOf(separator, at + 1)) found.push(path.subarray(0, at))
  return path.length > 1 ? [...found, path] : found
}

function realPathOf(path: Buffer): Buffer {
  try {
    return realpathSync.native(path, { encoding: 'buffer' })
  } catch {
    // A part of it may not be looked at: then it is what it was called.
    return path
  }
}

function statOf(path: Buffer): BigIntStats | null {
  try {
    return statSync(path, { bigint: true })
  } catch {
    // Reading it tells what is wrong.
    return null
  }
}

function isReadable(path: Buffer, isFolder: boolean): boolean {
  try {
    accessSync(path, isFolder ? constants.R_OK | constants.X_OK : constants.R_OK)
    return true
  } catch {
    // That is the answer.
    return false
  }
}

function targetOf(path: Buffer): string | null {
  try {
    return decodeUtf8Lossy(readlinkSync(path, { encoding: 'buffer' })).slice(0, longestTarget)
  } catch {
    // It is none any more.
    return null
  }
}

function typeOf(stat: BigIntStats): HostEntry['type'] {
  if (stat.isFile()) return 'file'
  if (stat.isDirectory()) return 'folder'
  if (stat.isSymbolicLink()) return 'symlink'
  if (stat.isFIFO()) return 'fifo'
  if (stat.isSocket()) return 'socket'
  return stat.isBlockDevice() ? 'block-device' : 'char-device'
}

import { constants, fchmodSync, fchownSync, mkdirSync, opendirSync, openSync } from 'node:fs'
import { constants as osConstants } from 'node:os'
import { EngineError } from '../errors/index.ts'
import type { ExtendedAttribute, TreeEntry } from '../format/index.ts'
import { readAttributes, removeAttribute, setAttribute } from './extended-attributes.ts'
import { readFileMetadata } from './file-metadata.ts'
import type { FileMetadata } from './file-metadata.ts'
import { chooseFolderCalls } from './choose-folder-calls.ts'
import { closeDescriptor } from './close-descriptor.ts'
import type { FolderCalls } from './folder-calls.ts'
import { HeldEntry } from './held-entry.ts'
import { loadNative, nativeProblem } from './native.ts'
import type { DeviceType, NativeCalls } from './native.ts'
import { lookOnly } from './proc-folder-calls.ts'
import { asBuffer, requireName } from './raw-names.ts'
import { setFileTimes } from './set-file-times.ts'
import { SystemCallError, systemCode } from './system-call-error.ts'

export interface OpenedTarget {
  readonly folder: TargetFolder
  /** It was not there before. */
  readonly isNew: boolean
}

export interface DeviceToMake {
  readonly mode: number
  readonly major: number
  readonly minor: number
}

const slash = 0x2f
const folderFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
const createFlags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
// O_NONBLOCK: opening a FIFO that stands where a file was must not wait for somebody at its other end.
const reopenFlags = constants.O_NOFOLLOW | constants.O_NONBLOCK

/** Undefined outside Linux. */
const withoutAccessTime: number = constants.O_NOATIME ?? 0

/**
 * A folder that things are restored into, held open. Everything is done by this open folder and one plain name, and no symlink is
 * ever followed: whatever others plant in the target or exchange while we work, nothing happens outside of it.
 *
 * Names are raw bytes; one that is empty, `.`, `..`, or holds `/` or a zero byte is refused with `restore.unsafe-path`. All else
 * fails with the system's error: its `code` is `EEXIST`, `ENOTDIR`, `ELOOP` (a symlink stands there), `EACCES` and so on.
 */
export class TargetFolder {
  readonly #fd: number
  readonly #calls: FolderCalls

  /** Use {@link openTargetFolder} and {@link TargetFolder.openFolder}. @param fd an open folder, closed by `close`. */
  constructor(fd: number, calls: FolderCalls) {
    this.#fd = fd
    this.#calls = calls
  }

  close(): void {
    closeDescriptor(this.#fd)
  }

  /** Of the folder itself. */
  metadata(): FileMetadata {
    return readFileMetadata(this.#fd)
  }

  /** Opens a folder in this one. @throws ENOTDIR or ELOOP if a symlink stands in its place. */
  openFolder(name: Uint8Array): TargetFolder {
    requireName(name)
    return new TargetFolder(this.#calls.open(this.#fd, name, folderFlags, 0), this.#calls)
  }

  /** What has the name, itself and not where it leads; null if nothing has. */
  lookAt(name: Uint8Array): FileMetadata | null {
    requireName(name)
    return this.#calls.stat(this.#fd, name)
  }

  makeFolder(name: Uint8Array, mode: number): void {
    requireName(name)
    this.#calls.makeFolder(this.#fd, name, mode)
  }

  /**
   * Names in this folder that `isWanted`, one character a byte; null where the system cannot list an open folder (macOS, and Linux
   * without /proc), or the folder cannot be read: what is in it is then not known.
   * @param most stops when so many were found.
   */
  names(isWanted: (name: string) => boolean, most = Number.POSITIVE_INFINITY): string[] | null {
    if (process.platform !== 'linux') return null
    try {
      return listNames(`/proc/self/fd/${this.#fd}`, isWanted, most)
    } catch (error) {
      if (systemCode(error) === null) throw error
      return null
    }
  }

  /** Extended attributes of the folder itself. */
  attributes(): readonly ExtendedAttribute[] {
    return readAttributes(this.#fd)
  }

  /** Of anything in it; a symlink's own. @throws ENOTSUP outside of Linux */
  attributesOf(name: Uint8Array): readonly ExtendedAttribute[] {
    requireName(name)
    return readAttributes(this.#pathTo(name))
  }

  setOwnAttribute(attribute: ExtendedAttribute): void {
    setAttribute(this.#fd, attribute)
  }

  removeOwnAttribute(name: Uint8Array): void {
    removeAttribute(this.#fd, name)
  }

  /** Of anything but a folder or file, which are opened for that; a symlink's own. @throws ENOTSUP outside of Linux */
  setAttribute(name: Uint8Array, attribute: ExtendedAttribute): void {
    requireName(name)
    setAttribute(this.#pathTo(name), attribute)
  }

  removeAttribute(name: Uint8Array, attributeName: Uint8Array): void {
    requireName(name)
    removeAttribute(this.#pathTo(name), attributeName)
  }

  /** Where a symlink leads. */
  readLink(name: Uint8Array): Buffer {
    requireName(name)
    return this.#calls.readLink(this.#fd, name)
  }

  /** A new empty file, open for reading and writing. @returns its descriptor, to be closed by the caller with `closeDescriptor`. */
  createFile(name: Uint8Array, mode: number): number {
    requireName(name)
    return this.#calls.open(this.#fd, name, createFlags, mode)
  }

  /** @returns a descriptor of an existing regular file. @throws EngineError `restore.unsafe-path` if it is something else. */
  openFileToWrite(name: Uint8Array): number {
    return this.#openRegular(name, constants.O_WRONLY)
  }

  /** The same for reading; its access time stays as it is where the system permits that. */
  openFileToRead(name: Uint8Array): number {
    try {
      return this.#openRegular(name, constants.O_RDONLY | withoutAccessTime)
    } catch (error) {
      // open(2): EPERM if O_NOATIME is asked for a file that belongs to somebody else.
      if (withoutAccessTime === 0 || systemCode(error) !== 'EPERM') throw error
      return this.#openRegular(name, constants.O_RDONLY)
    }
  }

  makeSymlink(target: Uint8Array, name: Uint8Array): void {
    requireName(name)
    this.#calls.makeSymlink(this.#fd, name, target)
  }

  /** Another name, here, for what has a name in `from`. A symlink gets another name itself. */
  linkFrom(from: TargetFolder, fromName: Uint8Array, name: Uint8Array): void {
    requireName(fromName)
    requireName(name)
    this.#calls.makeLink({ folderFd: from.#fd, name: fromName }, { folderFd: this.#fd, name })
  }

  /** @param mode minus the umask of the process: set it afterwards. @throws EngineError `native.unavailable` */
  makeFifo(name: Uint8Array, mode: number): void {
    requireName(name)
    requireNative().makeFifo(this.#fd, name, mode)
  }

  /** @param mode minus the umask. @throws EngineError `native.unavailable` */
  makeSocket(name: Uint8Array, mode: number): void {
    requireName(name)
    requireNative().makeSocket(this.#fd, name, mode)
  }

  /** For root only. @throws EngineError `native.unavailable` */
  makeDevice(name: Uint8Array, type: DeviceType, device: DeviceToMake): void {
    requireName(name)
    requireNative().makeDevice(this.#fd, name, { ...device, type })
  }

  /**
   * Holds what was made here a moment ago, and nothing that has taken its name since; null outside of Linux.
   * @throws EngineError `restore.unsafe-path`
   */
  holdMade(name: Uint8Array, type: TreeEntry['type']): HeldEntry | null {
    requireName(name)
    if (process.platform !== 'linux') return null
    const fd = this.#calls.open(this.#fd, name, lookOnly, 0)
    const { type: found, linkCount } = metadataOrClose(fd)
    if (found === type && linkCount <= 1) return new HeldEntry(fd)
    closeDescriptor(fd)
    throw exchanged()
  }

  /** Replaces what has the new name, but a folder only by a folder and only an empty one (rename(2)). */
  rename(from: Uint8Array, to: Uint8Array): void {
    requireName(from)
    requireName(to)
    this.#calls.rename(this.#fd, from, to)
  }

  /** Takes away anything but a folder. */
  remove(name: Uint8Array): void {
    requireName(name)
    this.#calls.removeFile(this.#fd, name)
  }

  /** Takes away an empty folder. @throws ENOTEMPTY */
  removeFolder(name: Uint8Array): void {
    requireName(name)
    this.#calls.removeFolder(this.#fd, name)
  }

  setOwner(name: Uint8Array, uid: number, gid: number): void {
    requireName(name)
    this.#calls.setOwner(this.#fd, name, { uid, gid })
  }

  /** Not for symlinks, which have no permissions on Linux (ENOTSUP, as Node names EOPNOTSUPP). */
  setMode(name: Uint8Array, mode: number): void {
    requireName(name)
    this.#calls.setMode(this.#fd, name, mode)
  }

  setTimes(name: Uint8Array, mtimeNs: bigint): void {
    requireName(name)
    this.#calls.setTimes(this.#fd, name, { mtimeNs })
  }

  setOwnOwner(uid: number, gid: number): void {
    fchownSync(this.#fd, uid, gid)
  }

  setOwnMode(mode: number): void {
    fchmodSync(this.#fd, mode)
  }

  setOwnTimes(mtimeNs: bigint): void {
    setFileTimes(this.#fd, mtimeNs)
  }

  /** There is no call for it by an open folder before Linux 6.13; this leads into the same one, and no symlink at the end is followed. */
  #pathTo(name: Uint8Array): Buffer {
    if (process.platform !== 'linux') throw new SystemCallError('lsetxattr', osConstants.errno.ENOTSUP)
    return Buffer.concat([Buffer.from(`/proc/self/fd/${this.#fd}/`), name])
  }

  #openRegular(name: Uint8Array, access: number): number {
    requireName(name)
    const fd = this.#calls.open(this.#fd, name, access | reopenFlags, 0)
    if (metadataOrClose(fd).type === 'file') return fd
    closeDescriptor(fd)
    throw exchanged()
  }
}

function metadataOrClose(fd: number): FileMetadata {
  try {
    return readFileMetadata(fd)
  } catch (error) {
    closeDescriptor(fd)
    throw error
  }
}

const exchanged = (): EngineError =>
  new EngineError('restore.unsafe-path', 'Something else stands where this was made a moment ago. Restore where nobody else writes.')

/**
 * Opens the folder to restore into, and makes it (and those above it) for its owner only if it is not there.
 *
 * The way to it is trusted, its last component is not: a symlink there is refused, since in a folder that others may write to they
 * could have planted it.
 *
 * @throws EngineError `restore.target-invalid`, `native.unavailable`
 */
export function openTargetFolder(path: Uint8Array): OpenedTarget {
  const calls = requireFolderCalls()
  const target = withoutSlashes(path)
  try {
    const isNew = makeFolders(target)
    return { folder: new TargetFolder(openSync(target, folderFlags), calls), isNew }
  } catch (error) {
    throw toTargetFailure(error)
  }
}

/**
 * The same for a look alone: nothing is made.
 * @returns null if it is not there.
 */
export function findTargetFolder(path: Uint8Array): TargetFolder | null {
  const calls = requireFolderCalls()
  try {
    return new TargetFolder(openSync(withoutSlashes(path), folderFlags), calls)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null
    throw toTargetFailure(error)
  }
}

/**
 * Not mkdir's own `recursive`: where a file system answers ENOENT although the parent is there (/proc), Node tries for ever.
 * @returns false if it was there.
 */
function makeFolders(path: Buffer): boolean {
  try {
    return makeOne(path)
  } catch (error) {
    const parent = withoutSlashes(path.subarray(0, path.lastIndexOf(slash) + 1))
    if (systemCode(error) !== 'ENOENT' || parent.length === 0 || parent.length === path.length) throw error
    makeFolders(parent)
    return makeOne(path)
  }
}

function makeOne(path: Buffer): boolean {
  try {
    mkdirSync(path, { mode: 0o700 })
    return true
  } catch (error) {
    // Whether it is a folder shows when it is opened.
    if (systemCode(error) === 'EEXIST') return false
    throw error
  }
}

function listNames(path: string, isWanted: (name: string) => boolean, most: number): string[] {
  const found: string[] = []
  const listing = opendirSync(path, { encoding: 'latin1', bufferSize: 256 })
  try {
    for (let entry = listing.readSync(); entry !== null && found.length < most; entry = listing.readSync())
      if (isWanted(entry.name)) found.push(entry.name)
  } finally {
    listing.closeSync()
  }
  return found
}

/** A slash at the end would make the system follow a symlink before it. */
function withoutSlashes(path: Uint8Array): Buffer {
  let end = path.length
  while (end > 1 && path[end - 1] === slash) end--
  return asBuffer(path).subarray(0, end)
}

function requireFolderCalls(): FolderCalls {
  const calls = chooseFolderCalls()
  if (calls !== null) return calls
  throw (
    nativeProblem() ??
    new EngineError('native.unavailable', 'Restoring needs the native part of the agent, or /proc, and this machine has neither.')
  )
}

function requireNative(): NativeCalls {
  const native = loadNative()
  if (native !== null) return native
  throw nativeProblem() ?? new EngineError('native.unavailable', 'This needs the native part of the agent, which does not load.')
}

const targetProblems: Readonly<Record<string, string>> = {
  ENOTDIR: 'The target, or something on the way to it, is a symlink or no folder. Name the folder itself.',
  ENOENT: 'The target cannot be made where it was named. Choose another one.',
  ELOOP: 'The target is a symlink. Name the folder it leads to.',
  EACCES: 'The agent may not write to the target. Run it with the rights it needs, or choose another target.',
  EPERM: 'The agent may not write to the target. Run it with the rights it needs, or choose another target.',
  EROFS: 'The target is read-only. Choose another one.',
  ENOSPC: 'The target has no space left. Free space or choose another target.',
}

function toTargetFailure(error: unknown): EngineError {
  const code = systemCode(error)
  const message = targetProblems[code ?? ''] ?? `The target cannot be opened (${code ?? 'no code'}). Choose another one.`
  return new EngineError('restore.target-invalid', message, { context: { systemCode: code }, cause: error })
}

import { fstatSync } from 'node:fs'
import { EngineError } from '../errors/index.ts'
import { heldDescriptors } from '../run-control/index.ts'
import { toMetadata } from './file-metadata.ts'
import type { FileMetadata } from './file-metadata.ts'
import { joinDeviceNumber } from './device-number.ts'
import type { DeviceNumber } from './device-number.ts'
import type { FileTimes, FolderCalls, PlaceInFolder } from './folder-calls.ts'
import { loadLibc } from './libc.ts'
import type { Libc } from './libc.ts'
import { procFolderCalls } from './proc-folder-calls.ts'
import { SystemCallError } from './system-call-error.ts'

export type DeviceType = 'char-device' | 'block-device'

/** Attributes of a path (a symlink's own) or of an open file. */
export type AttributeTarget = Uint8Array | number

/** Of what a path leads to. */
export interface PathThatLeads {
  readonly leadsTo: string
}

const scratchBytes = 8192
const noName = Buffer.of(0)
const nsPerSecond = 1_000_000_000n
const socketFormat = 0o140000
const fileFormats: Readonly<Record<DeviceType, number>> = { 'char-device': 0o020000, 'block-device': 0o060000 }

let loaded: NativeCalls | null | undefined
let problem: EngineError | null = null

/**
 * The one door to system calls that Node does not have, opened when first asked; null where it does not open, and then:
 * times are set to about a microsecond, extended attributes and holes are not seen, FIFOs and devices cannot be made.
 */
export function loadNative(): NativeCalls | null {
  if (loaded !== undefined) return loaded
  try {
    loaded = new NativeCalls(loadLibc())
  } catch (cause) {
    loaded = null
    problem = new EngineError(
      'native.unavailable',
      'The native part of the agent does not load on this machine: times are kept to a microsecond, and extended attributes, holes, FIFOs and devices are left out. Install the agent for this system and processor.',
      { context: { platform: process.platform, arch: process.arch }, cause },
    )
  }
  return loaded
}

/** Why the door does not open, to be told once in every run; null where it does. */
export function nativeProblem(): EngineError | null {
  loadNative()
  return problem
}

/**
 * System calls on raw byte names; each blocks its thread. CPU time of a call with the way there (tmpfs, Xeon at 2.5 GHz, Node 24.21,
 * koffi 3.3, 2026-11-21, least of 14 rounds): lseek 0.3 µs, futimens 0.7, fchownat 1.8, utimensat 2.0, llistxattr 2.1, unlinkat 3.0,
 * openat of O_PATH with fstat and close 3.3, fchmodat 3.9, openat that creates, with close 4.1.
 *
 * @throws SystemCallError with the system's `code`
 */
export class NativeCalls implements FolderCalls {
  readonly #libc: Libc
  // Names are copied here to get their zero byte. Two, because two calls take two names.
  readonly #first = Buffer.alloc(scratchBytes)
  readonly #second = Buffer.alloc(scratchBytes)
  readonly #times = Buffer.alloc(32)

  constructor(libc: Libc) {
    this.#libc = libc
    // Access time: the number of nanoseconds that means "leave it".
    this.#times.writeBigInt64LE(libc.constants.omitTime, 8)
  }

  open(folderFd: number, name: Uint8Array, flags: number, mode: number): number {
    const allFlags = flags | this.#libc.constants.closeOnExec
    const fd = this.#done('openat', this.#libc.openat(folderFd, terminate(this.#first, name), allFlags, mode))
    heldDescriptors.add(fd)
    return fd
  }

  /** Of what was opened here, and nothing else; the number is free whatever it throws. */
  close(fd: number): void {
    heldDescriptors.delete(fd)
    if (this.#libc.close(fd) === 0) return
    const error = new SystemCallError('close', this.#libc.errno())
    // It is closed all the same (close(2)), and nothing is lost.
    if (error.code !== 'EINTR') throw error
  }

  stat(folderFd: number, name: Uint8Array): FileMetadata | null {
    let fd: number
    try {
      fd = this.open(folderFd, name, this.#libc.constants.lookOnly, 0)
    } catch (error) {
      if (error instanceof SystemCallError && error.code === 'ENOENT') return null
      throw error
    }
    try {
      return toMetadata(fstatSync(fd, { bigint: true }))
    } finally {
      this.close(fd)
    }
  }

  makeFolder(folderFd: number, name: Uint8Array, mode: number): void {
    this.#done('mkdirat', this.#libc.mkdirat(folderFd, terminate(this.#first, name), mode))
  }

  makeFifo(folderFd: number, name: Uint8Array, mode: number): void {
    this.#done('mkfifoat', this.#libc.mkfifoat(folderFd, terminate(this.#first, name), mode))
  }

  makeDevice(folderFd: number, name: Uint8Array, device: DeviceNumber & { readonly type: DeviceType; readonly mode: number }): void {
    this.#done(
      'mknodat',
      this.#libc.mknodat(folderFd, terminate(this.#first, name), fileFormats[device.type] | device.mode, joinDeviceNumber(device)),
    )
  }

  /** A name that nobody listens on; what connects to it is told so. */
  makeSocket(folderFd: number, name: Uint8Array, mode: number): void {
    this.#done('mknodat', this.#libc.mknodat(folderFd, terminate(this.#first, name), socketFormat | mode, 0n))
  }

  makeSymlink(folderFd: number, name: Uint8Array, target: Uint8Array): void {
    this.#done('symlinkat', this.#libc.symlinkat(terminate(this.#first, target), folderFd, terminate(this.#second, name)))
  }

  /** Without AT_SYMLINK_FOLLOW: a symlink gets another name itself. */
  makeLink(from: PlaceInFolder, to: PlaceInFolder): void {
    this.#done(
      'linkat',
      this.#libc.linkat(from.folderFd, terminate(this.#first, from.name), to.folderFd, terminate(this.#second, to.name), 0),
    )
  }

  rename(folderFd: number, from: Uint8Array, to: Uint8Array): void {
    this.#done('renameat', this.#libc.renameat(folderFd, terminate(this.#first, from), folderFd, terminate(this.#second, to)))
  }

  removeFile(folderFd: number, name: Uint8Array): void {
    this.#done('unlinkat', this.#libc.unlinkat(folderFd, terminate(this.#first, name), 0))
  }

  removeFolder(folderFd: number, name: Uint8Array): void {
    this.#done('unlinkat', this.#libc.unlinkat(folderFd, terminate(this.#first, name), this.#libc.constants.removeFolderAt))
  }

  readLink(folderFd: number, name: Uint8Array): Buffer {
    const target = Buffer.allocUnsafe(scratchBytes)
    const length = this.#done('readlinkat', this.#libc.readlinkat(folderFd, terminate(this.#first, name), target, target.length))
    return target.subarray(0, length)
  }

  setOwner(folderFd: number, name: Uint8Array, owner: { readonly uid: number; readonly gid: number }): void {
    this.#done(
      'fchownat',
      this.#libc.fchownat(folderFd, terminate(this.#first, name), owner.uid, owner.gid, this.#libc.constants.noFollowAt),
    )
  }

  /** Of what is open, be it by O_PATH. Linux only. */
  setOwnerOf(fd: number, owner: { readonly uid: number; readonly gid: number }): void {
    this.#done('fchownat', this.#libc.fchownat(fd, noName, owner.uid, owner.gid, this.#libc.constants.noNameAt))
  }

  setMode(folderFd: number, name: Uint8Array, mode: number): void {
    try {
      this.#done('fchmodat', this.#libc.fchmodat(folderFd, terminate(this.#first, name), mode, this.#libc.constants.noFollowAt))
    } catch (error) {
      // glibc before 2.32 refuses that flag on everything; a symlink has no permissions to set in the first place.
      const isRefused = error instanceof SystemCallError && (error.code === 'EOPNOTSUPP' || error.code === 'ENOTSUP')
      if (!isRefused || process.platform !== 'linux') throw error
      procFolderCalls.setMode(folderFd, name, mode)
    }
  }

  setTimes(folderFd: number, name: Uint8Array, times: FileTimes): void {
    this.#done(
      'utimensat',
      this.#libc.utimensat(folderFd, terminate(this.#first, name), this.#timespecs(times), this.#libc.constants.noFollowAt),
    )
  }

  setFileTimes(fd: number, times: FileTimes): void {
    this.#done('futimens', this.#libc.futimens(fd, this.#timespecs(times)))
  }

  /** Where data begins at or after `offset`; null if only a hole follows. */
  seekData(fd: number, offset: number): number | null {
    return this.#seek(fd, offset, this.#libc.constants.seekData)
  }

  /** Where the data at `offset` ends; null if that lies behind the end of the file. */
  seekHole(fd: number, offset: number): number | null {
    return this.#seek(fd, offset, this.#libc.constants.seekHole)
  }

  /** Names of extended attributes, each ended by a zero byte. @returns bytes written, or needed where `into` is null. */
  listAttributes(target: AttributeTarget, into: Uint8Array | null): number {
    const size = into?.length ?? 0
    if (typeof target === 'number') return this.#done('flistxattr', this.#libc.flistxattr(target, into, size))
    return this.#done('llistxattr', this.#libc.llistxattr(terminate(this.#first, target), into, size))
  }

  /** @returns bytes written, or needed where `into` is null. */
  getAttribute(target: AttributeTarget, name: Uint8Array, into: Uint8Array | null): number {
    const ended = terminate(this.#second, name)
    const size = into?.length ?? 0
    if (typeof target === 'number') return this.#done('fgetxattr', this.#libc.fgetxattr(target, ended, into, size))
    return this.#done('lgetxattr', this.#libc.lgetxattr(terminate(this.#first, target), ended, into, size))
  }

  setAttribute(target: AttributeTarget | PathThatLeads, name: Uint8Array, value: Uint8Array): void {
    const ended = terminate(this.#second, name)
    if (typeof target === 'number') this.#done('fsetxattr', this.#libc.fsetxattr(target, ended, value, value.length, 0))
    else if (target instanceof Uint8Array)
      this.#done('lsetxattr', this.#libc.lsetxattr(terminate(this.#first, target), ended, value, value.length, 0))
    else this.#done('setxattr', this.#libc.setxattr(terminate(this.#first, Buffer.from(target.leadsTo)), ended, value, value.length, 0))
  }

  removeAttribute(target: AttributeTarget | PathThatLeads, name: Uint8Array): void {
    const ended = terminate(this.#second, name)
    if (typeof target === 'number') this.#done('fremovexattr', this.#libc.fremovexattr(target, ended))
    else if (target instanceof Uint8Array) this.#done('lremovexattr', this.#libc.lremovexattr(terminate(this.#first, target), ended))
    else this.#done('removexattr', this.#libc.removexattr(terminate(this.#first, Buffer.from(target.leadsTo)), ended))
  }

  #seek(fd: number, offset: number, whence: number): number | null {
    const position = this.#libc.lseek(fd, offset, whence)
    if (position >= 0) return position
    const error = new SystemCallError('lseek', this.#libc.errno())
    if (error.code === 'ENXIO') return null
    throw error
  }

  #timespecs({ mtimeNs }: FileTimes): Buffer {
    // Seconds round down, also before 1970: nanoseconds are never negative (utimensat(2): EINVAL).
    const nanoseconds = ((mtimeNs % nsPerSecond) + nsPerSecond) % nsPerSecond
    this.#times.writeBigInt64LE((mtimeNs - nanoseconds) / nsPerSecond, 16)
    this.#times.writeBigInt64LE(nanoseconds, 24)
    return this.#times
  }

  #done(syscall: string, result: number): number {
    if (result < 0) throw new SystemCallError(syscall, this.#libc.errno())
    return result
  }
}

const tooLong = 36
const invalid = 22

function terminate(scratch: Buffer, name: Uint8Array): Buffer {
  if (name.length >= scratch.length) throw new SystemCallError('name', process.platform === 'darwin' ? 63 : tooLong)
  // C would take what is before a zero byte for the whole name.
  if (name.includes(0)) throw new SystemCallError('name', invalid)
  scratch.set(name)
  scratch[name.length] = 0
  return scratch
}

import { constants } from 'node:fs'
import { createRequire } from 'node:module'
import type * as KoffiModule from 'koffi'

/**
 * The C library's functions we use, by their C names. All but `errno` answer -1 for a failure. Names and paths end with a zero
 * byte; `times` are two `timespec` (access, modification) of two little-endian i64 each.
 */
export interface Libc {
  /** Of the call just made on this thread. */
  errno(): number
  openat(folderFd: number, name: Uint8Array, flags: number, mode: number): number
  close(fd: number): number
  mkdirat(folderFd: number, name: Uint8Array, mode: number): number
  mkfifoat(folderFd: number, name: Uint8Array, mode: number): number
  mknodat(folderFd: number, name: Uint8Array, mode: number, device: bigint): number
  symlinkat(target: Uint8Array, folderFd: number, name: Uint8Array): number
  linkat(fromFd: number, from: Uint8Array, toFd: number, to: Uint8Array, flags: number): number
  unlinkat(folderFd: number, name: Uint8Array, flags: number): number
  renameat(fromFd: number, from: Uint8Array, toFd: number, to: Uint8Array): number
  readlinkat(folderFd: number, name: Uint8Array, target: Uint8Array, sizeBytes: number): number
  fchownat(folderFd: number, name: Uint8Array, uid: number, gid: number, flags: number): number
  fchmodat(folderFd: number, name: Uint8Array, mode: number, flags: number): number
  utimensat(folderFd: number, name: Uint8Array, times: Uint8Array, flags: number): number
  futimens(fd: number, times: Uint8Array): number
  lseek(fd: number, offset: number, whence: number): number
  llistxattr(path: Uint8Array, list: Uint8Array | null, sizeBytes: number): number
  lgetxattr(path: Uint8Array, name: Uint8Array, value: Uint8Array | null, sizeBytes: number): number
  lsetxattr(path: Uint8Array, name: Uint8Array, value: Uint8Array, sizeBytes: number, flags: number): number
  lremovexattr(path: Uint8Array, name: Uint8Array): number
  setxattr(path: Uint8Array, name: Uint8Array, value: Uint8Array, sizeBytes: number, flags: number): number
  removexattr(path: Uint8Array, name: Uint8Array): number
  flistxattr(fd: number, list: Uint8Array | null, sizeBytes: number): number
  fgetxattr(fd: number, name: Uint8Array, value: Uint8Array | null, sizeBytes: number): number
  fsetxattr(fd: number, name: Uint8Array, value: Uint8Array, sizeBytes: number, flags: number): number
  fremovexattr(fd: number, name: Uint8Array): number
  readonly constants: LibcConstants
}

/** Numbers that Node does not tell and that differ between systems. */
export interface LibcConstants {
  readonly noFollowAt: number
  /** With an empty name: what the descriptor itself is; macOS has none. */
  readonly noNameAt: number
  /** unlinkat of an empty folder. */
  readonly removeFolderAt: number
  readonly omitTime: bigint
  readonly closeOnExec: number
  /** Opens whatever is there, a symlink itself too, without reading or waiting: good for fstat alone. */
  readonly lookOnly: number
  readonly seekData: number
  readonly seekHole: number
}

/** fcntl.h, unistd.h and linux/stat.h; the same on x86-64 and arm64. */
const linuxConstants: LibcConstants = {
  noFollowAt: 0x100,
  noNameAt: 0x1000,
  removeFolderAt: 0x200,
  omitTime: 0x3fff_fffen,
  closeOnExec: 0x8_0000,
  lookOnly: 0x20_0000 | constants.O_NOFOLLOW,
  seekData: 3,
  seekHole: 4,
}

/** sys/fcntl.h, sys/stat.h and sys/unistd.h of macOS, from the documentation: not tried on a machine. */
const darwinConstants: LibcConstants = {
  noFollowAt: 0x20,
  noNameAt: 0,
  removeFolderAt: 0x80,
  omitTime: -2n,
  closeOnExec: 0x100_0000,
  lookOnly: 0x20_8000 | constants.O_NONBLOCK,
  seekData: 4,
  seekHole: 3,
}

type Koffi = typeof KoffiModule
type Library = ReturnType<Koffi['load']>

/**
 * Loads koffi and finds every function: 12 ms of CPU and up to 15 MiB of memory the first time, so only who needs it asks (2026-11-21).
 * @throws whatever is missing: koffi itself, its binary for this machine, a function of the C library.
 */
export function loadLibc(): Libc {
  if (process.platform !== 'linux' && process.platform !== 'darwin') throw new Error(`There are no POSIX calls on ${process.platform}.`)
  const koffi: Koffi = createRequire(import.meta.url)('koffi')
  const library = koffi.load(null)
  return process.platform === 'linux' ? linuxLibc(koffi, library) : darwinLibc(koffi, library)
}

function linuxLibc(koffi: Koffi, library: Library): Libc {
  return {
    ...shared(koffi, library),
    // Variadic in C; integers are passed the same way on x86-64 and arm64 Linux, and a fixed call is faster.
    openat: library.func('int openat(int, const void *, int, uint32_t)'),
    mknodat: findMknodat(library),
    llistxattr: library.func('int64_t llistxattr(const void *, void *, size_t)'),
    lgetxattr: library.func('int64_t lgetxattr(const void *, const void *, void *, size_t)'),
    lsetxattr: library.func('int lsetxattr(const void *, const void *, const void *, size_t, int)'),
    lremovexattr: library.func('int lremovexattr(const void *, const void *)'),
    setxattr: library.func('int setxattr(const void *, const void *, const void *, size_t, int)'),
    removexattr: library.func('int removexattr(const void *, const void *)'),
    fremovexattr: library.func('int fremovexattr(int, const void *)'),
    flistxattr: library.func('int64_t flistxattr(int, void *, size_t)'),
    fgetxattr: library.func('int64_t fgetxattr(int, const void *, void *, size_t)'),
    fsetxattr: library.func('int fsetxattr(int, const void *, const void *, size_t, int)'),
    constants: linuxConstants,
  }
}

/** macOS has one xattr call of each kind, with an offset and options. From the documentation, not tried on a machine. */
function darwinLibc(koffi: Koffi, library: Library): Libc {
  const noFollow = 1
  const openat = library.func('int openat(int, const void *, int, ...)')
  const list = library.func('int64_t listxattr(const void *, void *, size_t, int)')
  const get = library.func('int64_t getxattr(const void *, const void *, void *, size_t, uint32_t, int)')
  const set = library.func('int setxattr(const void *, const void *, const void *, size_t, uint32_t, int)')
  const listOpen = library.func('int64_t flistxattr(int, void *, size_t, int)')
  const getOpen = library.func('int64_t fgetxattr(int, const void *, void *, size_t, uint32_t, int)')
  const setOpen = library.func('int fsetxattr(int, const void *, const void *, size_t, uint32_t, int)')
  const remove = library.func('int removexattr(const void *, const void *, int)')
  const removeOpen = library.func('int fremovexattr(int, const void *, int)')
  const mknodat = library.func('int mknodat(int, const void *, uint16_t, int32_t)')
  return {
    ...shared(koffi, library),
    openat: (folderFd, name, flags, mode) => openat(folderFd, name, flags, 'int', mode),
    mknodat: (folderFd, name, mode, device) => mknodat(folderFd, name, mode, Number(device)),
    llistxattr: (path, names, sizeBytes) => list(path, names, sizeBytes, noFollow),
    lgetxattr: (path, name, value, sizeBytes) => get(path, name, value, sizeBytes, 0, noFollow),
    lsetxattr: (path, name, value, sizeBytes) => set(path, name, value, sizeBytes, 0, noFollow),
    lremovexattr: (path, name) => remove(path, name, noFollow),
    setxattr: (path, name, value, sizeBytes) => set(path, name, value, sizeBytes, 0, 0),
    removexattr: (path, name) => remove(path, name, 0),
    fremovexattr: (fd, name) => removeOpen(fd, name, 0),
    flistxattr: (fd, names, sizeBytes) => listOpen(fd, names, sizeBytes, 0),
    fgetxattr: (fd, name, value, sizeBytes) => getOpen(fd, name, value, sizeBytes, 0, 0),
    fsetxattr: (fd, name, value, sizeBytes) => setOpen(fd, name, value, sizeBytes, 0, 0),
    constants: darwinConstants,
  }
}

/** What has the same form everywhere. `mode_t` is 16 bits wide on macOS and passed as an int there, too. */
function shared(koffi: Koffi, library: Library) {
  return {
    errno: () => koffi.errno(),
    close: library.func('int close(int)'),
    mkdirat: library.func('int mkdirat(int, const void *, uint32_t)'),
    mkfifoat: library.func('int mkfifoat(int, const void *, uint32_t)'),
    symlinkat: library.func('int symlinkat(const void *, int, const void *)'),
    linkat: library.func('int linkat(int, const void *, int, const void *, int)'),
    unlinkat: library.func('int unlinkat(int, const void *, int)'),
    renameat: library.func('int renameat(int, const void *, int, const void *)'),
    readlinkat: library.func('int64_t readlinkat(int, const void *, void *, size_t)'),
    fchownat: library.func('int fchownat(int, const void *, uint32_t, uint32_t, int)'),
    fchmodat: library.func('int fchmodat(int, const void *, uint32_t, int)'),
    utimensat: library.func('int utimensat(int, const void *, const void *, int)'),
    futimens: library.func('int futimens(int, const void *)'),
    lseek: library.func('int64_t lseek(int, int64_t, int)'),
  }
}

/** glibc before 2.33 (Debian 11, RHEL 8) has no such symbol: there the kernel is called itself. */
function findMknodat(library: Library): Libc['mknodat'] {
  try {
    return library.func('int mknodat(int, const void *, uint32_t, uint64_t)')
  } catch {
    // asm/unistd_64.h and asm-generic/unistd.h.
    const number = process.arch === 'arm64' ? 33 : 259
    const call = library.func('int64_t syscall(int64_t, int64_t, const void *, uint64_t, uint64_t)')
    return (folderFd, name, mode, device) => call(number, folderFd, name, mode, device)
  }
}

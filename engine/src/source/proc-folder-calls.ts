import {
  chmodSync,
  closeSync,
  constants,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs'
import { toMetadata } from './file-metadata.ts'
import type { FolderCalls } from './folder-calls.ts'
import { toNodeTime } from './node-time.ts'
import { asBuffer } from './raw-names.ts'
import { systemCode } from './system-call-error.ts'

/** O_PATH in fcntl.h of Linux; Node does not name it. */
export const lookOnly = 0x20_0000 | constants.O_NOFOLLOW

/**
 * The folder calls of Linux without native code: `/proc/self/fd/N` leads to the folder held open, wherever it has been moved, and
 * all calls here leave a symlink at the end alone. As safe as the native ones; times are less exact.
 */
export const procFolderCalls: FolderCalls = {
  open(folderFd, name, flags, mode) {
    return openSync(inFolder(folderFd, name), flags, mode)
  },
  stat(folderFd, name) {
    try {
      return toMetadata(lstatSync(inFolder(folderFd, name), { bigint: true }))
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return null
      throw error
    }
  },
  makeFolder(folderFd, name, mode) {
    mkdirSync(inFolder(folderFd, name), { mode })
  },
  makeSymlink(folderFd, name, target) {
    symlinkSync(asBuffer(target), inFolder(folderFd, name))
  },
  makeLink(from, to) {
    linkSync(inFolder(from.folderFd, from.name), inFolder(to.folderFd, to.name))
  },
  rename(folderFd, from, to) {
    renameSync(inFolder(folderFd, from), inFolder(folderFd, to))
  },
  removeFile(folderFd, name) {
    unlinkSync(inFolder(folderFd, name))
  },
  removeFolder(folderFd, name) {
    rmdirSync(inFolder(folderFd, name))
  },
  readLink(folderFd, name) {
    return readlinkSync(inFolder(folderFd, name), { encoding: 'buffer' })
  },
  setOwner(folderFd, name, { uid, gid }) {
    lchownSync(inFolder(folderFd, name), uid, gid)
  },
  setMode(folderFd, name, mode) {
    // chmod(2) would follow a symlink that was put there a moment ago; what is open cannot be exchanged.
    const fd = openSync(inFolder(folderFd, name), lookOnly)
    try {
      chmodSync(`/proc/self/fd/${fd}`, mode)
    } finally {
      closeSync(fd)
    }
  },
  setTimes(folderFd, name, { mtimeNs }) {
    lutimesSync(inFolder(folderFd, name), Date.now() / 1000, toNodeTime(mtimeNs))
  },
}

function inFolder(folderFd: number, name: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`/proc/self/fd/${folderFd}/`), name])
}

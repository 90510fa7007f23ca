import { readSync } from 'node:fs'
import { closeDescriptor, type OpenFile } from '../../source/index.ts'

/** Cache Directory Tagging Specification (https://bford.info/cachedir/): a file of this name that begins with the signature. */
export const cacheTagName = Buffer.from('CACHEDIR.TAG')
const signature = Buffer.from('Signature: 8a477f597d28d172789f06886806bc55')

/** Whether these are the first bytes of a valid tag. */
export const startsAsCacheTag = (bytes: Uint8Array): boolean =>
  bytes.length >= signature.length && signature.equals(bytes.subarray(0, signature.length))

/** Whether a file of that name says so. What cannot be read says nothing: then all of the folder is kept. */
export function isCacheTag(open: () => OpenFile): boolean {
  let fd: number | null = null
  try {
    fd = open().fd
    const start = Buffer.alloc(signature.length)
    return readSync(fd, start, 0, start.length, 0) === start.length && startsAsCacheTag(start)
  } catch {
    // Not a regular file, gone, or out of reach: the walk of what is in the folder tells.
    return false
  } finally {
    if (fd !== null) closeDescriptor(fd)
  }
}

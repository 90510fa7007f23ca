import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/**
 * What rsync would do to make `copy` equal to `original`: contents by checksum, types, modes, owners, ACLs, attributes, link groups, and
 * times to the nanosecond. Empty when they are equal. rsync is somebody else's program, so it is not mistaken in the same places.
 */
export async function findTreeDifferences(original: string, copy: string): Promise<string> {
  const { stdout } = await promisify(execFile)('rsync', ['-naciHAX', '-@-1', '--delete', `${original}/`, `${copy}/`], {
    maxBuffer: 64 * 2 ** 20,
  })
  return stdout
}

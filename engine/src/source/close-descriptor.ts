import { closeSync } from 'node:fs'
import { heldDescriptors } from '../run-control/index.ts'
import { loadNative } from './native.ts'

/**
 * Closes whatever was opened here, by the native door or by Node: each closes its own, or Node warns, and a thread that is ended hard
 * leaves descriptors open (`run-control/held-descriptors.ts`).
 * @throws an error with the system's `code`; the number is free all the same
 */
export function closeDescriptor(fd: number): void {
  if (heldDescriptors.has(fd)) loadNative()!.close(fd)
  else closeSync(fd)
}

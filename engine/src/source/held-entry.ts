import { chmodSync, chownSync } from 'node:fs'
import type { ExtendedAttribute } from '../format/index.ts'
import { closeDescriptor } from './close-descriptor.ts'
import { removeAttribute, setAttribute } from './extended-attributes.ts'
import { loadNative } from './native.ts'

/**
 * A symlink, FIFO, socket or device held open by O_PATH (Linux), to be given its metadata: whoever may write to its folder can give its
 * name to another thing, such as a hard link to a file of the system, whose owner and permissions these would become.
 * All fails with the system's error.
 */
export class HeldEntry {
  readonly #fd: number

  /** Use {@link TargetFolder.holdMade}. @param fd closed by `close`. */
  constructor(fd: number) {
    this.#fd = fd
  }

  setOwner(uid: number, gid: number): void {
    const native = loadNative()
    if (native === null) chownSync(this.#path, uid, gid)
    else native.setOwnerOf(this.#fd, { uid, gid })
  }

  /** Not for symlinks, which have no permissions on Linux (ENOTSUP, as Node names EOPNOTSUPP). */
  setMode(mode: number): void {
    chmodSync(this.#path, mode)
  }

  setAttribute(attribute: ExtendedAttribute): void {
    setAttribute({ leadsTo: this.#path }, attribute)
  }

  removeAttribute(name: Uint8Array): void {
    removeAttribute({ leadsTo: this.#path }, name)
  }

  close(): void {
    closeDescriptor(this.#fd)
  }

  /** Leads to the thing itself, a symlink too. */
  get #path(): string {
    return `/proc/self/fd/${this.#fd}`
  }
}

import type { ScratchCalls } from '../scratch-file.ts'

export interface ScratchFaults {
  /** This call and all later ones that change a disk fail, counted from 0: open, and each write. Null: none does. */
  readonly failFrom: number | null
  /** At most so many bytes are written or read by one call. */
  readonly mostBytes: number
  readonly keepsNames: boolean
}

/** A scratch file in memory, on a disk with faults. */
export class FaultyCalls implements ScratchCalls {
  readonly #faults: ScratchFaults
  bytes = new Uint8Array(0)
  changes = 0
  failures = 0
  isOpen = false
  hasName = false

  constructor(faults: ScratchFaults) {
    this.#faults = faults
  }

  readonly freeBytes = (): null => null

  readonly open = (): number => {
    this.#change()
    this.isOpen = true
    this.hasName = true
    return 7
  }

  readonly unlink = (): void => {
    if (this.#faults.keepsNames && this.isOpen) throw new Error('EBUSY')
    this.hasName = false
  }

  readonly write = (fd: number, bytes: Uint8Array, position: number): number => {
    this.#requireOpen(fd)
    const count = Math.min(bytes.length, this.#faults.mostBytes)
    if (position + count > this.bytes.length) {
      const larger = new Uint8Array(Math.max(position + count, this.bytes.length * 2))
      larger.set(this.bytes)
      this.bytes = larger
    }
    // A write that fails may have done a part of its work.
    this.bytes.set(bytes.subarray(0, this.changes === this.#faults.failFrom ? count >>> 1 : count), position)
    this.#change()
    return count
  }

  readonly read = (fd: number, into: Uint8Array, position: number): number => {
    this.#requireOpen(fd)
    const count = Math.min(into.length, this.#faults.mostBytes)
    into.set(this.bytes.subarray(position, position + count))
    return count
  }

  readonly close = (fd: number): void => {
    this.#requireOpen(fd)
    this.isOpen = false
  }

  #change(): void {
    const { failFrom } = this.#faults
    if (failFrom !== null && this.changes >= failFrom) {
      this.failures++
      throw new Error('ENOSPC')
    }
    this.changes++
  }

  #requireOpen(fd: number): void {
    if (!this.isOpen || fd !== 7) throw new Error('EBADF')
  }
}

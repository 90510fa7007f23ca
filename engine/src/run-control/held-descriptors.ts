import { close } from 'node:fs'

/** Numbers below 65,536: 8 KiB. More than a process may have open, unless somebody has raised its limit. */
const words = 2048
const numbers = words * 32

/**
 * Descriptors that the threads of a piece of work have open past Node, which closes none but its own when a thread is ended hard.
 * In memory that outlives the threads: whoever started them closes what they left.
 *
 * A number is noted after it was opened and forgotten before it is closed. A thread that is ended between two of these loses one
 * descriptor; none of somebody else's is ever closed.
 */
export class HeldDescriptors {
  #bits = new Int32Array(new SharedArrayBuffer(words * 4))

  /** To hand to a thread, which shares it. */
  get memory(): SharedArrayBuffer {
    return this.#bits.buffer
  }

  /** Notes there from now on. Before anything is opened. */
  share(memory: SharedArrayBuffer): void {
    this.#bits = new Int32Array(memory)
  }

  add(fd: number): void {
    if (fd < numbers) Atomics.or(this.#bits, fd >>> 5, 1 << (fd & 31))
  }

  has(fd: number): boolean {
    return fd < numbers && ((this.#bits[fd >>> 5] ?? 0) & (1 << (fd & 31))) !== 0
  }

  delete(fd: number): void {
    if (fd < numbers) Atomics.and(this.#bits, fd >>> 5, ~(1 << (fd & 31)))
  }

  get numbers(): readonly number[] {
    return Array.from({ length: numbers }, (_, fd) => fd).filter((fd) => this.has(fd))
  }

  /** Once all threads that share it have ended. Waits for no disk. */
  closeLeft(): void {
    for (const fd of this.numbers) {
      this.delete(fd)
      close(fd, () => undefined)
    }
  }
}

/** Of this thread. */
export const heldDescriptors = new HeldDescriptors()

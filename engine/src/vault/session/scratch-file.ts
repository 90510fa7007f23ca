import { closeSync, openSync, readSync, rmSync, statfsSync, unlinkSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { EngineError, invariant } from '../../errors/index.ts'

/**
 * Stays free for the catalogue that grows beside the file, and for whatever else lies on that disk: as much as the hub's index leaves its database, and a
 * catalogue of 2.5 million more files (108 bytes each, 2026-11-23). What is not written costs memory, a full disk costs others their work.
 */
const leftFreeBytes = 256 * 1024 * 1024

/** Where a session may put what would take memory for each of its blobs. */
export interface SessionScratch {
  /** A name in a folder that nobody else may enter. Whatever has it is taken away: only a killed run can have left it there. */
  readonly path: string
  /** It cannot be written, or not any further: what comes stays in memory. Called once at most. */
  readonly onUnwritable: (error: unknown) => void
}

/** What a scratch file asks of the system. */
export interface ScratchCalls {
  /** Of the disk that the path is on, for whoever has no privileges; null where the file system does not tell. */
  readonly freeBytes: (path: string) => number | null
  /** Makes the file anew, for reading and writing, for its owner alone. */
  readonly open: (path: string) => number
  readonly unlink: (path: string) => void
  /** @returns bytes written, which may be fewer. */
  readonly write: (fd: number, bytes: Uint8Array, position: number) => number
  /** @returns bytes read, which may be fewer; 0 at the end. */
  readonly read: (fd: number, into: Uint8Array, position: number) => number
  readonly close: (fd: number) => void
}

export const systemCalls: ScratchCalls = {
  freeBytes: (path) => {
    const { bavail, bsize, blocks } = statfsSync(dirname(path))
    return blocks === 0 ? null : bavail * bsize
  },
  open: (path) => {
    rmSync(path, { force: true })
    return openSync(path, 'wx+', 0o600)
  },
  unlink: unlinkSync,
  write: (fd, bytes, position) => writeSync(fd, bytes, 0, bytes.length, position),
  read: (fd, into, position) => readSync(fd, into, 0, into.length, position),
  close: closeSync,
}

/**
 * One run's own file for what would take memory. It is made with the first bytes, and has no name from then on where the system allows that, so that
 * nothing is left of a run that is killed. Never made durable: nobody reads it after the run.
 *
 * The first failure to write ends the writing, and so does a disk with little room; what was written before stays readable.
 */
export class ScratchFile {
  readonly #scratch: SessionScratch | null
  readonly #calls: ScratchCalls
  #fd: number | null = null
  #isWritable: boolean
  #hasName = false
  #sizeBytes = 0

  /** @param scratch null takes nothing. */
  constructor(scratch: SessionScratch | null, calls: ScratchCalls = systemCalls) {
    this.#scratch = scratch
    this.#calls = calls
    this.#isWritable = scratch !== null
  }

  /** @returns where they lie; null where they could not be written. */
  append(bytes: Uint8Array): number | null {
    const offset = this.#sizeBytes
    if (!this.#write(offset, bytes, bytes.length)) return null
    this.#sizeBytes += bytes.length
    return offset
  }

  /** @returns false where they could not be written: what lay there may be gone all the same. */
  overwrite(offset: number, bytes: Uint8Array): boolean {
    return this.#write(offset, bytes, 0)
  }

  /** @param moreBytes that the disk has to have room for. */
  #write(offset: number, bytes: Uint8Array, moreBytes: number): boolean {
    if (this.#scratch === null || !this.#isWritable) return false
    try {
      if (moreBytes > 0) this.#requireRoom(this.#scratch.path, moreBytes)
      this.#fd ??= this.#open(this.#scratch.path)
      for (let done = 0; done < bytes.length;) done += this.#calls.write(this.#fd, bytes.subarray(done), offset + done)
      return true
    } catch (error) {
      this.#isWritable = false
      this.#scratch.onUnwritable(error)
      return false
    }
  }

  /** @throws EngineError `scratch.unreadable` */
  read(offset: number, into: Uint8Array): void {
    invariant(this.#fd !== null, 'a scratch file is read while it is open')
    try {
      for (let done = 0; done < into.length;) {
        const count = this.#calls.read(this.#fd, into.subarray(done), offset + done)
        if (count === 0) throw scratchUnreadable()
        done += count
      }
    } catch (error) {
      throw error instanceof EngineError ? error : scratchUnreadable(error)
    }
  }

  /** Nothing is written or read afterwards. May be called again. */
  close(): void {
    this.#isWritable = false
    if (this.#fd !== null) this.#calls.close(this.#fd)
    this.#fd = null
    if (this.#hasName && this.#scratch !== null) this.#unlink(this.#scratch.path)
  }

  #requireRoom(path: string, moreBytes: number): void {
    const free = this.#calls.freeBytes(path)
    if (free !== null && free < moreBytes + leftFreeBytes) throw Object.assign(new Error('The disk is nearly full.'), { code: 'ENOSPC' })
  }

  #open(path: string): number {
    const fd = this.#calls.open(path)
    this.#hasName = true
    this.#unlink(path)
    return fd
  }

  #unlink(path: string): void {
    try {
      this.#calls.unlink(path)
      this.#hasName = false
    } catch {
      // A system that keeps the names of open files: it goes when the file is closed, or by the housekeeping of the next run.
    }
  }
}

export const scratchUnreadable = (cause?: unknown): EngineError =>
  new EngineError(
    'scratch.unreadable',
    'The agent could not read back what it had put into a scratch file of its own, so this backup cannot go on. Check the disk that holds the agent’s state, then run it again.',
    { cause },
  )

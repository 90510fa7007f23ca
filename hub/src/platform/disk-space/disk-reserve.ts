import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { rmSync, statfsSync, statSync } from 'node:fs'
import { open, rm, stat, truncate } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { marksOf } from './disk-marks.ts'

const run = promisify(execFile)
const pieceBytes = 1024 * 1024

/** A file that takes room on a disk, so that there is some to give up. It is no sparse file: its bytes are allocated. */
export class DiskReserve {
  readonly #filePath: string

  constructor(filePath: string) {
    this.#filePath = filePath
  }

  /** What it takes now. */
  async heldBytes(): Promise<number> {
    try {
      return (await stat(this.#filePath)).size
    } catch (error) {
      if (isAbsent(error)) return 0
      throw error
    }
  }

  /** @returns what it takes then: less than wanted where the disk has no room for more. */
  async growTo(wantedBytes: number): Promise<number> {
    const heldBytes = await this.heldBytes()
    if (heldBytes >= wantedBytes) return heldBytes
    try {
      if (!(await this.#allocate(heldBytes, wantedBytes))) await this.#fill(heldBytes, wantedBytes)
      return await this.heldBytes()
    } catch (error) {
      if (!isFull(error)) throw error
      // What was got so far would be a promise that the file's length does not keep.
      await this.shrinkTo(heldBytes)
      return heldBytes
    }
  }

  async shrinkTo(bytes: number): Promise<void> {
    if (bytes === 0) return rm(this.#filePath, { force: true })
    if ((await this.heldBytes()) > bytes) await truncate(this.#filePath, bytes)
  }

  /** At once, by the file system. @returns false where there is no such program, or the file system cannot. */
  async #allocate(from: number, to: number): Promise<boolean> {
    await (await open(this.#filePath, 'a', 0o600)).close()
    try {
      await run('fallocate', ['--offset', String(from), '--length', String(to - from), this.#filePath])
      return true
    } catch {
      await truncate(this.#filePath, from)
      return false
    }
  }

  /** With bytes that no file system can make smaller. */
  async #fill(from: number, to: number): Promise<void> {
    const file = await open(this.#filePath, 'a', 0o600)
    try {
      for (let at = from; at < to; at += pieceBytes) await file.writeFile(randomBytes(Math.min(pieceBytes, to - at)))
      await file.sync()
    } finally {
      await file.close()
    }
  }
}

/**
 * For a start on a disk with nothing left, before the first file is written: gives up the reserve of the hub that ran before. Nothing
 * happens on a disk with room.
 */
export function giveUpReserveIfScarce(filePath: string): void {
  try {
    statSync(filePath)
    const { bavail, blocks, bsize } = statfsSync(path.dirname(filePath))
    if (bavail * bsize < marksOf(blocks * bsize).scarce) rmSync(filePath)
  } catch {
    // None there, or nothing that could be done: whoever needs the room says so.
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)
const isAbsent = (error: unknown): boolean => codeOf(error) === 'ENOENT'
const isFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(String(codeOf(error)))
